// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package email_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/email"
	"github.com/leadline/leadline/internal/notify/notifytest"
	"github.com/leadline/leadline/internal/notify/outbound"
	"github.com/leadline/leadline/internal/notify/secret"
)

func later() time.Time { return notifytest.Noon.Add(5 * time.Minute) }

func channel(s *server, log io.Writer, set func(*email.Config)) *email.Channel {
	cfg := email.Config{
		Server: s.Addr().String(), Security: email.STARTTLS,
		From: mail.Address{Name: "Leadline é", Address: "leadline@shop.example"},
		To:   []mail.Address{{Address: "team@shop.example"}, {Name: "On, call", Address: "oncall@shop.example"}},
	}
	if set != nil {
		set(&cfg)
	}
	client := outbound.New(outbound.Config{AllowPrivate: true, RootCAs: s.roots, Timeout: 2 * time.Second})
	return email.New(cfg, client, later, slog.New(slog.NewTextHandler(log, nil)))
}

func TestMails(t *testing.T) {
	s := newServer(t, nil)
	c := channel(s, io.Discard, nil)
	for _, m := range notifytest.Messages() {
		t.Run(m.Name, func(t *testing.T) {
			if err := c.Send(context.Background(), m.Message); err != nil {
				t.Fatal(err)
			}
			got := s.Taken()[0]
			if !got.encrypted || got.from != "FROM:<leadline@shop.example>" || fmt.Sprint(got.to) != "[TO:<team@shop.example> TO:<oncall@shop.example>]" {
				t.Errorf("got %+v", got)
			}
			checkMail(t, got.content)
			if m.Name == "page" || m.Name == "hostile" {
				notifytest.Golden(t, m.Name+".eml", strings.ReplaceAll(got.content, "\r\n", "\n"))
			}
		})
	}
}

// headers are all that a mail may have.
const headers = "From To Subject Date Message-Id In-Reply-To References Auto-Submitted Leadline-Delivery Leadline-Attempt Mime-Version Content-Type"

// checkMail reads a mail as a mail program does.
func checkMail(t *testing.T, content string) (header mail.Header, text, html string) {
	t.Helper()
	for _, l := range strings.Split(content, "\r\n") {
		if len(l) > 998 || strings.ContainsFunc(l, func(r rune) bool { return r > '~' || r < ' ' }) {
			t.Errorf("a line that no server has to take: %.80q", l)
		}
	}
	m, err := mail.ReadMessage(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range m.Header {
		if !strings.Contains(" "+headers+" ", " "+name+" ") || len(values) != 1 {
			t.Errorf("header %s %d times", name, len(values))
		}
	}
	if to, err := m.Header.AddressList("To"); err != nil || len(to) != 2 {
		t.Errorf("To %v, %v", to, err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for _, into := range []*string{&text, &html} {
		p, err := r.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(p) // multipart decodes quoted-printable
		if err != nil {
			t.Fatal(err)
		}
		*into = string(all)
	}
	if _, err := r.NextPart(); err != io.EOF {
		t.Errorf("a third part: %v", err)
	}
	if strings.Contains(html, "<script") || strings.Contains(html, "javascript:alert") && strings.Contains(html, `href="javascript`) {
		t.Errorf("the HTML runs something: %s", html)
	}
	return m.Header, text, html
}

func TestThread(t *testing.T) {
	s := newServer(t, nil)
	c := channel(s, io.Discard, nil)
	send := func(m *dispatch.Message) mail.Header {
		t.Helper()
		if err := c.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		h, _, _ := checkMail(t, s.Taken()[0].content)
		return h
	}
	first, again := send(notifytest.Message("page")), send(notifytest.Message("repeat"))
	if first.Get("Message-Id") != again.Get("Message-Id") || first.Get("Message-Id") != "<leadline.01HXDELIVERY@shop.example>" {
		t.Errorf("a repeat is %s and was %s", again.Get("Message-Id"), first.Get("Message-Id"))
	}
	if again.Get("Leadline-Attempt") != "2" {
		t.Errorf("attempt %s", again.Get("Leadline-Attempt"))
	}
	end := send(notifytest.Message("resolved"))
	if end.Get("In-Reply-To") == "" || end.Get("In-Reply-To") != first.Get("In-Reply-To") || end.Get("References") != first.Get("References") {
		t.Errorf("the end replies to %s, the beginning to %s", end.Get("In-Reply-To"), first.Get("In-Reply-To"))
	}
	next := notifytest.Message("page")
	next.Alerts[0].Episode++
	if h := send(next); h.Get("In-Reply-To") == first.Get("In-Reply-To") {
		t.Error("the next episode is in the same thread")
	}
}

func TestAuthentication(t *testing.T) {
	password := func(cfg *email.Config) { cfg.Username, cfg.PasswordFile = "me", "" }
	plain := "PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00me\x00hunter2-password"))
	tests := []struct {
		name, offers string
		security     email.Security
		want         string
	}{
		{"after STARTTLS", "AUTH PLAIN LOGIN", email.STARTTLS, plain},
		{"over implicit TLS", "AUTH PLAIN", email.Implicit, plain},
		{"LOGIN alone", "AUTH LOGIN", email.STARTTLS, "LOGIN me hunter2-password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, func(s *server) {
				s.offers, s.implicit = []string{"STARTTLS", tt.offers}, tt.security == email.Implicit
			})
			c := channel(s, io.Discard, func(cfg *email.Config) {
				password(cfg)
				cfg.Security, cfg.PasswordFile = tt.security, secret.File(notifytest.Secret(t, "hunter2-password"))
			})
			if err := c.Send(context.Background(), notifytest.Message("page")); err != nil {
				t.Fatal(err)
			}
			if got := s.Taken()[0]; got.auth != tt.want || !got.encrypted {
				t.Errorf("got %q, encrypted %v", got.auth, got.encrypted)
			}
		})
	}
}

// TestAnswers checks what each answer of a server means, and that the
// password is in no error.
func TestAnswers(t *testing.T) {
	echo := "535 bad hunter2-password " + base64.StdEncoding.EncodeToString([]byte("\x00me\x00hunter2-password"))
	tests := []struct {
		name string
		set  func(*server)
		kind errs.Kind
		want string
		sent int
	}{
		{"busy", says("greeting", "421 come back"), errs.Unavailable, "greet: the server answered 421: come back", 0},
		{"hangs", says("greeting", "hang"), errs.Unavailable, "greet: no answer in time", 0},
		{"closes", says("greeting", "close"), errs.Unavailable, "greet:", 0},
		{"talks for ever", func(s *server) { s.talks = true }, errs.Unavailable, "greet:", 0},
		{"offers no encryption", func(s *server) { s.offers = []string{"AUTH PLAIN"} }, errs.Unavailable, "offers no STARTTLS", 0},
		{"refuses to encrypt", says("STARTTLS", "454 no"), errs.Unavailable, "encrypt: the server answered 454", 0},
		{"knows no password", says("AUTH", echo), errs.Invalid, "authenticate: the server answered 535: bad (secret) (secret)", 0},
		{"refuses the sender", says("MAIL", "550 who"), errs.Invalid, "name the sender: the server answered 550: who", 0},
		{"refuses one recipient", says("TO:<team@shop.example>", "550 gone"), 0, "", 1},
		{"refuses every recipient", says("RCPT", "550 gone"), errs.Invalid, "550: gone", 0},
		{"puts every recipient off", says("RCPT", "451 greylisted"), errs.Unavailable, "451: greylisted", 0},
		{"refuses the mail", says("DATA", "554 no"), errs.Invalid, "send the mail: the server answered 554", 0},
		{"is full", says("end", "452 full"), errs.Unavailable, "send the mail: the server answered 452: full", 1},
		{"closes before it says whether", says("end", "hang"), errs.Unavailable, "send the mail: no answer in time", 1},
		{"hangs after it has taken it", says("QUIT", "hang"), 0, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, tt.set)
			var log strings.Builder
			c := channel(s, &log, func(cfg *email.Config) {
				cfg.Username, cfg.PasswordFile = "me", secret.File(notifytest.Secret(t, "hunter2-password"))
			})
			err := c.Send(context.Background(), notifytest.Message("page"))
			if (err == nil) != (tt.want == "") || err != nil && (errs.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v (%v), want %q", err, errs.KindOf(err), tt.want)
			}
			if got := len(s.Taken()); got != tt.sent {
				t.Errorf("%d mails arrived, want %d", got, tt.sent)
			}
			if text := fmt.Sprintf("%v %+v %#v %s", err, c, c, log.String()); strings.Contains(text, "hunter2") {
				t.Error(text)
			}
			if strings.Contains(tt.name, "one recipient") && !strings.Contains(log.String(), "gone") {
				t.Errorf("nobody is told of the other one: %s", log.String())
			}
		})
	}
}

func says(command, answer string) func(*server) {
	return func(s *server) { s.says = map[string]string{command: answer} }
}

func TestCertificateIsVerified(t *testing.T) {
	for _, security := range []email.Security{email.STARTTLS, email.Implicit} {
		s := newServer(t, func(s *server) { s.implicit = security == email.Implicit })
		s.roots = nil
		err := channel(s, io.Discard, func(cfg *email.Config) { cfg.Security = security }).Send(context.Background(), notifytest.Message("page"))
		if errs.KindOf(err) != errs.Unavailable || !strings.Contains(fmt.Sprint(err), "not trusted") {
			t.Errorf("%s: %v", security, err)
		}
	}
}

func TestPrivateServerIsRefused(t *testing.T) {
	s := newServer(t, nil)
	cfg := email.Config{Server: s.Addr().String(), Security: email.Plain, From: mail.Address{Address: "a@b.example"}, To: []mail.Address{{Address: "c@d.example"}}}
	err := email.New(cfg, outbound.New(outbound.Config{}), later, slog.New(slog.DiscardHandler)).Send(context.Background(), notifytest.Message("page"))
	if errs.KindOf(err) != errs.Unavailable || errs.HintOf(err) == "" || len(s.Taken()) > 0 {
		t.Errorf("got %v", err)
	}
}

// FuzzCompose checks that no text adds a header, a recipient or a part.
func FuzzCompose(f *testing.F) {
	f.Add("plain", "01HX")
	f.Add(notifytest.Hostile().Owner, "a\r\nBcc: x@evil.example")
	f.Add("--leadline-\r\n.\r\n", "")
	f.Fuzz(func(t *testing.T, text, id string) {
		n := notifytest.Page()
		n.Objective.Name, n.Sentence, n.Description, n.Runbook, n.URL, n.Group = text, text, text, text, text, id
		m := &dispatch.Message{DeliveryID: id, Attempt: 2, Receiver: text, Reason: dispatch.Changed, Alerts: []dispatch.Notice{n}}
		content, err := email.Compose(m)
		if err != nil {
			t.Fatal(err)
		}
		checkMail(t, string(content))
	})
}

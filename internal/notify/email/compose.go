// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/notify/notice"
	"github.com/leadline/leadline/internal/notify/outbound"
)

// The limits of a mail.
const (
	maxItems      = 20
	maxSubject    = 200 // characters
	maxReferences = 10
	maxID         = 64
)

// compose returns the mail as it goes over the wire, but for dots.
func (c *Channel) compose(m *dispatch.Message) ([]byte, error) {
	t := notice.Of(m, maxItems)
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	// The boundary is the same in every attempt, like all that can be.
	if err := parts.SetBoundary("leadline-" + digest(m.DeliveryID)[:32]); err != nil {
		return nil, fmt.Errorf("compose the mail: %w", err)
	}
	var html bytes.Buffer
	if err := page.Execute(&html, t); err != nil {
		return nil, fmt.Errorf("compose the mail: %w", err)
	}
	for _, p := range []struct{ kind, text string }{{"text/plain", t.String()}, {"text/html", html.String()}} {
		if err := addPart(parts, p.kind, p.text); err != nil {
			return nil, fmt.Errorf("compose the mail: %w", err)
		}
	}
	if err := parts.Close(); err != nil {
		return nil, fmt.Errorf("compose the mail: %w", err)
	}
	var out bytes.Buffer
	c.header(&out, m, t.Title)
	fmt.Fprintf(&out, "Content-Type: multipart/alternative; boundary=%q\r\n\r\n", parts.Boundary())
	out.Write(body.Bytes())
	return out.Bytes(), nil
}

func addPart(parts *multipart.Writer, kind, text string) error {
	w, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type": {kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(w)
	if _, err := io.WriteString(q, text); err != nil {
		return err
	}
	return q.Close()
}

func (c *Channel) header(out *bytes.Buffer, m *dispatch.Message, subject string) {
	put := func(name, value string) { out.WriteString(name + ": " + value + "\r\n") }
	put("From", c.cfg.From.String())
	to := make([]string, len(c.cfg.To))
	for i := range c.cfg.To {
		to[i] = c.cfg.To[i].String()
	}
	put("To", strings.Join(to, ",\r\n "))
	put("Subject", encoded(subject))
	put("Date", c.now().UTC().Format(time.RFC1123Z))
	put("Message-ID", c.id(m.DeliveryID))
	if roots := c.roots(m); len(roots) > 0 {
		put("In-Reply-To", roots[0])
		put("References", strings.Join(roots, "\r\n "))
	}
	put("Auto-Submitted", "auto-generated")
	put("Leadline-Delivery", cutHeader(m.DeliveryID))
	put("Leadline-Attempt", strconv.Itoa(m.Attempt))
	put("MIME-Version", "1.0")
}

// encoded returns a text for a header. Encoded words are folded, because a
// line may have 998 characters; texts without them are shorter.
func encoded(text string) string {
	return strings.ReplaceAll(mime.QEncoding.Encode("utf-8", notice.Line(text, maxSubject)), "?= =?", "?=\r\n =?")
}

func cutHeader(text string) string { return outbound.HeaderValue(text[:min(len(text), maxSubject)]) }

// id makes the id of a mail from a text.
func (c *Channel) id(text string) string {
	if len(text) > maxID || text == "" || strings.ContainsFunc(text, func(r rune) bool { return !isAtom(r) }) {
		text = digest(text)
	}
	_, domain, _ := strings.Cut(c.cfg.From.Address, "@")
	return "<leadline." + text + "@" + domain + ">"
}

func isAtom(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// roots are the threads to which the message belongs: one for each episode.
func (c *Channel) roots(m *dispatch.Message) (roots []string) {
	for i := range m.Alerts[:min(len(m.Alerts), maxReferences)] {
		roots = append(roots, c.id(digest(episode(&m.Alerts[i].Alert))))
	}
	return roots
}

func episode(a *alert.Alert) string {
	return fmt.Sprintf("%q %q %q %q %d", a.Objective.Service.String(), a.Objective.Name, a.Rule, a.Group, a.Episode)
}

func digest(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// page is the HTML part. It loads nothing, so that a mail program shows it.
var page = template.Must(template.New("mail").Parse(`<!doctype html>
<html><head><meta charset="utf-8"><title>{{.Title}}</title></head>
<body style="font-family: sans-serif; max-width: 44em">
<h2>{{.Title}}</h2>
{{with .Intro}}<p>{{.}}</p>
{{end}}{{range .Items}}{{with .Title}}<h3>{{.}}</h3>
{{end}}<table>
{{range .Facts}}<tr><th align="left" valign="top">{{.Name}}</th><td>{{.Text}}</td></tr>
{{end}}{{range .Links}}<tr><th align="left" valign="top">{{.Text}}</th><td><a href="{{.URL}}">{{.URL}}</a></td></tr>
{{end}}</table>
{{end}}{{range .Rest}}<p>{{.}}</p>
{{end}}</body></html>
`))

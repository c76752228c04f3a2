// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package email

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/outbound"
)

// maxConversation is how much a server may say, in bytes.
const maxConversation = 64 << 10

// submit holds the conversation with the server.
func (c *Channel) submit(ctx context.Context, content []byte) error {
	password, secrets, err := c.password()
	if err != nil {
		return err
	}
	s, err := c.connect(ctx, secrets)
	if err != nil {
		return err
	}
	defer s.close()
	if c.cfg.Username != "" {
		if err := s.Auth(c.auth(s, password)); err != nil {
			return s.failure("authenticate", err)
		}
	}
	return c.hand(s, content)
}

// password reads the password, and what no error may hold of it.
func (c *Channel) password() (password string, secrets []string, err error) {
	if c.cfg.Username == "" {
		return "", nil, nil
	}
	if password, err = c.cfg.PasswordFile.Read(); err != nil {
		return "", nil, err
	}
	b64 := base64.StdEncoding.EncodeToString
	return password, []string{password, b64([]byte(password)), b64([]byte("\x00" + c.cfg.Username + "\x00" + password))}, nil
}

// session is a conversation that ends when ctx does.
type session struct {
	*smtp.Client
	ctx     context.Context
	stop    func() bool
	secrets []string
}

func (s *session) close() {
	s.stop()
	s.Client.Close()
}

// failure is the error of a step: an answer of the server decides by its
// first digit, and no answer is to be tried again.
func (s *session) failure(step string, err error) error {
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code/100 == 5 {
		return errs.New(errs.Invalid, "%s: the server answered %d: %s", step, answer.Code, outbound.Quote(answer.Msg, s.secrets))
	}
	if errors.As(err, &answer) {
		return errs.New(errs.Unavailable, "%s: the server answered %d: %s", step, answer.Code, outbound.Quote(answer.Msg, s.secrets))
	}
	if s.ctx.Err() != nil {
		err = s.ctx.Err()
	}
	return outbound.Failure(step, err, s.secrets)
}

// connect dials, encrypts and greets.
func (c *Channel) connect(ctx context.Context, secrets []string) (*session, error) {
	host, _, err := net.SplitHostPort(c.cfg.Server)
	if err != nil {
		return nil, errs.New(errs.Invalid, "the server %q is no HOST:PORT", c.cfg.Server)
	}
	raw, err := c.client.DialContext(ctx, "tcp", c.cfg.Server)
	if err != nil {
		return nil, outbound.Failure("connect", err, secrets)
	}
	s := &session{ctx: ctx, secrets: secrets, stop: context.AfterFunc(ctx, func() { raw.Close() })}
	var conn net.Conn = &quiet{Conn: raw, left: maxConversation}
	if c.cfg.Security == Implicit {
		conn = tls.Client(conn, c.client.TLS(host))
	}
	if s.Client, err = smtp.NewClient(conn, host); err != nil {
		s.stop()
		conn.Close()
		return nil, s.failure("greet", err)
	}
	if err := c.encrypt(s, host); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (c *Channel) encrypt(s *session, host string) error {
	_, name, _ := strings.Cut(c.cfg.From.Address, "@")
	if err := s.Hello(name); err != nil {
		return s.failure("greet", err)
	}
	if c.cfg.Security != STARTTLS {
		return nil
	}
	if offered, _ := s.Extension("STARTTLS"); !offered {
		return errs.New(errs.Unavailable, "the server offers no STARTTLS").WithHint("tls: implicit is for port 465; tls: none is for a relay in your own network")
	}
	if err := s.StartTLS(c.client.TLS(host)); err != nil {
		return s.failure("encrypt", err)
	}
	return nil
}

// hand hands over the mail. It is delivered when the server says so after its
// end: what fails later fails nothing.
func (c *Channel) hand(s *session, content []byte) error {
	if err := s.Mail(c.cfg.From.Address); err != nil {
		return s.failure("name the sender", err)
	}
	if err := c.address(s); err != nil {
		return err
	}
	w, err := s.Data()
	if err != nil {
		return s.failure("send the mail", err)
	}
	if _, err := w.Write(content); err != nil {
		return s.failure("send the mail", err)
	}
	if err := w.Close(); err != nil {
		return s.failure("send the mail", err)
	}
	_ = s.Text.PrintfLine("QUIT")
	return nil
}

// address names the recipients. It fails when none is taken.
func (c *Channel) address(s *session) error {
	var refused []error
	for _, to := range c.cfg.To {
		if err := s.Rcpt(to.Address); err != nil {
			refused = append(refused, s.failure("name recipient "+to.Address, err))
		}
	}
	if len(refused) < len(c.cfg.To) {
		for _, err := range refused {
			c.logger.Warn("a mail goes without one of its recipients", "error", err)
		}
		return nil
	}
	return outbound.Together(refused)
}

// auth chooses what the server offers.
func (c *Channel) auth(s *session, password string) smtp.Auth {
	host, _, _ := net.SplitHostPort(c.cfg.Server)
	if _, offered := s.Extension("AUTH"); offered != "" && !strings.Contains(" "+offered+" ", " PLAIN ") && strings.Contains(" "+offered+" ", " LOGIN ") {
		return &login{c.cfg.Username, password}
	}
	return smtp.PlainAuth("", c.cfg.Username, password, host)
}

// login is AUTH LOGIN, which net/smtp does not have and Exchange has alone.
type login struct{ username, password string }

// Start implements smtp.Auth.
func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, errors.New("the connection is not encrypted")
	}
	return "LOGIN", nil, nil
}

// Next implements smtp.Auth.
func (l *login) Next(question []byte, more bool) ([]byte, error) {
	switch q := strings.ToLower(string(question)); {
	case !more:
		return nil, nil
	case strings.HasPrefix(q, "user"):
		return []byte(l.username), nil
	case strings.HasPrefix(q, "pass"):
		return []byte(l.password), nil
	}
	return nil, fmt.Errorf("the server asks for what is neither user name nor password")
}

// quiet ends a connection on which the other side talks too much.
type quiet struct {
	net.Conn
	left int
}

// Read implements net.Conn.
func (q *quiet) Read(p []byte) (int, error) {
	if q.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := q.Conn.Read(p[:min(len(p), q.left)])
	q.left -= n
	return n, err
}

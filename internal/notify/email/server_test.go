// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package email_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// server is a mail server for one test. Its answers are those of says, by
// command, or the usual ones.
type server struct {
	net.Listener
	roots    *x509.CertPool
	tls      *tls.Config
	implicit bool
	offers   []string
	says     map[string]string
	// talks makes it never stop greeting.
	talks bool

	mu    sync.Mutex
	mails []taken
}

// taken is a mail that the server has taken.
type taken struct {
	from, content, auth string
	to                  []string
	encrypted           bool
}

func newServer(t *testing.T, set func(*server)) *server {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	s := &server{tls: &tls.Config{Certificates: web.TLS.Certificates}, roots: x509.NewCertPool(), offers: []string{"STARTTLS", "AUTH PLAIN LOGIN"}}
	s.roots.AddCert(web.Certificate())
	if set != nil {
		set(s)
	}
	var err error
	if s.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	go func() {
		for {
			conn, err := s.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s
}

// Taken returns the mails that were taken since the last call.
func (s *server) Taken() []taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	mails := s.mails
	s.mails = nil
	return mails
}

type conversation struct {
	*server
	net.Conn
	r    *bufio.Reader
	mail taken
}

func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	c := &conversation{server: s, Conn: conn, r: bufio.NewReader(conn)}
	if s.implicit {
		c.encrypt()
	}
	for s.talks {
		if _, err := fmt.Fprintf(c.Conn, "220-%s\r\n", strings.Repeat("x", 900)); err != nil {
			return
		}
	}
	c.say("220 ready", "greeting")
	for c.step() {
	}
}

func (c *conversation) encrypt() {
	c.Conn = tls.Server(c.Conn, c.tls)
	c.r = bufio.NewReader(c.Conn)
	c.mail.encrypted = true
}

// say answers as the test says, or as usual; it reports whether that was a yes.
func (c *conversation) say(usual string, commands ...string) bool {
	answer := usual
	for _, command := range commands {
		if says, ok := c.says[command]; ok {
			answer = says
		}
	}
	if answer == "hang" {
		c.r.ReadString(0) // until the other side gives up
		return false
	}
	if answer != "close" {
		fmt.Fprint(c.Conn, strings.ReplaceAll(answer, "\n", "\r\n")+"\r\n")
	}
	return strings.HasPrefix(answer, "2") || strings.HasPrefix(answer, "3")
}

func (c *conversation) line() (string, bool) {
	l, err := c.r.ReadString('\n')
	return strings.TrimRight(l, "\r\n"), err == nil
}

func (c *conversation) step() bool {
	l, ok := c.line()
	if !ok {
		return false
	}
	command, rest, _ := strings.Cut(l, " ")
	switch strings.ToUpper(command) {
	case "EHLO":
		all := append([]string{"me"}, c.offers...)
		for i, o := range all {
			sign := "-"
			if i == len(all)-1 {
				sign = " "
			}
			fmt.Fprintf(c.Conn, "250%s%s\r\n", sign, o)
		}
	case "STARTTLS":
		if c.say("220 go", command) {
			c.encrypt()
		}
	case "AUTH":
		c.authenticate(rest)
	case "MAIL":
		c.mail.from = rest
		c.say("250 ok", command)
	case "RCPT":
		if c.say("250 ok", rest, command) {
			c.mail.to = append(c.mail.to, rest)
		}
	case "DATA":
		return c.data()
	case "QUIT":
		c.say("221 bye", command)
		return false
	default:
		c.say("500 what", command)
	}
	return true
}

func (c *conversation) authenticate(rest string) {
	c.mail.auth = rest
	if rest == "LOGIN" {
		for _, question := range []string{"Username:", "Password:"} {
			fmt.Fprintf(c.Conn, "334 %s\r\n", base64.StdEncoding.EncodeToString([]byte(question)))
			l, _ := c.line()
			decoded, _ := base64.StdEncoding.DecodeString(l)
			c.mail.auth += " " + string(decoded)
		}
	}
	c.say("235 welcome", "AUTH")
}

func (c *conversation) data() bool {
	if !c.say("354 go", "DATA") {
		return true
	}
	var b strings.Builder
	for {
		l, ok := c.line()
		if !ok {
			return false
		}
		if l == "." {
			break
		}
		b.WriteString(strings.TrimPrefix(l, ".") + "\r\n")
	}
	c.mail.content = b.String()
	c.mu.Lock()
	c.mails = append(c.mails, c.mail)
	c.mu.Unlock()
	return c.say("250 taken", "end")
}

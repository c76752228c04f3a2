// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package desk is what the person on call of the demo has: an address that takes
// the notifications, and a page with the runbook and the button that mends it.
//
// It serves on a loopback port. A request that changes something is a POST from
// the page itself, with a token that only the page knows; notifications come to
// an address that only the server knows. Requests to any other host name are
// refused, so that no web page elsewhere can reach either.
package desk

import (
	"bufio"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/leadline/leadline/examples/shop/story"
)

// Desk serves the page, and hands on notifications and orders.
type Desk struct {
	URL      string
	runbooks string // folder
	web      *http.Server
	token    string // of the page's form
	secret   string // of the address of notifications
	Notices  chan story.Notice
	Orders   chan string

	mu    sync.Mutex
	story teller // nil before it begins
}

// teller says how a story stands.
type teller interface {
	State(now time.Time) story.State
}

// Follow has the desk show a story.
func (d *Desk) Follow(s teller) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.story = s
}

// state says how the story stands.
func (d *Desk) state() story.State {
	d.mu.Lock()
	s := d.story
	d.mu.Unlock()
	if s == nil {
		return story.State{Now: "The demo is being prepared."}
	}
	return s.State(time.Now())
}

// Limits of the desk: more notifications than these nobody reads.
const (
	maxNotification = 1 << 20
	maxForm         = 4 << 10
	queuedNotices   = 64
)

// Open listens on a free loopback port.
func Open(runbooks string) (*Desk, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for notifications: %w", err)
	}
	address := listener.Addr().String()
	d := &Desk{
		URL: "http://" + address, runbooks: runbooks, token: rand.Text(), secret: rand.Text(),
		Notices: make(chan story.Notice, queuedNotices), Orders: make(chan string, 1),
	}
	d.web = &http.Server{Handler: d.handler(address), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	go d.web.Serve(listener) // returns when close closes it
	return d, nil
}

func (d *Desk) Close() { d.web.Close() }

// Hook is where the server sends its notifications.
func (d *Desk) Hook() string { return d.URL + "/notifications/" + d.secret }

// Runbook is the address of a runbook by its file name without extension.
func (d *Desk) Runbook(name string) string { return d.URL + "/runbooks/" + name }

func (d *Desk) handler(host string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /notifications/{secret}", d.take)
	mux.HandleFunc("GET /{$}", d.page)
	mux.HandleFunc("GET /runbooks/{name}", d.page)
	mux.HandleFunc("GET /state", d.tell)
	mux.HandleFunc("POST /mend", d.order)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != host {
			http.Error(w, "no such host", http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// take takes a notification. What finds no room is refused, and so comes again.
func (d *Desk) take(w http.ResponseWriter, r *http.Request) {
	if !equal(r.PathValue("secret"), d.secret) {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotification))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	all, err := readNotices(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, n := range all {
		select {
		case d.Notices <- n:
		default:
			http.Error(w, "too many notifications", http.StatusServiceUnavailable)
			return
		}
	}
}

//go:embed desk.html
var deskHTML string

var deskPage = template.Must(template.New("desk").Parse(deskHTML))

// runbookName keeps requests inside of the folder of runbooks.
var runbookName = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// page shows how the story stands, the button, and a runbook.
func (d *Desk) page(w http.ResponseWriter, r *http.Request) {
	text := ""
	if name := r.PathValue("name"); name != "" {
		if !runbookName.MatchString(name) {
			http.NotFound(w, r)
			return
		}
		content, err := os.ReadFile(filepath.Join(d.runbooks, name+".md"))
		if errors.Is(err, os.ErrNotExist) {
			http.NotFound(w, r)
			return
		}
		if err != nil {
			http.Error(w, "read the runbook: "+err.Error(), http.StatusInternalServerError)
			return
		}
		text = string(content)
	}
	nonce := rand.Text()
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; script-src 'nonce-"+nonce+"'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	// A browser that went away has no use for the error.
	_ = deskPage.Execute(w, map[string]any{"State": d.state(), "Token": d.token, "Nonce": nonce, "Runbook": parseRunbook(text), "Path": r.URL.Path})
}

// tell says how the story stands, for the page's script.
func (d *Desk) tell(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(d.state())
}

// order takes the order to mend, from the page and from nowhere else.
func (d *Desk) order(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.Header.Get("Origin") != d.URL || !equal(r.PostForm.Get("token"), d.token) {
		http.Error(w, "this has to be asked for on the page of the demo", http.StatusForbidden)
		return
	}
	d.ask("on the page")
	back := r.PostForm.Get("back")
	if name, ok := cutRunbook(back); ok && runbookName.MatchString(name) {
		http.Redirect(w, r, "/runbooks/"+name, http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// ask orders the mend if there is something to mend now; once is enough.
func (d *Desk) ask(from string) {
	if d.state().Button == "" {
		return
	}
	select {
	case d.Orders <- from:
	default:
	}
}

// Listen takes orders from a terminal: r and Enter. It ends with its reader.
// Typed is told of each line.
func (d *Desk) Listen(in io.Reader, typed func()) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		typed()
		if strings.EqualFold(strings.TrimSpace(lines.Text()), "r") {
			d.ask("in the terminal")
		}
	}
}

func equal(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/examples/shop/story"
)

// told is a story that stands like this.
type told story.State

func (s told) State(time.Time) story.State { return story.State(s) }

var (
	nothingToMend = told{Now: "Nothing is wrong."}
	paged         = told{Now: "You have been called.", Button: "Roll back to 1.4.2"}
)

// opened is a desk that follows a story.
func opened(t *testing.T, story told) *Desk {
	t.Helper()
	d, err := Open("../services/runbooks")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	d.Follow(story)
	return d
}

// ask makes a request as a browser would and returns status and body.
func ask(t *testing.T, method, address string, header http.Header, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header.Clone()
	if host := header.Get("Host"); host != "" {
		r.Host = host
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text) + answer.Header.Get("Location") + answer.Header.Get("Content-Security-Policy")
}

// ordered returns the order that waits, or nothing.
func ordered(d *Desk) string {
	select {
	case o := <-d.Orders:
		return o
	default:
		return ""
	}
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

func TestTheButtonMends(t *testing.T) {
	d := opened(t, paged)
	status, page := ask(t, "GET", d.Runbook("checkout-fails"), nil, "")
	if status != http.StatusOK || !strings.Contains(page, "Roll back to 1.4.2") || !strings.Contains(page, "default-src 'none'") {
		t.Fatalf("page: status %d\n%s", status, page)
	}
	token := tokenField.FindStringSubmatch(page)
	form := url.Values{"token": {token[1]}, "back": {"/runbooks/checkout-fails"}}.Encode()
	as := http.Header{"Origin": {d.URL}, "Content-Type": {"application/x-www-form-urlencoded"}}
	for range 2 { // pressed twice
		if status, to := ask(t, "POST", d.URL+"/mend", as, form); status != http.StatusSeeOther || !strings.Contains(to, "/runbooks/checkout-fails") {
			t.Errorf("the button: status %d to %s", status, to)
		}
	}
	if got := ordered(d) + ordered(d); got != "on the page" {
		t.Errorf("orders %q, want one", got)
	}
}

// TestOthersCannotMend asks as a page elsewhere, or a rebound name, would.
func TestOthersCannotMend(t *testing.T) {
	for name, c := range map[string]struct {
		at     told
		origin string
		host   string
		token  func(*Desk) string
		want   int
	}{
		"another origin":  {paged, "http://evil.example", "", (*Desk).rightToken, http.StatusForbidden},
		"no origin":       {paged, "", "", (*Desk).rightToken, http.StatusForbidden},
		"no token":        {paged, "own", "", func(*Desk) string { return "" }, http.StatusForbidden},
		"a guessed token": {paged, "own", "", func(*Desk) string { return "AAAAAAAAAAAAAAAAAAAAAAAAAA" }, http.StatusForbidden},
		"a rebound name":  {paged, "own", "evil.example", (*Desk).rightToken, http.StatusMisdirectedRequest},
		"nothing to mend": {nothingToMend, "own", "", (*Desk).rightToken, http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			d := opened(t, c.at)
			h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			if c.origin == "own" {
				c.origin = d.URL
			}
			if c.origin != "" {
				h.Set("Origin", c.origin)
			}
			if c.host != "" {
				h.Set("Host", c.host)
			}
			form := url.Values{"token": {c.token(d)}, "back": {"//evil.example"}}.Encode()
			status, to := ask(t, "POST", d.URL+"/mend", h, form)
			if status != c.want || strings.Contains(to, "evil.example") {
				t.Errorf("status %d to %q, want %d", status, to, c.want)
			}
			if got := ordered(d); got != "" {
				t.Errorf("ordered %s", got)
			}
		})
	}
}

func (d *Desk) rightToken() string { return d.token }

func TestNotificationsAreTaken(t *testing.T) {
	one := `{"version": "4", "status": "firing", "alerts": [{"status": "firing",
		"labels": {"alertname": "page-1h", "severity": "page", "objective": "checkout-succeeds"},
		"annotations": {"summary": "Page: checkout-succeeds", "description": "Why: it burns\nWhen: now", "runbook_url": "http://127.0.0.1:9/runbooks/x"},
		"generatorURL": "http://127.0.0.1:8/slos/x"}]}`
	for name, c := range map[string]struct {
		secret, body string // no secret is the right one
		want         int
	}{
		"the server's":          {"", one, http.StatusOK},
		"elsewhere":             {"guessed", one, http.StatusNotFound},
		"not JSON":              {"", "alert!", http.StatusBadRequest},
		"without end":           {"", `{"x": "` + strings.Repeat("x", maxNotification), http.StatusBadRequest},
		"more than anybody has": {"", `{"alerts": [` + strings.Repeat("{},", queuedNotices+1) + `{}]}`, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			d := opened(t, nothingToMend)
			if status, body := ask(t, "POST", d.URL+"/notifications/"+cmp.Or(c.secret, d.secret), nil, c.body); status != c.want {
				t.Errorf("status %d, want %d: %s", status, c.want, body)
			}
			if c.want != http.StatusOK {
				return
			}
			got := <-d.Notices
			want := story.Notice{
				Status: "firing", Severity: "page", Objective: "checkout-succeeds", Rule: "page-1h", Title: "Page: checkout-succeeds",
				Facts: []string{"Why: it burns", "When: now"}, Runbook: "http://127.0.0.1:9/runbooks/x", Page: "http://127.0.0.1:8/slos/x",
			}
			if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(story.Notice{})); diff != "" {
				t.Errorf("notice (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnlyRunbooksAreShown(t *testing.T) {
	d := opened(t, nothingToMend)
	for _, path := range []string{"/runbooks/nothing", "/runbooks/..%2f..%2fload%2fload", "/runbooks/checkout-fails.md", "/other"} {
		if status, body := ask(t, "GET", d.URL+path, nil, ""); status != http.StatusNotFound {
			t.Errorf("%s: status %d\n%.200s", path, status, body)
		}
	}
}

func TestRunbookIsRead(t *testing.T) {
	const text = "# Checkout fails\n\nCustomers cannot pay,\nin any way.\n\n1. Open a `trace`:\n   - **502**: the provider.\n     Call it.\n   - ours; see [the other](other.md).\n2. Done?\n"
	var out strings.Builder
	for _, b := range parseRunbook(text) {
		fmt.Fprintf(&out, "%s %d:", b.Kind, b.Number)
		for _, p := range b.Text {
			fmt.Fprintf(&out, " %s%q", p.Kind, p.Text)
		}
		out.WriteString("\n")
	}
	want := `title 0: "Checkout fails"
p 0: "Customers cannot pay," " in any way."
step 1: "Open a " code"trace" ":"
point 1: strong"502" ": the provider." " Call it."
point 1: "ours; see " "the other" "."
step 2: "Done?"
`
	if diff := gocmp.Diff(want, out.String()); diff != "" {
		t.Errorf("runbook (-want +got):\n%s", diff)
	}
}

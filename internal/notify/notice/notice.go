// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package notice says what a notification says.
//
// It is the one place that puts a message into words, so that a person reads
// the same in Slack, in a mail and on a pager: what is broken for whom, the
// sentence of the rule, since when, what is left of the budget, what to do
// first, and where to look. An alert that ended because nothing is measured
// any more is never called resolved.
//
// It is pure: a message in, bounded plain text out. Names and sentences come
// from service files and from telemetry, so every text here is cut to a
// length, is on one line, and holds no control or direction characters; each
// channel escapes it for its own format. A link is https or http, or no link.
package notice

import (
	"fmt"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/dispatch"
)

// Text is a message in words.
type Text struct {
	// Title is the whole message on one line.
	Title string
	// Intro says why the message is sent, where that is not plain from Title.
	Intro string
	// Items are the alerts in detail, More the titles of those beyond the
	// limit, and Beyond how many are not even named.
	Items  []Item
	More   []string
	Beyond int
	// Repeat says that the message may have arrived before; mostly empty.
	Repeat string
}

// Item is one alert in words. Its title is empty where that of the message
// says the same.
type Item struct {
	Title string
	Facts []Fact
	Links []Link
}

// Fact is one line of an item.
type Fact struct{ Name, Text string }

// Link is an address to open.
type Link struct{ Text, URL string }

// maxMore is how many titles a message has beyond those in detail.
const maxMore = 20

// Of puts a message into words, with at most limit alerts in detail.
func Of(m *dispatch.Message, limit int) Text {
	t := Text{Title: title(m), Intro: intro(m)}
	if m.Attempt > 1 {
		t.Repeat = fmt.Sprintf("This may be a repeat: attempt %d of delivery %s.", m.Attempt, Line(m.DeliveryID, maxName))
	}
	if m.Reason == dispatch.Test || m.Reason == dispatch.Heartbeat {
		return t // an alert in it would be taken for one
	}
	t.Beyond = m.Truncated
	for i := range m.Alerts {
		n := &m.Alerts[i]
		switch {
		case i < limit:
			t.Items = append(t.Items, itemOf(n))
		case len(t.More) < maxMore:
			t.More = append(t.More, titleIn(n))
		default:
			t.Beyond++
		}
	}
	if len(t.Items) == 1 && t.Items[0].Title == t.Title {
		t.Items[0].Title = ""
	}
	return t
}

// title names the newest change, and how many more there are.
func title(m *dispatch.Message) string {
	switch m.Reason {
	case dispatch.Test:
		return "Test from Leadline: nothing is broken"
	case dispatch.Heartbeat:
		return "Leadline is alive"
	case dispatch.Digest:
		firing, ended := count(m)
		return fmt.Sprintf("While this receiver could not be reached: %s ended, %s", alerts(ended), firingStill(firing)) + more(m.Truncated)
	}
	if len(m.Alerts) == 0 {
		return "Leadline has nothing to tell" // a message without alerts is a bug of its sender
	}
	first := m.Alerts[0]
	first.Told = m.Reason == dispatch.Reminder || m.Reason == dispatch.Resend
	return titleIn(&first) + more(len(m.Alerts)-1+m.Truncated)
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}

func intro(m *dispatch.Message) string {
	switch m.Reason {
	case dispatch.Test:
		return fmt.Sprintf("Somebody wants to see whether this arrives at receiver %s. There is nothing to do.", Line(m.Receiver, maxName))
	case dispatch.Heartbeat:
		return "When this stops arriving, Leadline has stopped or cannot send, and its alerts reach nobody."
	case dispatch.Digest:
		return "Each of these would have been a message of its own. What still fires needs somebody now."
	case dispatch.Reminder, dispatch.Resend:
		return "Nothing changed since the last message; this is the reminder that was asked for."
	}
	return ""
}

func count(m *dispatch.Message) (firing, ended int) {
	for i := range m.Alerts {
		if m.Alerts[i].Phase == alert.Firing {
			firing++
		} else {
			ended++
		}
	}
	return firing, ended
}

func alerts(n int) string {
	if n == 1 {
		return "1 alert"
	}
	return fmt.Sprintf("%d alerts", n)
}

func firingStill(n int) string {
	switch n {
	case 0:
		return "none still fires"
	case 1:
		return "1 still fires"
	}
	return fmt.Sprintf("%d still fire", n)
}

// Title is an alert on one line: how it stands, and what it is about.
func Title(n *dispatch.Notice) string {
	switch n.Phase {
	case alert.Resolved:
		return "Resolved: " + subject(n)
	case alert.Unmeasured:
		return "No longer measured: " + subject(n)
	case alert.Firing:
		return severity(n) + ": " + subject(n)
	}
	return "Not firing: " + subject(n)
}

// titleIn is the title of an alert in a message, which may not be the first
// that says so.
func titleIn(n *dispatch.Notice) string {
	if n.Told && n.Phase == alert.Firing {
		return "Still firing, " + strings.ToLower(severity(n)) + ": " + subject(n)
	}
	return Title(n)
}

func severity(n *dispatch.Notice) string {
	switch n.Severity {
	case alert.Page:
		return "Page"
	case alert.Ticket:
		return "Ticket"
	}
	return "Alert"
}

// subject names the objective as
// "checkout-succeeds [gold] (journey checkout) of shop/shop-api, production".
func subject(n *dispatch.Notice) string {
	text := Line(n.Objective.Name, maxName)
	if n.Group != "" {
		text += " [" + Line(n.Group, maxName) + "]"
	}
	if n.Journey != "" {
		text += " (journey " + Line(n.Journey, maxName) + ")"
	}
	service := n.Objective.Service
	environment := service.Environment
	service.Environment = ""
	text += " of " + Line(service.String(), maxName)
	if environment != "" {
		text += ", " + Line(environment, maxName)
	}
	return text
}

func itemOf(n *dispatch.Notice) Item {
	i := Item{Title: titleIn(n)}
	i.add("Promise", Line(n.Description, maxText))
	if n.Phase == alert.Resolved {
		i.add("Now", Line(n.Sentence, maxText))
	} else {
		i.add("Why", why(n))
	}
	i.add("When", when(n))
	i.add("Budget", budget(n))
	if n.Phase != alert.Resolved {
		i.add("First", Line(n.NextStep, maxText))
	}
	i.add("Owner", Line(n.Owner, maxName))
	i.link("Runbook", n.Runbook)
	i.link("Objective", n.URL)
	return i
}

func (i *Item) add(name, text string) {
	if text != "" {
		i.Facts = append(i.Facts, Fact{name, text})
	}
}

// link adds a link, or a fact when the address is none that can be opened,
// such as the path of a runbook beside the service file.
func (i *Item) link(text, address string) {
	url := Link{text, address}
	switch {
	case address == "":
	case url.opens():
		i.Links = append(i.Links, url)
	default:
		i.add(text, Line(address, maxText))
	}
}

func why(n *dispatch.Notice) string {
	sentence := Line(n.Sentence, maxText)
	if n.Phase == alert.Unmeasured {
		text := "nothing has been measured for longer than the alert's longest window, so nobody knows whether the trouble is over"
		if sentence != "" {
			text += "; last: " + sentence
		}
		return text
	}
	if n.Frozen != "" {
		return joined(sentence, "the state is held: "+Line(n.Frozen, maxText))
	}
	return sentence
}

// when tells the episode. Lengths are those at the time of the notice, so
// that a message that arrives late is not wrong.
func when(n *dispatch.Notice) string {
	if n.Started.IsZero() {
		return ""
	}
	text := "since " + clock(n.Started)
	switch {
	case n.Phase == alert.Firing && n.At.After(n.Started):
		return text + ", for " + length(n.At.Sub(n.Started)) + " when this was written"
	case n.Phase != alert.Firing && !n.Ended.IsZero():
		return clock(n.Started) + " to " + clock(n.Ended) + ", " + length(n.Ended.Sub(n.Started))
	}
	return text
}

func budget(n *dispatch.Notice) string {
	amount, over := strings.CutPrefix(n.BudgetLeft, "-")
	left := percent(amount, 1)
	if left == "0%" && amount != "0" {
		left = "less than 0.1%"
	}
	switch {
	case over:
		left = "exhausted, overspent by " + left
	case left != "":
		left += " left"
	}
	sli := ""
	if share := Percent(n.SLI); share != "" {
		sli = share + " good"
	}
	if n.Target != "" {
		sli = joined(sli, "target "+Line(n.Target, maxName))
	}
	if n.Window != "" {
		sli = strings.TrimSpace(sli + " over " + Line(n.Window, maxName))
	}
	return joined(left, sli)
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package errs gives errors a kind and a hint.
//
// The kind is what a caller may act on: an HTTP or gRPC status, an exit code,
// whether to send again. Each edge maps kinds to its own codes in one table;
// nobody reads the text of an error to decide anything. An error without a
// kind is Internal: its text goes to the log and is not shown to a user.
//
// The hint is one sentence for the person who has to mend the cause. It
// travels beside the text, so that an edge can print it on its own line.
package errs

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what a caller can do about an error.
type Kind uint8

const (
	// Internal is our own fault, or an error that nobody classified.
	Internal Kind = iota
	// Invalid is bad input: sending it again fails again.
	Invalid
	// NotFound names something that does not exist.
	NotFound
	// Unauthenticated lacks a valid token.
	Unauthenticated
	// TooLarge exceeds a size limit: sending it again fails again.
	TooLarge
	// Unavailable is overload, a full disk or a starting process: send again later.
	Unavailable
	// Unsupported asks for something that this version does not do.
	Unsupported
	// Conflict contradicts what already exists.
	Conflict
)

var kindNames = [...]string{
	"internal", "invalid", "not_found", "unauthenticated",
	"too_large", "unavailable", "unsupported", "conflict",
}

// String returns the kind's name as logs and API bodies spell it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Error is an error with a kind, and perhaps a hint and a time to wait.
type Error struct {
	Kind Kind
	// Hint is one sentence that says how to mend the cause; it may be empty.
	Hint string
	// RetryAfter is how long a caller should wait; zero says nothing. Only
	// Unavailable errors carry it.
	RetryAfter time.Duration
	Err        error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of kind k with the formatted text; %w wraps.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Err: fmt.Errorf(format, args...)}
}

// WithHint sets the hint and returns the same error.
func (e *Error) WithHint(hint string) *Error {
	e.Hint = hint
	return e
}

// KindOf returns the kind of the outermost classified error in err's chain,
// and Internal when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// HintOf returns the first hint in err's chain, or "".
func HintOf(err error) string {
	for {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
}

// RetryAfter returns how long the caller should wait before it sends again,
// or zero when err says nothing about it.
func RetryAfter(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"unicode"

	"github.com/leadline/leadline/internal/errs"
)

// maxQuoted is how much of a receiver's words an error holds, in characters.
const maxQuoted = 300

// Failure returns the error of an exchange that got no answer: what was done,
// why it failed, and never the address, which may be a secret. It is
// Unavailable, also where the address is refused: somebody may mend the
// setting or the name while the message waits.
//
// It wraps no more of the cause than its kind: a deadline or an end of file,
// after which the receiver may have taken the message all the same.
func Failure(operation string, err error, secrets []string) *errs.Error {
	text, cause := reason(err)
	failure := errs.New(errs.Unavailable, "%s: %w", operation, &broken{Quote(text, secrets), cause})
	var refused *Refused
	if errors.As(err, &refused) && refused.Openable {
		failure.Hint = "allow_private: true lets a receiver be in a private network"
	}
	return failure
}

// Together returns one error for all of several: as long as one may go well
// later, it is tried again, when the first of them wants it.
func Together(failures []error) *errs.Error {
	all := errs.New(errs.KindOf(failures[0]), "%w", errors.Join(failures...))
	for _, err := range failures {
		if errs.KindOf(err) != errs.Unavailable {
			continue
		}
		all.Kind = errs.Unavailable
		if wait := errs.RetryAfter(err); all.RetryAfter == 0 || wait != 0 && wait < all.RetryAfter {
			all.RetryAfter = wait
		}
	}
	return all
}

// broken is a failure in our words, and what kind it is of.
type broken struct {
	text  string
	cause error // nil when nothing can have been taken
}

func (b *broken) Error() string { return b.text }

// Unwrap returns the kind.
func (b *broken) Unwrap() error { return b.cause }

// reason says in words why there was no answer, and what is left of the
// cause.
func reason(err error) (string, error) {
	var refused *Refused
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &refused):
		return refused.Error(), nil
	case errors.Is(err, errElsewhere):
		return errElsewhere.Error(), nil
	case errors.As(err, &name):
		return "its name does not resolve: " + name.Err, nil
	case errors.As(err, &certificate):
		return "its certificate is not trusted: " + certificate.Err.Error(), nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time", context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return "interrupted", context.Canceled
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused", nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return "the connection broke before an answer", io.ErrUnexpectedEOF
	}
	// Such as an answer that is none: the message was sent by then.
	return innermost(err), io.ErrUnexpectedEOF
}

// innermost takes off what names the address.
func innermost(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return err.Error()
}

// oneLine returns a text without what breaks a line or cannot be seen.
func oneLine(text string) string {
	unseen := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), unseen), " ")
}

// cut returns at most limit characters of a text.
func cut(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

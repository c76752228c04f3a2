// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/leadline/leadline/internal/errs"
)

// auth checks the bearer token. Comparing digests takes the same time whatever
// the client sent, its length included.
type auth struct {
	required bool
	digest   [sha256.Size]byte
}

func newAuth(token string) auth {
	return auth{required: token != "", digest: sha256.Sum256([]byte(token))}
}

// errUnauthenticated does not repeat what the client sent.
var errUnauthenticated = errs.New(errs.Unauthenticated, "the ingest token is missing or wrong").
	WithHint(`send the header "Authorization: Bearer <token>"`)

// check takes the values of the Authorization header, of which there must be
// exactly one.
func (a auth) check(headers []string) error {
	if !a.required {
		return nil
	}
	if len(headers) != 1 {
		return errUnauthenticated
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	digest := sha256.Sum256([]byte(strings.TrimLeft(token, " ")))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(digest[:], a.digest[:]) != 1 {
		return errUnauthenticated
	}
	return nil
}

// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package email

import (
	"net/mail"
	"time"

	"github.com/leadline/leadline/internal/dispatch"
)

// Compose returns the mail that a message makes, to two recipients.
func Compose(m *dispatch.Message) ([]byte, error) {
	c := Channel{now: func() time.Time { return time.Unix(0, 0) }, cfg: Config{
		From: mail.Address{Address: "leadline@shop.example"},
		To:   []mail.Address{{Address: "team@shop.example"}, {Address: "oncall@shop.example"}},
	}}
	return c.compose(m)
}

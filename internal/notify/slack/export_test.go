// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slack

import (
	"encoding/json"

	"github.com/leadline/leadline/internal/dispatch"
)

// Document returns the body that a message makes.
func Document(m *dispatch.Message) []byte {
	body, err := json.Marshal(documentOf(m))
	if err != nil {
		panic(err)
	}
	return body
}

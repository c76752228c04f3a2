// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"
	"net/http"
	"time"
)

// bodyWithin is how long the body of a request may take to arrive. A recording
// to back-fill is as long as it is.
const bodyWithin = 10 * time.Second

// hurry ends connections whose bodies do not arrive: whoever may sign in, which
// is everybody, could hold as many as they like.
func hurry(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && r.URL.Path != backfillPath {
			c := http.NewResponseController(w)
			c.SetReadDeadline(time.Now().Add(bodyWithin))
			r.Body = &hurried{r.Body, c}
		}
		h.ServeHTTP(w, r)
	})
}

// hurried is a body that has a deadline until it has arrived. After that the
// answer may take long, and a deadline that passes would end its context.
type hurried struct {
	io.ReadCloser
	connection *http.ResponseController
}

// Read implements io.Reader.
func (b *hurried) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.connection.SetReadDeadline(time.Time{})
	}
	return n, err
}

// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"io"
)

// Start does what init does where no server runs.
func Start(dir, service string, out io.Writer) error {
	e := &env{out: out, err: out}
	return e.start(&initFlags{dir: dir, service: service})
}

// Init does what init does for a service when a server answers, and returns
// what it says.
func Init(service, server string, named bool) (string, error) {
	var out bytes.Buffer
	e := &env{out: &out, err: &out, server: server}
	err := e.init(context.Background(), &initFlags{dir: ".", service: service, named: named})
	return out.String(), err
}

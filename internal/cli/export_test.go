// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import "io"

// Start does what init does where no server runs.
func Start(dir, service string, out io.Writer) error {
	e := &env{out: out, err: out}
	return e.start(&initFlags{dir: dir, service: service})
}

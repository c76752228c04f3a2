// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crew

import (
	"syscall"
)

// ownGroup gives a process its own group, and its end when we die without a
// chance to end it ourselves.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

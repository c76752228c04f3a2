// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package process

import "syscall"

// ownGroup gives a process a group of its own, and its end when the test
// program is killed, by a timeout for example.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

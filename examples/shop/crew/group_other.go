// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package crew

import "syscall"

// ownGroup gives a process its own group. Only Linux can also end it when we
// are killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

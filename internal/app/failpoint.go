// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/leadline/leadline/internal/intakelog"
)

// failpointVariable makes the process kill itself at the n-th file operation
// of the intake log: the crash tests set it. It is read once, at the start.
const failpointVariable = "LEADLINE_TEST_KILL_AT"

// hooked returns the files, with the failpoint if one is set.
func hooked(files intakelog.FS) intakelog.FS {
	at, err := strconv.ParseInt(os.Getenv(failpointVariable), 10, 64)
	if err != nil || at <= 0 {
		return files
	}
	var n atomic.Int64
	return intakelog.WithHook(files, func(intakelog.Op, string) error {
		if n.Add(1) == at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return nil
	})
}

// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holder names the process that listens on a TCP port of this machine, as far
// as the system lets us see it; empty where it does not.
func holder(port string) string {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return ""
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if inode := listener(table, number); inode != "" {
			return owner("socket:[" + inode + "]")
		}
	}
	return ""
}

// listener returns the inode of the socket that listens on the port. A line is
//
//	sl  local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
func listener(table string, port uint64) string {
	const listening = "0A"
	f, err := os.Open(table)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[3] == listening && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
			return fields[9]
		}
	}
	return ""
}

// owner returns the process that has the socket open.
func owner(socket string) string {
	// The pattern is right, so there is no error.
	open, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range open {
		if target, err := os.Readlink(fd); err != nil || target != socket {
			continue
		}
		process := filepath.Dir(filepath.Dir(fd))
		name, err := os.ReadFile(filepath.Join(process, "comm"))
		if err != nil {
			return ""
		}
		return fmt.Sprintf("%s, process %s", strings.TrimSpace(string(name)), filepath.Base(process))
	}
	return ""
}

// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Command leadline is the server and its command line.
package main

import (
	"os"

	"github.com/leadline/leadline/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }

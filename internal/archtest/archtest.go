// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package archtest holds the rules of this repository that a compiler does not
// check. They are its tests: which package may import which, that each has a
// comment, how long files and functions may be, what the domain may not touch,
// and that every direct dependency has its reason in ARCHITECTURE.md.
package archtest

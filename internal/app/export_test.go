// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

// NewWithClock is New with a clock that a test sets.
var NewWithClock = newApp

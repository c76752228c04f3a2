// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package otlp_test

// raceEnabled says that the race detector makes compression fifty times slower
// and memory ten times larger.
const raceEnabled = false

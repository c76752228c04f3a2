// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package shop is the folder of the example shop, which is written in Python.
//
// It has no Go of its own but the test that runs the shop's Python tests and
// checks in an environment with the pinned packages, so that `go test` covers
// the Python too. The Go around the shop is in load, standin, venv and demo.
package shop

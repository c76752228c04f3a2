// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package guide is the folder of the tests that read docs/guide as a newcomer
// does: in an empty folder and a home of their own, they save every file,
// run every command in order, and look whether what appears is what the guide
// says. It has no Go of its own but those tests.
//
// What a fence of a guide means:
//
//   - ```LANG NAME is a file; the paragraph above must name it as well, because
//     readers do not see this line.
//   - ```sh is run to its end, each in a shell of its own, and must succeed.
//   - ```sh stays NAME is a terminal of its own: it stays until the guide ends,
//     or until another one of this name takes its place, and then has Ctrl-C.
//   - ```sh until is run again until it says what comes next.
//   - ```sh request is as ```sh, and is the first request: the time from here to
//     the first SLI is logged.
//   - ```console is what the commands above it print, among other lines: in this
//     order, … for anything, durations and dates of any value.
//
// Leadline's addresses and port 8000 are replaced by free ones, in what is run
// and in what is expected. Packages come from requirements.txt (pinned, hashed),
// fetched once; pip installs them anew for each guide. Without Python or a
// package index the tests skip and say so; with CI=true that is a failure.
package guide

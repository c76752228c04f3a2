#!/bin/sh
# Copyright The Leadline Authors
# SPDX-License-Identifier: Apache-2.0
#
# Starts the Collector on free loopback ports, runs a command that finds it in
# LEADLINE_CONFORMANCE_PEER_HTTP and _GRPC, and stops it:
#
#   bench/collector/run.sh conformance go test ./test/conformance
#
# The first argument names a file in configs/. Without a command it prints the
# addresses and runs until Ctrl-C. The command runs where it was called.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
config=$here/configs/${1:-conformance}.yaml
[ $# -eq 0 ] || shift
peer=$here/../../bin/bench-peer
(cd "$here/.." && go build -o "$peer" ./cmd/peer)
exec "$peer" -collector "$here/../../bin/otelcol" -config "$config" -- "$@"

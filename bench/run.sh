#!/bin/sh
# Copyright The Leadline Authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs the benchmarks against the peers and writes their results to results/.
#
#   bench/run.sh                all of them, some ten minutes
#   bench/run.sh ingest         one of them: ingest, ack or restart
#   bench/run.sh ingest -rounds 9    further arguments go to it
#
# It needs bin/leadline, and for ingest bin/otelcol; bench/README.md says how
# to build them.
set -eu
cd "$(dirname "$0")"
if [ $# -gt 0 ]; then
	what=$1
	shift
	exec go run "./cmd/$what" "$@"
fi
for what in ingest ack restart; do
	go run "./cmd/$what"
done

#!/bin/sh
# Copyright The Leadline Authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs the benchmarks against the peers and writes their results to results/.
#
#   bench/run.sh                all of them, some ten minutes
#   bench/run.sh ingest         one of them: ingest, ack or restart
#   bench/run.sh ingest -rounds 9    further arguments go to it
#   bench/run.sh conformance    the OTLP conformance suite against the Collector
#
# It needs bin/leadline, and for ingest bin/otelcol; bench/README.md says how
# to build them.
set -eu
cd "$(dirname "$0")"

# The suite prints its table through the test's log, indented by eight spaces.
conformance() {
	mkdir -p results
	out=results/conformance-collector-$(date -u +%F).md
	log=$(cd .. && bench/collector/run.sh conformance \
		go test ./internal/otlp/ -count=1 -run '^TestPeerConformance$' -v)
	{
		echo "# The Collector v0.155.0 in our OTLP conformance suite"
		echo
		echo "Rows and their meaning: docs/reference/otlp-conformance.md. Commit $(git rev-parse --short=12 HEAD)."
		echo
		printf '%s\n' "$log" | sed -n 's/^        \(- [A-Za-z]*: .*\|| .*\||---.*\)$/\1/p' | awk '/^\| row/ { print "" } { print }'
	} >"$out"
	echo "written to bench/$out"
}

if [ "${1:-}" = conformance ]; then
	conformance
	exit
fi
if [ $# -gt 0 ]; then
	what=$1
	shift
	exec go run "./cmd/$what" "$@"
fi
for what in ingest ack restart; do
	go run "./cmd/$what"
done

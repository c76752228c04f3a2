#!/bin/sh
# Copyright The Leadline Authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs the benchmarks against the peers and writes their results to results/.
#
#   bench/run.sh                all of them, some fifteen minutes
#   bench/run.sh ingest         one of them: ingest, ack or restart
#   bench/run.sh ingest -rounds 9    further arguments go to it
#   bench/run.sh packages       reader, evaluation and store, as Go benchmarks
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

# The figures that belong to one package: the reader beside a bare scan of the
# same bytes, a tick of 10,000 objectives, and what a stored sample takes.
packages() {
	mkdir -p results
	out=results/packages-$(date -u +%F).md
	run() {
		(cd .. && go test "./internal/$1" -run '^$' -bench "$2" -benchtime "$3" -count "$4" -timeout 20m) | grep '^Benchmark'
	}
	{
		echo "# Benchmarks of packages, $(date -u '+%F %H:%M') UTC"
		echo
		echo "- commit: $(git rev-parse --short=12 HEAD)"
		echo "- machine: $(nproc) cores, $(uname -sr), $(go env GOVERSION), load $(cut -d' ' -f1 /proc/loadavg) before the run"
		echo
		echo '```'
		run wire 'TraceReader$|FieldScan$' 2000x 5
		run eval 10kObjectives 20x 3
		run window Advance 100x 1
		run intakelog Commit 500x 1
		run series/tsdb 'Append|Restore|Open' 1x 1
		echo '```'
		echo
		echo "Goals: TraceReader at most 1.5 times FieldScan and without an allocation; a tick of 10,000 objectives at most"
		echo "20 ms of CPU; a stored sample at most 3 B."
	} >"$out"
	echo "written to bench/$out"
}

case "${1:-}" in
conformance | packages)
	"$1"
	exit
	;;
esac
if [ $# -gt 0 ]; then
	what=$1
	shift
	exec go run "./cmd/$what" "$@"
fi
packages
for what in ingest ack restart; do
	go run "./cmd/$what"
done

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Consuming a backlog, ours and the Java broker in one run, with our own client: make bench-consume.
# BENCH_SECONDS is measured for each line, 3 by default; BENCH_ROUNDS alternating rounds, 2 by default.  Only ratios mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/bench/peers.sh"
start_peers || exit 1
for round in $(seq "${BENCH_ROUNDS:-2}"); do
	for p in $PEERS; do
		peer $p
		echo "# round $round: $p"
		"$top_builddir/lightmq-bench" --namesrv "$NAMESRV" --cpu-of "$PID" --seconds "${BENCH_SECONDS:-3}" --mode batch --batch 64 || exit 1
		"$top_builddir/lightmq-bench" --namesrv "$NAMESRV" --cpu-of "$PID" --seconds "${BENCH_SECONDS:-3}" --no-heading --mode consume --again ||
			exit 1
	done
done

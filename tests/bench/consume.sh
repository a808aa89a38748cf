#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Consuming a backlog, ours and the Java broker in one run, with our own client: make bench-consume.
# BENCH_SECONDS is measured for each line, 3 by default; BENCH_ROUNDS alternating rounds, 2 by default.  Only ratios mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
conf=$top_srcdir/tests/conformance
. "$conf/fetch.sh"
fetch_server || exit 1
work=$(mktemp -d)
export NAMESRVD=$top_builddir/rmq-namesrvd BROKERD=$top_builddir/rmq-brokerd
trap 'for p in java ours; do for w in broker namesrv; do "$conf/daemons" "$work/$p" stop $w; done; done 2>/dev/null; rm -rf "$work"' EXIT
for p in java ours; do
	mkdir -p "$work/$p"
	read -r ns b <<<"$(free_ports 2)"
	printf 'PEER=%s NS_PORT=%s BROKER_PORT=%s SERVER_LIB=%s\n' $p "$ns" "$b" "$SERVER_LIB" >"$work/$p/settings"
	"$conf/daemons" "$work/$p" start namesrv && "$conf/daemons" "$work/$p" start broker || exit 1
done
for round in $(seq "${BENCH_ROUNDS:-2}"); do
	for p in java ours; do
		. "$work/$p/settings"
		pid=$("$conf/daemons" "$work/$p" pid broker)
		echo "# round $round: $p"
		"$top_builddir/lightmq-bench" --namesrv "127.0.0.1:$NS_PORT" --cpu-of "$pid" --seconds "${BENCH_SECONDS:-3}" --mode batch --batch 64 ||
			exit 1
		"$top_builddir/lightmq-bench" --namesrv "127.0.0.1:$NS_PORT" --cpu-of "$pid" --seconds "${BENCH_SECONDS:-3}" --no-heading --mode consume --again ||
			exit 1
	done
done

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What waiting consumers cost: make bench-held.  10,000 idle members with a pull each, then 100,000 pulls of 100 members.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/bench/daemons.sh"
for run in "10000 10000" "100 100000"; do
	start_daemons -o mappedFileSizeCommitLog=64MiB -o maxHeldPulls=200000 -o maxHeldPullsPerGroup=200000 || exit 1
	# shellcheck disable=SC2086
	python3 "$top_srcdir/tests/bench/held.py" "$BROKER_PORT" "$BROKER_PID" $run "${BENCH_MESSAGES:-1000}" || exit 1
	stop_daemons
done

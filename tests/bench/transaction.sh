#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What transactions cost, ours and the Java broker in one run: make bench-transaction.
# Plain messages, then half messages that are each committed.  BENCH_SECONDS is measured for each line, 5 by default; BENCH_ROUNDS
# alternating rounds, 2 by default.  Only ratios mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/bench/peers.sh"
start_peers || exit 1
OUT=$PEERS_DIR/out
field() { sed -n "\$s/.*\"$1\":\([0-9.]*\).*/\1/p" "$OUT"; }
load() { "$top_builddir/lightmq-bench" --namesrv "$NAMESRV" --cpu-of "$PID" --seconds "${BENCH_SECONDS:-5}" --json "$OUT" --connections 4 "$@"; }
declare -A rate cpu
for round in $(seq "${BENCH_ROUNDS:-2}"); do
	for p in $PEERS; do
		peer $p
		echo "# round $round: $p"
		load --mode async --topic bench-plain --warmup 3 || exit 1
		load --mode transaction --topic bench-transaction --no-heading --window 64 || exit 1
		rate[$p]=$(field messages_per_s) cpu[$p]=$(field cpu_us_per_message)
	done
done
for p in $PEERS; do
	awk -v p=$p -v r="${rate[$p]}" -v c="${cpu[$p]}" 'BEGIN {
		printf "%s: %.0f transactions a second, %.2f us of the broker each\n", p, r, c }'
done
case "$PEERS" in "java ours")
	awk -v a="${cpu[java]}" -v b="${cpu[ours]}" 'BEGIN { printf "the Java broker spends %.1f times as much\n", a / b }' ;;
esac

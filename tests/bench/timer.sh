#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What messages for a stated time cost, ours and the Java broker in one run: make bench-timer.
# Sends plain messages, then as many as BENCH_SECONDS take (5 by default) that are all due in one second, and looks how fast
# that second is delivered while others send.  Only ratios within one run mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/bench/peers.sh"
start_peers || exit 1
S=${BENCH_SECONDS:-5} OUT=$PEERS_DIR/out

load() { "$top_builddir/lightmq-bench" --namesrv "$NAMESRV" --cpu-of "$PID" "$@"; }
field() { sed -n "\$s/.*\"$1\":\([0-9.]*\).*/\1/p" "$OUT"; }
cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' "/proc/$PID/stat"; }
anon_kib() { awk '/^RssAnon/ { print $2 }' "/proc/$PID/status"; }
now_ms() { date +%s%3N; }
sleep_until() { local left=$(($1 - $(now_ms))); [ $left -le 0 ] || sleep $((left / 1000)).$(printf %03d $((left % 1000))); }

declare -A each
measure() {
	local due before sent plain timed cpu0 cpu1 cpu2 cpu3
	: >"$OUT"
	echo "plain messages:"
	load --topic bench-plain --mode async --seconds "$S" --warmup "$S" --json "$OUT" || return 1 # Java compiles meanwhile
	plain=$(field messages_per_s)
	due=$(((($(now_ms) / 1000) + S + 8) * 1000)) # still ahead when the last one was sent
	before=$(anon_kib) cpu0=$(cpu_ms)
	echo "messages for one second:"
	load --topic bench-timer --mode async --seconds "$S" --due "$due" --json "$OUT" || return 1
	timed=$(field messages_per_s) sent=$(field sent)
	cpu1=$(cpu_ms)
	sleep 1
	echo "memory: $before KiB of the broker's own before, $(anon_kib) with $sent pending"
	sleep_until $((due - 500))
	cpu2=$(cpu_ms)
	load --topic bench-plain --mode async --rate 500 --seconds 3 --warmup 0 --no-heading >"$OUT.sync" &
	load --topic bench-timer --mode arrive --count "$sent" --seconds 600 --no-heading --json "$OUT" >"$OUT.arrive" 2>&1 || { cat "$OUT.arrive"; return 1; }
	ms=$(($(now_ms) - due)) cpu3=$(cpu_ms)
	wait $!
	echo "500 sends a second meanwhile:"
	cat "$OUT.sync"
	each[$1]=$(awk -v n="$sent" -v ms=$ms -v a=$((cpu1 - cpu0)) -v b=$((cpu2 - cpu1)) -v c=$((cpu3 - cpu2)) -v plain="$plain" -v timed="$timed" 'BEGIN {
		printf "%d messages of one second delivered in %d ms, %.0f a second; sent at %.0f a second, plain ones at %.0f\n", n, ms, n * 1000 / ms, timed, plain >"/dev/stderr"
		printf "broker CPU of each: sending %.2f us, waiting %.2f, delivering %.2f\n", a * 1000 / n, b * 1000 / n, c * 1000 / n >"/dev/stderr"
		print (a + b + c) * 1000 / n }')
}

for p in $PEERS; do
	peer $p
	echo "# $p"
	measure $p || exit 1
done 2>&1
case "$PEERS" in "java ours")
	awk -v a="${each[java]}" -v b="${each[ours]}" 'BEGIN {
		printf "broker CPU of each in all: java %.2f us, ours %.2f; the Java broker spends %.1f times as much\n", a, b, a / b }' ;;
esac

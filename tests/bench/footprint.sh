#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Start to ready, and memory when idle, of both daemons with an empty store: make bench-footprint.
# Ready is READY=1 on the notify socket, counted from the fork; the median means something on an idle machine only.
# RssAnon is memory of their own; VmRSS counts program text and mapped files as well.  The last column is what one of
# BENCH_IDLE (10,000) connections costs that asked something once and are open since, in bytes of the daemon's own memory.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/bench/daemons.sh"

RUNS=${BENCH_RUNS:-10} IDLE=${BENCH_IDLE:-10000}

kib() { sed -n "s/^$2:[[:space:]]*\([0-9]*\) kB/\1/p" "/proc/$1/status"; }

# start_times NAME OPTIONS…: least and median
start_times() {
	local name=$1
	shift
	LD_LIBRARY_PATH=$top_builddir/lib/.libs "$top_builddir/tests/bench/bench_start" "$RUNS" "$(command_of "$name")" -c /dev/null "$@"
}

# Idle means: the broker has registered.
wait_idle() {
	until grep -q 'registered' "$DIR/rmq-namesrvd.out" && ! tail -n 1 "$DIR/rmq-brokerd.out" | grep -q 'cannot be reached'; do
		kill -0 "$BROKER_PID" 2>/dev/null || return 1
		sleep 0.05
	done
	sleep 1
}

# line NAME PID PORT LEAST MEDIAN: memory when idle is read before the connections come
line() {
	local anon rss
	anon=$(kib "$2" RssAnon) rss=$(kib "$2" VmRSS)
	printf '%-14s %8s %8s %12s %11s %8s %10s\n' "$1" "$4" "$5" "$anon" "$rss" "$(ls "/proc/$2/task" | wc -l)" \
		"$("$top_builddir/tests/bench/bench_idle" "$3" "$2" "$IDLE")"
}

start_daemons || exit 1
wait_idle || exit 1
port=$(free_port $((BROKER_PORT + 20)))
ns=$(start_times rmq-namesrvd -o listenPort="$port" -o kvConfigPath="$DIR/kv@.json") || exit 1
broker=$(start_times rmq-brokerd -o listenPort="$port" -o namesrvAddr="127.0.0.1:$NS_PORT" -o storePathRootDir="$DIR/store@" \
	-o brokerName=start) || exit 1
printf '%-14s %8s %8s %12s %11s %8s %10s\n' daemon 'least ms' 'median' 'RssAnon KiB' 'VmRSS KiB' threads 'idle conn'
line rmq-namesrvd "$NS_PID" "$NS_PORT" $ns
line rmq-brokerd "$BROKER_PID" "$BROKER_PORT" $broker

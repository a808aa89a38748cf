#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What messages for a stated time cost: make bench-timer.
#   timer.sh                  own daemons with an empty store
#   timer.sh HOST:PORT PID    a cluster that runs, whoever made it; its broker's pid
# Sends plain messages, then messages that are all due in one second, and looks how fast that second is delivered while others
# send.  BENCH_SECONDS of each are sent, 5 by default.  Only ratios within one run mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
if [ $# -eq 0 ]; then
	. "$top_srcdir/tests/bench/daemons.sh"
	start_daemons -o mappedFileSizeCommitLog=1GiB || exit 1
	set -- "127.0.0.1:$NS_PORT" "$BROKER_PID"
fi
NAMESRV=$1 PID=$2 S=${BENCH_SECONDS:-5} OUT=$(mktemp)

load() { "$top_builddir/lightmq-bench" --namesrv "$NAMESRV" --cpu-of "$PID" "$@"; }
field() { sed -n "\$s/.*\"$1\":\([0-9.]*\).*/\1/p" "$OUT"; }
cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' "/proc/$PID/stat"; }
anon_kib() { awk '/^RssAnon/ { print $2 }' "/proc/$PID/status"; }
now_ms() { date +%s%3N; }

: >"$OUT"
echo "plain messages:"
load --topic bench-plain --mode async --seconds "$S" --json "$OUT"
plain=$(field messages_per_s)
# The slot must still be ahead when the last one was sent.
due=$(((($(now_ms) / 1000) + S + 8) * 1000))
before=$(anon_kib)
echo "messages for one second:"
load --topic bench-timer --mode async --seconds "$S" --property "TIMER_DELIVER_MS=$due" --json "$OUT"
timed=$(field messages_per_s) sent=$(field sent)
sleep 1
echo "memory: $before KiB of the broker's own before, $(anon_kib) with $sent pending"
while [ "$(now_ms)" -lt $((due - 300)) ]; do sleep 0.05; done
cpu=$(cpu_ms)
load --topic bench-plain --mode sync --rate 500 --seconds 4 --warmup 0 --no-heading >"$OUT.sync" &
load --topic bench-timer --mode consume --count "$sent" --seconds 600 --warmup 0 --no-heading >"$OUT.consume" 2>&1
end=$(now_ms) cpu=$(($(cpu_ms) - cpu))
wait $!
echo "500 synchronous sends a second meanwhile:"
cat "$OUT.sync"
awk -v n="$sent" -v ms=$((end - due)) -v cpu=$cpu -v plain="$plain" -v timed="$timed" 'BEGIN {
	printf "%d messages of one second delivered and consumed in %d ms: %.0f a second, %.2f us of the broker each; ", n, ms, n * 1000 / ms, cpu * 1000 / n
	printf "sent at %.0f a second, plain ones at %.0f\n", timed, plain }'
rm -f "$OUT" "$OUT.sync" "$OUT.consume"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What many pending messages cost our broker: make bench-timer-many.
# BENCH_PENDING messages (1,000,000 by default; 10,000,000 need 6 GB of disk and some minutes) for times of three days: memory,
# and a start after a stop and after a kill.  Then a tenth as many for one second: how fast it is delivered, and how long
# senders wait meanwhile.  Only ratios within one run mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/bench/daemons.sh"
P=${BENCH_PENDING:-1000000} D=$((${BENCH_PENDING:-1000000} / 10))
OPTIONS=(-o mappedFileSizeCommitLog=256MiB -o timerMaxDelaySec=96h)
start_daemons "${OPTIONS[@]}" || exit 1
OUT=$DIR/out

load() { "$top_builddir/lightmq-bench" --namesrv "127.0.0.1:$NS_PORT" --cpu-of "$BROKER_PID" --json "$OUT" --no-heading "$@"; }
field() { sed -n "\$s/.*\"$1\":\([0-9.]*\).*/\1/p" "$OUT"; }
memory() { awk '/^RssAnon|^RssFile/ { printf "%s %d MiB ", $1, $2 / 1024 } END { print "" }' "/proc/$BROKER_PID/status"; }
# the most that it had meanwhile
watch() { while sleep 0.1 && awk '/^RssAnon/ { print $2 }' "/proc/$BROKER_PID/status" >>"$OUT.anon" 2>/dev/null; do :; done; }
peak() { kill $WATCH; wait $WATCH 2>/dev/null; sort -n "$OUT.anon" | awk 'END { printf "most of RssAnon meanwhile: %d MiB\n", $1 / 1024 }'; rm -f "$OUT.anon"; }
now_ms() { date +%s%3N; }

# start_again VERB SIGNAL
start_again() {
	local begin
	kill "-$2" "$BROKER_PID"
	wait "$BROKER_PID" 2>/dev/null
	begin=$(now_ms)
	start_daemon rmq-brokerd -o listenPort="$BROKER_PORT" -o namesrvAddr="127.0.0.1:$NS_PORT" -o storePathRootDir="$DIR/store" \
		-o brokerName=bench "${OPTIONS[@]}" || exit 1
	BROKER_PID=$PID
	echo "ready $(($(now_ms) - begin)) ms after a start that follows a $1; $(memory)"
	until load --topic bench-plain --mode arrive --count 0 --seconds 1 >/dev/null 2>&1; do sleep 0.2; done
}

until load --topic bench-plain --mode arrive --count 0 --seconds 1 >/dev/null 2>&1; do sleep 0.2; done
echo "plain messages:"
load --topic bench-plain --mode async --connections 4 --seconds 5 || exit 1
plain=$(field messages_per_s)
echo "memory of the broker: $(memory)"
start_again stop TERM
watch & WATCH=$!
echo "$P messages for the next three days:"
load --topic bench-timer --mode async --connections 4 --seconds 86400 --warmup 0 --count "$P" --due $(($(now_ms) + 3600000)) --due-span $((71 * 3600000)) || exit 1
timed=$(field messages_per_s)
sleep 3
echo "memory of the broker: $(memory)"
peak
start_again stop TERM
start_again kill KILL
due=$(awk -v now="$(now_ms)" -v d="$D" -v r="$timed" 'BEGIN { printf "%d000", int(now / 1000) + int(d / r * 1.5) + 10 }')
watch & WATCH=$!
echo "$D messages for one second:"
load --topic bench-once --mode async --connections 4 --seconds 86400 --warmup 0 --count "$D" --due "$due" || exit 1
sleep 2
echo "memory of the broker: $(memory)"
left=$((due - 300 - $(now_ms)))
[ $left -gt 0 ] && sleep $((left / 1000)).$(printf %03d $((left % 1000))) || echo "sending took longer than the time until they are due"
load --topic bench-plain --mode async --rate 500 --seconds 6 --warmup 0 >"$OUT.sync" 2>&1 &
load --topic bench-once --mode arrive --count "$D" --seconds 600 || exit 1
ms=$(($(now_ms) - due))
wait $!
echo "500 sends a second meanwhile and after it:"
cat "$OUT.sync"
echo "memory of the broker: $(memory)"
peak
awk -v n="$D" -v ms=$ms -v plain="$plain" -v timed="$timed" 'BEGIN {
	printf "%d messages of one second delivered in %d ms, %.0f a second; sent at %.0f a second, plain ones at %.0f: %.2f of that\n", n, ms,
		n * 1000 / ms, timed, plain, n * 1000 / ms / plain }'

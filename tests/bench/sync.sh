#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SYNC_FLUSH with producers that each wait for their answer: ours and, where Java and its jars are, the Java broker, in
# turns on the same disk under the same load, and the disk by itself before each turn.
#   sync.sh [FOLDER]    where the stores are made; default: the build folder
# BENCH_ROUNDS (3), BENCH_SECONDS of each (5), BENCH_CONNECTIONS (64), BENCH_WARMUP of the Java broker in seconds (15).
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/conformance/fetch.sh"
. "$top_srcdir/tests/bench/daemons.sh"
rounds=${BENCH_ROUNDS:-3} seconds=${BENCH_SECONDS:-5} connections=${BENCH_CONNECTIONS:-64}
work=$(mktemp -d -p "${1:-$top_builddir}")
export NAMESRVD=$(command_of rmq-namesrvd) BROKERD=$(command_of rmq-brokerd) SERVER_LIB
export LD_LIBRARY_PATH=$(cd "$top_builddir" && pwd)/lib/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} JAVA_HEAP=1g

daemons() { "$top_srcdir/tests/conformance/daemons" "$work/$1" "$2" "$3"; }
clean_up() {
	local peer
	for peer in ours java; do
		[ ! -e "$work/$peer/settings" ] || { daemons $peer kill broker; daemons $peer kill namesrv; }
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# load PEER SECONDS WARMUP: a line of JSON
load() {
	. "$work/$1/settings"
	"$top_builddir/lightmq-bench" --namesrv "127.0.0.1:$NS_PORT" --mode sync --connections "$connections" --seconds "$2" \
		--warmup "$3" --cpu-of "$(daemons "$1" pid broker)" --no-heading --json "$work/json" >/dev/null && tail -n 1 "$work/json"
}

# syncs: of our broker's log so far
syncs() {
	local seen
	seen=$(grep -c 'by [0-9]* syncs' "$work/ours/broker.out")
	kill -USR1 "$(daemons ours pid broker)"
	until [ "$(grep -c 'by [0-9]* syncs' "$work/ours/broker.out")" -gt "$seen" ]; do sleep 0.02; done
	sed -n 's/.* by \([0-9]*\) syncs.*/\1/p' "$work/ours/broker.out" | tail -n 1
}

field() { sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p"; }

start() { # PEER
	mkdir -p "$work/$1"
	printf 'PEER=%s\nNS_PORT=%s\nBROKER_PORT=%s\n' "$1" $(free_ports 2) >"$work/$1/settings"
	printf 'flushDiskType=SYNC_FLUSH\nmappedFileSizeCommitLog=1073741824\n' >"$work/$1/broker.set"
	daemons "$1" start namesrv && daemons "$1" start broker
}

peers=ours
if command -v java >/dev/null && command -v mvn >/dev/null && fetch_server; then peers="ours java"; fi
for peer in $peers; do start $peer || exit 1; done
load ours 1 1 >/dev/null || exit 1
case $peers in *java*) load java 1 "${BENCH_WARMUP:-15}" >/dev/null || exit 1 ;; esac
for ((i = 1; i <= rounds; i++)); do
	"$top_builddir/tests/bench/bench_disk" "$work" 1 | sed 's/^/disk: /'
	for peer in $peers; do
		[ $peer = java ] || before=$(syncs)
		line=$(load $peer "$seconds" 1) || exit 1
		echo "$peer: $line"
		[ $peer = java ] || echo "$peer: $(($(syncs) - before)) syncs"
	done
done

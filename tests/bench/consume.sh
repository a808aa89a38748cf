#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Consuming, ours and the Java broker in one run: make bench-consume.  A backlog, by raw pulls and by the official Java client; then at
# the tail, with our client library and the official one, 1,000 and 10,000 messages a second.
# BENCH_SECONDS is measured for each line, 3 by default; BENCH_ROUNDS alternating rounds, 2 by default.  Only ratios mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/bench/peers.sh"
fetch_client $V5 && start_peers || exit 1
seconds=${BENCH_SECONDS:-3}
mkdir "$PEERS_DIR/classes"
javac -nowarn -proc:none -d "$PEERS_DIR/classes" -cp "$CACHE/client-$V5/*" "$conf/java/Tail.java" "$conf/java/Clients.java" || exit 1

java_client() { # RATE
	java -Xmx1g -XX:+UseSerialGC -Dlightmq.namesrv="$NAMESRV" -Drocketmq.client.logRoot="$PEERS_DIR/logs" -Duser.home="$PEERS_DIR" \
		-cp "$PEERS_DIR/classes:$CACHE/client-$V5/*" Tail "$PID" "$1" "$seconds" 2>/dev/null
}

for round in $(seq "${BENCH_ROUNDS:-2}"); do
	for p in $PEERS; do
		peer $p
		echo "# round $round: $p"
		"$top_builddir/lightmq-bench" --namesrv "$NAMESRV" --cpu-of "$PID" --seconds "$seconds" --mode batch --batch 64 || exit 1
		"$top_builddir/lightmq-bench" --namesrv "$NAMESRV" --cpu-of "$PID" --seconds "$seconds" --no-heading --mode consume --again || exit 1
		java_client 0
		for rate in 1000 10000; do
			"$top_builddir/tests/bench/bench_tail" "$NAMESRV" "$PID" $rate "$seconds"
			java_client $rate
		done
	done
done

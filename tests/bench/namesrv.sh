#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the name server costs: make bench-namesrv.
# A million topics of ten brokers against ours; then, with SERVER_LIB naming a folder of RocketMQ's jars, 10,000 topics beside the
# Java name server in the same run.  Only ratios within one run mean anything.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
. "$top_srcdir/tests/bench/daemons.sh"
DIR=$(mktemp -d)
trap stop_daemons EXIT
run() { "$top_builddir/tests/bench/bench_namesrv" "$@" || exit 1; }
ours() {
	NS_PORT=$(free_port $((20000 + $$ % 5000)))
	start_daemon rmq-namesrvd -o listenPort="$NS_PORT" -o kvConfigPath="$DIR/kvConfig.json" -o logLevel=error || exit 1
	NS_PID=$PID
}
end() { kill "$PID"; wait "$PID" 2>/dev/null; NS_PID=; }

wait_line() { until port_open "$NS_PORT"; do kill -0 "$2" 2>/dev/null || { cat "$1" >&2; return 1; }; sleep 0.02; done; }
echo "== ours, ${TOPICS:=1000000} topics"
ours
run "$NS_PORT" "$NS_PID" "$TOPICS" 10
end
[ -n "${SERVER_LIB-}" ] || exit 0
echo "== ours, 10000 topics, registered by what has changed"
ours
run "$NS_PORT" "$NS_PID" 10000 10
end
echo "== ours, 10000 topics, registered as RocketMQ does"
ours
run "$NS_PORT" "$NS_PID" 10000 10 whole
end
echo "== Java, 10000 topics"
NS_PORT=$(free_port $((20000 + $$ % 5000)))
printf 'listenPort=%s\nbindAddress=127.0.0.1\nrocketmqHome=%s\nkvConfigPath=%s/kv.json\nconfigStorePath=%s/ns.properties\n' \
	"$NS_PORT" "$DIR" "$DIR" "$DIR" >"$DIR/namesrv.conf"
ROCKETMQ_HOME=$DIR java -Xms1g -Xmx1g -Duser.home="$DIR" -Drocketmq.log.dir="$DIR/logs" -cp "$SERVER_LIB/*" \
	org.apache.rocketmq.namesrv.NamesrvStartup -c "$DIR/namesrv.conf" >"$DIR/java.out" 2>&1 &
PID=$!
wait_line "$DIR/java.out" $PID
run "$NS_PORT" "$PID" 10000 10 whole
echo "-- once more, warm"
run "$NS_PORT" "$PID" 10000 10 whole
end

# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that measure our broker and the Java one in one run: a name server and a broker of each kind in
# $BENCH_PEERS ("java ours"), on loopback ports that are free, with empty stores.
# Needs $top_builddir and $top_srcdir.  Sets PEERS; `peer NAME` sets NAMESRV and PID to one of them.

conf=$top_srcdir/tests/conformance
. "$conf/fetch.sh"
PEERS=${BENCH_PEERS:-java ours}
export NAMESRVD=$top_builddir/rmq-namesrvd BROKERD=$top_builddir/rmq-brokerd

# start_peers [KEY=VALUE of both brokers]...
start_peers() {
	local p ns b
	case " $PEERS " in *" java "*) fetch_server || return 1 ;; esac
	PEERS_DIR=$(mktemp -d)
	trap stop_peers EXIT
	for p in $PEERS; do
		mkdir -p "$PEERS_DIR/$p"
		read -r ns b <<<"$(free_ports 2)"
		printf 'PEER=%s NS_PORT=%s BROKER_PORT=%s SERVER_LIB=%s\n' "$p" "$ns" "$b" "$SERVER_LIB" >"$PEERS_DIR/$p/settings"
		[ $# -eq 0 ] || printf '%s\n' "$@" >"$PEERS_DIR/$p/broker.set"
		"$conf/daemons" "$PEERS_DIR/$p" start namesrv && "$conf/daemons" "$PEERS_DIR/$p" start broker || return 1
		await_registered "$ns" || return 1
	done
}

await_registered() {
	local end=$((SECONDS + 60))
	until "$top_builddir/lightmq-bench" --namesrv "127.0.0.1:$1" --mode arrive --count 0 --seconds 1 >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "the broker does not register" >&2; return 1; }
		sleep 0.2
	done
}

peer() {
	. "$PEERS_DIR/$1/settings"
	NAMESRV=127.0.0.1:$NS_PORT
	PID=$("$conf/daemons" "$PEERS_DIR/$1" pid broker)
}

stop_peers() {
	local p w
	for p in $PEERS; do for w in broker namesrv; do "$conf/daemons" "$PEERS_DIR/$p" stop $w; done; done 2>/dev/null
	rm -rf "$PEERS_DIR"
}

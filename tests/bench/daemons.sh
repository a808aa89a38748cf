# SPDX-License-Identifier: Apache-2.0
# Sourced by the measuring scripts: a name server and a broker with an empty store, on loopback ports that are free.
# Needs $top_builddir.  Sets NS_PORT, BROKER_PORT, NS_PID, BROKER_PID, DIR.

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FIRST: a port p such that p - 2 … p + 1 are free (VIP and replication lie beside it)
free_port() {
	local p=$1
	while port_open $((p - 2)) || port_open $((p - 1)) || port_open "$p" || port_open $((p + 1)); do p=$((p + 10)); done
	echo "$p"
}

# wait_line FILE PID TEXT
wait_line() {
	until grep -q "$3" "$1" 2>/dev/null; do
		kill -0 "$2" 2>/dev/null || { cat "$1" >&2; return 1; }
		sleep 0.002
	done
}

# command_of NAME: the program itself, since libtool's wrapper is a shell script that costs more than the start
command_of() {
	if [ -x "$top_builddir/.libs/$1" ]; then echo "$top_builddir/.libs/$1"; else echo "$top_builddir/$1"; fi
}

# start_daemon NAME OPTIONS…: sets PID; returns when the daemon says that it serves
start_daemon() {
	local name=$1
	shift
	rm -f "$DIR/$name.out"
	"$top_builddir/$name" -c /dev/null "$@" >"$DIR/$name.out" 2>&1 &
	PID=$!
	wait_line "$DIR/$name.out" $PID 'ready'
}

start_daemons() {
	DIR=$(mktemp -d)
	trap stop_daemons EXIT
	NS_PORT=$(free_port $((20000 + $$ % 5000)))
	BROKER_PORT=$(free_port $((25000 + $$ % 5000)))
	start_daemon rmq-namesrvd -o listenPort="$NS_PORT" -o kvConfigPath="$DIR/kvConfig.json" || return 1
	NS_PID=$PID
	start_daemon rmq-brokerd -o listenPort="$BROKER_PORT" -o namesrvAddr="127.0.0.1:$NS_PORT" \
		-o storePathRootDir="$DIR/store" -o brokerName=bench "$@" || return 1
	BROKER_PID=$PID
}

stop_daemons() {
	for pid in ${BROKER_PID-} ${NS_PID-}; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	rm -rf "$DIR"
}

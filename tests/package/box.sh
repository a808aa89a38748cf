# SPDX-License-Identifier: Apache-2.0
# Goes before each script that runs in the box.
set -eu
die() {
	systemctl --no-pager -n 0 status rmq-brokerd rmq-namesrvd || true
	journalctl -q --no-pager -n 20 -u 'rmq-*' || true
	echo "$*"
	exit 1
}
prop() { systemctl show -P "$2" "$1"; }
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# until_true SECONDS COMMAND...
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# Connect to PORT all the time in the background, counting; connects_stop says how it went and fails if any was refused.
connects_start() {
	rm -f /run/connects.stop
	(
		ok=0 refused=0
		while [ ! -e /run/connects.stop ] || [ $((ok + refused)) -le 50 ]; do
			if port_open "$1"; then ok=$((ok + 1)); else refused=$((refused + 1)); fi
		done
		echo "$ok $refused" >/run/connects.result
	) &
	connects_pid=$!
}
connects_stop() {
	touch /run/connects.stop
	wait "$connects_pid"
	read -r ok refused </run/connects.result
	echo "$ok connections, $refused refused"
	[ "$refused" = 0 ] || die "connections were refused"
}

# senders_start CONNECTIONS TOPIC: see senders.c; $port is the broker's first unless said.  senders_stop prints the counts, and
# fails if a connection was refused.
senders_start() {
	rm -rf /run/senders
	mkdir /run/senders
	/opt/senders "${port:-10911}" "$1" "$2" /run/senders >/run/senders/out 2>&1 &
	senders_pid=$!
}
senders_stop() {
	local status=0
	touch /run/senders/stop
	wait "$senders_pid" || status=1
	cat /run/senders/out
	return $status
}
# The bodies that a stopped broker has stored of a topic, sorted.
stored() {
	rmq-store export --quiet --topic "$1" /var/lib/lightmq/broker | sed -n 's/.*"body":"\([^"]*\)".*/\1/p' | tr -d '\n' | base64 -d | sort
}
refusing() { ! port_open "$1"; }

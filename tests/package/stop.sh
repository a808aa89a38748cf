# SPDX-License-Identifier: Apache-2.0
# Stopped stays stopped while 100 clients go on connecting; start opens the ports again.
for what in rmq-brokerd:10911 rmq-namesrvd:9876; do
	s=${what%:*} port=${what#*:}
	port=$port senders_start 100 Stop
	systemctl reset-failed $s
	systemctl stop $s || die "stop fails"
	until_true 10 refusing $port || die "the port is still open"
	for ((i = 0; i < 10; i++)); do
		sleep 0.1 # a second of knocking: this is what the claim is about
		[ "$(prop $s ActiveState)" = inactive ] || die "$s came back by itself: $(prop $s ActiveState)"
	done
	systemctl status --no-pager $s >/run/status && die "status says that it runs"
	grep -q 'Active: inactive (dead)' /run/status || die "status says something else: $(cat /run/status)"
	systemctl start $s || die "it does not start again"
	port_open $port || die "the port is closed after the start"
	senders_stop || true
done
until_true 40 sh -c 'systemctl show -P StatusText rmq-namesrvd | grep -q "^1 brokers"' || die "the broker did not register again"
lightmq-demo --count 100

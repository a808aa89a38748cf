# SPDX-License-Identifier: Apache-2.0
# Three brokers on one host: the plain one and two instances, each with its own store and port.
for n in 1 2; do
	printf 'brokerName: "extra-%s"\nlistenPort: %s\n' $n 109${n}5 >/etc/lightmq/rmq-brokerd@extra-$n.yaml
done
systemctl start rmq-brokerd@extra-1 rmq-brokerd@extra-2 || die "the instances do not start"
until_true 10 sh -c 'systemctl show -P StatusText rmq-namesrvd | grep -q "^3 brokers"' || die "name server: $(prop rmq-namesrvd StatusText)"
for n in 1 2; do
	[ -d /var/lib/lightmq/broker-extra-$n/commitlog ] || die "no store of extra-$n"
	[ "$(prop rmq-brokerd@extra-$n Slice)" = lightmq.slice ] || die "another slice"
	port_open 109${n}5 || die "extra-$n does not listen"
done
lightmq-demo --count 1000 --topic Spread
journalctl -q -b -p warning -o cat | grep 'rmq-brokerd@' && die "instances without a socket of their own have warnings"
systemctl reload rmq-brokerd@extra-1
# With a socket of its own, as the manual says.
mkdir -p /run/systemd/system/rmq-brokerd@extra-1.socket.d
printf '[Socket]\nListenStream=127.0.0.1:10915\n' >/run/systemd/system/rmq-brokerd@extra-1.socket.d/port.conf
systemctl stop rmq-brokerd@extra-1
systemctl enable --now rmq-brokerd@extra-1.socket || die "the instance's socket does not start"
systemctl start rmq-brokerd@extra-1 || die "the instance does not start with its socket"
journalctl -q -u rmq-brokerd@extra-1 -o cat -n 20 | grep -q '127.0.0.1:10915 (remoting, socket from systemd)' || die "the socket is not used"
connects_start 10915
systemctl restart rmq-brokerd@extra-1
connects_stop
systemctl stop rmq-brokerd@extra-1
systemctl -q is-active rmq-brokerd@extra-1.socket && die "the instance's socket stays open"
systemctl disable rmq-brokerd@extra-1.socket
rm -r /run/systemd/system/rmq-brokerd@extra-1.socket.d
systemctl daemon-reload
systemctl stop rmq-brokerd@extra-1 rmq-brokerd@extra-2
rm /etc/lightmq/rmq-brokerd@extra-*.yaml

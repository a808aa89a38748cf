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
systemctl reload rmq-brokerd@extra-1
systemctl stop rmq-brokerd@extra-1 rmq-brokerd@extra-2
rm /etc/lightmq/rmq-brokerd@extra-*.yaml

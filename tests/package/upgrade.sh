# SPDX-License-Identifier: Apache-2.0
# $1: the version.  To the next release and back, with a store and 100 clients that send: none refused, nothing acknowledged lost.
# What the newer release may have left in a format of its own is passed over.
dir=/run/senders
senders_start 100 Upgrade
for packages in /opt/next /opt/debs; do
	before=$(prop rmq-brokerd MainPID)
	until_true 30 sh -c "[ \$(wc -l <$dir/acked) -gt 500 ]" || die "the senders do not get under way"
	apt-get install -y --no-install-recommends --allow-downgrades $packages/lightmq_*.deb $packages/rmq-*.deb $packages/liblightmq0_*.deb
	[ "$(prop rmq-brokerd MainPID)" != "$before" ] || die "the old broker still runs"
	systemctl -q is-active rmq-brokerd rmq-namesrvd || die "not active with $packages"
	until_true 40 sh -c 'systemctl show -P StatusText rmq-namesrvd | grep -q "^1 brokers"' || die "the broker did not register again"
done
[ "$(dpkg-query -W -f '${Version}' rmq-brokerd)" = "$1" ] || die "not back at $1"
senders_stop || die "a connection was refused, or failed otherwise"
systemctl stop rmq-brokerd
for mark in lightmq.mark lightmq.queues; do
	[ -f /var/lib/lightmq/broker/$mark ] || die "no $mark"
	for at in 8 12 524; do printf '\377\377\377\377' | dd of=/var/lib/lightmq/broker/$mark bs=1 seek=$at conv=notrunc 2>/dev/null; done
done
systemctl start rmq-brokerd || die "it does not start with files of another format"
systemctl stop rmq-brokerd
stored Upgrade >$dir/stored
sort $dir/acked | comm -23 - $dir/stored >$dir/lost
systemctl start rmq-brokerd
[ ! -s $dir/lost ] || die "$(wc -l <$dir/lost) lost"
lightmq-demo --count 100

# SPDX-License-Identifier: Apache-2.0
# As an administrator would who does not want socket activation: sockets masked, and no longer required.
for s in rmq-brokerd rmq-namesrvd; do
	systemctl stop $s.service $s.socket
	mkdir -p /run/systemd/system/$s.service.d
	printf '[Unit]\nRequires=\n' >/run/systemd/system/$s.service.d/test.conf
done
systemctl stop rmq-brokerd-vip.socket rmq-brokerd.service
systemctl daemon-reload
if systemctl show -P Requires rmq-brokerd.service | grep -q '\.socket'; then
	# This systemd cannot empty Requires= in a drop-in: start the programs as the units would.
	for s in rmq-brokerd rmq-namesrvd; do
		sed '/^Requires=/d; s/ rmq-brokerd.socket rmq-brokerd-vip.socket//; s/ rmq-namesrvd.socket//' /lib/systemd/system/$s.service >/run/systemd/system/$s.service
	done
	systemctl daemon-reload
fi
systemctl start rmq-namesrvd.service rmq-brokerd.service || die "they do not start without sockets"
systemctl -q is-active rmq-brokerd.socket && die "the socket is still there"
lightmq-demo --count 1000 || die "no messages"
systemctl stop rmq-namesrvd.service rmq-brokerd.service
rm -rf /run/systemd/system/rmq-*
systemctl daemon-reload
systemctl start rmq-namesrvd.socket rmq-brokerd.socket rmq-brokerd-vip.socket rmq-namesrvd.service rmq-brokerd.service
lightmq-demo --count 1000

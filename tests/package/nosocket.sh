# SPDX-License-Identifier: Apache-2.0
# As an administrator would who does not want socket activation: sockets masked.
systemctl stop rmq-brokerd.service rmq-namesrvd.service
systemctl mask rmq-brokerd.socket rmq-brokerd-vip.socket rmq-namesrvd.socket
systemctl start rmq-namesrvd.service rmq-brokerd.service || die "they do not start without sockets"
systemctl -q is-active rmq-brokerd.socket && die "the socket is still there"
lightmq-demo --count 1000 || die "no messages"
systemctl stop rmq-namesrvd.service rmq-brokerd.service
systemctl unmask rmq-brokerd.socket rmq-brokerd-vip.socket rmq-namesrvd.socket
systemctl start rmq-namesrvd.service rmq-brokerd.service
systemctl -q is-active rmq-brokerd.socket || die "the socket does not come back with its service"
lightmq-demo --count 1000

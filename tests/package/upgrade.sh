# SPDX-License-Identifier: Apache-2.0
before=$(prop rmq-brokerd MainPID)
connects_start 10911
apt-get install -y --no-install-recommends --reinstall /opt/debs/rmq-*.deb /opt/debs/liblightmq0_*.deb
connects_stop
[ "$(prop rmq-brokerd MainPID)" != "$before" ] || die "the old broker still runs"
systemctl -q is-active rmq-brokerd rmq-namesrvd || die "not active after the upgrade"
until_true 40 sh -c 'systemctl show -P StatusText rmq-namesrvd | grep -q "^1 brokers"' || die "the broker did not register again"

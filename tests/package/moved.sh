# SPDX-License-Identifier: Apache-2.0
# The store elsewhere: the refusal names the drop-in to write; with it, the broker runs there.
mkdir -p /etc/lightmq/rmq-brokerd.yaml.d
install -d -o rmq-broker -g rmq-broker -m 0750 /srv/lightmq
echo 'storePathRootDir: /srv/lightmq' >/etc/lightmq/rmq-brokerd.yaml.d/test.yaml
since=$(date +%s)
systemctl reset-failed rmq-brokerd
systemctl restart rmq-brokerd && die "it started without being allowed to write there"
systemctl stop rmq-brokerd
journalctl -q --since "@$since" -u rmq-brokerd -o cat | grep 'storePathRootDir /srv/lightmq (/etc/lightmq/rmq-brokerd.yaml.d/test.yaml:1)' | grep -q 'ReadWritePaths=' ||
	die "the journal does not name the drop-in to write"
mkdir -p /run/systemd/system/rmq-brokerd.service.d
printf '[Service]\nReadWritePaths=/srv/lightmq\n' >/run/systemd/system/rmq-brokerd.service.d/test.conf
systemctl daemon-reload
systemctl reset-failed rmq-brokerd
systemctl start rmq-brokerd || die "it does not start with the drop-in"
lightmq-demo --count 100
[ -d /srv/lightmq/commitlog ] || die "no store there"
rm -r /etc/lightmq/rmq-brokerd.yaml.d /run/systemd/system/rmq-brokerd.service.d
systemctl daemon-reload
systemctl restart rmq-brokerd
rm -r /srv/lightmq

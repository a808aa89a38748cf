# SPDX-License-Identifier: Apache-2.0
# A full disk: sends are refused with the cause, the status says so, and with room again everything goes on by itself.
folder=/var/lib/lightmq/broker
systemctl stop rmq-brokerd
mkdir -p /run/kept /etc/lightmq/rmq-brokerd.yaml.d
mv $folder /run/kept/broker
mkdir -p $folder
mount -t tmpfs -o size=48m,mode=0750 lightmq-test $folder
chown rmq-broker:rmq-broker $folder
printf 'mappedFileSizeCommitLog: 4MiB\nmaxHashSlotNum: 1000\nmaxIndexNum: 4000\n' >/etc/lightmq/rmq-brokerd.yaml.d/test.yaml
systemctl start rmq-brokerd || die "it does not start on the small disk"
lightmq-demo --count 100 || die "no messages before"
dd if=/dev/zero of=$folder/ballast bs=1M 2>/dev/null || true
senders_start 50 Full
until_true 60 sh -c 'systemctl show -P StatusText rmq-brokerd | grep -q "^Takes no messages"' || die "the status says: $(prop rmq-brokerd StatusText)"
journalctl -q -u rmq-brokerd -o cat -n 100 | grep -qi 'space\|full' || die "the journal does not name the disk"
systemctl -q is-active rmq-brokerd || die "it ended"
rm $folder/ballast
until_true 60 sh -c 'systemctl show -P StatusText rmq-brokerd | grep -q "^Serving"' || die "the status with room again: $(prop rmq-brokerd StatusText)"
senders_stop || true
lightmq-demo --count 100 || die "no messages after"
systemctl stop rmq-brokerd
umount $folder
rmdir $folder
mv /run/kept/broker $folder
rm -r /etc/lightmq/rmq-brokerd.yaml.d
systemctl start rmq-brokerd
lightmq-demo --count 100

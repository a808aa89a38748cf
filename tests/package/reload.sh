# SPDX-License-Identifier: Apache-2.0
dir=/etc/lightmq/rmq-brokerd.yaml.d
mkdir -p $dir
pid=$(prop rmq-brokerd MainPID)
echo 'logLevel: debug' >$dir/test.yaml
systemctl reload rmq-brokerd || die "a good configuration was refused"
until_true 5 sh -c 'journalctl -q -u rmq-brokerd | grep -q "configuration reloaded"' || die "no word of the reload"
echo 'logLevl: debug' >$dir/test.yaml
systemctl reload rmq-brokerd && die "a bad configuration was taken"
journalctl -q -u rmq-brokerd | grep -q 'test.yaml:1.*logLevl.*logLevel' || die "the message names no file, line and nearest key"
[ "$(prop rmq-brokerd MainPID)" = "$pid" ] || die "another process"
systemctl -q is-active rmq-brokerd || die "not active"
rm -r $dir
systemctl reload rmq-brokerd
lightmq-demo --count 100

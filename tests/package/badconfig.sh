# SPDX-License-Identifier: Apache-2.0
# A client that keeps connecting must not turn it into a loop.
mkdir -p /etc/lightmq/rmq-brokerd.yaml.d
echo 'listenPort: many' >/etc/lightmq/rmq-brokerd.yaml.d/test.yaml
systemctl restart rmq-brokerd && die "it started"
[ "$(prop rmq-brokerd ExecMainStatus)" = 78 ] || die "status $(prop rmq-brokerd ExecMainStatus)"
[ "$(prop rmq-brokerd NRestarts)" = 0 ] || die "it was tried again"
rm -r /etc/lightmq/rmq-brokerd.yaml.d
systemctl start rmq-brokerd || die "it does not start after the repair"
lightmq-demo --count 100

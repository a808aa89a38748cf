# SPDX-License-Identifier: Apache-2.0
# The YAML names another port than the socket: the socket's is served, and the journal says what to change.
mkdir -p /etc/lightmq/rmq-brokerd.yaml.d
echo 'listenPort: 12345' >/etc/lightmq/rmq-brokerd.yaml.d/test.yaml
since=$(date +%s)
systemctl restart rmq-brokerd || die "it does not start"
port_open 10911 || die "the socket's port is not served"
port_open 12345 && die "the YAML's port is served"
journalctl -q --since "@$since" -u rmq-brokerd -o cat | grep -q '10911.*12345\|12345.*10911' || die "the journal does not name both ports"
journalctl -q -x --since "@$since" -u rmq-brokerd | grep -q 'systemctl edit the .socket unit' || die "journalctl -x explains nothing"
rm -r /etc/lightmq/rmq-brokerd.yaml.d
systemctl restart rmq-brokerd
lightmq-demo --count 100

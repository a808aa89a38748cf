# SPDX-License-Identifier: Apache-2.0
# One failed start, although 100 clients go on connecting; after the repair plain start works.
mkdir -p /etc/lightmq/rmq-brokerd.yaml.d
port=10911 senders_start 100 Bad
echo 'listenPort: many' >/etc/lightmq/rmq-brokerd.yaml.d/test.yaml
since=$(date +%s)
systemctl restart rmq-brokerd && die "it started"
[ "$(prop rmq-brokerd ExecMainStatus)" = 78 ] || die "status $(prop rmq-brokerd ExecMainStatus)"
sleep 1 # of knocking: this is what the claim is about
[ "$(prop rmq-brokerd NRestarts)" = 0 ] || die "it was tried again"
journalctl -q --since "@$since" -u rmq-brokerd -o cat >/run/told
[ "$(grep -c '^Failed to start' /run/told)" = 1 ] || die "started $(grep -c '^Failed to start' /run/told) times"
grep -q 'test.yaml:1: listenPort' /run/told || die "the journal does not name file, line and key"
journalctl -q -x --since "@$since" -u rmq-brokerd | grep -q 'ends with status 78' || die "journalctl -x explains nothing"
systemctl status --no-pager rmq-brokerd >/run/status && die "status says that it runs"
grep -q 'status=78/CONFIG' /run/status || die "systemctl status does not say why: $(cat /run/status)"
rm -r /etc/lightmq/rmq-brokerd.yaml.d
systemctl start rmq-brokerd || die "it does not start after the repair"
senders_stop || true
lightmq-demo --count 100

# SPDX-License-Identifier: Apache-2.0
systemctl reset-failed rmq-brokerd
for signal in KILL ABRT; do
	pid=$(prop rmq-brokerd MainPID)
	kill -$signal "$pid"
	until_true 15 sh -c "p=\$(systemctl show -P MainPID rmq-brokerd); [ \$p != 0 ] && [ \$p != $pid ] && systemctl -q is-active rmq-brokerd" || die "it did not come back after $signal"
	journalctl -q -u rmq-brokerd -o cat | grep -q "status=.*/$signal" || die "the journal does not name $signal"
	lightmq-demo --count 1000 || die "no messages after $signal"
done
mkdir -p /run/systemd/system/rmq-brokerd.service.d
printf '[Service]\nWatchdogSec=2s\n' >/run/systemd/system/rmq-brokerd.service.d/test.conf
systemctl daemon-reload
systemctl restart rmq-brokerd
pid=$(prop rmq-brokerd MainPID)
kill -STOP "$pid"
until_true 120 sh -c "p=\$(systemctl show -P MainPID rmq-brokerd); [ \$p != 0 ] && [ \$p != $pid ] && systemctl -q is-active rmq-brokerd" || die "the watchdog did not end it"
rm -r /run/systemd/system/rmq-brokerd.service.d
systemctl daemon-reload
systemctl restart rmq-brokerd
lightmq-demo --count 1000

# SPDX-License-Identifier: Apache-2.0
systemctl reset-failed rmq-brokerd
pid=$(prop rmq-brokerd MainPID)
kill -KILL "$pid"
until_true 15 sh -c "p=\$(systemctl show -P MainPID rmq-brokerd); [ \$p != 0 ] && [ \$p != $pid ] && systemctl -q is-active rmq-brokerd" || die "it did not come back"
lightmq-demo --count 1000 || die "no messages after kill -9"
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

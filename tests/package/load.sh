# SPDX-License-Identifier: Apache-2.0
# $1: how often the broker is restarted while $2 connections send.  None is refused, nothing acknowledged is lost.
dir=/run/senders
senders_start "$2" Restart
acked() { wc -l <$dir/acked; }
until_true 30 sh -c "[ \$(wc -l <$dir/acked) -gt 2000 ]" || die "the senders do not get under way"
opened=$(prop rmq-brokerd.socket ActiveEnterTimestampMonotonic)
for ((i = 0; i < $1; i++)); do
	before=$(acked)
	systemctl reset-failed rmq-brokerd
	systemctl restart rmq-brokerd || die "it did not restart"
	until_true 30 sh -c "[ \$(wc -l <$dir/acked) -gt $((before + 2000)) ]" || die "the senders do not go on after restart $i"
done
senders_stop || die "a connection was refused, or failed otherwise"
[ "$(prop rmq-brokerd.socket ActiveEnterTimestampMonotonic)" = "$opened" ] || die "the socket was closed meanwhile"
systemctl stop rmq-brokerd
stored Restart >$dir/stored
sort $dir/acked | comm -23 - $dir/stored >$dir/lost
systemctl start rmq-brokerd
echo "$(acked) acknowledged, $(wc -l <$dir/stored) stored"
[ ! -s $dir/lost ] || die "$(wc -l <$dir/lost) lost, $(head -n 1 $dir/lost) the first"

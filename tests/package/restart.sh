# SPDX-License-Identifier: Apache-2.0
# $1: how often each daemon is restarted.
for what in 'rmq-brokerd 10911' 'rmq-brokerd 10909' 'rmq-namesrvd 9876'; do
	set -- "$1" $what
	connects_start "$3"
	for ((i = 0; i < $1; i++)); do
		before=$(prop "$2" MainPID)
		systemctl reset-failed "$2"
		systemctl restart "$2" || die "$2 did not restart"
		[ "$(prop "$2" MainPID)" != "$before" ] || die "the same process goes on"
	done
	connects_stop
done
until_true 40 sh -c 'systemctl show -P StatusText rmq-namesrvd | grep -q "^1 brokers"' || die "the broker did not register again"

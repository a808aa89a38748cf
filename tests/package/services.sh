# SPDX-License-Identifier: Apache-2.0
# $1: "installed" when they were started by the installation, and had to be ready within 3 s each.
for s in rmq-namesrvd rmq-brokerd; do
	if [ "${1-}" = installed ]; then
		took=$(($(prop $s.service ActiveEnterTimestampMonotonic) - $(prop $s.service InactiveExitTimestampMonotonic)))
		echo "$s was ready after $((took / 1000)) ms"
		[ "$took" -le 3000000 ] || die "$s was ready after $((took / 1000)) ms only"
	fi
	until_true 10 systemctl -q is-active $s.service || die "$s is not active"
	[ "$(prop $s.service NRestarts)" = 0 ] || die "$s was restarted"
	[ -n "$(prop $s.service StatusText)" ] || die "$s says no status"
	systemctl -q is-enabled $s.service $s.socket || die "$s is not enabled"
	case $(ps -o user:32= -p "$(prop $s.service MainPID)") in rmq-broker|rmq-namesrv) ;; *) die "$s runs as somebody else" ;; esac
	[ "$(prop $s.service Slice)" = lightmq.slice ] || die "$s is in another slice"
done
until_true 10 sh -c 'systemctl show -P StatusText rmq-namesrvd | grep -q "^1 brokers"' || die "the broker did not register: $(prop rmq-namesrvd StatusText)"
ss -Hltn | awk '{ print $4 }' | grep -E ':(9876|10909|10911)$' | sort >/run/listening
[ "$(cat /run/listening)" = "$(printf '127.0.0.1:%s\n' 10909 10911 9876)" ] || die "listening on: $(cat /run/listening)"
ss -Hltnp | grep -E 'rmq-' | grep -v 'users:(("systemd"' | grep -vE ':(9876|10909|10911) ' && die "an own port in spite of sockets"
[ "$(stat -c '%U %a' /var/lib/lightmq/broker)" = 'rmq-broker 750' ] || die "store: $(stat -c '%U %a' /var/lib/lightmq/broker)"
# The broker may have been there before the name server; nothing else is worth a warning.
journalctl -b -q -p warning -u rmq-brokerd.service -u rmq-namesrvd.service --no-pager | grep -v 'name server 127.0.0.1:9876 cannot be reached' && die "warnings in the journal"
echo good

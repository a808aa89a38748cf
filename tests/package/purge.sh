# SPDX-License-Identifier: Apache-2.0
apt-get remove -y 'lightmq' 'rmq-*' 'liblightmq0'
[ -d /var/lib/lightmq/broker/commitlog ] || die "remove took the data"
[ -e /etc/lightmq/rmq-brokerd.yaml ] || die "remove took the configuration"
port_open 10911 && die "something still listens"
apt-get purge -y rmq-brokerd rmq-namesrvd rmq-tools
find / -xdev \( -path /proc -o -path /sys -o -path /opt -o -path "/tmp/autopkgtest*" -o -path /var/cache/apt -o -path /var/lib/apt -o -path /var/log -o -path /root \) -prune -o \
	\( -name '*lightmq*' -o -name '*rmq-*' \) -print >/run/left
find /run /tmp /var/tmp -path '/tmp/autopkgtest*' -prune -o \( -name '*lightmq*' -o -name 'rmq-*' -o -name '*rmq-broker*' \) -not -path '*/journal/*' -not -path '/run/senders*' -print >>/run/left
[ ! -s /run/left ] || { echo "left behind:"; cat /run/left; exit 1; }
systemctl list-units --all --no-legend 'rmq-*' | grep . && die "units are left" || true

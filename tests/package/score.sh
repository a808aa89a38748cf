# SPDX-License-Identifier: Apache-2.0
for s in rmq-namesrvd rmq-brokerd; do
	systemd-analyze security --no-pager $s.service | tail -n 1
	systemd-analyze security --no-pager --threshold=12 $s.service >/dev/null
done

# SPDX-License-Identifier: Apache-2.0
# What the journal tells: kinds with an explanation, and the story of a group.
journalctl --list-catalog 2>/dev/null | grep -c ' lightmq: ' >/run/kinds
[ "$(cat /run/kinds)" -ge 20 ] || die "only $(cat /run/kinds) kinds of lines are in the catalogue"
lightmq-demo --count 10 --topic Story --group story
journalctl -q --no-pager -x -b -u rmq-brokerd | grep -q 'answers clients now' || die "no explanation of being ready"
journalctl -q --no-pager LIGHTMQ_GROUP=story | grep -q 'joined' || die "the story of a group is not told"
journalctl -q --no-pager LIGHTMQ_TOPIC=Story -x | grep -q 'autoCreateTopicEnable' || die "a topic's making is not explained"
journalctl -q --no-pager -o json -b -u rmq-namesrvd LIGHTMQ_BROKER="$(hostname)" | grep -q MESSAGE_ID || die "the broker's registration is not told"

# SPDX-License-Identifier: Apache-2.0
# rmqctl sends through the socket-activated ports, finds what it sent and gets it back; it says of a missing topic that it is missing.
rmqctl cluster show | grep -q "$(hostname)" || die "the broker is not in the cluster"
rmqctl send FromCtl hello --key greeting || die "send fails"
until_true 10 sh -c 'rmqctl message find FromCtl greeting -o jsonl | grep -q greeting' || die "what was sent is not found"
rmqctl message peek FromCtl -o jsonl | grep -q '"body":"hello"' || die "what was sent does not come back"
rmqctl topic show FromCtl || die "the topic is not there"
status=0
rmqctl topic show NoSuchTopic 2>/run/said || status=$?
[ $status = 4 ] || die "status $status for a topic that is not there: $(cat /run/said)"
rmqctl topic delete FromCtl --yes

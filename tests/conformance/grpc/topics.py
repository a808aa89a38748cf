#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""topics.py PORT SUFFIX: what client.py and client.mjs need of a broker: a topic and a group for each type of message."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "differential"))
import wire # noqa: E402

port, suffix = int(sys.argv[1]), sys.argv[2]
c = wire.Connection(port)
for kind in ("NORMAL", "PUSH", "FIFO", "DELAY", "TRANSACTION"):
    ext = {"topic": "grpc_" + kind + suffix, "defaultTopic": "TBW102", "readQueueNums": "4", "writeQueueNums": "4", "perm": "6",
           "topicFilterType": "SINGLE_TAG", "topicSysFlag": "0", "order": "false",
           "attributes": "+message.type=" + ("NORMAL" if kind == "PUSH" else kind)}
    assert c.answer(c.send(17, ext, b""), 10)[0]["code"] == 0, kind
    group = {"groupName": "CG_grpc_" + kind + suffix, "consumeMessageOrderly": kind == "FIFO"}
    assert c.answer(c.send(200, {}, json.dumps(group).encode()), 10)[0]["code"] == 0, kind

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""send_long.py HOST PORT: sends one message to a retry topic longer than 127 characters.

Today's clients and brokers refuse to make such a group, but serve one that is there (record puts it into
subscriptionGroup.json); the broker stores the message as record version 2.
send_long.py groups: prints that subscriptionGroup.json.
"""
import json
import socket
import struct
import sys

GROUP = "golden_" + "g" * 123


def call(s, code, ext, body=b""):
    head = json.dumps({"code": code, "extFields": ext, "flag": 0, "language": "JAVA", "opaque": code, "version": 479})
    head = head.encode()
    s.sendall(struct.pack(">II", 4 + len(head) + len(body), len(head)) + head + body)
    answer = s.recv(65536)
    if b'"code":0' not in answer:
        sys.exit(f"code {code}: {answer[8:].decode()}")


if sys.argv[1] == "groups":
    group = {"groupName": GROUP, "consumeEnable": True, "retryQueueNums": 1, "retryMaxTimes": 16}
    print(json.dumps({"dataVersion": {"counter": 1, "timestamp": 1}, "subscriptionGroupTable": {GROUP: group}}))
    sys.exit()
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as s:
    call(s, 310, {"a": "golden_producer", "b": "%RETRY%" + GROUP, "c": "TBW102", "d": "4", "e": "0", "f": "0",
                  "g": "1700000000000", "h": "5", "j": "1", "k": "false", "l": "16", "m": "false",
                  "i": "UNIQ_KEY\x017F000001000118B4AAC20000000000FF\x02TAGS\x01TagV2\x02"}, b"second record version")

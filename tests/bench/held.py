#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""held.py PORT PID CONNECTIONS PULLS MESSAGES: what consumers that wait cost the broker with this pid.

CONNECTIONS members of one group connect, say that they are there, and hold PULLS pulls in all, each on a queue with nothing
in it; then MESSAGES messages come one by one to one of them.  Prints memory (RssAnon) more than before, and time and CPU of
a message that comes.
"""
import json
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance", "differential"))
import wire

GROUP, QUEUES = "held", 1000


def anon_kib(pid):
    for line in open("/proc/%d/status" % pid):
        if line.startswith("RssAnon"):
            return int(line.split()[1])


def cpu_us(pid):
    t = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(t[11]) + int(t[12])) * 1000000 // os.sysconf("SC_CLK_TCK")


def make_topic(c, name):
    return c.answer(c.send(17, {"topic": name, "defaultTopic": "TBW102", "readQueueNums": str(QUEUES), "writeQueueNums": str(QUEUES), "perm": "6",
                                "topicFilterType": "SINGLE_TAG", "topicSysFlag": "0", "order": "false"}), 10)


def heartbeat(i, topics):
    subs = [{"classFilterMode": False, "codeSet": [], "expressionType": "TAG", "subString": "*", "subVersion": 1, "tagsSet": [], "topic": t} for t in topics]
    return json.dumps({"clientID": "c%d" % i, "consumerDataSet": [{"consumeFromWhere": "CONSUME_FROM_FIRST_OFFSET", "consumeType": "CONSUME_PASSIVELY",
                       "groupName": GROUP, "messageModel": "CLUSTERING", "subscriptionDataSet": subs, "unitMode": False}], "producerDataSet": []}).encode()


def pull(topic, queue, pos=0):
    return {"consumerGroup": GROUP, "topic": topic, "queueId": str(queue), "queueOffset": str(pos), "maxMsgNums": "32", "sysFlag": "2",
            "commitOffset": "0", "suspendTimeoutMillis": "3000000", "subVersion": "1"}


def main():
    port, pid, connections, pulls, messages = (int(a) for a in sys.argv[1:])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    admin = wire.Connection(port)
    topics = ["held%d" % i for i in range((pulls + QUEUES - 1) // QUEUES)]
    for t in topics + ["woken"]:
        make_topic(admin, t)
    group = {"groupName": GROUP, "consumeEnable": True, "consumeFromMinEnable": True, "consumeBroadcastEnable": True, "retryQueueNums": 1,
             "retryMaxTimes": 16, "brokerId": 0, "whichBrokerWhenConsumeSlowly": 1, "notifyConsumerIdsChangedEnable": False}
    admin.answer(admin.send(200, None, json.dumps(group).encode()), 10)
    before = anon_kib(pid)
    members = []
    for i in range(connections):
        c = wire.Connection(port)
        assert c.answer(c.send(34, None, heartbeat(i, topics[:1] + ["woken"] if i else topics + ["woken"])), 30)[0]["code"] == 0
        members.append(c)
    members[0].answer(members[0].send(34, None, heartbeat(0, topics + ["woken"])), 30)
    connected = anon_kib(pid)
    for i in range(pulls):
        members[i % connections].send(11, pull(topics[i // QUEUES], i % QUEUES))
    admin.answer(admin.send(30, {"topic": "woken", "queueId": "0"}), 30)
    time.sleep(2)
    held = anon_kib(pid)
    print("%d members connected: %.1f MiB more, %d bytes each" % (connections, (connected - before) / 1024, (connected - before) * 1024 // connections))
    print("%d pulls held: %.1f MiB more, %d bytes each" % (pulls, (held - connected) / 1024, (held - connected) * 1024 // pulls))
    waiter, times, pos = members[-1], [], 0
    send = {"a": "pg", "b": "woken", "c": "TBW102", "d": "4", "e": "0", "f": "0", "g": str(int(time.time() * 1000)), "h": "0", "i": "", "j": "0", "k": "false", "m": "false"}
    cpu = cpu_us(pid)
    for _ in range(messages):
        opaque = waiter.send(11, pull("woken", 0, pos))
        waiter_ready = admin.answer(admin.send(30, {"topic": "woken", "queueId": "0"}), 30)
        assert waiter_ready
        start = time.perf_counter()
        admin.send(310, send, b"x" * 128, flag=2)
        a = waiter.answer(opaque, 30)
        times.append(time.perf_counter() - start)
        assert a[0]["code"] == 0, a
        pos = int(a[0]["extFields"]["nextBeginOffset"])
    cpu = cpu_us(pid) - cpu
    times.sort()
    print("%d messages, each to one that waits: send to answer p50 %.3f ms, p99 %.3f ms; broker CPU %.1f us a message (3 requests)" %
          (messages, times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3, cpu / messages))


main()

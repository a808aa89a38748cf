#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The official Python client (rocketmq-python-client) through Apache's proxy: client.py PROXY MESSAGES SUFFIX; topics.py comes before."""
import collections
import os
import sys
import threading
import time
import traceback

from rocketmq import (ClientConfiguration, ConsumeResult, Credentials, FilterExpression, Message, MessageListener, Producer, PushConsumer,
                      SimpleConsumer, TransactionChecker, TransactionResolution)

proxy, count, suffix = sys.argv[1], int(sys.argv[2]), sys.argv[3]
config = ClientConfiguration(proxy, Credentials(), request_timeout=10)


def topic(kind):
    return "grpc_" + kind + suffix


def message(kind, text, **more):
    m = Message()
    m.topic, m.tag, m.body = topic(kind), "x", text.encode()
    for k, v in more.items():
        setattr(m, k, v)
    return m


class Box(MessageListener):
    def __init__(self):
        self.texts, self.times, self.lock = [], [], threading.Lock()

    def consume(self, m):
        with self.lock:
            self.texts.append(m.body.decode())
            self.times.append(time.time())
        return ConsumeResult.SUCCESS

    def wait(self, n, seconds=60):
        end = time.time() + seconds
        while len(self.texts) < n and time.time() < end:
            time.sleep(0.05)
        time.sleep(1) # what should not come gets time to come
        return self.texts


def producer(kind, checker=None):
    p = Producer(config, (topic(kind),), checker=checker) if checker else Producer(config, (topic(kind),))
    p.startup()
    return p


def pushed(kind):
    box = Box()
    c = PushConsumer(config, "CG_grpc_" + kind + suffix, box, {topic(kind): FilterExpression("x")})
    c.startup()
    return c, box


def once(texts, n):
    wrong = {t: k for t, k in collections.Counter(texts).items() if k != 1}
    assert not wrong and len(texts) == n, "%d of %d came, not once: %s" % (len(texts), n, wrong)


def receive(c):
    """Right after the start the proxy may not know the client's settings yet, and fails by a null pointer."""
    for _ in range(50):
        try:
            return c.receive(16, 60) or []
        except Exception as e:
            if "settings" not in str(e):
                raise
            time.sleep(0.2)
    return []


def simple():
    p = producer("NORMAL")
    for i in range(count):
        p.send(message("NORMAL", "m%d" % i))
    c = SimpleConsumer(config, "CG_grpc_NORMAL" + suffix, {topic("NORMAL"): FilterExpression("x")}, 3)
    c.startup()
    got, idle = [], 0
    while idle < 8 and len(got) < count:
        batch = receive(c)
        idle = 0 if batch else idle + 1
        for m in batch:
            got.append(m.body.decode())
            c.ack(m)
    once(got, count)
    c.shutdown()
    p.shutdown()


def push():
    p = producer("PUSH")
    c, box = pushed("PUSH")
    for i in range(count):
        p.send(message("PUSH", "m%d" % i))
    once(box.wait(count), count)
    c.shutdown()
    p.shutdown()


def fifo():
    p = producer("FIFO")
    c, box = pushed("FIFO")
    for i in range(count):
        p.send(message("FIFO", str(i), message_group="one"))
    texts = box.wait(count)
    assert texts == [str(i) for i in range(count)], texts
    c.shutdown()
    p.shutdown()


def delay():
    p = producer("DELAY")
    c, box = pushed("DELAY")
    due = int(time.time()) + 4
    p.send(message("DELAY", "later", delivery_timestamp=due))
    assert box.wait(1) == ["later"], box.texts
    assert box.times[0] >= due, "%.3f s too early" % (due - box.times[0])
    c.shutdown()
    p.shutdown()


class Checker(TransactionChecker):
    def check(self, m):
        return TransactionResolution.ROLLBACK


def transaction():
    p = producer("TRANSACTION", Checker())
    c, box = pushed("TRANSACTION")
    for text in ("committed", "rolled back"):
        t = p.begin_transaction()
        p.send(message("TRANSACTION", text), t)
        if text == "committed":
            t.commit()
        else:
            t.rollback()
    assert box.wait(1) == ["committed"], box.texts
    c.shutdown()
    p.shutdown()


failed = False
for claim, run in (("a simple consumer receives and acknowledges each message once", simple), ("a push consumer gets each message once", push),
                   ("messages of one group come in their order", fifo), ("a delayed message comes at its time", delay),
                   ("of two transactions the committed one comes", transaction)):
    try:
        run()
        print("ok - Python gRPC: " + claim, flush=True)
    except Exception:
        failed = True
        print("not ok - Python gRPC: " + claim + "\n# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
os._exit(failed)

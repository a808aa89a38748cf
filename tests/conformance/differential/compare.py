#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compare.py ask PORT OUT: put every case of cases.py to the broker at PORT, write the answers' digests to OUT.
compare.py compare JAVA OURS DIFFERENCES: show what differs and is not explained.

DIFFERENCES, a line each:  case pattern | field pattern | Java's value | ours | reason      (# begins a remark)
"""
import fnmatch
import json
import sys
import time

import cases
import wire

ANSWER_S = 7 # RocketMQ looks after what it holds every 5 s


class Client:
    def __init__(self, port):
        self.port, self.conn = port, {}
        self.pop_time = self.revive = "0"

    def get(self, name):
        if name not in self.conn:
            c = self.conn[name] = wire.Connection(self.port)
            c.reply[307] = lambda h, b: (0, json.dumps({"properties": {"PROP_CONSUME_TYPE": "CONSUME_PASSIVELY"}, "subscriptionSet": []}).encode())
            c.reply[309] = lambda h, b: (0, json.dumps({"consumeResult": "CR_SUCCESS", "spentTimeMills": len(wire.records(b) or [])}).encode())
            c.reply[221] = lambda h, b: (0, b'{"messageQueueTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:3}}')
            c.reply[326] = lambda h, b: (0, b"")
        return self.conn[name]

    def ask(self, name, code, ext, body):
        if code is None:
            time.sleep(float(body))
            return "no answer"
        now = str(int(time.time() * 1000))
        ext = {k: v.replace("BORN", now).replace("POPTIME", self.pop_time).replace("REVIVE", self.revive) for k, v in ext.items()} if ext is not None else None
        body = body.replace(b'"POPTIME"', self.pop_time.encode()).replace(b'"REVIVE"', self.revive.encode())
        try:
            c = self.get(name)
            a = c.answer(c.send(code, ext, body), ANSWER_S)
            if code == 200050 and a and (a[0].get("extFields") or {}).get("popTime", "0") != "0":
                self.pop_time, self.revive = a[0]["extFields"]["popTime"], a[0]["extFields"].get("reviveQid", "0")
            return a if a else "no answer"
        except (wire.Closed, OSError):
            self.conn.pop(name, None)
            return "closed"


def ask(port, out):
    client, answers = Client(int(port)), []
    for _ in range(60): # a broker that has just started makes topics slowly
        if client.ask("first", 17, {"topic": "first", "defaultTopic": "TBW102", "readQueueNums": "1", "writeQueueNums": "1", "perm": "6",
                                    "topicFilterType": "SINGLE_TAG"}, b"") != "no answer":
            break
    start = time.monotonic()
    for name, conn, code, ext, body in cases.OUT:
        began = time.monotonic()
        answers.append((name, wire.digest(client.ask(conn, code, ext, body))))
        if time.monotonic() - began > 2:
            print("# %s took %.1f s: %s" % (name, time.monotonic() - began, answers[-1][1].get("code")))
    json.dump(answers, open(out, "w"), indent=0)
    print("# %d requests in %.1f s" % (len(answers), time.monotonic() - start))


def text(v):
    return "-" if v is None else v if isinstance(v, str) and v else json.dumps(v)


def differing(java, ours):
    for (name, a), (_, b) in zip(java, ours):
        if name.startswith("-"):
            continue
        if a["code"] != b["code"]:
            yield name, "code", text(a["code"]), text(b["code"])
            continue
        for f in sorted(set(a) | set(b)):
            if a.get(f) != b.get(f):
                yield name, f, text(a.get(f)), text(b.get(f))


def rules(path):
    out = []
    for n, line in enumerate(open(path), 1):
        if line.strip() and not line.startswith("#"):
            parts = [p.strip() for p in line.split("|")]
            if len(parts) < 5:
                sys.exit("%s:%d: five columns are wanted" % (path, n))
            out.append(parts[:4] + [n, 0])
    return out


def like(pattern, value):
    return pattern == value or fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def compare(java, ours, table):
    java, ours, known = json.load(open(java)), json.load(open(ours)), rules(table)
    bad = explained = 0
    for name, field, a, b in differing(java, ours):
        for r in known:
            if like(r[0], name) and like(r[1], field) and like(r[2], a) and like(r[3], b):
                r[5] += 1
                explained += 1
                break
        else:
            bad += 1
            print("# %s | %s | %s | %s" % (name, field, a[:100], b[:100]))
    for r in known:
        if not r[5]:
            print("# line %d of the table explains nothing any more: %s | %s" % (r[4], r[0], r[1]))
    same = len({n for n, _ in java}) - len({d[0] for d in differing(java, ours)})
    print("# %d requests, %d answered alike; %d differing fields explained, %d not" % (len(java), same, explained, bad))
    return bad


if sys.argv[1] == "ask":
    ask(sys.argv[2], sys.argv[3])
else:
    sys.exit(compare(*sys.argv[2:5]) > 0)

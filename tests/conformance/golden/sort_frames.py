#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sorts what tap_proxy.py saved into small corpus files by kind.

    sort_frames.py CORPUS SESSION=FOLDER... [--log SESSION=COMMITLOG_SEGMENT]...

Writes CORPUS/TARGET/g-*, TARGET as in tests/fuzz. One file for each distinct shape
(header type, code, set of fields, kind of body), so that the whole stays small.
"""
import hashlib
import json
import os
import struct
import sys

NAMES = {
    10: "send_v1", 310: "send_v2", 320: "send_batch", 11: "pull", 361: "pull_lite",
    14: "query_consumer_offset", 15: "update_consumer_offset", 17: "update_topic", 21: "all_topic_config",
    25: "update_broker_config", 26: "broker_config", 28: "broker_runtime", 29: "search_offset", 30: "max_offset",
    31: "min_offset", 32: "earliest_store_time", 33: "view_message", 34: "heartbeat", 35: "unregister_client",
    36: "send_back", 38: "consumer_list", 40: "notify_consumers", 41: "lock_queues", 42: "unlock_queues",
    100: "put_kv", 101: "get_kv", 102: "delete_kv", 103: "register_broker", 104: "unregister_broker", 105: "route",
    106: "cluster_info", 201: "all_groups", 202: "topic_stats", 203: "consumer_connection", 206: "topic_list",
    208: "consume_stats", 322: "query_data_version", 901: "member_group", 904: "broker_heartbeat",
    351: "topic_config",
}
TARGETS = {34: "heartbeat", 41: "lock", 42: "lock", 105: "route", 106: "lists", 206: "lists", 38: "lists", 901: "lists",
           351: "config"}
PRIVATE = (26, 28)  # their answers tell paths of the machine
RECORD_MAGIC = (0xDAA320A7, 0xDAA320AB)


class Command:
    """A decoded frame, as far as sorting needs it."""

    def __init__(self, frame):
        self.frame = frame
        word = struct.unpack(">I", frame[4:8])[0]
        self.binary = word >> 24 == 1
        head = frame[8:8 + (word & 0xFFFFFF)]
        self.head = head
        self.body = frame[8 + (word & 0xFFFFFF):]
        (self._binary if self.binary else self._json)(head)

    def _json(self, head):
        h = json.loads(head)
        self.code, self.opaque, self.flag = h["code"], h["opaque"], h["flag"]
        self.language, self.version = h.get("language"), h.get("version", 0)
        self.ext, self.remark = h.get("extFields") or {}, h.get("remark")

    def _binary(self, head):
        self.code, self.language, self.version, self.opaque, self.flag, n = struct.unpack(">hBhiii", head[:17])
        self.language = {0: "JAVA", 9: "GO"}.get(self.language)
        self.remark, at = head[17:17 + n], 17 + n
        size, at = struct.unpack(">i", head[at:at + 4])[0], at + 4
        self.ext, end = {}, at + size
        while at < end:
            k, at = self._text(head, at, ">h")
            v, at = self._text(head, at, ">i")
            self.ext[k] = v

    @staticmethod
    def _text(head, at, fmt):
        n = struct.calcsize(fmt)
        size = struct.unpack(fmt, head[at:at + n])[0]
        return head[at + n:at + n + size].decode(), at + n + size

    @property
    def response(self):
        return self.flag & 1

    @property
    def origin(self):
        return "go" if self.language == "GO" else "j4" if self.version < 413 else "j5"


def records_of(data):
    at = 0
    while at + 8 <= len(data):
        size, magic = struct.unpack(">II", data[at:at + 8])
        if magic not in RECORD_MAGIC or size < 91 or at + size > len(data):
            return
        yield data[at:at + size]
        at += size


def properties_of(record):
    v2 = record[4:8] == struct.pack(">I", RECORD_MAGIC[1])
    sysflag = struct.unpack(">i", record[36:40])[0]
    at = 48 + (20 if sysflag & 0x10 else 8) + 8 + (20 if sysflag & 0x20 else 8) + 12
    at += 4 + struct.unpack(">i", record[at:at + 4])[0]
    n = struct.unpack(">H", record[at:at + 2])[0] + 2 if v2 else record[at] + 1
    topic, at = record[at + (2 if v2 else 1):at + n], at + n
    return sysflag, topic, record[at + 2:]


class Corpus:
    def __init__(self, root):
        self.root, self.seen, self.count = root, set(), {}

    def put(self, kind, name, data, shape):
        """Keep data unless this shape is there already; at most three shapes of one name."""
        n = self.count.get((kind, name), 0)
        if (kind, shape) in self.seen or n >= 3:
            return
        self.seen.add((kind, shape))
        self.count[kind, name] = n + 1
        os.makedirs(os.path.join(self.root, kind), exist_ok=True)
        path = os.path.join(self.root, kind, "g-" + name + (f".{n + 1}" if n else ""))
        with open(path, "wb") as f:
            f.write(data)


def connections(folder):
    """Frames by connection, in order: {number: [(side, Command)]}."""
    conns = {}
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".frame")):
        _, conn, side, _ = name.split(".")
        with open(os.path.join(folder, name), "rb") as f:
            conns.setdefault(conn, []).append((side, Command(f.read())))
    return conns


def put_command(corpus, c, asked):
    code = asked.code if c.response else c.code
    name = f"{'rmq' if c.binary else 'json'}-{(asked or c).origin}-{code:04d}-{NAMES.get(code, 'other')}"
    name += f".rsp{c.code}" if c.response else ".oneway" if c.flag & 2 else ".req"
    shape = (name, frozenset(c.ext), bool(c.body), bool(c.remark))
    corpus.put("command", name, c.frame, shape)
    if not c.binary and len(c.head) < 4096:
        corpus.put("json", f"head-{name[5:]}", c.head, (code, c.response and c.code, frozenset(c.ext)))
    put_body(corpus, c, code, name, asked)


def put_body(corpus, c, code, name, asked):
    if code == 103 and not c.response:
        packed = c.body[:1] == b"\x78"
        # The target's first byte says how to read the rest: 1 for a compressed body.
        corpus.put("register", "zlib" if packed else "json", bytes([packed]) + c.body, (packed, len(c.body)))
        return
    if code == 320 and not c.response:
        corpus.put("batch", f"{c.origin}-{len(corpus.seen)}", c.body, hashlib.md5(c.body).digest())
    if code in (10, 310, 320) and not c.response:
        text = c.ext.get("properties" if code == 10 else "i", "").encode()
        put_properties(corpus, f"sent-{c.origin}", text)
    if code == 11 and c.response and c.body:
        for r in records_of(c.body):
            put_record(corpus, "pull", r)
    elif c.body[:1] in (b"{", b"["):
        if code in TARGETS:
            corpus.put(TARGETS[code], name.split("-", 1)[1], c.body, (name[-20:], len(c.body) // 32))
        corpus.put("json", f"body-{name.split('-', 1)[1]}", c.body, (name[-20:], len(c.body) // 64, c.body[:12]))


def put_properties(corpus, name, text):
    keys = frozenset(e.split(b"\1")[0] for e in text.split(b"\2"))
    if text:
        corpus.put("props", name + "-" + hashlib.md5(repr(sorted(keys)).encode()).hexdigest()[:4], text, keys)


def put_record(corpus, where, r):
    sysflag, topic, props = properties_of(r)
    version = "v2" if r[7] == 0xAB else "v1"
    kind = "retry" if topic.startswith(b"%RETRY%") else "plain"
    if len(r) > 8192:
        return
    name = f"{version}-{kind}-{sysflag:03x}"
    corpus.put("record", name, r, (name, len(r) // 40))
    put_properties(corpus, "stored", props)


def put_stream(corpus, session, conn, frames, side):
    """The bytes of one direction as they came, up to 3000 bytes: several frames back to back."""
    data = b""
    for s, c in frames:
        if s == side and len(data) + len(c.frame) <= 3000:
            data += c.frame
    if len([1 for s, _ in frames if s == side]) > 1 and data:
        corpus.put("frame", f"{session}-{side}{conn}", data, (session, conn, side))


def paired(frames):
    """Each frame with the request that it answers, without what is private."""
    asked = {}
    for side, c in frames:
        q = asked.get(("s" if side == "c" else "c", c.opaque)) if c.response else None
        if not c.response:
            asked[side, c.opaque] = c
        if (q or not c.response) and (q or c).code not in PRIVATE:
            yield side, c, q


def sort_session(corpus, session, folder):
    for number, (conn, frames) in enumerate(connections(folder).items()):
        kept = list(paired(frames))
        for _, c, q in kept:
            put_command(corpus, c, q)
        for side in "cs" if number < 2 else "":
            put_stream(corpus, session, conn, [(s, c) for s, c, _ in kept], side)


def main():
    corpus, args = Corpus(sys.argv[1]), sys.argv[2:]
    logs = False
    for a in args:
        if a == "--log":
            logs = True
            continue
        session, path = a.split("=", 1)
        if logs:
            with open(path, "rb") as f:
                for r in records_of(f.read(1 << 20)):
                    put_record(corpus, session, r)
        else:
            sort_session(corpus, session, path)


main()

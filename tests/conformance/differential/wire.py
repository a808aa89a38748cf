# SPDX-License-Identifier: Apache-2.0
"""RocketMQ's remoting and bodies, as far as comparing answers needs them."""
import json
import re
import socket
import struct
import time

VERSION = 479 # a 5.3 client


class Closed(Exception):
    pass


class Connection:
    """One client connection; requests that the broker sends by itself are answered by `reply`, or kept aside."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.buf = b""
        self.opaque = 0
        self.pushed = []
        self.reply = {}

    def close(self):
        self.sock.close()

    def send(self, code, ext, body=b"", flag=0, opaque=None, remark=None, language="JAVA"):
        if opaque is None:
            self.opaque += 1
            opaque = self.opaque
        head = {"code": code, "flag": flag, "language": language, "opaque": opaque, "serializeTypeCurrentRPC": "JSON", "version": VERSION}
        if remark is not None:
            head["remark"] = remark
        if ext is not None:
            head["extFields"] = ext
        head = json.dumps(head).encode()
        self.sock.sendall(struct.pack(">II", 4 + len(head) + len(body), len(head)) + head + body)
        return opaque

    def frame(self, until):
        while True:
            if len(self.buf) >= 4:
                n = struct.unpack(">I", self.buf[:4])[0]
                if len(self.buf) >= 4 + n:
                    data, self.buf = self.buf[4:4 + n], self.buf[4 + n:]
                    h = struct.unpack(">I", data[:4])[0] & 0xFFFFFF
                    return loads(data[4:4 + h].decode("utf-8", "replace")), data[4 + h:]
            left = until - time.monotonic()
            if left <= 0:
                return None, None
            self.sock.settimeout(left)
            try:
                more = self.sock.recv(1 << 16)
            except socket.timeout:
                return None, None
            except OSError:
                raise Closed()
            if not more:
                raise Closed()
            self.buf += more

    def answer(self, opaque, seconds):
        """The answer to a request, or None when there is none in time."""
        until = time.monotonic() + seconds
        while True:
            head, body = self.frame(until)
            if head is None:
                return None
            if head["flag"] & 1:
                if head["opaque"] == opaque:
                    return head, body
                continue
            self.pushed.append((head, body))
            make = self.reply.get(head["code"])
            if make and not head["flag"] & 2:
                code, out = make(head, body)
                self.send(code, {}, out, flag=1, opaque=head["opaque"])


# ---- JSON as fastjson writes it: bare number keys, objects as keys

class Json:
    def __init__(self, text):
        self.t, self.i = text, 0

    def blank(self):
        while self.i < len(self.t) and self.t[self.i] in " \t\r\n":
            self.i += 1

    def value(self):
        self.blank()
        c = self.t[self.i]
        if c == "{":
            return self.object()
        if c == "[":
            return self.array()
        if c == '"':
            v, self.i = json.decoder.scanstring(self.t, self.i + 1, False)
            return v
        m = re.compile(r"-?[0-9.eE+-]+|true|false|null").match(self.t, self.i)
        if not m:
            raise ValueError("at %d of %r" % (self.i, self.t[:200]))
        self.i = m.end()
        return json.loads(m.group())

    def array(self):
        out = []
        self.i += 1
        while True:
            self.blank()
            if self.t[self.i] == "]":
                self.i += 1
                return out
            if self.t[self.i] == ",":
                self.i += 1
                continue
            out.append(self.value())

    def object(self):
        out = {}
        self.i += 1
        while True:
            self.blank()
            if self.t[self.i] == "}":
                self.i += 1
                return out
            if self.t[self.i] == ",":
                self.i += 1
                continue
            k = self.value()
            self.blank()
            assert self.t[self.i] == ":"
            self.i += 1
            out[k if isinstance(k, str) else json.dumps(k, sort_keys=True)] = self.value()


def loads(text):
    return Json(text).value()


# ---- records

def host(data, at, v6):
    n = 20 if v6 else 8
    return socket.inet_ntop(socket.AF_INET6 if v6 else socket.AF_INET, data[at:at + n - 4]), at + n


def records(data):
    out, at = [], 0
    while at + 8 <= len(data):
        total, magic = struct.unpack_from(">II", data, at)
        if total < 91 or at + total > len(data):
            return None
        crc, qid, flag, qpos, lpos, sysflag, born = struct.unpack_from(">IiiqqIq", data, at + 8)
        born_host, p = host(data, at + 48, sysflag & 0x10)
        store_ms = struct.unpack_from(">q", data, p)[0]
        store_host, p = host(data, p + 8, sysflag & 0x20)
        again, prepared, n = struct.unpack_from(">iqi", data, p)
        p += 16
        body, p = data[p:p + n], p + n
        n, p = (struct.unpack_from(">H", data, p)[0], p + 2) if magic == 0xDAA320AB else (data[p], p + 1)
        topic, p = data[p:p + n].decode(), p + n
        n = struct.unpack_from(">H", data, p)[0]
        props = {}
        for entry in data[p + 2:p + 2 + n].decode().split("\x02"):
            if "\x01" in entry:
                k, v = entry.split("\x01", 1)
                props[k] = v
        out.append({"queueId": qid, "flag": flag, "queueOffset": qpos, "logPos": lpos, "sysFlag": sysflag, "born": born, "bornHost": born_host,
                    "store": store_ms, "storeHost": store_host, "reconsumeTimes": again, "prepared": prepared, "crc": crc,
                    "body": body.decode("latin-1"), "topic": topic, "properties": props})
        at += total
    return out if at == len(data) else None


# ---- what differs by its nature

ADDRESS = re.compile(r"/?127\.0\.0\.1:\d+")
ID = re.compile(r"\b[0-9A-F]{32}\b")


def plain(v, key=""):
    """Addresses, ids and times taken out, so that two brokers' answers can be compared."""
    if isinstance(v, dict):
        return {ADDRESS.sub("ADDRESS", k): plain(x, k) for k, x in v.items() if k != "dataVersion"}
    if isinstance(v, list):
        items = [plain(x, key) for x in v]
        return sorted(items, key=lambda x: json.dumps(x, sort_keys=True)) if key not in ("records", "queueData") else items
    if key == "delayTime" and isinstance(v, int) and 0 < v < 600000:
        return "DELAY"
    if isinstance(v, float) and v == int(v):
        v = int(v)
    if isinstance(v, int) and not isinstance(v, bool) and 1600000000000 < v < 2600000000000:
        return "TIME"
    if isinstance(v, str):
        if re.fullmatch(r"1[6-9]\d{11}|2[0-5]\d{11}", v):
            return "TIME"
        v = re.sub(r"\d{4}-\d\d-\d\d#\d\d:\d\d:\d\d:\d{3}", "TIME", v)
        return ID.sub("ID", ADDRESS.sub("ADDRESS", v))
    return v


def digest(answer):
    """An answer as a flat table of what is compared."""
    if isinstance(answer, str):
        return {"code": answer}
    head, body = answer
    out = {"code": head["code"]}
    for k, v in (head.get("extFields") or {}).items():
        out["ext." + k] = plain(v)
    if head["code"] in (0, 19, 20, 21) and head.get("remark") and re.fullmatch(r"[A-Z_]+", head["remark"]):
        out["remark"] = head["remark"]
    if body:
        found = records(body)
        if found is not None:
            flatten("records", plain(found, "records"), out)
        else:
            try:
                flatten("body", plain(loads(body.decode())), out)
            except (ValueError, IndexError, AssertionError, UnicodeDecodeError):
                out["body"] = plain(body.decode("latin-1"))
    return out


def flatten(name, v, out):
    if isinstance(v, dict) and v:
        for k, x in v.items():
            flatten(name + "." + k, x, out)
    elif isinstance(v, list) and v:
        out[name + ".count"] = len(v)
        for i, x in enumerate(v):
            flatten("%s.%d" % (name, i), x, out)
    else:
        out[name] = v

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands between RocketMQ clients and servers and saves each frame that passes.

    tap_proxy.py OUT FROM=TO...        FROM and TO are HOST:PORT

Each connection gets a number. A frame is saved as OUT/SEQUENCE.CONNECTION.{c,s}.frame, length field
included; c came from the side that connected, s from the side that was connected to.
"""
import itertools
import os
import socket
import struct
import sys
import threading

FRAME_MAX = 16 << 20
sequence = itertools.count(1)
lock = threading.Lock()


def save(out, conn, side, frame):
    with lock:
        name = f"{next(sequence):06d}.{conn:04d}.{side}.frame"
        tmp = os.path.join(out, ".part")
        with open(tmp, "wb") as f:
            f.write(frame)
        os.rename(tmp, os.path.join(out, name))


def cut(buf):
    """Take whole frames off the front of buf."""
    while len(buf) >= 4:
        size = 4 + struct.unpack(">I", buf[:4])[0]
        if size > FRAME_MAX:
            raise ValueError("not a frame")
        if len(buf) < size:
            return
        frame = bytes(buf[:size])
        del buf[:size]
        yield frame


def pump(src, dst, out, conn, side):
    buf = bytearray()
    try:
        while data := src.recv(65536):
            buf += data
            for frame in cut(buf):
                save(out, conn, side, frame)
            dst.sendall(data)
    except (OSError, ValueError):
        pass
    for s in (src, dst):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(listener, to, out, numbers):
    while True:
        client, _ = listener.accept()
        conn = next(numbers)
        try:
            server = socket.create_connection(to, source_address=("127.0.0.1", 0))
        except OSError:
            client.close()
            continue
        for s in (client, server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=pump, args=(client, server, out, conn, "c"), daemon=True).start()
        threading.Thread(target=pump, args=(server, client, out, conn, "s"), daemon=True).start()


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    numbers = itertools.count(1)
    threads = []
    for pair in sys.argv[2:]:
        here, to = (address(a) for a in pair.split("="))
        listener = socket.create_server(here, reuse_port=False)
        t = threading.Thread(target=serve, args=(listener, to, out, numbers), daemon=True)
        t.start()
        threads.append(t)
    print("ready", flush=True)
    for t in threads:
        t.join()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What mqadmin prints of a Java cluster and of ours: compare.py COMMANDS JAVA OURS DIFFERENCES; a line of test each.

The mode of a command says what is compared:
  same   all lines, in order
  lines  all lines, in any order
  keys   what stands before the first : or = of each line; ours may have more
  done   whether it ended with an error, and that one's code
Ports, times, identifiers and rates are not compared, nor the words of an error, but its code is.
DIFFERENCES has "COMMAND ARGS… | reason" for what is another on purpose (a prefix of the command line).
"""
import pathlib
import re
import sys

DROP = re.compile(r"^\s+at |^\s*\.\.\. \d+ more|^Caused by|\|-INFO|\|-WARN|^\s*$|^WARNING|^SLF4J|RMQClient|^For more information|"
    # what a request that failed says; the topics of an engine that is not ours; our transactions' own group
    r"^Cause:|^See https|RMQ_SYS_ROCKSDB|RMQ_SYS_TRANS_(OP_)?HALF_TOPIC|"
    # a client has its retry queue by now or has it not yet; clusterRT never ends by itself, and is interrupted wherever it is
    r"^%RETRY%AdmGroup\s+broker-a\s+0\s+(-1|ProcessQueueInfo)|CLusterSendMsgRTCommand command failed")
SUBST = [
    (re.compile(r"[0-9A-F]{32}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[ #T]\d\d:\d\d:\d\d[,:.]?\d*"), "<time>"),
    (re.compile(r"\b1[67]\d{11,12}\b"), "<ms>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "<addr>"),
    (re.compile(r"/[^ ,]*/out/"), "<dir>/"),
    (re.compile(r"\b[\d.]+@\S+"), "<client>"),
    (re.compile(r"@[0-9a-f]{5,8}\b"), "@<hash>"),
    (re.compile(r"-?\b\d+\.\d+(E-?\d+)?\b"), "<real>"),
    (re.compile(r"\b\d+ms\b"), "<n>ms"),
    (re.compile(r"WAIT=true, "), ""),  # ours does not store what is the default
    (re.compile(r"\b(storeSize|physicSize|physicOffset|commitLogOffset|spentTimeMills|bodyCRC|MasterCommitLogMaxOffset)([=: \t]+)\d+"), r"\1\2<n>"),
    (re.compile(r"(@[A-Za-z%]+@K@\S+@)\d+"), r"\1<n>"),
    (re.compile(r"\b20\d{12}(\d{3})?\b"), "<time>"),
    (re.compile(r"Lambda\S+"), "<lambda>"),
    (re.compile(r"commitLogDiskRatio_[^\s:]+"), "commitLogDiskRatio_<dir>"),
    (re.compile(r"\bV5_\d_\d\b"), "<version>"),
    (re.compile(r"(broker-a \d+ true) \d+"), r"\1 <ms>"),
    (re.compile(r"(AdmTopic Adm\w+ \d+ <real> <real>) \d+ \d+"), r"\1 <n> <n>"),  # Java's lag by its sampling
    (re.compile(r"(server\[<addr>\] OK,) \d+"), r"\1 <n>"),
]


def lines(path):
    if not path.exists():
        return ["[did not run]"]
    found = []
    for line in path.read_text(errors="replace").splitlines():
        code = re.search(r"CODE: (-?\d+)", line)
        if code:
            code = "[code %s]" % code.group(1)
            if code not in found:
                found.append(code)
            continue
        if DROP.search(line):
            continue
        line = re.sub(r"\s+", " ", line).strip()
        for what, by in SUBST:
            line = what.sub(by, line)
        found.append(line)
    return found


def errors(found):
    return sorted(set(x for x in found if x.startswith("[") or "Exception" in x))


def keys(found):
    return set(re.split(r"[:=]", x)[0].strip() for x in found)


def differ(mode, java, ours):
    """None when both are the same, or what differs."""
    if mode == "keys":
        lost = sorted(keys(java) - keys(ours))
        return None if not lost else "missing: " + ", ".join(lost)
    if mode == "done":
        java, ours = errors(java), errors(ours)
    if mode == "lines":
        java, ours = sorted(java), sorted(ours)
    if java == ours:
        return None
    only_java = [x for x in java if x not in ours]
    only_ours = [x for x in ours if x not in java]
    return "java: %s | ours: %s" % ("; ".join(only_java)[:600], "; ".join(only_ours)[:600])


def main():
    commands, java, ours, differences = map(pathlib.Path, sys.argv[1:5])
    reasons = []
    for line in differences.read_text().splitlines():
        if line and not line.startswith("#"):
            what, why = line.split(" | ", 1)
            reasons.append((what, why))
    n = failed = same = 0
    for number, line in enumerate((x for x in commands.read_text().splitlines() if x and not x.startswith("#")), 1):
        if line.startswith(":"):
            continue
        mode, command = line.split(" ", 1)
        command = re.sub(r"-n @NS ?", "", command).strip()
        name = "%03d" % number
        if lines(java / name) == ["[did not run]"]:
            continue
        what = differ(mode, lines(java / name), lines(ours / name))
        why = next((w for c, w in reasons if command.startswith(c)), None)
        n += 1
        if not what:
            same += 1
            print("ok - mqadmin %s: as with the Java cluster" % command)
            if why:
                print("# no difference any more: %s" % command)
        elif why:
            print("ok - mqadmin %s: %s" % (command, why))
            print("# " + what)
        else:
            failed += 1
            print("not ok - mqadmin %s" % command)
            print("# " + what)
    print("# mqadmin: %d command lines, %d the same, %d different for a reason that is written down, %d else"
          % (n, same, n - same - failed, failed))
    return 1 if failed or not n else 0


sys.exit(main())

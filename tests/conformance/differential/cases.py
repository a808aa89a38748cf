# SPDX-License-Identifier: Apache-2.0
"""The requests, in the order in which both brokers get them.

A case is (name, connection, code, extFields, body).  "m" is the client whose heartbeats make the group "g" online, "x" one
that nobody knows; a name that begins with "-" is asked but not compared.
"""
import json

T0 = 1700000000000
TOPIC, GROUP = "T", "g"


def sub(topic, text="*", kind="TAG", version=1, tags=(), codes=()):
    return {"classFilterMode": False, "codeSet": list(codes), "expressionType": kind, "subString": text, "subVersion": version,
            "tagsSet": list(tags), "topic": topic}


def heartbeat(client="c1", group=GROUP, subs=None, kind="CONSUME_PASSIVELY", model="CLUSTERING", **more):
    d = {"clientID": client, "consumerDataSet": [{"consumeFromWhere": "CONSUME_FROM_FIRST_OFFSET", "consumeType": kind, "groupName": group,
         "messageModel": model, "subscriptionDataSet": [sub(TOPIC)] if subs is None else subs, "unitMode": False}],
         "heartbeatFingerprint": 0, "producerDataSet": [{"groupName": "pg"}], "withoutSub": False}
    d.update(more)
    return json.dumps(d).encode()


def queue(q=0, topic=TOPIC):
    return {"brokerName": "broker-a", "queueId": q, "topic": topic}


PULL = {"consumerGroup": GROUP, "topic": TOPIC, "queueId": "0", "queueOffset": "0", "maxMsgNums": "32", "sysFlag": "0", "commitOffset": "0",
        "suspendTimeoutMillis": "1000", "subVersion": "1"}
SEND = {"a": "pg", "b": TOPIC, "c": "TBW102", "d": "4", "e": "0", "f": "0", "g": str(T0), "h": "0", "j": "0", "k": "false", "m": "false"}
AT = {"consumerGroup": GROUP, "topic": TOPIC, "queueId": "0"}

NUMBERS = {"queueId", "queueOffset", "maxMsgNums", "sysFlag", "commitOffset", "suspendTimeoutMillis", "subVersion", "timestamp", "offset", "maxNum",
           "beginTimestamp", "endTimestamp", "delayLevel", "index", "count", "invisibleTime", "pollTime", "bornTime", "initMode",
           "maxReconsumeTimes", "maxMsgBytes", "readQueueNums", "writeQueueNums", "perm"}
BOOLS = {"isForce", "jstackEnable", "order", "setZeroIfNotFound", "committed", "cleanOffset"}

OUT = []


def case(name, code, ext=None, body=b"", conn="m"):
    OUT.append((name, conn, code, ext, body if isinstance(body, bytes) else json.dumps(body).encode()))


def vary(name, code, good, body=b"", skip=(), conn="m", numbers=("-1", "2147483647", "2147483648", "abc", ""), texts=("", "no_such", "a b", "x" * 256)):
    """A good request, then each field missing, at its boundaries, of the wrong type, hostile."""
    case(name + "/good", code, good, body, conn)
    for f in good:
        if f in skip:
            continue
        rest = {k: v for k, v in good.items() if k != f}
        case("%s/no %s" % (name, f), code, rest, body, conn)
        if f in BOOLS:
            values = ("TRUE", "1", "")
        else:
            values = numbers if f in NUMBERS else texts
        for v in values:
            case("%s/%s=%s" % (name, f, v[:20] if v else "empty"), code, dict(good, **{f: v}), body, conn)


def apart(start, field, prefix):
    """Each case from there on gets a group of its own, unless the group is what it varies: what one broker took and the other did not
    is then of no consequence for the next case."""
    for n in range(start, len(OUT)):
        name, conn, code, ext, body = OUT[n]
        if "/no " + field in name or "/" + field + "=" in name:
            continue
        OUT[n] = (name, conn, code, dict(ext, **{field: "%s%d" % (prefix, n)}), body)


def make_topic(name, queues, perm="6"):
    case("topic/" + name, 17, {"topic": name, "defaultTopic": "TBW102", "readQueueNums": queues, "writeQueueNums": queues, "perm": perm,
                               "topicFilterType": "SINGLE_TAG", "topicSysFlag": "0", "order": "false"})


def make_group(name, **more):
    g = {"groupName": name, "consumeEnable": True, "consumeFromMinEnable": True, "consumeBroadcastEnable": True, "retryQueueNums": 1,
         "retryMaxTimes": 16, "brokerId": 0, "whichBrokerWhenConsumeSlowly": 1}
    g.update(more)
    case("group/" + name, 200, None, g)


def setup():
    make_topic(TOPIC, "4")
    make_topic("Empty", "2")
    make_topic("WriteOnly", "1", "2")
    make_topic("Sql", "1")
    make_group(GROUP)
    make_group("g2")
    make_group("closed", consumeEnable=False)
    make_group("nobroadcast", consumeBroadcastEnable=False)
    for i in range(12):
        props = "KEYS\x01key%d\x02UNIQ_KEY\x01%032X\x02TAGS\x01%s\x02" % (i, i, "AB"[i % 2])
        case("send/%d" % i, 310, dict(SEND, i=props, e=str(i % 2)), b"body%d" % i)
    for i in range(6):
        case("send/sql%d" % i, 310, dict(SEND, b="Sql", i="UNIQ_KEY\x01%032X\x02n\x01%d\x02color\x01%s\x02" % (100 + i, i, ["red", "blue"][i % 2])), b"s%d" % i)


def members():
    case("list before anybody", 38, {"consumerGroup": GROUP})
    case("pull before anybody", 11, PULL)
    case("heartbeat/first", 34, None, heartbeat())
    case("heartbeat/again", 34, None, heartbeat())
    case("heartbeat/more topics", 34, None, heartbeat(subs=[sub(TOPIC), sub("Empty"), sub("WriteOnly"), sub("%RETRY%g"), sub("Sql", "n > 2", "SQL92", 5)]))
    case("heartbeat/broadcasting", 34, None, heartbeat(group="nobroadcast", model="BROADCASTING"))
    case("heartbeat/closed group", 34, None, heartbeat(group="closed"))
    case("heartbeat/fingerprint", 34, None, heartbeat(group="gf", heartbeatFingerprint=7))
    case("heartbeat/fingerprint only", 34, None, heartbeat(group="gf", subs=[], heartbeatFingerprint=7, withoutSub=True))
    case("heartbeat/another fingerprint only", 34, None, heartbeat(group="gf", subs=[], heartbeatFingerprint=8, withoutSub=True))
    case("heartbeat/enums as numbers", 34, None, heartbeat(group="gn", kind=1, model=1))
    case("heartbeat/no name", 34, None, heartbeat(group=""))
    case("heartbeat/bad SQL", 34, None, heartbeat(group="gb", subs=[sub("Sql", "n > > 2", "SQL92", 5)]))
    case("heartbeat/empty object", 34, None, b"{}", "x")
    case("heartbeat/no body", 34, None, b"", "x")
    case("heartbeat/no JSON", 34, None, b"hello", "x")
    case("heartbeat/array", 34, None, b"[1,2]", "x")
    case("heartbeat/wrong types", 34, None, b'{"clientID":7,"consumerDataSet":"x"}', "x")
    vary("list", 38, {"consumerGroup": GROUP})
    vary("consumers", 203, {"consumerGroup": GROUP})
    vary("producers", 204, {"producerGroup": "pg"})
    case("consumers/closed", 203, {"consumerGroup": "closed"})
    for kind, text in (("TAG", "a || b"), ("SQL92", "a > 1"), ("SQL92", "a > > 1"), ("SQL92", ""), ("XPATH", "a"), ("", "a")):
        case("check config/%s %s" % (kind, text), 46, None, {"clientId": "c1", "group": GROUP, "subscriptionData": sub(TOPIC, text, kind)})
    case("check config/no body", 46, None)
    case("check config/no subscription", 46, None, {"clientId": "c1", "group": GROUP})
    case("check config/no JSON", 46, None, b"x", "x")


def locks():
    def lock(client, queues, **more):
        return dict({"consumerGroup": GROUP, "clientId": client, "mqSet": queues, "onlyThisBroker": False}, **more)
    case("lock/two", 41, None, lock("c1", [queue(0), queue(1)]))
    case("lock/by another", 41, None, lock("c2", [queue(0), queue(2)]))
    case("lock/again", 41, None, lock("c1", [queue(0)]))
    case("lock/none", 41, None, lock("c1", []))
    case("lock/unknown topic", 41, None, lock("c1", [queue(0, "no_such")]))
    case("lock/negative queue", 41, None, lock("c1", [queue(-1)]))
    case("lock/no group", 41, None, {"clientId": "c1", "mqSet": [queue(3)]})
    case("lock/no client", 41, None, {"consumerGroup": GROUP, "mqSet": [queue(3)]})
    case("lock/no set", 41, None, {"consumerGroup": GROUP, "clientId": "c1"})
    case("lock/no body", 41, None, b"", "x")
    case("lock/no JSON", 41, None, b"{", "x")
    case("unlock/by another", 42, None, lock("c2", [queue(0)]))
    case("lock/still held", 41, None, lock("c2", [queue(0)]))
    case("unlock/own", 42, None, lock("c1", [queue(0)]))
    case("lock/now free", 41, None, lock("c2", [queue(0)]))
    case("unlock/never locked", 42, None, lock("c1", [queue(3)]))
    case("unlock/no body", 42, None, b"", "x")
    case("unlock/all", 42, None, lock("c1", [queue(0), queue(1), queue(2), queue(3)]))
    case("unlock/all of c2", 42, None, lock("c2", [queue(0), queue(2)]))


def pulls():
    vary("pull", 11, PULL)
    vary("lite pull", 361, dict(PULL, sysFlag="16"), skip=set(PULL) - {"queueId", "queueOffset", "topic"})
    for pos in ("1", "5", "6", "7", "100", "-7", "9223372036854775807"):
        case("pull/at " + pos, 11, dict(PULL, queueOffset=pos))
    for n in ("0", "1", "3", "33", "1000", "-5"):
        case("pull/messages " + n, 11, dict(PULL, maxMsgNums=n))
    for n in ("1", "100", "400", "-1", "0"):
        case("pull/bytes " + n, 11, dict(PULL, maxMsgBytes=n))
    for pos in ("0", "1"):
        case("pull/empty queue " + pos, 11, dict(PULL, topic="Empty", queueOffset=pos))
    case("pull/queue beyond", 11, dict(PULL, queueId="4"))
    case("pull/write only", 11, dict(PULL, topic="WriteOnly"))
    case("pull/topic not subscribed", 11, dict(PULL, topic="TBW102"))
    case("pull/older broker", 11, dict(PULL, subVersion="2"))
    case("pull/closed group", 11, dict(PULL, consumerGroup="closed"))
    case("pull/no broadcast", 11, dict(PULL, consumerGroup="nobroadcast"))
    case("pull/new group", 11, dict(PULL, consumerGroup="fresh_group"))
    case("pull/bad SQL", 11, dict(PULL, consumerGroup="gb", topic="Sql", subVersion="5"))
    case("pull/SQL", 11, dict(PULL, topic="Sql", subVersion="5"))
    case("pull/SQL at 4", 11, dict(PULL, topic="Sql", subVersion="5", queueOffset="4"))
    case("pull/SQL older", 11, dict(PULL, topic="Sql", subVersion="6"))
    for text, kind in (("A", "TAG"), ("A || C", "TAG"), ("B", ""), ("*", "TAG"), ("", "TAG"), ("||", "TAG"), (" || ", "TAG"), ("C", "TAG"), ("A", "XPATH"),
                       ("", "SQL92"), ("TAGS = 'A'", "SQL92"), ("TAGS = 'C'", "SQL92"), ("TAGS = = 'A'", "SQL92"), ("color = 'red'", "SQL92")):
        case("pull/own %s %s" % (kind, text), 11, dict(PULL, sysFlag="4", subscription=text, expressionType=kind))
    case("pull/own without text", 11, dict(PULL, sysFlag="4"))
    case("pull/own without type", 11, dict(PULL, sysFlag="4", subscription="A"))
    case("pull/own of an offline group", 11, dict(PULL, sysFlag="4", subscription="A", consumerGroup="g2"))
    case("pull/own SQL on Sql", 11, dict(PULL, topic="Sql", sysFlag="4", subscription="color = 'red' AND n >= 2", expressionType="SQL92"))
    case("pull/held to its end", 11, dict(PULL, queueOffset="6", sysFlag="2", suspendTimeoutMillis="700"))
    case("pull/held SQL to its end", 11, dict(PULL, topic="Sql", subVersion="5", queueOffset="6", sysFlag="2", suspendTimeoutMillis="700"))
    case("pull/held without time", 11, dict(PULL, queueOffset="6", sysFlag="2", suspendTimeoutMillis="0"))
    case("pull/commit", 11, dict(PULL, sysFlag="1", commitOffset="3"))
    case("offset/after commit", 14, AT)
    case("pull/commit beyond", 11, dict(PULL, sysFlag="1", commitOffset="77"))
    case("offset/after commit beyond", 14, AT)
    case("pull/commit without flag", 11, dict(PULL, commitOffset="1"))
    case("offset/after no commit", 14, AT)
    case("pull/commit of a refused", 11, dict(PULL, sysFlag="1", queueId="9", commitOffset="2"))
    case("pull/commit negative", 11, dict(PULL, sysFlag="1", commitOffset="-5", queueId="1"))
    case("offset/after negative", 14, dict(AT, queueId="1"))
    case("pull/request source", 11, dict(PULL, requestSource="1", proxyFrowardClientId="c1"))
    case("pull/unknown flags", 11, dict(PULL, sysFlag="96"))


def offsets():
    vary("offset/query", 14, AT)
    vary("offset/query zero", 14, dict(AT, setZeroIfNotFound="true", consumerGroup="g2"), skip=("consumerGroup", "topic"))
    case("offset/query new group", 14, dict(AT, consumerGroup="g2"))
    case("offset/query empty queue", 14, dict(AT, topic="Empty"))
    vary("offset/update", 15, dict(AT, commitOffset="2"))
    case("offset/after update", 14, AT)
    case("offset/back", 15, dict(AT, commitOffset="1"))
    case("offset/after back", 14, AT)
    vary("max", 30, {"topic": TOPIC, "queueId": "0", "committed": "true"})
    vary("min", 31, {"topic": TOPIC, "queueId": "0"})
    vary("earliest", 32, {"topic": TOPIC, "queueId": "0"})
    vary("search", 29, {"topic": TOPIC, "queueId": "0", "timestamp": "0"}, numbers=("-1", "2147483648", "9223372036854775807", "abc", ""))
    for kind in ("LOWER", "UPPER", "lower", "x", ""):
        for at in ("0", "9999999999999"):
            case("search/%s %s" % (kind, at), 29, {"topic": TOPIC, "queueId": "0", "timestamp": at, "boundaryType": kind})
    vary("correction", 308, {"topic": TOPIC, "compareGroup": GROUP, "filterGroups": "g2"}, skip=("filterGroups",)) # RocketMQ forgets whom it names
    case("correction/another group", 308, {"topic": TOPIC, "compareGroup": "g5", "filterGroups": "g2,g6"})
    case("correction/no filterGroups", 308, {"topic": TOPIC, "compareGroup": "g5"})
    case("offset/g2", 15, dict(AT, consumerGroup="g2", commitOffset="4"))
    vary("clone", 314, {"srcGroup": "g2", "destGroup": "g3", "topic": TOPIC, "offline": "false"}, skip=("destGroup",)) # RocketMQ would make groups "" and "null"
    case("offset/cloned", 14, dict(AT, consumerGroup="g3"))
    case("offsets/all", 43, None)


def resets():
    good = {"topic": TOPIC, "group": "g2", "timestamp": "0", "isForce": "true"}
    case("offset/g2 before", 15, dict(AT, consumerGroup="g2", commitOffset="5"))
    vary("reset", 222, good, numbers=("-1", "9223372036854775807", "abc", ""))
    case("reset/to an offset", 222, dict(good, queueId="0", offset="3"))
    case("offset/after reset", 14, dict(AT, consumerGroup="g2"))
    case("reset/queue and time", 222, dict(good, queueId="1"))
    case("reset/offset beyond", 222, dict(good, queueId="0", offset="99"))
    case("reset/offset negative", 222, dict(good, queueId="0", offset="-3"))
    case("reset/queue beyond", 222, dict(good, queueId="9", offset="1"))
    case("reset/not forced", 222, dict(good, isForce="false"))
    case("reset/online group", 222, dict(good, group=GROUP, queueId="1", offset="2"))
    case("reset/pull sees it", 11, dict(PULL, queueId="1", queueOffset="5"))
    case("reset/pull sees it once", 11, dict(PULL, queueId="1", queueOffset="2"))
    case("reset/query sees it", 14, dict(AT, queueId="1"))


def queries():
    vary("query", 12, {"topic": TOPIC, "key": "key3", "maxNum": "32", "beginTimestamp": "0", "endTimestamp": "9999999999999"},
         numbers=("-1", "0", "9223372036854775807", "abc", ""))
    case("query/unique", 12, {"topic": TOPIC, "key": "%032X" % 3, "maxNum": "32", "beginTimestamp": "0", "endTimestamp": "9999999999999", "_UNIQUE_KEY_QUERY": "true"})
    vary("view", 33, {"offset": "0", "topic": TOPIC}, numbers=("-1", "5", "2147483648", "99999999999", "abc", ""))
    vary("queue", 321, {"topic": TOPIC, "queueId": "0", "index": "0", "count": "3", "consumerGroup": GROUP})
    case("queue/no group", 321, {"topic": TOPIC, "queueId": "0", "index": "2", "count": "10"})
    case("queue/at the end", 321, {"topic": TOPIC, "queueId": "0", "index": "6", "count": "10"})
    case("queue/SQL", 321, {"topic": "Sql", "queueId": "0", "index": "0", "count": "10", "consumerGroup": GROUP})
    case("queue/empty", 321, {"topic": "Empty", "queueId": "0", "index": "0", "count": "10", "consumerGroup": GROUP})
    vary("consume stats", 208, {"consumerGroup": GROUP, "topic": TOPIC})
    case("consume stats/all topics", 208, {"consumerGroup": GROUP})
    for value in ("true", "false", "x"):
        case("broker stats/isOrder=" + value, 317, {"isOrder": value})
    case("broker stats/no isOrder", 317, {})
    case("consume stats/list", 208, {"consumerGroup": GROUP, "topicList": "T;Empty"})
    vary("topic stats", 202, {"topic": TOPIC})
    vary("who", 300, {"topic": TOPIC})
    vary("topics of", 343, {"group": GROUP})
    vary("subscription of", 345, {"group": GROUP, "topic": TOPIC})
    case("subscription of/SQL", 345, {"group": GROUP, "topic": "Sql"})
    vary("time span", 303, {"topic": TOPIC, "group": GROUP})


def assignments():
    def ask(**more):
        return dict({"topic": TOPIC, "consumerGroup": GROUP, "clientId": "c1", "strategyName": "AVG", "messageModel": "CLUSTERING"}, **more)
    case("assignment/AVG", 400, None, ask())
    case("assignment/circle", 400, None, ask(strategyName="AVG_BY_CIRCLE"))
    case("assignment/unknown strategy", 400, None, ask(strategyName="X"))
    case("assignment/broadcasting", 400, None, ask(messageModel="BROADCASTING"))
    case("assignment/unknown topic", 400, None, ask(topic="no_such"))
    case("assignment/unknown group", 400, None, ask(consumerGroup="no_such"))
    case("assignment/unknown client", 400, None, ask(clientId="c9"))
    case("assignment/no body", 400, None, b"", "x")
    case("assignment/empty", 400, None, {}, "x")
    case("mode/pull", 401, None, {"topic": TOPIC, "consumerGroup": GROUP, "mode": "PULL", "popShareQueueNum": 0})
    case("mode/pop", 401, None, {"topic": TOPIC, "consumerGroup": GROUP, "mode": "POP", "popShareQueueNum": 0})
    case("assignment/pop", 400, None, ask())
    case("mode/share", 401, None, {"topic": TOPIC, "consumerGroup": GROUP, "mode": "POP", "popShareQueueNum": 2})
    case("assignment/share", 400, None, ask())
    case("mode/retry topic", 401, None, {"topic": "%RETRY%g", "consumerGroup": GROUP, "mode": "POP", "popShareQueueNum": 0})
    case("mode/unknown topic", 401, None, {"topic": "no_such", "consumerGroup": GROUP, "mode": "POP", "popShareQueueNum": 0})
    case("mode/unknown group", 401, None, {"topic": TOPIC, "consumerGroup": "no_such", "mode": "POP", "popShareQueueNum": 0})
    case("mode/unknown mode", 401, None, {"topic": TOPIC, "consumerGroup": GROUP, "mode": "X", "popShareQueueNum": 0}, "x")
    case("mode/no body", 401, None, b"", "x")
    case("mode/back", 401, None, {"topic": TOPIC, "consumerGroup": GROUP, "mode": "PULL", "popShareQueueNum": 0})
    case("modes/all", 402, None)


def send_backs():
    good = {"offset": "0", "group": GROUP, "delayLevel": "1", "originMsgId": "x", "originTopic": TOPIC, "unitMode": "false", "maxReconsumeTimes": "16"}
    vary("send back", 36, good, skip=("originMsgId", "unitMode"), numbers=("-1", "0", "19", "2147483647", "abc", ""))
    case("send back/dead", 36, dict(good, maxReconsumeTimes="0"))
    make_topic("%DLQ%g", "1")
    case("send back/dead letter", 11, dict(PULL, topic="%DLQ%g", sysFlag="4", subscription="*"))


def clients():
    vary("running info", 307, {"consumerGroup": GROUP, "clientId": "c1", "jstackEnable": "false"})
    vary("directly", 309, {"consumerGroup": GROUP, "clientId": "c1", "msgId": "7F00000100002A9F0000000000000000", "brokerName": "broker-a", "topic": TOPIC})
    vary("status", 223, {"topic": TOPIC, "group": GROUP, "clientAddr": ""}, skip=("clientAddr",))
    case("status/no such client", 223, {"topic": TOPIC, "group": GROUP, "clientAddr": "127.0.0.1:1"})
    for code, base in ((324, {"producerGroup": "pg", "topic": "DefaultCluster_REPLY_TOPIC", "defaultTopic": "TBW102", "defaultTopicQueueNums": "4", "queueId": "0",
                              "sysFlag": "0", "bornTimestamp": str(T0), "flag": "0", "reconsumeTimes": "0", "unitMode": "false"}),
                       (325, dict(SEND, b="DefaultCluster_REPLY_TOPIC"))):
        p = "properties" if code == 324 else "i"
        case("reply/%d to c1" % code, code, dict(base, **{p: "REPLY_TO_CLIENT\x01c1\x02CORRELATION_ID\x01cid\x02MSG_TYPE\x01reply\x02UNIQ_KEY\x01%032X\x02" % 900}), b"answer")
        case("reply/%d to nobody" % code, code, dict(base, **{p: "REPLY_TO_CLIENT\x01c9\x02CORRELATION_ID\x01cid\x02MSG_TYPE\x01reply\x02UNIQ_KEY\x01%032X\x02" % 901}), b"answer")
        case("reply/%d without a client" % code, code, dict(base, **{p: "CORRELATION_ID\x01cid\x02UNIQ_KEY\x01%032X\x02" % 902}), b"answer")
        case("reply/%d without properties" % code, code, base, b"answer")


def pops():
    good = {"consumerGroup": "gpop", "topic": "Pop", "queueId": "-1", "maxMsgNums": "32", "invisibleTime": "60000", "pollTime": "300", "bornTime": "BORN",
            "initMode": "0", "expType": "TAG", "exp": "*", "order": "false"}
    make_topic("Pop", "1")
    make_group("gpop")
    for i in range(40):
        case("send/pop%d" % i, 310, dict(SEND, b="Pop", i="UNIQ_KEY\x01%032X\x02TAGS\x01A\x02" % (200 + i)), b"p%d" % i)
    case("-heartbeat/pop", 34, None, heartbeat(group="gpop", kind="CONSUME_POP", subs=[sub("Pop")]))
    case("pop/two", 200050, dict(good, maxMsgNums="2"))
    case("pop/next two", 200050, dict(good, maxMsgNums="2", queueId="0"))
    start = len(OUT)
    vary("pop", 200050, dict(good, maxMsgNums="1"), skip=("bornTime",), numbers=("-1", "33", "abc", ""))
    apart(start, "consumerGroup", "gpop")
    case("pop/too late", 200050, dict(good, bornTime="1000"))
    vary("notification", 200054, {"consumerGroup": "gpop", "topic": "Pop", "queueId": "0", "pollTime": "300", "bornTime": "BORN"}, skip=("bornTime",), numbers=("-1", "9", "abc"))
    vary("polling info", 200055, {"consumerGroup": "gpop", "topic": "Pop", "queueId": "0"})
    vary("peek", 200052, {"consumerGroup": "gpop", "topic": "Pop", "queueId": "0", "maxMsgNums": "1"}, numbers=("-1", "33", "abc"))
    ack = {"consumerGroup": "gpop", "topic": "Pop", "queueId": "0", "extraInfo": "0 BORN 60000 0 0 broker-a 0 0", "offset": "0"}
    vary("ack", 200051, ack, texts=("", "no_such", "a b", "1 2 3 4 5 broker-a 0 0"), numbers=("-1", "99", "abc"))
    vary("change invisible", 200053, dict(ack, offset="1", invisibleTime="30000", extraInfo="1 BORN 60000 0 0 broker-a 0 1"),
         texts=("", "no_such", "1 2 3 4 5 broker-a 0 0"), numbers=("-1", "99", "abc"))
    case("batch ack/one", 200151, None, {"brokerName": "broker-a", "acks": [{"c": "gpop", "t": "Pop", "r": "0", "so": 2, "q": 0, "rq": 0, "pt": 1, "it": 60000, "b": "AQ=="}]})
    case("batch ack/none", 200151, None, {"brokerName": "broker-a", "acks": []})
    case("batch ack/no body", 200151, None, b"", "x")


def session():
    """Receipts of a real pop: POPTIME and REVIVE stand for what the last pop answered.  What is not acknowledged comes again."""
    pop = {"consumerGroup": "gses", "topic": "Session", "queueId": "0", "maxMsgNums": "32", "invisibleTime": "4000", "pollTime": "0", "bornTime": "BORN",
           "initMode": "0", "expType": "TAG", "exp": "*", "order": "false"}
    ack = {"consumerGroup": "gses", "topic": "Session", "queueId": "0"}
    receipt = "0 POPTIME 4000 REVIVE 0 broker-a 0 %d"
    make_topic("Session", "1")
    make_group("gses")
    for i in range(6):
        case("send/session%d" % i, 310, dict(SEND, b="Session", i="UNIQ_KEY\x01%032X\x02" % (300 + i)), b"s%d" % i)
    case("-heartbeat/session", 34, None, heartbeat(group="gses", kind="CONSUME_POP", subs=[sub("Session")]))
    case("pop/session", 200050, pop)
    case("ack/session", 200051, dict(ack, offset="0", extraInfo=receipt % 0))
    case("batch ack/session", 200151, None, {"brokerName": "broker-a", "acks": [{"c": "gses", "t": "Session", "r": "0", "so": 0, "q": 0, "rq": "REVIVE",
                                                                               "pt": "POPTIME", "it": 4000, "b": "Bg=="}]})
    case("change invisible/session", 200053, dict(ack, offset="3", invisibleTime="3000", extraInfo=receipt % 3))
    case("pop/session, nothing", 200050, pop)
    case("-wait", None, body=b"16") # RocketMQ looks after what is not acknowledged seconds after its time
    case("pop/session, what returned", 200050, dict(pop, queueId="-1", invisibleTime="60000"))
    case("ack/session, the old receipt", 200051, dict(ack, offset="4", extraInfo=receipt % 4))


def leaving():
    vary("unregister", 35, {"clientID": "c1", "producerGroup": "pg", "consumerGroup": "gn"})
    case("unregister/own", 35, {"clientID": "c1", "consumerGroup": GROUP})
    case("list/after leaving", 38, {"consumerGroup": GROUP})
    case("consume stats/offline", 208, {"consumerGroup": GROUP})
    case("who/after leaving", 300, {"topic": TOPIC})
    case("unknown code", 9999, {})
    case("negative code", -5, {})


for part in (setup, members, locks, pulls, offsets, queries, assignments, send_backs, clients, pops, session, resets, leaving):
    part()

// SPDX-License-Identifier: Apache-2.0
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.*;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.*;

/**
 * Push consumption. Runs with -Drocketmq.client.rebalance.waitInterval=600000: a client that is already there can learn
 * only from the broker's notification that the members of its group have changed.
 */
public class Consumption {
    static DefaultMQProducer producer;

    public static void main(String[] a) throws Exception {
        producer = Clients.producer("consumption_producer");
        Tap.check("first", "a topic of four queues comes into being", () -> Tap.that(Clients.until(60, () -> {
            try {
                return producer.send(new Message("c_first", "T", "k", "x".getBytes())).getSendStatus() == SendStatus.SEND_OK;
            } catch (Exception e) {
                return false;
            }
        }), "no route within 60 s"));
        Tap.check("tags", "a push consumer gets the messages of its tags and no others", Consumption::tags);
        Tap.check("groups", "each group gets every message, whenever it comes", Consumption::groups);
        Tap.check("join", "a joining consumer is given its share, a leaving one's share is taken over", Consumption::joinAndLeave);
        Tap.check("resume", "a group goes on where it stopped", Consumption::resume);
        Tap.check("orderly", "orderly consumers keep the order of each queue and hold it alone", Consumption::orderly);
        Tap.check("retry", "a message given back comes again as itself, with its count", Consumption::retry);
        Tap.check("dead", "a message given back too often becomes a dead letter", Consumption::dead);
        Tap.check("broadcast", "in broadcasting mode each consumer gets every message", Consumption::broadcast);
        Tap.check("lite", "a lite pull consumer gets every message", Consumption::litePull);
        Tap.check("delay", "a message given back or sent with a delay level comes after that delay", Consumption::delay);
        producer.shutdown();
        Tap.end();
    }

    static void send(String topic, int n) throws Exception {
        for (int i = 0; i < n; i++) producer.send(new Message(topic, "Tag" + (char) ('A' + i % 4), "k" + i, ("m" + i).getBytes()));
    }

    /** How often each body came. */
    static final class Box extends ConcurrentHashMap<String, Integer> {
        void take(MessageExt m) { merge(new String(m.getBody()), 1, Integer::sum); }

        void expect(int n, String who) throws Exception {
            Clients.until(60, () -> size() >= n);
            Tap.same(n, size(), who + " got");
            for (Map.Entry<String, Integer> e : entrySet()) Tap.same(1, e.getValue(), who + " got " + e.getKey());
        }
    }

    interface Make { DefaultMQPushConsumer make() throws Exception; }

    /**
     * Starts consumers until one gets its share: a Java client whose first heartbeat collides with its own timer
     * waits for the next round, which is ten minutes here and no matter of the server's.
     */
    static DefaultMQPushConsumer join(Make make, Callable<DefaultMQPushConsumer> others, String topic, int share) throws Exception {
        String seen = "";
        for (int i = 0; i < 3; i++) {
            DefaultMQPushConsumer c = make.make(), other = others == null ? null : others.call();
            c.start();
            if (Clients.until(15, () -> Clients.held(c, topic) == share && (other == null || Clients.held(other, topic) == 4 - share)))
                return c;
            seen += Clients.held(c, topic) + "/" + (other == null ? "-" : Clients.held(other, topic)) + " ";
            c.shutdown();
        }
        throw new AssertionError("queues held by the new one and the other: " + seen + "instead of " + share);
    }

    static void tags() throws Exception {
        send("c_tags", 40);
        Box box = new Box();
        DefaultMQPushConsumer c = join(() -> Clients.consumer("c_tags_group", "c_tags", "TagA || TagC", Clients.each(box::take)), null, "c_tags", 4);
        box.expect(20, "the consumer");
        for (String b : box.keySet()) Tap.same(0, Integer.parseInt(b.substring(1)) % 2, "parity of " + b);
        c.shutdown();
    }

    static void groups() throws Exception {
        send("c_groups", 100);
        Box one = new Box(), two = new Box();
        DefaultMQPushConsumer c = join(() -> Clients.consumer("c_groups_1", "c_groups", "*", Clients.each(one::take)), null, "c_groups", 4);
        one.expect(100, "the first group");
        DefaultMQPushConsumer d = join(() -> Clients.consumer("c_groups_2", "c_groups", "*", Clients.each(two::take)), null, "c_groups", 4);
        two.expect(100, "the second group");
        c.shutdown();
        d.shutdown();
    }

    static void joinAndLeave() throws Exception {
        send("c_join", 4);
        Make m = () -> Clients.consumer("c_join_group", "c_join", "*", Clients.each(x -> { }));
        DefaultMQPushConsumer a = join(m, null, "c_join", 4);
        DefaultMQPushConsumer b = join(m, () -> a, "c_join", 2);
        b.shutdown();
        Tap.that(Clients.until(30, () -> Clients.held(a, "c_join") == 4), "the one that stayed holds " + Clients.held(a, "c_join"));
        a.shutdown();
    }

    static void resume() throws Exception {
        send("c_resume", 50);
        Box before = new Box(), after = new Box();
        DefaultMQPushConsumer c = join(() -> Clients.consumer("c_resume_group", "c_resume", "*", Clients.each(before::take)), null, "c_resume", 4);
        before.expect(50, "the first consumer");
        c.shutdown(); // reports its offsets
        for (int i = 0; i < 20; i++) producer.send(new Message("c_resume", ("later" + i).getBytes()));
        c = join(() -> Clients.consumer("c_resume_group", "c_resume", "*", Clients.each(after::take)), null, "c_resume", 4);
        after.expect(20, "the next consumer");
        c.shutdown();
    }

    static void orderly() throws Exception {
        producer.send(new Message("c_order", "opens".getBytes()));
        Clients.until(60, () -> producer.fetchPublishMessageQueues("c_order").size() == 4);
        Map<Integer, List<Integer>> seen = new ConcurrentHashMap<>();
        Map<Integer, AtomicInteger> inside = new ConcurrentHashMap<>();
        Set<String> suspended = ConcurrentHashMap.newKeySet();
        List<String> wrong = new CopyOnWriteArrayList<>();
        MessageListenerOrderly l = (ms, x) -> {
            int q = x.getMessageQueue().getQueueId();
            AtomicInteger in = inside.computeIfAbsent(q, k -> new AtomicInteger());
            if (in.incrementAndGet() != 1) wrong.add("queue " + q + " consumed by two at once");
            try {
                for (MessageExt m : ms) {
                    String body = new String(m.getBody());
                    if (body.equals("opens")) continue;
                    if (body.equals("10") && suspended.add("queue " + q)) {
                        x.setSuspendCurrentQueueTimeMillis(50);
                        return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
                    }
                    seen.computeIfAbsent(q, k -> new CopyOnWriteArrayList<>()).add(Integer.valueOf(body));
                }
            } finally {
                in.decrementAndGet();
            }
            return ConsumeOrderlyStatus.SUCCESS;
        };
        DefaultMQPushConsumer a = join(() -> orderlyConsumer(l), null, "c_order", 4);
        DefaultMQPushConsumer b = join(() -> orderlyConsumer(l), () -> a, "c_order", 2);
        List<Integer> want = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            want.add(i);
            for (int q = 0; q < 4; q++)
                producer.send(new Message("c_order", "T", "k", ("" + i).getBytes()), (qs, m, arg) -> Clients.queue("c_order", (Integer) arg), q);
        }
        Clients.until(60, () -> seen.size() == 4 && seen.values().stream().allMatch(s -> s.size() >= 100));
        Tap.that(wrong.isEmpty(), wrong.toString());
        for (int q = 0; q < 4; q++) Tap.same(want, new ArrayList<>(seen.getOrDefault(q, List.of())), "order of queue " + q);
        Tap.same(4, suspended.size(), "suspended once");
        a.shutdown();
        b.shutdown();
    }

    static DefaultMQPushConsumer orderlyConsumer(MessageListenerOrderly l) throws Exception {
        DefaultMQPushConsumer c = Clients.named(new DefaultMQPushConsumer("c_order_group"));
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.subscribe("c_order", "*");
        c.registerMessageListener(l);
        return c;
    }

    /** Gives each message back with delay level 1 until its count says otherwise. */
    static MessageListenerConcurrently back(List<MessageExt> seen, int times) {
        return (ms, x) -> {
            x.setDelayLevelWhenNextConsume(1);
            seen.addAll(ms);
            return ms.get(0).getReconsumeTimes() < times ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        };
    }

    static void retry() throws Exception {
        Message m = new Message("c_retry", "T", "key", "again".getBytes());
        m.putUserProperty("mine", "kept");
        SendResult r = producer.send(m);
        List<MessageExt> seen = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer c = join(() -> Clients.consumer("c_retry_group", "c_retry", "*", back(seen, 2)), null, "c_retry", 4);
        Clients.until(90, () -> seen.size() >= 3);
        Tap.same(3, seen.size(), "receipts");
        for (int i = 0; i < 3; i++) {
            MessageExt got = seen.get(i);
            Tap.same(i, got.getReconsumeTimes(), "count of receipt " + i);
            Tap.same("c_retry", got.getTopic(), "topic");
            Tap.same("again", new String(got.getBody()), "body");
            Tap.same("key", got.getKeys(), "keys");
            Tap.same("kept", got.getUserProperty("mine"), "property");
            Tap.same(r.getMsgId(), got.getMsgId(), "id");
            if (i > 0) Tap.same(r.getOffsetMsgId(), got.getProperty(MessageConst.PROPERTY_ORIGIN_MESSAGE_ID), "origin");
        }
        c.shutdown();
    }

    @SuppressWarnings("deprecation")
    static void dead() throws Exception {
        producer.send(new Message("c_dead", "T", "key", "bad".getBytes()));
        List<MessageExt> seen = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer c = join(() -> {
            DefaultMQPushConsumer made = Clients.consumer("c_dead_group", "c_dead", "*", back(seen, 100));
            made.setMaxReconsumeTimes(1);
            return made;
        }, null, "c_dead", 4);
        DefaultMQPullConsumer p = Clients.puller("c_dead_puller");
        MessageQueue q = Clients.queue("%DLQ%c_dead_group", 0);
        Tap.that(Clients.until(60, () -> {
            try {
                p.fetchSubscribeMessageQueues("c_dead");
                return p.maxOffset(q) == 1;
            } catch (Exception e) {
                return false; // the topic comes with its first dead letter
            }
        }), "no dead letter within 60 s; receipts " + seen.size());
        Tap.same(2, seen.size(), "receipts before");
        p.shutdown();
        c.shutdown();
    }

    static void broadcast() throws Exception {
        send("c_broad", 20);
        Box one = new Box(), two = new Box();
        DefaultMQPushConsumer a = broadcaster(one), b = broadcaster(two);
        a.start();
        b.start();
        one.expect(20, "one");
        two.expect(20, "the other");
        a.shutdown();
        b.shutdown();
    }

    /** The class of the mode lives in another package in each client line. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    static DefaultMQPushConsumer broadcaster(Box box) throws Exception {
        DefaultMQPushConsumer c = Clients.consumer("c_broad_group", "c_broad", "*", Clients.each(box::take));
        for (java.lang.reflect.Method m : DefaultMQPushConsumer.class.getMethods())
            if (m.getName().equals("setMessageModel")) m.invoke(c, Enum.valueOf((Class) m.getParameterTypes()[0], "BROADCASTING"));
        return c;
    }

    static void litePull() throws Exception {
        send("c_lite", 50);
        Box box = new Box();
        DefaultLitePullConsumer c = Clients.named(new DefaultLitePullConsumer("c_lite_group"));
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.start();
        c.assign(new ArrayList<>(c.fetchMessageQueues("c_lite")));
        Clients.until(60, () -> {
            c.poll(200).forEach(box::take);
            return box.size() >= 50;
        });
        box.expect(50, "the lite consumer");
        c.shutdown();
    }

    static void delay() throws Exception {
        Message late = new Message("c_delay", "T", "key", "late".getBytes());
        late.setDelayTimeLevel(1);
        producer.send(late);
        producer.send(new Message("c_delay", "T", "key", "back".getBytes()));
        Map<String, List<MessageExt>> seen = new ConcurrentHashMap<>();
        DefaultMQPushConsumer c = join(() -> Clients.consumer("c_delay_group", "c_delay", "*", (ms, x) -> {
            x.setDelayLevelWhenNextConsume(1);
            for (MessageExt m : ms) seen.computeIfAbsent(new String(m.getBody()), k -> new CopyOnWriteArrayList<>()).add(m);
            MessageExt m = ms.get(0);
            return m.getReconsumeTimes() == 0 && new String(m.getBody()).equals("back") ? ConsumeConcurrentlyStatus.RECONSUME_LATER
                : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        }), null, "c_delay", 4);
        Clients.until(60, () -> seen.containsKey("late") && seen.getOrDefault("back", List.of()).size() == 2);
        Tap.that(seen.containsKey("late") && seen.getOrDefault("back", List.of()).size() == 2, "received " + seen.keySet());
        MessageExt l = seen.get("late").get(0);
        Tap.that(l.getStoreTimestamp() - l.getBornTimestamp() >= 1000, "late after " + (l.getStoreTimestamp() - l.getBornTimestamp()) + " ms");
        List<MessageExt> b = seen.get("back");
        long gap = b.get(1).getStoreTimestamp() - b.get(0).getStoreTimestamp();
        Tap.that(gap >= 1000, "back after " + gap + " ms");
        c.shutdown();
    }
}

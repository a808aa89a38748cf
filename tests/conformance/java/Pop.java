// SPDX-License-Identifier: Apache-2.0
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.message.*;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * POP consumption by the official push consumer, which leaves the assignment to the broker: setClientRebalance(false).
 * With "kill" the caller kills and restarts the broker when HALF is printed.
 *   java -Dlightmq.namesrv=ADDR Pop BROKER MESSAGES SUFFIX [kill]
 */
public class Pop {
    static String broker, suffix;
    static int total;
    static DefaultMQProducer producer;
    static DefaultMQAdminExt admin;

    public static void main(String[] a) throws Exception {
        broker = a[0]; total = Integer.parseInt(a[1]); suffix = a[2];
        boolean kill = a.length > 3 && a[3].equals("kill");
        producer = Clients.named(new DefaultMQProducer("pop_producer"));
        producer.setSendMsgTimeout(kill ? 2000 : 10000);
        producer.setRetryTimesWhenSendFailed(0);
        producer.start();
        admin = Clients.named(new DefaultMQAdminExt());
        admin.start();
        if (kill) {
            Tap.check("pop_kill", "POP: kill -9 of the broker in the middle loses nothing and repeats only what was in flight", Pop::killed);
        } else {
            Tap.check("pop_once", "POP: two push consumers share a topic, each message comes once", Pop::once);
            Tap.check("pop_tags", "POP: only the tags that were asked for", Pop::tags);
            Tap.check("pop_retry", "POP: a message that failed comes again with its count, 10 s later", Pop::retry);
            Tap.check("pop_lost", "POP: what a vanished consumer had comes again when its time is over", Pop::vanished);
            Tap.check("pop_order", "POP: an orderly push consumer keeps the order of each queue", Pop::orderly);
        }
        producer.shutdown();
        admin.shutdown();
        Tap.end();
    }

    static Message message(String topic, String tag, int i) { return new Message(topic, tag, "k" + i, ("m" + i).getBytes()); }

    /** The topic comes into being by a first message, then the group is switched to POP. */
    static void prepare(String topic, String group) throws Exception {
        Tap.that(Clients.until(60, () -> {
            try { return producer.send(message(topic, "first", -1)).getSendStatus() == SendStatus.SEND_OK; }
            catch (Exception e) { return false; }
        }), "no route within 60 s");
        admin.setMessageRequestMode(broker, topic, group, MessageRequestMode.POP, 0, 5000);
    }

    static DefaultMQPushConsumer consumer(String group, String topic, String tags, MessageListenerConcurrently l) throws Exception {
        DefaultMQPushConsumer c = Clients.consumer(group, topic, tags, l);
        c.setClientRebalance(false);
        c.setPopInvisibleTime(10000);
        c.start();
        return c;
    }

    static final class Box extends ConcurrentHashMap<String, Integer> {
        void take(MessageExt m) { merge(new String(m.getBody()), 1, Integer::sum); }
    }

    static void once() throws Exception {
        String topic = "pop_once" + suffix, group = "CG_pop_once" + suffix;
        prepare(topic, group);
        Box box = new Box();
        AtomicInteger first = new AtomicInteger(), second = new AtomicInteger();
        DefaultMQPushConsumer a = consumer(group, topic, "*", Clients.each(m -> { first.incrementAndGet(); box.take(m); }));
        DefaultMQPushConsumer b = consumer(group, topic, "*", Clients.each(m -> { second.incrementAndGet(); box.take(m); }));
        for (int i = 0; i < total; i++) producer.send(message(topic, "T", i));
        Clients.until(60, () -> box.size() > total);
        Thread.sleep(1000);
        Tap.same(total + 1, box.size(), "distinct messages");
        Tap.same(total + 1, first.get() + second.get(), "messages");
        Tap.that(first.get() > 0 && second.get() > 0, "one consumer got all: " + first + " and " + second);
        a.shutdown();
        b.shutdown();
    }

    static void tags() throws Exception {
        String topic = "pop_tags" + suffix, group = "CG_pop_tags" + suffix;
        prepare(topic, group);
        Box box = new Box();
        DefaultMQPushConsumer c = consumer(group, topic, "A || C", Clients.each(box::take));
        for (int i = 0; i < 400; i++) producer.send(message(topic, String.valueOf((char) ('A' + i % 4)), i));
        Clients.until(60, () -> box.size() >= 200);
        Thread.sleep(500);
        Tap.same(200, box.size(), "messages of two tags of four");
        for (int n : box.values()) Tap.same(1, n, "times");
        c.shutdown();
    }

    static void retry() throws Exception {
        String topic = "pop_retry" + suffix, group = "CG_pop_retry" + suffix;
        prepare(topic, group);
        List<MessageExt> got = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer c = consumer(group, topic, "bad", (l, x) -> {
            got.addAll(l);
            return l.get(0).getReconsumeTimes() == 0 ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        producer.send(message(topic, "bad", 7));
        Tap.that(Clients.until(40, () -> got.size() >= 2), "it came " + got.size() + " times in 40 s");
        Tap.same(topic, got.get(1).getTopic(), "topic");
        Tap.same("m7", new String(got.get(1).getBody()), "body");
        Tap.same("k7", got.get(1).getKeys(), "keys");
        Tap.same(1, got.get(1).getReconsumeTimes(), "times");
        Tap.same(got.get(0).getMsgId(), got.get(1).getMsgId(), "message id");
        Thread.sleep(12000);
        Tap.same(2, got.size(), "times it came, the second being a success");
        c.shutdown();
    }

    static void vanished() throws Exception {
        String topic = "pop_lost" + suffix, group = "CG_pop_lost" + suffix;
        prepare(topic, group);
        CountDownLatch has = new CountDownLatch(1), never = new CountDownLatch(1);
        DefaultMQPushConsumer a = consumer(group, topic, "x", (l, ctx) -> {
            has.countDown();
            try { never.await(); } catch (InterruptedException e) { Thread.currentThread().interrupt(); }
            return null;
        });
        producer.send(message(topic, "x", 1));
        Tap.that(has.await(30, TimeUnit.SECONDS), "the first consumer got nothing");
        a.setAwaitTerminationMillisWhenShutdown(0);
        a.shutdown();
        Box box = new Box();
        DefaultMQPushConsumer b = consumer(group, topic, "x", Clients.each(box::take));
        Tap.that(Clients.until(40, () -> box.containsKey("m1")), "nothing came to the second");
        never.countDown();
        b.shutdown();
    }

    static void orderly() throws Exception {
        String topic = "pop_order" + suffix, group = "CG_pop_order" + suffix;
        int keys = 8, each = 50;
        prepare(topic, group);
        Map<Integer, List<Integer>> seen = new ConcurrentHashMap<>();
        AtomicInteger count = new AtomicInteger();
        MessageListenerOrderly l = (msgs, ctx) -> {
            for (MessageExt m : msgs) {
                if (!"k".equals(m.getTags())) continue;
                String[] p = new String(m.getBody()).split(":");
                seen.computeIfAbsent(Integer.valueOf(p[0]), k -> Collections.synchronizedList(new ArrayList<>())).add(Integer.valueOf(p[1]));
                count.incrementAndGet();
            }
            return ConsumeOrderlyStatus.SUCCESS;
        };
        List<DefaultMQPushConsumer> cs = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            DefaultMQPushConsumer c = Clients.named(new DefaultMQPushConsumer(group));
            c.setConsumeFromWhere(org.apache.rocketmq.common.consumer.ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
            c.subscribe(topic, "*");
            c.registerMessageListener(l);
            c.setClientRebalance(false);
            c.start();
            cs.add(c);
        }
        for (int i = 0; i < each; i++)
            for (int k = 0; k < keys; k++)
                producer.send(new Message(topic, "k", (k + ":" + i).getBytes()), (q, m, arg) -> q.get((int) arg % q.size()), k);
        Clients.until(60, () -> count.get() >= keys * each);
        Tap.same(keys * each, count.get(), "messages");
        for (List<Integer> order : seen.values())
            for (int i = 0; i < each; i++) Tap.same(i, order.get(i), "place in the order");
        for (DefaultMQPushConsumer c : cs) c.shutdown();
    }

    static void killed() throws Exception {
        String topic = "pop_kill" + suffix, group = "CG_pop_kill" + suffix;
        prepare(topic, group);
        Box box = new Box();
        ConcurrentHashMap<String, Long> firstAt = new ConcurrentHashMap<>();
        AtomicInteger unexplained = new AtomicInteger();
        Set<String> sentTwice = ConcurrentHashMap.newKeySet();
        long[] half = { 0 };
        DefaultMQPushConsumer c = consumer(group, topic, "*", Clients.each(m -> {
            String body = new String(m.getBody());
            long now = System.currentTimeMillis();
            Long before = firstAt.putIfAbsent(body, now);
            if (before != null && !sentTwice.contains(body) && Math.abs(before - half[0]) > 10000) unexplained.incrementAndGet();
            box.take(m);
        }));
        for (int i = 0; i < total; i++) {
            if (i == total / 2) {
                half[0] = System.currentTimeMillis();
                System.out.println("HALF");
                System.out.flush();
            }
            for (int tries = 0;; tries++) {
                try {
                    if (producer.send(message(topic, "T", i)).getSendStatus() == SendStatus.SEND_OK) break;
                } catch (Exception e) {
                    sentTwice.add("m" + i);
                    Thread.sleep(50);
                }
            }
        }
        Clients.until(90, () -> box.size() > total);
        Thread.sleep(1000);
        int twice = box.values().stream().mapToInt(n -> n - 1).sum();
        Tap.note(box.size() + " of " + (total + 1) + " messages, " + twice + " duplicates, " + sentTwice.size() + " sent more than once");
        Tap.same(total + 1, box.size(), "distinct messages");
        Tap.same(0, unexplained.get(), "duplicates that were not in flight at the kill");
        c.shutdown();
    }
}

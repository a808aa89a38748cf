// SPDX-License-Identifier: Apache-2.0
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.message.*;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * Two brokers, whose queues one of them shares out; a reset that reaches the client that consumes; and a broker that is killed and
 * started again while pulls wait at it, an orderly group holds locks, messages wait for their time and others are in flight.
 *   java -Dlightmq.namesrv=ADDR -Dlightmq.dir=DIR Amid BROKER SECOND
 */
public class Amid {
    static final int COUNT = 400;
    static DefaultMQProducer producer;
    static DefaultMQAdminExt admin;
    static String broker, second;

    public static void main(String[] a) throws Exception {
        broker = a[0]; second = a[1];
        producer = Clients.producer("amid_producer");
        producer.setRetryTimesWhenSendFailed(5);
        admin = Clients.named(new DefaultMQAdminExt());
        admin.start();
        Tap.check("shared", "two consumers that leave the assignment to a broker share the queues of two, each message comes once", Amid::shared);
        Tap.check("reset", "an operator's reset reaches the consumer that is at it: all comes once more", Amid::reset);
        Tap.check("restart", "kill -9 amid held pulls, locks, delays and POP receipts: all of them go on", Amid::restart);
        Tap.end();
    }

    /** How often each text came. */
    static final class Box extends ConcurrentHashMap<String, Integer> {
        void take(MessageExt m) { merge(new String(m.getBody()), 1, Integer::sum); }

        boolean all(int n, int times) { return size() == n && values().stream().allMatch(v -> v == times); }
    }

    static void open(String topic) throws Exception {
        for (String b : new String[] {broker, second}) admin.createAndUpdateTopicConfig(b, new TopicConfig(topic, 4, 4));
        Tap.that(Clients.until(60, () -> {
            try {
                producer.send(new Message(topic, "open".getBytes()));
                return new HashSet<>(brokersOf(topic)).size() == 2;
            } catch (Exception e) {
                return false;
            }
        }), "the topic is not on both brokers within 60 s");
    }

    static List<String> brokersOf(String topic) throws Exception {
        List<String> names = new ArrayList<>();
        for (MessageQueue q : producer.fetchPublishMessageQueues(topic)) names.add(q.getBrokerName());
        return names;
    }

    static DefaultMQPushConsumer assigned(String group, String topic, Box box, Set<String> from) throws Exception {
        DefaultMQPushConsumer c = Clients.consumer(group, topic, "x", Clients.each(m -> {
            from.add(m.getBrokerName());
            box.take(m);
        }));
        c.setClientRebalance(false);
        c.start();
        return c;
    }

    static void shared() throws Exception {
        Box one = new Box(), two = new Box();
        Set<String> from = ConcurrentHashMap.newKeySet();
        open("amid_shared");
        DefaultMQPushConsumer a = assigned("amid_shared_group", "amid_shared", one, from);
        DefaultMQPushConsumer b = assigned("amid_shared_group", "amid_shared", two, from);
        Clients.until(60, () -> Clients.held(a, "amid_shared") > 0 && Clients.held(b, "amid_shared") > 0
            && Clients.held(a, "amid_shared") + Clients.held(b, "amid_shared") == brokersOf("amid_shared").size());
        for (int i = 0; i < COUNT; i++) producer.send(new Message("amid_shared", "x", ("m" + i).getBytes()));
        Clients.until(60, () -> one.size() + two.size() >= COUNT);
        Thread.sleep(1000);
        Tap.that(!one.isEmpty() && !two.isEmpty(), "one got all: " + one.size() + " and " + two.size());
        Tap.same(2, from.size(), "brokers that messages came from");
        one.forEach((k, v) -> two.merge(k, v, Integer::sum));
        Tap.that(two.all(COUNT, 1), two.size() + " messages, " + two.values().stream().mapToInt(v -> v).sum() + " times");
        a.shutdown();
        b.shutdown();
    }

    static void reset() throws Exception {
        Box box = new Box();
        open("amid_reset");
        DefaultMQPushConsumer c = Clients.consumer("amid_reset_group", "amid_reset", "x", Clients.each(box::take));
        c.start();
        for (int i = 0; i < COUNT; i++) producer.send(new Message("amid_reset", "x", ("m" + i).getBytes()));
        Tap.that(Clients.until(60, () -> box.all(COUNT, 1)), box.size() + " came at first");
        Thread.sleep(1500); // consumed and committed
        admin.resetOffsetByTimestamp("amid_reset", "amid_reset_group", 0, true);
        Tap.that(Clients.until(60, () -> box.all(COUNT, 2)), "after the reset: " + box.values().stream().mapToInt(v -> v).sum() + " in all");
        c.shutdown();
    }

    /** One queue of the broker that is killed, held by one of two members. */
    static final class Order {
        final AtomicInteger holders = new AtomicInteger(), most = new AtomicInteger(), last = new AtomicInteger(-1);
        volatile String wrong;
        final Set<Integer> got = ConcurrentHashMap.newKeySet();

        DefaultMQPushConsumer join() throws Exception {
            DefaultMQPushConsumer c = Clients.consumer("amid_order_group", "amid_order", "x", null);
            c.registerMessageListener((MessageListenerOrderly) (l, ctx) -> {
                most.accumulateAndGet(holders.incrementAndGet(), Math::max);
                for (MessageExt m : l) {
                    int n = Integer.parseInt(new String(m.getBody()));
                    if (n > last.get() + 1) wrong = n + " came after " + last.get();
                    last.set(n);
                    got.add(n);
                }
                holders.decrementAndGet();
                return ConsumeOrderlyStatus.SUCCESS;
            });
            c.start();
            return c;
        }
    }

    static void restart() throws Exception {
        admin.createAndUpdateTopicConfig(broker, new TopicConfig("amid_order", 1, 1));
        for (String t : new String[] {"amid_held", "amid_late", "amid_pop"})
            admin.createAndUpdateTopicConfig(broker, new TopicConfig(t, 4, 4));
        Box held = new Box(), late = new Box(), pop = new Box();
        Map<String, Long> early = new ConcurrentHashMap<>();
        AtomicBoolean killed = new AtomicBoolean();
        DefaultMQPushConsumer h = Clients.consumer("amid_held_group", "amid_held", "x", Clients.each(held::take));
        h.start();
        DefaultMQPushConsumer d = Clients.consumer("amid_late_group", "amid_late", "x", Clients.each(m -> {
            long by = Long.parseLong(new String(m.getBody()).split(" ")[1]) - System.currentTimeMillis();
            if (by > 0) early.put(new String(m.getBody()), by);
            late.take(m);
        }));
        d.start();
        Order order = new Order();
        DefaultMQPushConsumer o1 = order.join(), o2 = order.join();
        Tap.that(Clients.until(60, () -> sent("amid_held", "before") && held.containsKey("before")), "the idle consumer gets nothing before the kill");
        admin.setMessageRequestMode(broker, "amid_pop", "amid_pop_group", MessageRequestMode.POP, 0, 5000);
        for (int i = 0; i < 40; i++) sent("amid_pop", "m" + i);
        DefaultMQPushConsumer p = Clients.consumer("amid_pop_group", "amid_pop", "x", Clients.each(m -> {
            pop.take(m);
            // half of them is kept over the kill, and not acknowledged in time
            if (!killed.get() && new String(m.getBody()).hashCode() % 2 == 0) Thread.sleep(60000);
        }));
        p.setClientRebalance(false);
        p.setPopInvisibleTime(15000);
        p.setConsumeThreadMin(64);
        p.setConsumeThreadMax(64);
        p.start();
        Tap.that(Clients.until(60, () -> pop.size() == 40), "popped " + pop.size());
        for (int level = 2; level <= 3; level++)
            for (int i = 0; i < 20; i++) {
                Message m = new Message("amid_late", "x", (i + " " + (System.currentTimeMillis() + (level == 2 ? 5000 : 10000))).getBytes());
                m.setDelayTimeLevel(level);
                producer.send(m);
            }
        int n = 0;
        for (; n < 200; n++) sent("amid_order", String.valueOf(n));
        Thread.sleep(1000); // acknowledgements are there
        Cluster.main().kill("broker");
        killed.set(true);
        Cluster.main().start("broker");
        for (; n < 400; n++) while (!sent("amid_order", String.valueOf(n))) Thread.sleep(200);
        final int all = n;
        Tap.that(Clients.until(60, () -> held.containsKey("after") || sent("amid_held", "after") && Clients.until(5, () -> held.containsKey("after"))),
            "the idle consumer gets nothing after the kill");
        Tap.that(Clients.until(60, () -> late.size() == 40), late.size() + " of 40 delayed messages came");
        Tap.that(early.isEmpty(), "before their time: " + early);
        Tap.that(Clients.until(90, () -> order.got.size() == all), order.got.size() + " of " + all + " in order came");
        Tap.that(order.wrong == null, order.wrong);
        Tap.same(1, order.most.get(), "members that held the queue at once");
        Tap.that(Clients.until(60, () -> pop.entrySet().stream().allMatch(e -> e.getKey().hashCode() % 2 != 0 || e.getValue() >= 2)),
            "what was not acknowledged does not come again: " + pop);
        Thread.sleep(3000);
        for (Map.Entry<String, Integer> e : pop.entrySet())
            if (e.getKey().hashCode() % 2 != 0) Tap.same(1, e.getValue(), "times an acknowledged message came");
        for (DefaultMQPushConsumer c : Arrays.asList(h, d, o1, o2)) c.shutdown();
    }

    static boolean sent(String topic, String text) {
        try {
            return producer.send(new Message(topic, "x", text.getBytes())).getSendStatus() == SendStatus.SEND_OK;
        } catch (Exception e) {
            return false;
        }
    }
}

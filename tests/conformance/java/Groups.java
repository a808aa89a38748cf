// SPDX-License-Identifier: Apache-2.0
import java.lang.reflect.Method;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.client.impl.factory.MQClientInstance;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/** What operators do to groups that consume meanwhile, asked by the client's own calls. */
public class Groups {
    /** Each run has topics of its own: several clients use one broker. */
    static final String RUN = Long.toString(System.nanoTime(), 36), RESET = "g_reset_" + RUN, SKIP = "g_skip_" + RUN, IDS = "g_ids_" + RUN;
    static DefaultMQProducer producer;

    public static void main(String[] a) throws Exception {
        producer = Clients.producer("groups_producer");
        Tap.check("reset", "a group that is reset by time while it consumes gets everything again", () -> reset(0, 100));
        Tap.check("skip", "a group that is reset to the end skips what it has not consumed", Groups::skip);
        Tap.check("ids", "members of a group are listed, and one that leaves is not", Groups::ids);
        producer.shutdown();
        Tap.end();
    }

    static MQClientAPIImpl api() throws Exception {
        Object impl = DefaultMQProducer.class.getMethod("getDefaultMQProducerImpl").invoke(producer);
        for (Method m : impl.getClass().getMethods()) // its name differs between the lines
            if (m.getReturnType() == MQClientInstance.class && m.getParameterCount() == 0) return ((MQClientInstance) m.invoke(impl)).getMQClientAPIImpl();
        throw new IllegalStateException("no client instance");
    }

    static String broker(String topic) throws Exception {
        return api().getTopicRouteInfoFromNameServer(topic, 5000).getBrokerDatas().get(0).selectBrokerAddr();
    }

    static void send(String topic, int n) throws Exception {
        Tap.that(Clients.until(60, () -> {
            try {
                producer.send(new Message(topic, "T", "k", "first".getBytes()));
                return true;
            } catch (Exception e) {
                return false;
            }
        }), "no route within 60 s");
        for (int i = 1; i < n; i++) producer.send(new Message(topic, "T", "k", ("m" + i).getBytes()));
    }

    static void reset(long timestamp, int n) throws Exception {
        AtomicInteger got = new AtomicInteger();
        send(RESET, n);
        DefaultMQPushConsumer c = Clients.consumer(RESET + "_group", RESET, "*", Clients.each(m -> got.incrementAndGet()));
        c.start();
        Tap.that(Clients.until(60, () -> got.get() >= n), "received " + got + " at first");
        Map<MessageQueue, Long> to = api().invokeBrokerToResetOffset(broker(RESET), RESET, RESET + "_group", timestamp, true, 5000);
        Tap.same(4, to.size(), "queues");
        Tap.that(Clients.until(60, () -> got.get() >= 2 * n), "received " + got + " after the reset");
        Thread.sleep(1000);
        Tap.same(2 * n, got.get(), "receipts");
        c.shutdown();
    }

    static void skip() throws Exception {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        CountDownLatch go = new CountDownLatch(1);
        send(SKIP, 1);
        DefaultMQPushConsumer c = Clients.consumer(SKIP + "_group", SKIP, "*", Clients.each(m -> {
            got.add(new String(m.getBody()));
            if (!new String(m.getBody()).equals("last")) go.await();
        }));
        c.setPullThresholdForQueue(1);
        c.setConsumeThreadMin(1);
        c.setConsumeThreadMax(1);
        c.start();
        Tap.that(Clients.until(60, () -> got.size() == 1), "the first message");
        send(SKIP, 200);
        api().invokeBrokerToResetOffset(broker(SKIP), SKIP, SKIP + "_group", -1, true, 5000);
        producer.send(new Message(SKIP, "T", "k", "last".getBytes()));
        go.countDown();
        Tap.that(Clients.until(60, () -> got.contains("last")), "the last message; received " + got.size());
        Tap.that(got.size() < 100, "skipped nothing: " + got.size());
        c.shutdown();
    }

    static void ids() throws Exception {
        send(IDS, 1);
        DefaultMQPushConsumer a = Clients.consumer(IDS + "_group", IDS, "*", Clients.each(m -> { }));
        DefaultMQPushConsumer b = Clients.consumer(IDS + "_group", IDS, "*", Clients.each(m -> { }));
        a.start();
        b.start();
        Tap.that(Clients.until(30, () -> list().size() == 2), "members " + list());
        a.shutdown();
        Tap.that(Clients.until(5, () -> list().size() == 1), "members after one left " + list());
        b.shutdown();
    }

    static List<String> list() throws Exception {
        try {
            return api().getConsumerIdListByGroup(broker(IDS), IDS + "_group", 5000);
        } catch (org.apache.rocketmq.client.exception.MQBrokerException e) {
            return List.of();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.apis.*;
import org.apache.rocketmq.client.apis.consumer.*;
import org.apache.rocketmq.client.apis.message.*;
import org.apache.rocketmq.client.apis.producer.*;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * The official 5.x gRPC client through Apache's own proxy in cluster mode.
 *   java -Dlightmq.namesrv=ADDR Grpc PROXY BROKER MESSAGES SUFFIX
 */
public class Grpc {
    static final ClientServiceProvider provider = ClientServiceProvider.loadService();
    static ClientConfiguration config;
    static String broker, suffix;
    static int total;
    static DefaultMQAdminExt admin;

    public static void main(String[] a) throws Exception {
        config = ClientConfiguration.newBuilder().setEndpoints(a[0]).enableSsl(false).setRequestTimeout(Duration.ofSeconds(10)).build();
        broker = a[1]; total = Integer.parseInt(a[2]); suffix = a[3];
        admin = Clients.named(new DefaultMQAdminExt());
        admin.start();
        Tap.check("grpc_simple", "gRPC: a simple consumer receives, acknowledges and changes invisible times", Grpc::simple);
        Tap.check("grpc_push", "gRPC: two push consumers share a topic, each message comes once", Grpc::push);
        Tap.check("grpc_fail", "gRPC: a push consumer gets a failed message again, and its dead letter is there", Grpc::fail);
        Tap.check("grpc_fifo", "gRPC: messages of one group come in their order", Grpc::fifo);
        admin.shutdown();
        Tap.end();
    }

    static String topic(String name, String type) throws Exception {
        org.apache.rocketmq.common.TopicConfig c = new org.apache.rocketmq.common.TopicConfig(name + suffix, 4, 4, 6);
        c.setAttributes(Map.of("+message.type", type));
        admin.createAndUpdateTopicConfig(broker, c);
        Tap.that(Clients.until(30, () -> {
            try { return !admin.examineTopicRouteInfo(name + suffix).getQueueDatas().isEmpty(); } catch (Exception e) { return false; }
        }), "no route");
        return name + suffix;
    }

    static String group(String name, boolean orderly, int retries) throws Exception {
        org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig g =
            new org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig();
        g.setGroupName(name + suffix);
        g.setConsumeMessageOrderly(orderly);
        g.setRetryMaxTimes(retries);
        admin.createAndUpdateSubscriptionGroupConfig(broker, g);
        return name + suffix;
    }

    static Producer producer(String topic) throws Exception {
        return provider.newProducerBuilder().setClientConfiguration(config).setTopics(topic).build();
    }

    static void send(Producer p, String topic, String key, String body, String messageGroup) throws Exception {
        MessageBuilder b = provider.newMessageBuilder().setTopic(topic).setTag("t").setKeys(key).setBody(body.getBytes());
        if (messageGroup != null) b.setMessageGroup(messageGroup);
        p.send(b.build());
    }

    static String body(MessageView m) {
        ByteBuffer b = m.getBody();
        byte[] bytes = new byte[b.remaining()];
        b.duplicate().get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static Map<String, FilterExpression> all(String topic) { return Map.of(topic, new FilterExpression("*", FilterExpressionType.TAG)); }

    static void simple() throws Exception {
        String topic = topic("grpc_simple", "NORMAL"), group = group("CG_grpc_simple", false, 16);
        try (Producer p = producer(topic);
             SimpleConsumer c = provider.newSimpleConsumerBuilder().setClientConfiguration(config).setConsumerGroup(group)
                 .setAwaitDuration(Duration.ofSeconds(5)).setSubscriptionExpressions(all(topic)).build()) {
            for (int i = 0; i < 20; i++) send(p, topic, "k" + i, "m" + i, null);
            Map<String, Integer> got = new HashMap<>();
            boolean changed = false;
            long end = System.nanoTime() + 60_000_000_000L;
            int acked = 0;
            while (acked < 20 && System.nanoTime() < end) {
                for (MessageView m : c.receive(8, Duration.ofSeconds(10))) {
                    got.merge(body(m), 1, Integer::sum);
                    if (!changed && body(m).equals("m3")) {
                        changed = true;
                        c.changeInvisibleDuration(m, Duration.ofSeconds(10));
                    } else {
                        if (body(m).equals("m3")) Tap.same(2, m.getDeliveryAttempt(), "attempt of the message that was put off");
                        c.ack(m);
                        acked++;
                    }
                }
            }
            Tap.same(20, acked, "acknowledged");
            for (Map.Entry<String, Integer> e : got.entrySet()) Tap.same(e.getKey().equals("m3") ? 2 : 1, e.getValue(), "times " + e.getKey());
        }
    }

    static PushConsumer push(String group, String topic, MessageListener l) throws Exception {
        return provider.newPushConsumerBuilder().setClientConfiguration(config).setConsumerGroup(group)
            .setSubscriptionExpressions(all(topic)).setMessageListener(l).build();
    }

    static void push() throws Exception {
        String topic = topic("grpc_push", "NORMAL"), group = group("CG_grpc_push", false, 16);
        ConcurrentHashMap<String, Integer> box = new ConcurrentHashMap<>();
        MessageListener l = m -> { box.merge(body(m), 1, Integer::sum); return ConsumeResult.SUCCESS; };
        try (PushConsumer a = push(group, topic, l); PushConsumer b = push(group, topic, l); Producer p = producer(topic)) {
            for (int i = 0; i < total; i++) send(p, topic, "k" + i, "m" + i, null);
            Clients.until(60, () -> box.size() >= total);
            Thread.sleep(500);
            Tap.same(total, box.size(), "distinct messages");
            for (int n : box.values()) Tap.same(1, n, "times");
        }
    }

    static void fail() throws Exception {
        String topic = topic("grpc_fail", "NORMAL"), group = group("CG_grpc_fail", false, 1);
        List<Integer> attempts = new CopyOnWriteArrayList<>();
        try (PushConsumer c = push(group, topic, m -> { attempts.add(m.getDeliveryAttempt()); return ConsumeResult.FAILURE; });
             Producer p = producer(topic)) {
            send(p, topic, "k", "bad", null);
            Tap.that(Clients.until(60, () -> {
                try { return admin.examineTopicStats("%DLQ%" + group).getOffsetTable().values().stream().anyMatch(o -> o.getMaxOffset() > 0); }
                catch (Exception e) { return false; }
            }), "no dead letter; attempts " + attempts);
            Tap.same(List.of(1, 2), attempts, "attempts");
        }
    }

    static void fifo() throws Exception {
        String topic = topic("grpc_fifo", "FIFO"), group = group("CG_grpc_fifo", true, 16);
        int groups = 5, each = 20;
        Map<String, List<Integer>> seen = new ConcurrentHashMap<>();
        AtomicInteger count = new AtomicInteger();
        MessageListener l = m -> {
            String[] p = body(m).split(":");
            seen.computeIfAbsent(p[0], k -> Collections.synchronizedList(new ArrayList<>())).add(Integer.valueOf(p[1]));
            count.incrementAndGet();
            return ConsumeResult.SUCCESS;
        };
        try (PushConsumer c = push(group, topic, l); Producer p = producer(topic)) {
            for (int i = 0; i < each; i++)
                for (int g = 0; g < groups; g++) send(p, topic, "k", g + ":" + i, "group" + g);
            Clients.until(60, () -> count.get() >= groups * each);
            Thread.sleep(300);
            Tap.same(groups * each, count.get(), "messages");
            for (List<Integer> order : seen.values())
                for (int i = 0; i < each; i++) Tap.same(i, order.get(i), "place in the order");
        }
    }
}

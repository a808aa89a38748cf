// SPDX-License-Identifier: Apache-2.0
import java.util.*;
import java.util.concurrent.*;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Delayed messages that are sent to one broker and delivered by another on the same store.
 *   java Delays send|expect TOPIC MESSAGES
 * Ends with 0 when each came, as itself, and none before its time.
 */
public class Delays {
    static final int[] LEVEL_S = { 0, 1, 5, 10, 30 };

    public static void main(String[] a) throws Exception {
        if (a[0].equals("send")) send(a[1], Integer.parseInt(a[2]));
        else expect(a[1], Integer.parseInt(a[2]));
        System.exit(0);
    }

    static void send(String topic, int n) throws Exception {
        DefaultMQProducer p = Clients.producer("delays_producer");
        Tap.that(Clients.until(60, () -> {
            try {
                return p.send(new Message(topic, "now", "k", "now".getBytes())).getSendStatus() == SendStatus.SEND_OK;
            } catch (Exception e) {
                return false;
            }
        }), "no route within 60 s");
        for (int i = 0; i < n; i++) {
            Message m = new Message(topic, "T" + i % 3, "key" + i, ("late " + i).getBytes());
            m.setDelayTimeLevel(2 + i % 3);
            m.putUserProperty("born", "" + System.currentTimeMillis());
            Tap.same(SendStatus.SEND_OK, p.send(m).getSendStatus(), "status");
        }
        p.shutdown();
    }

    static void expect(String topic, int n) throws Exception {
        Map<String, Integer> seen = new ConcurrentHashMap<>();
        List<String> wrong = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer c = Clients.consumer(topic + "_group", topic, "*", (MessageListenerConcurrently) (ms, x) -> {
            for (MessageExt m : ms) take(m, seen, wrong);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        boolean all = Clients.until(90, () -> seen.size() >= n);
        int twice = seen.values().stream().mapToInt(v -> v - 1).sum();
        System.out.println(seen.size() + " of " + n + " delayed messages, " + twice + " of them again");
        Tap.that(all && wrong.isEmpty(), "wrong: " + wrong);
        c.shutdown();
    }

    static void take(MessageExt m, Map<String, Integer> seen, List<String> wrong) {
        if (m.getTags().equals("now")) return;
        String body = new String(m.getBody());
        int i = Integer.parseInt(body.substring(5));
        long after = m.getStoreTimestamp() - Long.parseLong(m.getUserProperty("born"));
        seen.merge(body, 1, Integer::sum);
        if (after < LEVEL_S[2 + i % 3] * 1000L) wrong.add(body + " after " + after + " ms");
        if (!m.getTags().equals("T" + i % 3) || !m.getKeys().equals("key" + i)) wrong.add(body + " has other tags or keys");
    }
}

// SPDX-License-Identifier: Apache-2.0
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * A topic gets more queues, a second broker joins, the first is drained and taken away, while a producer and a consumer run on:
 * what is new is used within one refresh of the route, no send fails, nothing acknowledged is lost.
 */
public class Elastic {
    static final String TOPIC = "elastic";
    static final int POLL_MS = 2000; // Clients.named
    static final Map<String, Long> acked = new ConcurrentHashMap<>(), got = new ConcurrentHashMap<>();
    /** By queue: when it was first used, and last. */
    static final Map<MessageQueue, Long> firstSent = new ConcurrentHashMap<>(), lastSent = new ConcurrentHashMap<>();
    static final Set<MessageQueue> consumed = ConcurrentHashMap.newKeySet();
    static final List<String> failures = Collections.synchronizedList(new ArrayList<>());
    static final AtomicLong longestMs = new AtomicLong();
    static final Cluster first = Cluster.main(), second = Cluster.second();
    static DefaultMQProducer producer;
    static volatile boolean over;

    public static void main(String[] a) throws Exception {
        Thread sender = new Thread(Elastic::sendOn);
        Tap.check("start", "a topic of two queues is produced to and consumed from", () -> {
            producer = Clients.producer("elastic_producer");
            create("broker-a", 2);
            DefaultMQPushConsumer c = Clients.consumer("elastic_group", TOPIC, "*", Clients.each(m -> {
                consumed.add(new MessageQueue(TOPIC, m.getBrokerName(), m.getQueueId()));
                got.put(new String(m.getBody(), StandardCharsets.UTF_8), System.nanoTime());
            }));
            c.start();
            sender.start();
            Tap.that(Clients.until(60, () -> uses("broker-a", 2)), "not both queues are used: " + consumed);
        });
        grows("queues", "its new queues are used within one refresh of the route", "broker-a", 6, () -> create("broker-a", 6));
        grows("broker", "a broker that joins is used within one refresh of the route", "broker-b", 4, () -> {
            second.start("broker");
            create("broker-b", 4);
        });
        Tap.check("drain", "a broker without write permission gets no message after one refresh of the route", () -> {
            long t = System.nanoTime();
            api().wipeWritePermOfBroker(Clients.namesrv(), "broker-a", 5000);
            Thread.sleep(3 * POLL_MS); // long enough that a refresh has come for sure, and sends without it
            long last = lastSent.entrySet().stream().filter(e -> e.getKey().getBrokerName().equals("broker-a")).mapToLong(Map.Entry::getValue).max().getAsLong();
            Tap.note("last message to the drained broker " + (last - t) / 1_000_000 + " ms after its write permission went");
            Tap.that(last - t < (POLL_MS + 1000) * 1_000_000L, "messages went to it until " + (last - t) / 1_000_000 + " ms after");
        });
        Tap.check("away", "what it had is consumed, and nothing fails when it is taken away", () -> {
            Tap.that(Clients.until(60, Elastic::allGot), missing());
            first.stop("broker");
            int before = acked.size();
            Thread.sleep(2 * POLL_MS);
            Tap.that(acked.size() > before + 10, "sending stopped with the broker that was taken away");
        });
        Tap.check("all", "no send failed, and every acknowledged message is received", () -> {
            over = true;
            sender.join(30000);
            Tap.that(failures.isEmpty(), failures.size() + " sends failed: " + failures);
            Tap.that(Clients.until(60, Elastic::allGot), missing());
            Tap.note(acked.size() + " messages, none lost; longest time without one acknowledged " + longestMs + " ms");
        });
        Tap.end();
    }

    interface Change { void run() throws Exception; }

    static void grows(String key, String claim, String broker, int queues, Change change) {
        Tap.check(key, claim, () -> {
            change.run();
            long t = System.nanoTime();
            Tap.that(Clients.until(60, () -> uses(broker, queues)), "not all queues are used: " + consumed);
            long sent = firstSent.entrySet().stream().filter(e -> e.getKey().getBrokerName().equals(broker)).mapToLong(Map.Entry::getValue).max().getAsLong();
            Tap.note("all " + queues + " queues of " + broker + " were sent to " + Math.max(0, (sent - t) / 1_000_000) + " ms after the change, consumed from after "
                + (System.nanoTime() - t) / 1_000_000 + " ms");
            Tap.that(sent - t < (POLL_MS + 1000) * 1_000_000L, "sent to only after " + (sent - t) / 1_000_000 + " ms");
        });
    }

    static MQClientAPIImpl api() { return producer.getDefaultMQProducerImpl().getMqClientFactory().getMQClientAPIImpl(); }

    /** On one broker, as mqadmin updateTopic -b. */
    static void create(String broker, int queues) throws Exception {
        org.apache.rocketmq.common.TopicConfig c = new org.apache.rocketmq.common.TopicConfig(TOPIC, queues, queues, 6);
        String[] address = { null };
        Tap.that(Clients.until(60, () -> {
            try {
                address[0] = api().getBrokerClusterInfo(5000).getBrokerAddrTable().get(broker).getBrokerAddrs().get(0L);
            } catch (Exception e) {
                return false;
            }
            return address[0] != null;
        }), broker + " has not registered");
        api().createTopic(address[0], "TBW102", c, 5000);
    }

    static boolean uses(String broker, int queues) {
        for (int i = 0; i < queues; i++) {
            MessageQueue q = new MessageQueue(TOPIC, broker, i);
            if (!lastSent.containsKey(q) || !consumed.contains(q)) return false;
        }
        return true;
    }

    static boolean allGot() {
        for (Map.Entry<String, Long> e : acked.entrySet())
            if (e.getValue() < System.nanoTime() - 2_000_000_000L || over)
                if (!got.containsKey(e.getKey())) return false;
        return true;
    }

    static String missing() {
        Set<String> lost = new TreeSet<>(acked.keySet());
        lost.removeAll(got.keySet());
        return "not received of " + acked.size() + ": " + lost;
    }

    static void sendOn() {
        long last = System.nanoTime();
        for (int i = 0; !over; i++) {
            String text = "elastic " + i;
            try {
                SendResult r = producer.send(new Message(TOPIC, text.getBytes(StandardCharsets.UTF_8)));
                long now = System.nanoTime();
                acked.put(text, now);
                firstSent.putIfAbsent(r.getMessageQueue(), now);
                lastSent.put(r.getMessageQueue(), now);
                longestMs.accumulateAndGet((now - last) / 1_000_000, Math::max);
                last = now;
                Thread.sleep(5);
            } catch (Exception e) {
                failures.add(text + ": " + e);
            }
        }
    }
}

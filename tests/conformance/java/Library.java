// SPDX-License-Identifier: Apache-2.0
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.client.producer.selector.SelectMessageQueueByHash;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.compression.CompressionType;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.*;

/** The official client's side of what library/library_peer.c does; see there. */
public class Library {
    // Must be as in library_peer.c: how many of each kind come, and how long they are.
    static final Object[][] KINDS = {
        {"plain", 5, 100}, {"tagged", 5, 100}, {"zlib", 3, 20000}, {"lz4", 3, 20000}, {"zstd", 3, 20000}, {"batch", 3, 100},
        {"auto", 50, 128}, {"level", 2, 100}, {"timed", 2, 100}, {"recalled", 0, 100}, {"commit", 2, 100}, {"rollback", 0, 100},
        {"checked", 2, 100}, {"ask", 2, 100}, {"oneway", 3, 100},
    };
    static final int QUIET_MS = 2500, WAIT_MS = 120000;
    static String namesrv, topic;
    static Set<String> left = new HashSet<>();
    static final AtomicInteger failures = new AtomicInteger();

    static void fail(String text) {
        System.out.println("# Library: " + text);
        failures.incrementAndGet();
    }

    static Object[] kind(String name) {
        for (Object[] k : KINDS) if (k[0].equals(name)) return k;
        return null;
    }

    static byte[] fill(int bytes, int n) {
        byte[] body = new byte[bytes];
        for (int i = 0; i < bytes; i++) body[i] = (byte) ('a' + (n + i / 16) % 26);
        return body;
    }

    static Message make(String name, int n, long due) {
        Object[] k = kind(name);
        Message m = new Message(topic, fill((int) k[2], n));
        m.putUserProperty("kind", name);
        m.putUserProperty("n", "" + n);
        m.putUserProperty("due", "" + due);
        if (name.equals("tagged")) {
            m.setTags("TagA");
            m.setKeys("k1 k2");
            m.putUserProperty("color", "r\u00f8d");
        }
        return m;
    }

    static DefaultMQProducer open(DefaultMQProducer p, String instance) throws Exception {
        p.setNamesrvAddr(namesrv);
        p.setInstanceName(instance);
        p.setSendMsgTimeout(10000);
        p.start();
        return p;
    }

    static void packed(String name, CompressionType type) throws Exception {
        DefaultMQProducer p = new DefaultMQProducer(name);
        p.setCompressType(type);
        open(p, name);
        for (int i = 0; i < (int) kind(name)[1]; i++) p.send(make(name, i, 0));
        p.shutdown();
    }

    static void later(DefaultMQProducer p) throws Exception {
        for (int i = 0; i < 2; i++) {
            long now = System.currentTimeMillis();
            Message m = make("level", i, now + 900);
            m.setDelayTimeLevel(1);
            if (!left.contains("level")) p.send(m);
            m = make("timed", i, now + 2000);
            if (i == 1) m.setDelayTimeMs(3000); else m.setDeliverTimeMs(now + 3000);
            if (!left.contains("timed")) p.send(m);
        }
        if (left.contains("recalled")) return;
        Message m = make("recalled", 0, 0);
        m.setDelayTimeMs(4000);
        p.recallMessage(topic, p.send(m).getRecallHandle());
    }

    static void transactions() throws Exception {
        Set<String> checked = ConcurrentHashMap.newKeySet(); // a broker may ask twice for one before it asks for the other
        TransactionMQProducer p = new TransactionMQProducer("library-java-tx");
        p.setTransactionListener(new TransactionListener() {
            public LocalTransactionState executeLocalTransaction(Message m, Object arg) {
                return arg.equals("commit") ? LocalTransactionState.COMMIT_MESSAGE
                    : arg.equals("rollback") ? LocalTransactionState.ROLLBACK_MESSAGE : LocalTransactionState.UNKNOW;
            }

            public LocalTransactionState checkLocalTransaction(MessageExt m) {
                String kind = m.getProperty("kind");
                if (kind.equals("checked") && topic.equals(m.getTopic())) checked.add(m.getProperty("n"));
                return kind.equals("rollback") ? LocalTransactionState.ROLLBACK_MESSAGE : LocalTransactionState.COMMIT_MESSAGE;
            }
        });
        open(p, "tx");
        for (String way : new String[] {"commit", "rollback", "checked"})
            for (int i = 0; i < 2; i++) p.sendMessageInTransaction(make(way, i, 0), way);
        long end = System.currentTimeMillis() + 60000;
        while (checked.size() < 2 && System.currentTimeMillis() < end) Thread.sleep(50);
        Thread.sleep(500); // the answers are one-way
        p.shutdown();
    }

    static void send() throws Exception {
        DefaultMQProducer p = open(new DefaultMQProducer("library-java-send"), "send");
        for (int i = 0; i < 5; i++) p.send(make("plain", i, 0));
        for (int i = 0; i < 5; i++) p.send(make("tagged", i, 0), new SelectMessageQueueByHash(), "order-1");
        packed("zlib", CompressionType.ZLIB);
        packed("lz4", CompressionType.LZ4);
        packed("zstd", CompressionType.ZSTD);
        List<Message> batch = new ArrayList<>();
        for (int i = 0; i < 3; i++) batch.add(make("batch", i, 0));
        p.send(batch);
        for (int i = 0; i < 50; i++) p.send(make("auto", i, 0));
        for (int i = 0; i < 3; i++) p.sendOneway(make("oneway", i, 0));
        later(p);
        for (int i = 0; i < 2 && !left.contains("ask"); i++) {
            String want = "re:" + new String(fill(100, i)), got = new String(p.request(make("ask", i, 0), 20000).getBody());
            if (!want.equals(got)) fail("reply " + i + " is " + got);
        }
        if (!left.contains("commit")) transactions();
        p.shutdown();
    }

    static void check(Object[] k, int n, MessageExt m, DefaultMQProducer replier) throws Exception {
        if (!Arrays.equals(m.getBody(), fill((int) k[2], n))) fail(k[0] + " " + n + ": another body");
        long early = Long.parseLong(m.getUserProperty("due")) - 100 - System.currentTimeMillis();
        if (early > 0) fail(k[0] + " " + n + ": came " + early + " ms too early");
        if (k[0].equals("tagged") && !("TagA".equals(m.getTags()) && "k1 k2".equals(m.getKeys()) && "r\u00f8d".equals(m.getUserProperty("color"))))
            fail(k[0] + " " + n + ": tag, keys or property differ");
        if (k[0].equals("ask"))
            replier.send(MessageUtil.createReplyMessage(m, ("re:" + new String(m.getBody())).getBytes(StandardCharsets.UTF_8)));
    }

    static void receive() throws Exception {
        Set<String> missing = ConcurrentHashMap.newKeySet();
        for (Object[] k : KINDS)
            for (int i = 0; i < (int) k[1] && !left.contains((String) k[0]); i++) missing.add(k[0] + " " + i);
        AtomicLong last = new AtomicLong();
        DefaultMQProducer replier = open(new DefaultMQProducer("library-java-reply"), "reply");
        long end = System.currentTimeMillis() + WAIT_MS;
        while (true) {
            try {
                replier.createTopic("DefaultCluster", topic, 4, Collections.emptyMap());
                if (replier.fetchPublishMessageQueues(topic).size() == 4) break;
            } catch (Exception e) {
                if (System.currentTimeMillis() > end) throw e;
            }
            Thread.sleep(200);
        }
        DefaultMQPushConsumer c = new DefaultMQPushConsumer("library-java-receive");
        c.setNamesrvAddr(namesrv);
        c.setInstanceName("receive");
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt m : messages) {
                String name = m.getUserProperty("kind") + " " + m.getUserProperty("n");
                Object[] k = kind(m.getUserProperty("kind"));
                last.set(System.currentTimeMillis());
                if (k == null || !missing.contains(name)) {
                    fail(name + " came twice, or must not come");
                    continue;
                }
                try {
                    check(k, Integer.parseInt(m.getUserProperty("n")), m, replier);
                } catch (Exception e) {
                    fail(name + ": " + e);
                }
                missing.remove(name);
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        System.out.println("READY");
        while (System.currentTimeMillis() < end && (!missing.isEmpty() || System.currentTimeMillis() < last.get() + QUIET_MS)) Thread.sleep(50);
        for (String m : missing) fail(m + " is missing");
        c.shutdown();
        replier.shutdown();
    }

    public static void main(String[] args) throws Exception {
        namesrv = args[0];
        topic = args[1];
        left.addAll(Arrays.asList(args).subList(3, args.length));
        if (args[2].equals("send")) send(); else receive();
        System.exit(failures.get() > 0 ? 1 : 0);
    }
}

// SPDX-License-Identifier: Apache-2.0
// A walk of the official client through the request codes, once each, for recording.
//   java Scenario NAMESRV full|records
// "records" only makes messages of each kind, to be read from the broker's store.
// Nothing of the machine gets into the frames: client address, instance names and message ids are set here.
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.*;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.*;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

public class Scenario {
    static final String TOPIC = "GoldenTopic";
    static String ns;
    static int ids;

    public static void main(String[] a) {
        try {
            ns = a[0];
            walk(a[1].equals("full"));
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    static void walk(boolean full) throws Exception {
        DefaultMQProducer p = producer();
        firstSend(p);
        sends(p);
        if (!full) return;
        pushConsumers();
        pullConsumer();
        admin();
        refusals(p);
        p.shutdown();
    }

    /** The broker's registration may come a moment after its port opens. */
    static void firstSend(DefaultMQProducer p) throws Exception {
        for (int i = 0;; i++) {
            try {
                p.send(msg(TOPIC, "TagA", "k0", text("first")));
                return;
            } catch (MQClientException e) {
                if (i == 60) throw e;
                Thread.sleep(1000);
            }
        }
    }

    static void name(ClientConfig c, String instance) {
        c.setNamesrvAddr(ns);
        c.setClientIP("127.0.0.1");
        c.setInstanceName(instance);
    }

    /** A message whose unique id is fixed, since the client's own holds the machine's address and a pid. */
    static Message msg(String topic, String tag, String key, byte[] body) {
        Message m = new Message(topic, tag, key, body);
        MessageAccessor.putProperty(m, MessageConst.PROPERTY_UNIQ_CLIENT_MESSAGE_ID_KEYIDX,
            String.format("7F000001000118B4AAC2%012X", ++ids));
        return m;
    }

    static byte[] text(String s) { return s.getBytes(StandardCharsets.UTF_8); }

    static DefaultMQProducer producer() throws Exception {
        DefaultMQProducer p = new DefaultMQProducer("golden_producer");
        name(p, "golden-p");
        p.start();
        return p;
    }

    static void sends(DefaultMQProducer p) throws Exception {
        p.send(msg(TOPIC, "TagA", "k1", text("hello")));
        Message rich = msg(TOPIC, "TagB", "k2 k3", text("größer 中文 😀"));
        rich.putUserProperty("name", "Ünï — \"quoted\" \\ back/slash");
        rich.putUserProperty("tab", "a\tb\nc");
        rich.setFlag(7);
        p.send(rich);
        p.sendOneway(msg(TOPIC, "TagA", "k4", new byte[] {0, 1, 2, 3, (byte) 0xff}));
        CountDownLatch done = new CountDownLatch(1);
        p.send(msg(TOPIC, "TagC", "k5", text("async")), new SendCallback() {
            public void onSuccess(SendResult r) { done.countDown(); }
            public void onException(Throwable e) { e.printStackTrace(); done.countDown(); }
        });
        done.await(10, TimeUnit.SECONDS);
        List<Message> batch = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Message m = msg(TOPIC, "TagA", "b" + i, text("batch body " + i));
            m.putUserProperty("n", "" + i);
            batch.add(m);
        }
        batch.add(new Message(TOPIC, text("no tag")));
        p.send(batch);
        byte[] big = new byte[6000];
        Arrays.fill(big, (byte) 'z');
        p.send(msg(TOPIC, "TagZ", "zip", big));
        p.send(msg(longName(), "TagL", "long", text("topic of 127")));
    }

    static String longName() {
        char[] c = new char[120];
        Arrays.fill(c, 't');
        return "Golden_" + new String(c);
    }

    static DefaultMQPushConsumer consumer(String group, String instance) throws Exception {
        DefaultMQPushConsumer c = new DefaultMQPushConsumer(group);
        name(c, instance);
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.setPersistConsumerOffsetInterval(1000);
        return c;
    }

    static void pushConsumers() throws Exception {
        CountDownLatch got = new CountDownLatch(8), ordered = new CountDownLatch(8);
        Set<String> failedOnce = ConcurrentHashMap.newKeySet();
        DefaultMQPushConsumer c = consumer("golden_group", "golden-c");
        c.subscribe(TOPIC, "*");
        c.registerMessageListener((MessageListenerConcurrently) (l, x) -> {
            for (MessageExt m : l) {
                if ("k1".equals(m.getKeys()) && failedOnce.add("k1")) return ConsumeConcurrentlyStatus.RECONSUME_LATER;
                got.countDown();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        DefaultMQPushConsumer second = consumer("golden_group", "golden-c2");
        second.subscribe(TOPIC, "*");
        second.registerMessageListener((MessageListenerConcurrently) (l, x) -> {
            l.forEach(m -> got.countDown());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        DefaultMQPushConsumer o = consumer("golden_orderly", "golden-o");
        o.subscribe(TOPIC, "TagA || TagB || TagC");
        o.registerMessageListener((MessageListenerOrderly) (l, x) -> {
            l.forEach(m -> ordered.countDown());
            return ConsumeOrderlyStatus.SUCCESS;
        });
        o.start();
        got.await(30, TimeUnit.SECONDS);
        second.start(); // the group changes: notification, and both ask for the list of members
        ordered.await(30, TimeUnit.SECONDS);
        Thread.sleep(17000); // offsets are first flushed after 10 s; a held pull ends after 15
        second.shutdown();
        c.shutdown();
        o.shutdown();
    }

    @SuppressWarnings("deprecation")
    static void pullConsumer() throws Exception {
        DefaultMQPullConsumer c = new DefaultMQPullConsumer("golden_pull");
        name(c, "golden-pull");
        c.start();
        for (MessageQueue q : c.fetchSubscribeMessageQueues(TOPIC)) {
            if (q.getQueueId() > 1) continue;
            long min = c.minOffset(q), max = c.maxOffset(q);
            c.searchOffset(q, System.currentTimeMillis() - 60000);
            c.earliestMsgStoreTime(q);
            PullResult r = c.pull(q, "*", min, 32);
            c.pull(q, "TagNone", min, 32);
            c.pull(q, "*", max + 100, 32);
            c.updateConsumeOffset(q, r.getNextBeginOffset());
            c.getOffsetStore().updateConsumeOffsetToBroker(q, r.getNextBeginOffset(), false);
            c.fetchConsumeOffset(q, true);
        }
        c.shutdown();
    }

    static void admin() throws Exception {
        DefaultMQAdminExt a = new DefaultMQAdminExt();
        name(a, "golden-admin");
        a.setAdminExtGroup("golden_admin");
        a.start();
        String broker = a.examineBrokerClusterInfo().getBrokerAddrTable().get("broker-a").getBrokerAddrs().get(0L);
        a.fetchAllTopicList();
        a.examineTopicRouteInfo(TOPIC);
        a.examineTopicStats(TOPIC);
        a.examineConsumeStats("golden_group");
        a.fetchBrokerRuntimeStats(broker);
        a.getAllTopicConfig(broker, 5000);
        a.getAllSubscriptionGroup(broker, 5000);
        a.createAndUpdateKvConfig("golden", "key", "value");
        a.getKVConfig("golden", "key");
        a.deleteKvConfig("golden", "key");
        attempt(() -> a.examineTopicRouteInfo("NoSuchTopic"));
        attempt(() -> a.examineConsumerConnectionInfo("golden_group"));
        a.shutdown();
    }

    static void refusals(DefaultMQProducer p) throws Exception {
        p.setMaxMessageSize(8 << 20);
        p.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        p.setRetryTimesWhenSendFailed(0);
        attempt(() -> p.send(msg("Golden%%bad", "t", "k", text("x"))));
        DefaultMQPushConsumer c = consumer("golden_idle", "golden-idle");
        c.subscribe("NoSuchTopic", "*");
        c.registerMessageListener((MessageListenerConcurrently) (l, x) -> ConsumeConcurrentlyStatus.CONSUME_SUCCESS);
        attempt(c::start);
        Thread.sleep(1500);
        c.shutdown();
    }

    interface Step { void run() throws Exception; }

    static void attempt(Step s) {
        try {
            s.run();
        } catch (Exception e) {
            System.out.println("refused: " + e.getClass().getSimpleName());
        }
    }
}

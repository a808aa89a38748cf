// SPDX-License-Identifier: Apache-2.0
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.*;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Official clients with short intervals, so that a case does not wait for a minute's heartbeat. */
final class Clients {
    private static final AtomicInteger serial = new AtomicInteger();

    private Clients() { }

    static String namesrv() { return System.getProperty("lightmq.namesrv"); }

    static <C extends ClientConfig> C named(C c) {
        c.setNamesrvAddr(namesrv());
        c.setClientIP("127.0.0.1");
        c.setInstanceName("conformance-" + serial.incrementAndGet());
        c.setPollNameServerInterval(2000);
        c.setHeartbeatBrokerInterval(2000);
        c.setPersistConsumerOffsetInterval(1000);
        return c;
    }

    static DefaultMQProducer producer(String group) throws Exception {
        DefaultMQProducer p = named(new DefaultMQProducer(group));
        p.setSendMsgTimeout(10000);
        p.start();
        return p;
    }

    static DefaultMQPushConsumer consumer(String group, String topic, String tags, MessageListenerConcurrently l) throws Exception {
        DefaultMQPushConsumer c = named(new DefaultMQPushConsumer(group));
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.subscribe(topic, tags);
        c.registerMessageListener(l);
        return c;
    }

    interface Taker { void take(MessageExt m) throws Exception; }

    /** A listener that succeeds with each message. */
    static MessageListenerConcurrently each(Taker t) {
        return (l, x) -> {
            try {
                for (MessageExt m : l) t.take(m);
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            } catch (Exception e) {
                return ConsumeConcurrentlyStatus.RECONSUME_LATER;
            }
        };
    }

    @SuppressWarnings("deprecation")
    static DefaultMQPullConsumer puller(String group) throws Exception {
        DefaultMQPullConsumer c = named(new DefaultMQPullConsumer(group));
        c.setConsumerPullTimeoutMillis(30000);
        c.start();
        return c;
    }

    /** Queues of a topic that a push consumer holds now. */
    static long held(DefaultMQPushConsumer c, String topic) {
        return c.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet().stream()
            .filter(q -> q.getTopic().equals(topic)).count();
    }

    /** Waits until the condition holds, at most so many seconds; says whether it does. */
    static boolean until(int seconds, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (!condition.call()) {
            if (System.nanoTime() > end) return false;
            Thread.sleep(20);
        }
        return true;
    }

    static MessageQueue queue(String topic, int id) { return new MessageQueue(topic, "broker-a", id); }
}

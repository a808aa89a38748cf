// SPDX-License-Identifier: Apache-2.0
// Messages selected by SQL92 expressions with the official client; each case prints "ok NAME" or "not ok NAME: why".
//   java Sql NAMESRV SUFFIX
import java.util.*;
import java.util.concurrent.*;
import org.apache.rocketmq.client.consumer.*;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.*;

public class Sql {
    static String ns, suffix, topic;
    static DefaultMQProducer p;
    static int failed, clients;

    interface Case { void run() throws Exception; }

    static void check(boolean b, String what) { if (!b) throw new IllegalStateException(what); }

    static void test(String name, Case c) {
        try { c.run(); System.out.println("ok " + name); }
        catch (Throwable t) { failed++; System.out.println("not ok " + name + ": " + t); }
    }

    static void send(int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            Message m = new Message(topic, "Tag" + i % 3, ("m" + i).getBytes());
            m.putUserProperty("n", "" + i);
            if (i % 2 == 0) m.putUserProperty("even", "true");
            m.putUserProperty("name", "row-" + i % 10);
            check(p.send(m).getSendStatus().name().equals("SEND_OK"), "send " + i);
        }
    }

    static DefaultMQPushConsumer consumer(String group, String expression, Collection<String> into) throws Exception {
        DefaultMQPushConsumer c = new DefaultMQPushConsumer(group + suffix);
        c.setNamesrvAddr(ns);
        c.setInstanceName("sql" + ++clients);
        c.setPollNameServerInterval(1000);
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.subscribe(topic, MessageSelector.bySql(expression));
        c.registerMessageListener((MessageListenerConcurrently) (list, x) -> {
            for (MessageExt m : list) into.add(new String(m.getBody()));
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        return c;
    }

    static void until(int seconds, Callable<Boolean> what) throws Exception {
        for (int i = 0; i < seconds * 20 && !what.call(); i++) Thread.sleep(50);
    }

    public static void main(String[] a) throws Exception {
        ns = a[0];
        suffix = a[1];
        topic = "Sql" + suffix;
        p = new DefaultMQProducer("PG_sql" + suffix);
        p.setNamesrvAddr(ns);
        p.setSendMsgTimeout(15000);
        p.start();
        send(0, 100);
        test("a push consumer gets what its expression selects, from the backlog and as it arrives", () -> {
            Queue<String> got = new ConcurrentLinkedQueue<>();
            DefaultMQPushConsumer c = consumer("CG_sql", "(n BETWEEN 20 AND 29 AND even IS NULL) OR n >= 1000", got);
            until(30, () -> got.size() >= 5);
            send(100, 150);
            send(1000, 1003);
            until(30, () -> got.size() >= 8);
            Thread.sleep(300);
            check(new TreeSet<>(got).equals(new TreeSet<>(Arrays.asList("m21", "m23", "m25", "m27", "m29", "m1000", "m1001", "m1002"))) && got.size() == 8, "" + got);
            c.shutdown();
        });
        test("strings, lists, tags and parts of strings select too", () -> {
            Queue<String> got = new ConcurrentLinkedQueue<>();
            DefaultMQPushConsumer c = consumer("CG_sql2", "TAGS IN ('Tag1', 'Tag2') AND name ENDSWITH '-7' AND n < 100", got);
            until(30, () -> got.size() >= 6);
            Thread.sleep(300);
            Set<String> want = new TreeSet<>();
            for (int i = 7; i < 100; i += 10) if (i % 3 != 0) want.add("m" + i);
            check(new TreeSet<>(got).equals(want), "" + got);
            c.shutdown();
        });
        test("a pull consumer brings its expression with each request", () -> {
            DefaultMQPullConsumer c = new DefaultMQPullConsumer("CG_sqlpull" + suffix);
            c.setNamesrvAddr(ns);
            c.setInstanceName("sqlpull");
            c.setHeartbeatBrokerInterval(1000);
            c.start();
            Set<String> got = new TreeSet<>();
            Set<MessageQueue> queues = c.fetchSubscribeMessageQueues(topic);
            // The client asks only brokers whose version it has learnt from a heartbeat, which it sends every so often.
            until(45, () -> {
                try { return c.pull(queues.iterator().next(), MessageSelector.bySql("n = 3"), 0, 1) != null; }
                catch (MQClientException e) { return !e.getMessage().contains("does not upgrade"); }
            });
            for (MessageQueue q : queues) {
                PullResult r = c.pull(q, MessageSelector.bySql("n IN ('3','4','5','6') OR n = 7"), 0, 32);
                if (r.getPullStatus() == PullStatus.FOUND) for (MessageExt m : r.getMsgFoundList()) got.add(new String(m.getBody()));
            }
            check(got.equals(new TreeSet<>(Arrays.asList("m3", "m4", "m5", "m6", "m7"))), "" + got);
            c.shutdown();
        });
        test("an expression with a fault is refused when the consumer starts", () -> {
            try {
                consumer("CG_sql3", "n > 'x'", new ArrayList<>()).shutdown();
                check(false, "accepted");
            } catch (MQClientException e) {
                check(e.getResponseCode() == 23, e.toString());
            }
        });
        p.shutdown();
        System.exit(failed == 0 ? 0 : 1);
    }
}

// SPDX-License-Identifier: Apache-2.0
// What goes through the broker to another client, with the official client and DefaultMQAdminExt; prints "ok NAME" or "not ok NAME: why".
//   java Asking NAMESRV SUFFIX
import java.util.*;
import java.util.concurrent.*;
import org.apache.rocketmq.client.consumer.*;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.exception.RequestTimeoutException;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.*;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

public class Asking {
    static int failed;

    interface Case { void run() throws Exception; }

    static void check(boolean b, String what) { if (!b) throw new IllegalStateException(what); }

    static void test(String name, Case c) {
        try { c.run(); System.out.println("ok " + name); }
        catch (Throwable t) { failed++; System.out.println("not ok " + name + ": " + t); }
    }

    public static void main(String[] a) throws Exception {
        String ns = a[0], topic = "Ask" + a[1], group = "CG_ask" + a[1];
        DefaultMQProducer p = new DefaultMQProducer("PG_ask" + a[1]), replier = new DefaultMQProducer("PG_reply" + a[1]);
        p.setInstanceName("asks");
        replier.setInstanceName("replies");
        for (DefaultMQProducer x : Arrays.asList(p, replier)) { x.setNamesrvAddr(ns); x.setSendMsgTimeout(15000); x.start(); }
        // Not by the one that asks: a client tells a broker of itself when it first asks about a topic, and then only every 30 s.
        replier.send(new Message(topic, "first".getBytes()));
        Queue<String> directly = new ConcurrentLinkedQueue<>();
        DefaultMQPushConsumer c = new DefaultMQPushConsumer(group);
        c.setNamesrvAddr(ns);
        c.setInstanceName("answers");
        c.setPollNameServerInterval(1000);
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerConcurrently) (list, x) -> {
            for (MessageExt m : list) {
                directly.add(new String(m.getBody()));
                try {
                    if (m.getProperty(MessageConst.PROPERTY_CORRELATION_ID) != null && !new String(m.getBody()).equals("silence"))
                        replier.send(MessageUtil.createReplyMessage(m, ("re:" + new String(m.getBody())).getBytes()), 3000);
                } catch (Exception e) { System.out.println("# reply: " + e); }
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        for (int i = 0; i < 300 && directly.isEmpty(); i++) Thread.sleep(100);
        test("a request is answered by its consumer, a hundred in a row", () -> {
            for (int i = 0; i < 100; i++) {
                Message m = p.request(new Message(topic, ("q" + i).getBytes()), 15000);
                check(("re:q" + i).equals(new String(m.getBody())), new String(m.getBody()));
            }
        });
        test("many requests at once find their own answers", () -> {
            ExecutorService pool = Executors.newFixedThreadPool(16);
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String q = "m" + i;
                all.add(pool.submit(() -> new String(p.request(new Message(topic, q.getBytes()), 15000).getBody())));
            }
            for (int i = 0; i < 200; i++) check(("re:m" + i).equals(all.get(i).get()), all.get(i).get());
            pool.shutdown();
        });
        test("a request that nobody answers ends in its time", () -> {
            try { p.request(new Message(topic, "silence".getBytes()), 2000); check(false, "answered"); }
            catch (RequestTimeoutException e) { }
        });
        DefaultMQAdminExt admin = new DefaultMQAdminExt(20000);
        admin.setNamesrvAddr(ns);
        admin.setInstanceName("admin" + a[1]);
        admin.start();
        String id = c.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId();
        test("the running information of a consumer, with its threads", () -> {
            Object info = admin.getConsumerRunningInfo(group, id, true); // its class lives elsewhere in 4.9
            String text = (String) info.getClass().getMethod("formatString").invoke(info);
            check(text.contains(topic) && text.contains("PROP_CONSUME_TYPE"), text);
            check(((String) info.getClass().getMethod("getJstack").invoke(info)).length() > 100, "no stack");
        });
        test("a message is consumed directly", () -> {
            int before = directly.size();
            SendResult r = p.send(new Message(topic, "direct".getBytes()));
            for (int i = 0; i < 100 && directly.size() == before; i++) Thread.sleep(50);
            Object result = admin.consumeMessageDirectly(group, id, topic, r.getOffsetMsgId());
            check(("" + result).contains("CR_SUCCESS"), "" + result);
            check(Collections.frequency(directly, "direct") == 2, "times " + Collections.frequency(directly, "direct"));
        });
        test("where each member of a group is", () -> {
            Map<String, Map<MessageQueue, Long>> s = admin.getConsumeStatus(topic, group, "");
            check(s.containsKey(id) && !s.get(id).isEmpty(), "" + s);
        });
        admin.shutdown();
        c.shutdown();
        p.shutdown();
        replier.shutdown();
        System.exit(failed == 0 ? 0 : 1);
    }
}

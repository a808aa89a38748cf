// SPDX-License-Identifier: Apache-2.0
// The ordinary calls of the official client, one after the other; each prints "ok NAME" or "not ok NAME: why".
//   java Basics NAMESRV SUFFIX
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.rocketmq.client.consumer.*;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.*;

public class Basics {
    static String ns, suffix;
    static DefaultMQProducer p;
    static int failed;

    interface Case { void run() throws Exception; }

    static void check(boolean b, String what) { if (!b) throw new IllegalStateException(what); }

    static void test(String name, Case c) {
        try { c.run(); System.out.println("ok " + name); }
        catch (Throwable t) { failed++; System.out.println("not ok " + name + ": " + t); }
    }

    static byte[] text(String s) { return s.getBytes(StandardCharsets.UTF_8); }

    static List<MessageExt> consume(String group, String topic, String expression, int want, boolean orderly) throws Exception {
        List<MessageExt> got = Collections.synchronizedList(new ArrayList<>());
        DefaultMQPushConsumer c = new DefaultMQPushConsumer(group + suffix);
        c.setNamesrvAddr(ns);
        c.setInstanceName(group);
        c.setPollNameServerInterval(1000); // a topic made by its first message reaches the name server a little later
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.subscribe(topic, expression);
        if (orderly)
            c.registerMessageListener((MessageListenerOrderly) (m, x) -> { got.addAll(m); return ConsumeOrderlyStatus.SUCCESS; });
        else
            c.registerMessageListener((MessageListenerConcurrently) (m, x) -> { got.addAll(m); return ConsumeConcurrentlyStatus.CONSUME_SUCCESS; });
        c.start();
        for (int i = 0; i < 300 && got.size() < want; i++) Thread.sleep(100);
        Thread.sleep(300);
        c.shutdown();
        return got;
    }

    public static void main(String[] a) throws Exception {
        ns = a[0]; suffix = a[1];
        String topic = "Basic" + suffix;
        p = new DefaultMQProducer("PG_basic" + suffix);
        p.setNamesrvAddr(ns);
        p.setMaxMessageSize(16 << 20);
        p.setSendMsgTimeout(15000);
        p.setCompressMsgBodyOverHowmuch(32 << 20);
        p.start();
        test("a sync send gives ids and positions", () -> {
            SendResult r = p.send(new Message(topic, "T1", "k1", text("one")));
            check(r.getSendStatus() == SendStatus.SEND_OK && r.getMsgId().length() >= 32 && r.getOffsetMsgId().length() >= 32, r.toString());
        });
        test("an async send calls back", () -> {
            CompletableFuture<SendResult> f = new CompletableFuture<>();
            p.send(new Message(topic, "T2", text("two")), new SendCallback() {
                public void onSuccess(SendResult r) { f.complete(r); }
                public void onException(Throwable e) { f.completeExceptionally(e); }
            });
            check(f.get(5, TimeUnit.SECONDS).getSendStatus() == SendStatus.SEND_OK, "status");
        });
        test("a one-way send arrives, and a batch arrives whole", () -> {
            p.sendOneway(new Message(topic, "T1", text("three")));
            List<Message> batch = new ArrayList<>();
            for (int i = 0; i < 10; i++) batch.add(new Message(topic, "T3", "bk" + i, text("batch" + i)));
            check(p.send(batch).getSendStatus() == SendStatus.SEND_OK, "batch status");
            List<MessageExt> got = consume("CG_all", topic, "*", 13, false);
            check(got.size() == 13, "got " + got.size() + " of 13");
        });
        test("tags are filtered", () -> {
            List<MessageExt> got = consume("CG_tag", topic, "T2 || T3", 11, false);
            check(got.size() == 11, "got " + got.size() + " of 11");
            for (MessageExt m : got) check(!"T1".equals(m.getTags()), "tag " + m.getTags());
        });
        test("properties, keys and body come back as they were", () -> {
            String t = "Props" + suffix;
            Message m = new Message(t, "Tä", "key1 key2", text("körper \u0000 \uD83D\uDE00"));
            m.putUserProperty("naïve", "wert \" \\ 中文");
            m.setFlag(77);
            p.send(m);
            MessageExt g = consume("CG_props", t, "*", 1, false).get(0);
            check(Arrays.equals(g.getBody(), m.getBody()) && g.getFlag() == 77 && "Tä".equals(g.getTags()) && "key1 key2".equals(g.getKeys()), g.toString());
            check("wert \" \\ 中文".equals(g.getUserProperty("naïve")), "property " + g.getUserProperty("naïve"));
        });
        test("orderly consumption keeps each queue's order", () -> {
            String t = "Order" + suffix;
            for (int i = 0; i < 200; i++)
                p.send(new Message(t, text("" + i)), (mqs, msg, arg) -> mqs.get((Integer) arg % mqs.size()), i);
            List<MessageExt> got = consume("CG_order", t, "*", 200, true);
            check(got.size() == 200, "got " + got.size());
            Map<Integer, Integer> last = new HashMap<>();
            for (MessageExt m : got) {
                int v = Integer.parseInt(new String(m.getBody()));
                check(last.getOrDefault(m.getQueueId(), -1) < v, "queue " + m.getQueueId() + " gave " + v + " after " + last.get(m.getQueueId()));
                last.put(m.getQueueId(), v);
            }
        });
        test("a pull consumer sees bounds, times and messages", () -> {
            DefaultMQPullConsumer c = new DefaultMQPullConsumer("CG_pull" + suffix);
            c.setNamesrvAddr(ns);
            c.start();
            long sum = 0;
            for (MessageQueue q : c.fetchSubscribeMessageQueues("Order" + suffix)) {
                long min = c.minOffset(q), max = c.maxOffset(q);
                check(min == 0, "min " + min);
                sum += max;
                check(c.searchOffset(q, 0) == 0, "search 0");
                check(c.searchOffset(q, System.currentTimeMillis() + 100000) == max, "search future");
                PullResult r = c.pull(q, "*", 0, 10);
                check(r.getPullStatus() == PullStatus.FOUND && r.getMsgFoundList().size() == 10, r.toString());
                check(r.getMsgFoundList().get(3).getQueueOffset() == 3, "offset");
                check(c.pull(q, "*", max, 10).getPullStatus() == PullStatus.NO_NEW_MSG, "at the end");
                check(c.pull(q, "*", max + 7, 10).getPullStatus() == PullStatus.OFFSET_ILLEGAL, "past the end");
                c.updateConsumeOffset(q, 5);
                MessageExt m = r.getMsgFoundList().get(0);
                check(Arrays.equals(c.viewMessage("Order" + suffix, ((MessageClientExt) m).getOffsetMsgId()).getBody(), m.getBody()), "view");
            }
            check(sum == 200, "sum of maxima " + sum);
            c.shutdown();
        });
        test("a body above the limit is answered MESSAGE_ILLEGAL", () -> {
            try { p.send(new Message(topic, new byte[(4 << 20) + 1])); check(false, "accepted"); }
            catch (MQBrokerException e) { check(e.getResponseCode() == 13, "code " + e.getResponseCode()); }
            check(p.send(new Message(topic, new byte[4 << 20])).getSendStatus() == SendStatus.SEND_OK, "exactly 4 MiB");
        });
        test("a message waits for nobody: it reaches an idle consumer at once", () -> {
            String t = "Idle" + suffix;
            p.send(new Message(t, text("first")));
            BlockingQueue<Long> came = new LinkedBlockingQueue<>();
            DefaultMQPushConsumer c = new DefaultMQPushConsumer("CG_idle" + suffix);
            c.setNamesrvAddr(ns);
            c.setInstanceName("idle");
            c.setPollNameServerInterval(1000);
            c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
            c.subscribe(t, "*");
            c.registerMessageListener((MessageListenerConcurrently) (m, x) -> { came.add(System.nanoTime()); return ConsumeConcurrentlyStatus.CONSUME_SUCCESS; });
            c.start();
            check(came.poll(30, TimeUnit.SECONDS) != null, "first");
            Thread.sleep(2000);
            for (int i = 0; i < 20; i++) {
                p.send(new Message(t, text("m" + i)));
                check(came.poll(1, TimeUnit.SECONDS) != null, "message " + i + " took more than 1 s");
            }
            c.shutdown();
        });
        p.shutdown();
        System.exit(failed == 0 ? 0 : 1);
    }
}

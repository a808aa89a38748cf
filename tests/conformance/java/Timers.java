// SPDX-License-Identifier: Apache-2.0
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.message.*;

/**
 * Messages for a stated time and open transactions.
 *   java Timers send TOPIC TIMERS TRANSACTIONS 0   to one broker: messages that are due from BASE_MS on, half messages; prints
 *                                          "base BASE_MS"
 *   java Timers expect TOPIC TIMERS TRANSACTIONS BASE_MS MAY_BE_EARLY_MS   of another on the same store: ends with 0 when each
 *                                          came, as itself, at one queue position, none before its time, and each second transaction too
 *   java Timers                            test lines: to the millisecond, in order, recalled ones not
 */
public class Timers {
    static final int SPAN_MS = 8000;

    public static void main(String[] a) throws Exception {
        if (a.length == 0) {
            Tap.check("times", "messages for a stated time come then, not before, in order of time", () -> times("timers_times"));
            Tap.check("limit", "a time too far away is refused with the limit", Timers::limit);
            Tap.check("recall", "a recalled message does not come, and its neighbours do", () -> recall("timers_recall"));
            Tap.end();
        }
        int timers = Integer.parseInt(a[2]), transactions = Integer.parseInt(a[3]);
        long base = Long.parseLong(a[4]);
        if (a[0].equals("send")) send(a[1], timers, transactions, base);
        else expect(a[1], timers, transactions, base, Long.parseLong(a[5]));
        System.exit(0);
    }

    static DefaultMQProducer producer(String topic) throws Exception {
        DefaultMQProducer p = Clients.producer("timers_producer");
        Tap.that(Clients.until(60, () -> {
            try {
                return p.send(new Message(topic, "now", "now".getBytes())).getSendStatus() == SendStatus.SEND_OK;
            } catch (Exception e) {
                return false;
            }
        }), "no route within 60 s");
        return p;
    }

    static Message timed(String topic, int i, long due) {
        Message m = new Message(topic, "T", "key" + i, ("late " + i).getBytes());
        m.setDeliverTimeMs(due);
        return m;
    }

    /* ---- on one broker ---- */

    /** What has come of a topic, by body. */
    static Map<String, List<MessageExt>> watch(String topic) throws Exception {
        Map<String, List<MessageExt>> seen = new ConcurrentHashMap<>();
        Clients.consumer(topic + "_group", topic, "T", Clients.each(m ->
            seen.computeIfAbsent(new String(m.getBody()), k -> new CopyOnWriteArrayList<>()).add(m))).start();
        return seen;
    }

    static void times(String topic) throws Exception {
        DefaultMQProducer p = producer(topic);
        Map<String, List<MessageExt>> seen = watch(topic);
        Map<String, Long> due = new HashMap<>();
        MessageQueue q = p.fetchPublishMessageQueues(topic).get(0);
        Set<String> punctual = new HashSet<>(); // sent before their time, however slow the machine is
        long base = System.currentTimeMillis() + 4000;
        for (int i = 0; i < 300; i++) {
            long at = base + i * 7919L % 3000;
            due.put("late " + i, at);
            Tap.same(SendStatus.SEND_OK, p.send(timed(topic, i, at), q).getSendStatus(), "status");
            if (System.currentTimeMillis() < at) punctual.add("late " + i);
        }
        for (int i = 300; i < 340; i++) {
            Message m = new Message(topic, "T", "key" + i, ("late " + i).getBytes());
            long before = System.currentTimeMillis();
            if (i % 2 == 0) m.setDelayTimeMs(1500); else m.setDelayTimeSec(2);
            p.send(m, q);
            due.put("late " + i, before + (i % 2 == 0 ? 1500 : 2000));
        }
        Tap.that(Clients.until(60, () -> seen.size() == due.size()), seen.size() + " of " + due.size());
        long early = Long.MAX_VALUE, worst = 0;
        List<MessageExt> all = new ArrayList<>();
        for (List<MessageExt> l : seen.values()) {
            Tap.same(1, l.size(), "times that " + new String(l.get(0).getBody()) + " came");
            long late = l.get(0).getStoreTimestamp() - due.get(new String(l.get(0).getBody()));
            early = Math.min(early, late);
            if (punctual.contains(new String(l.get(0).getBody()))) {
                worst = Math.max(worst, late);
                all.add(l.get(0));
            }
        }
        Tap.note("stored " + early + " to " + worst + " ms after their times, " + punctual.size() + " sent in time");
        Tap.that(early >= 0, "one came " + -early + " ms early");
        all.sort(Comparator.comparingLong(MessageExt::getQueueOffset));
        for (int i = 1; i < all.size(); i++)
            Tap.that(due.get(new String(all.get(i - 1).getBody())) <= due.get(new String(all.get(i).getBody())), "out of order at " + i);
    }

    static void limit() throws Exception {
        DefaultMQProducer p = producer("timers_limit");
        try {
            p.send(timed("timers_limit", 1, System.currentTimeMillis() + 260000L * 1000));
            Tap.that(false, "was taken");
        } catch (MQClientException | org.apache.rocketmq.client.exception.MQBrokerException e) {
            Tap.that(e.getMessage().contains("timerMaxDelaySec"), e.getMessage());
        }
    }

    static void recall(String topic) throws Exception {
        DefaultMQProducer p = producer(topic);
        Map<String, List<MessageExt>> seen = watch(topic);
        long due = System.currentTimeMillis() + 4000;
        List<SendResult> sent = new ArrayList<>();
        for (int i = 0; i < 40; i++) sent.add(p.send(timed(topic, i, due + i)));
        for (int i = 0; i < 40; i += 2) {
            Tap.that(sent.get(i).getRecallHandle() != null, "no handle");
            Tap.same(sent.get(i).getMsgId(), p.recallMessage(topic, sent.get(i).getRecallHandle()), "id of what was recalled");
        }
        Tap.that(Clients.until(60, () -> seen.size() >= 20), seen.size() + " of 20");
        Thread.sleep(1500); // time for what must not come
        Tap.same(20, seen.size(), "messages");
        for (int i = 1; i < 40; i += 2) Tap.that(seen.containsKey("late " + i), "late " + i + " is missing");
        try {
            p.recallMessage(topic, sent.get(1).getRecallHandle());
            Tap.that(false, "recalled after its delivery");
        } catch (org.apache.rocketmq.client.exception.MQBrokerException e) {
            Tap.same(604, e.getResponseCode(), "code");
        }
    }

    /* ---- from one broker to another ---- */

    static TransactionMQProducer transactional(String topic, boolean silent, AtomicInteger asked) throws Exception {
        TransactionMQProducer p = Clients.named(new TransactionMQProducer(topic + "_producers"));
        p.setSendMsgTimeout(10000);
        p.setTransactionListener(new TransactionListener() {
            public LocalTransactionState executeLocalTransaction(Message m, Object arg) { return LocalTransactionState.UNKNOW; }
            public LocalTransactionState checkLocalTransaction(MessageExt m) {
                asked.incrementAndGet();
                if (silent) return LocalTransactionState.UNKNOW;
                return Integer.parseInt(new String(m.getBody()).substring(5)) % 2 == 0
                    ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
            }
        });
        p.start();
        return p;
    }

    static long due(int i, long base) { return base + i * 7919L % SPAN_MS; }

    static void send(String topic, int timers, int transactions, long base) throws Exception {
        DefaultMQProducer p = producer(topic);
        if (base == 0) base = System.currentTimeMillis() + 12000 + timers * 2L;
        System.out.println("base " + base);
        CountDownLatch done = new CountDownLatch(timers);
        AtomicInteger refused = new AtomicInteger();
        Semaphore flying = new Semaphore(200);
        for (int i = 0; i < timers; i++) {
            flying.acquire();
            p.send(timed(topic, i, due(i, base)), new SendCallback() {
                public void onSuccess(SendResult r) { flying.release(); done.countDown(); }
                public void onException(Throwable e) { refused.incrementAndGet(); flying.release(); done.countDown(); }
            });
        }
        done.await();
        TransactionMQProducer t = transactional(topic, true, new AtomicInteger());
        for (int i = 0; i < transactions; i++)
            t.sendMessageInTransaction(new Message(topic, "X", ("half " + i).getBytes()), null);
        t.shutdown();
        Tap.same(0, refused.get(), "refused");
    }

    /** On a busy machine the name server may not answer a client that starts in time. */
    static DefaultMQPushConsumer started(Callable<DefaultMQPushConsumer> make) throws Exception {
        for (int tries = 0; ; tries++) {
            DefaultMQPushConsumer c = make.call();
            try {
                c.start();
                return c;
            } catch (IllegalStateException | MQClientException e) {
                c.shutdown();
                if (tries == 5) throw e;
            }
        }
    }

    static void expect(String topic, int timers, int transactions, long base, long mayBeEarly) throws Exception {
        Map<String, Set<String>> seen = new ConcurrentHashMap<>();
        List<String> wrong = new CopyOnWriteArrayList<>();
        AtomicInteger asked = new AtomicInteger();
        DefaultMQPushConsumer c = started(() -> Clients.consumer(topic + "_group", topic, "T || X", Clients.each(m -> {
            String body = new String(m.getBody());
            seen.computeIfAbsent(body, k -> ConcurrentHashMap.newKeySet()).add(m.getQueueId() + ":" + m.getQueueOffset());
            int i = Integer.parseInt(body.substring(5));
            if (body.startsWith("late ") && m.getStoreTimestamp() < due(i, base) - mayBeEarly)
                wrong.add(body + " came " + (due(i, base) - m.getStoreTimestamp()) + " ms early");
            if (body.startsWith("half ") && i % 2 == 1) wrong.add(body + " was rolled back");
        })));
        TransactionMQProducer t = transactional(topic, false, asked);
        Tap.that(Clients.until(60, () -> { // brokers know a producer by what it sends to
            try {
                return t.send(new Message(topic, "now", "now".getBytes())).getSendStatus() == SendStatus.SEND_OK;
            } catch (Exception e) {
                return false;
            }
        }), "no send within 60 s");
        int want = timers + (transactions + 1) / 2;
        boolean all = Clients.until(240, () -> seen.size() >= want);
        Thread.sleep(3000); // time for what must not come
        long twice = seen.values().stream().filter(s -> s.size() > 1).count();
        System.out.println(seen.size() + " of " + want + " messages, " + timers + " for a stated time and half of " + transactions
            + " transactions; " + twice + " of them twice; producers were asked " + asked + " times");
        Tap.that(all && seen.size() == want && twice == 0 && wrong.isEmpty(), "wrong: " + wrong);
        c.shutdown();
        t.shutdown();
    }
}

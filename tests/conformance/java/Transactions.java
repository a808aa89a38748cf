// SPDX-License-Identifier: Apache-2.0
// Transactions of the official client: commit, rollback, undecided and then decided by a check, a producer that goes away and
// another of its group that is asked.  Claims: what was committed is consumed, at one queue position only; nothing else is.
// With "kill" the caller kills and restarts the broker when HALF is printed.  The broker asks after about a second
// (transactionTimeOut, transactionCheckInterval).
//   java Transactions NAMESRV MESSAGES SUFFIX [kill]
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.*;

public class Transactions {
    static String ns, topic;
    static int total;
    static boolean kill;
    static final Map<Integer, Boolean> fate = new ConcurrentHashMap<>();
    static final Map<Integer, Set<String>> seen = new ConcurrentHashMap<>();
    static final AtomicInteger checks = new AtomicInteger(), aliens = new AtomicInteger();

    // What the local transaction says: a quarter each of commit, rollback, undecided and then either.
    static class Listener implements TransactionListener {
        final boolean silent;
        Listener(boolean silent) { this.silent = silent; }
        public LocalTransactionState executeLocalTransaction(Message m, Object arg) {
            int id = (Integer) arg;
            fate.put(id, id % 2 == 0);
            if (silent || id % 4 >= 2) return LocalTransactionState.UNKNOW;
            return id % 2 == 0 ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
        }
        public LocalTransactionState checkLocalTransaction(MessageExt m) {
            checks.incrementAndGet();
            if (silent) return LocalTransactionState.UNKNOW;
            return fate.getOrDefault(id(m), false) ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
        }
    }

    static int id(Message m) { return Integer.parseInt(new String(m.getBody())); }

    static TransactionMQProducer producer(String group, String instance, boolean silent) throws Exception {
        TransactionMQProducer p = new TransactionMQProducer(group);
        p.setNamesrvAddr(ns);
        p.setInstanceName(instance);
        p.setRetryTimesWhenSendFailed(0);
        p.setSendMsgTimeout(kill ? 3000 : 15000);
        p.setHeartbeatBrokerInterval(1000);
        p.setPollNameServerInterval(1000);
        p.setTransactionListener(new Listener(silent));
        p.start();
        return p;
    }

    static void send(TransactionMQProducer p, int id) throws Exception {
        Message m = new Message(topic, "tag", "key" + id, String.valueOf(id).getBytes());
        for (;;) {
            try {
                p.sendMessageInTransaction(m, id);
                return;
            } catch (Exception e) {
                // The half message may lie there all the same: its check finds no local transaction and rolls it back.
                if (!kill) throw e;
                Thread.sleep(100);
                m = new Message(topic, "tag", "key" + id, String.valueOf(id).getBytes());
            }
        }
    }

    static DefaultMQPushConsumer consumer() throws Exception {
        DefaultMQPushConsumer c = new DefaultMQPushConsumer("CG_" + topic);
        c.setNamesrvAddr(ns);
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.setPollNameServerInterval(1000);
        c.subscribe(topic, "*");
        c.registerMessageListener((MessageListenerConcurrently) (msgs, ctx) -> {
            for (MessageExt m : msgs) {
                int id = id(m);
                if (id < 0) continue;
                if (!fate.getOrDefault(id, false)) aliens.incrementAndGet();
                seen.computeIfAbsent(id, k -> ConcurrentHashMap.newKeySet()).add(m.getQueueId() + ":" + m.getQueueOffset());
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        return c;
    }

    static long committed() { return fate.values().stream().filter(x -> x).count(); }

    public static void main(String[] a) {
        try { run(a); } catch (Throwable t) { System.out.println("FAILED " + t); System.exit(1); }
    }

    static void run(String[] a) throws Exception {
        ns = a[0]; total = Integer.parseInt(a[1]); topic = "Tx" + a[2]; kill = a.length > 3;
        String group = "PG_" + topic;
        DefaultMQProducer plain = new DefaultMQProducer("PLAIN_" + topic);
        plain.setNamesrvAddr(ns);
        plain.start();
        for (int i = 0;; i++) { // the broker's registration may come a moment after it was started
            try { plain.send(new Message(topic, "-1".getBytes())); break; }
            catch (Exception e) { if (i == 60) throw e; Thread.sleep(500); }
        }
        DefaultMQPushConsumer c = consumer();
        // One that leaves everything undecided and goes away.
        TransactionMQProducer gone = producer(group, "gone", true);
        for (int id = total; id < total + 20; id++) send(gone, id);
        gone.shutdown();
        TransactionMQProducer p = producer(group, "stays", false);
        for (int id = 0; id < total; id++) {
            send(p, id);
            if (id == total / 2) { System.out.println("HALF"); System.out.flush(); }
        }
        for (int i = 0; i < 1200 && seen.size() < committed(); i++) Thread.sleep(50);
        Thread.sleep(2500); // time for what must not come
        int twice = 0;
        for (Set<String> s : seen.values()) if (s.size() > 1) twice++;
        boolean ok = seen.size() == committed() && twice == 0 && aliens.get() == 0 && fate.size() == total + 20;
        System.out.println("transactions: " + fate.size() + ", committed " + committed() + ", consumed " + seen.size() + ", at two positions " + twice
            + ", rolled back and yet consumed " + aliens + ", checks " + checks);
        System.out.println(ok ? "PASSED" : "FAILED");
        c.shutdown(); p.shutdown(); plain.shutdown();
        System.exit(ok ? 0 : 1);
    }
}

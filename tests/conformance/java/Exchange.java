// SPDX-License-Identifier: Apache-2.0
// 8 producer threads send messages of 64 B to 64 KiB over 3 topics while 2 push consumers of one group and 1 of another
// consume.  Claims: every acknowledged message reaches each group with the body it was sent with; exactly once when nothing
// fails.  With "kill" the caller kills and restarts the broker when HALF is printed; then only messages that were sent more than
// once, or that a consumer got shortly before the kill or while its group came together again, may come twice: the restarted
// broker hears of a 4.9 client at its next heartbeat only, and the first of two takes the queues that the second still reads.
//   java Exchange NAMESRV MESSAGES SUFFIX [kill]
import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.zip.CRC32;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.*;

public class Exchange {
    static final int TOPICS = 3, THREADS = 8, SHORTLY_MS = 15000, TOGETHER_MS = 30000 + 15000, SEED = -7, ROUTE_WAIT_S = 30, FIRST_MS = 15000;
    static String ns, suffix;
    static int total;
    static boolean kill;
    static AtomicIntegerArray attempts;
    static final AtomicInteger acked = new AtomicInteger();
    static volatile long halfAt;
    static final AtomicInteger corrupt = new AtomicInteger();

    static class Group {
        final String name;
        final AtomicIntegerArray seen;
        final AtomicLongArray first;
        final AtomicInteger distinct = new AtomicInteger(), twice = new AtomicInteger(), wrongly = new AtomicInteger();
        Group(String name) { this.name = name; seen = new AtomicIntegerArray(total); first = new AtomicLongArray(total); }

        void got(int id) {
            long now = System.currentTimeMillis();
            if (seen.getAndIncrement(id) == 0) { first.set(id, now); distinct.incrementAndGet(); return; }
            twice.incrementAndGet();
            boolean sentTwice = attempts.get(id) > 1;
            boolean thereabouts = halfAt > 0 && first.get(id) > halfAt - SHORTLY_MS && first.get(id) < halfAt + TOGETHER_MS;
            if (!kill || !(sentTwice || thereabouts)) wrongly.incrementAndGet();
        }
    }

    static byte[] body(int id) {
        Random r = new Random(id);
        double u = r.nextDouble();
        int n = 64 + (int) (Math.pow(u, 24) * (65536 - 64));
        byte[] b = new byte[n];
        r.nextBytes(b);
        CRC32 crc = new CRC32();
        crc.update(b, 12, n - 12);
        ByteBuffer.wrap(b).putInt(id).putLong(crc.getValue());
        return b;
    }

    static int check(byte[] b) {
        CRC32 crc = new CRC32();
        crc.update(b, 12, b.length - 12);
        ByteBuffer bb = ByteBuffer.wrap(b);
        int id = bb.getInt();
        if (id == SEED) return -1;
        if (bb.getLong() != crc.getValue() || id < 0 || id >= total) { corrupt.incrementAndGet(); return -1; }
        return id;
    }

    static DefaultMQPushConsumer consumer(Group g, String instance) throws Exception {
        DefaultMQPushConsumer c = new DefaultMQPushConsumer(g.name);
        c.setNamesrvAddr(ns);
        c.setInstanceName(instance);
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.setPollNameServerInterval(3000);
        for (int t = 0; t < TOPICS; t++) c.subscribe("Ex" + t + suffix, "*");
        c.registerMessageListener((MessageListenerConcurrently) (msgs, ctx) -> {
            for (MessageExt m : msgs) { int id = check(m.getBody()); if (id >= 0) g.got(id); }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        return c;
    }

    static void produce(DefaultMQProducer p, int thread) {
        for (int id = thread; id < total; id += THREADS) {
            byte[] b = body(id);
            while (true) {
                attempts.incrementAndGet(id);
                try {
                    SendResult r = p.send(new Message("Ex" + id % TOPICS + suffix, "tag" + id % 5, "key" + id, b));
                    if (r.getSendStatus() == SendStatus.SEND_OK) break;
                } catch (Exception e) {
                    if (!kill) { System.out.println("send failed: " + e); System.exit(1); }
                    try { Thread.sleep(50); } catch (InterruptedException i) { return; }
                }
            }
            int n = acked.incrementAndGet();
            if (n == total / 2) { halfAt = System.currentTimeMillis(); System.out.println("HALF"); System.out.flush(); }
        }
    }

    /** The broker may be on its way to the name server: its route is waited for, nothing else is tried again.
     *  A cold client on a busy machine is given its time. */
    static void first(DefaultMQProducer p, Message m) throws Exception {
        for (long end = System.nanoTime() + ROUTE_WAIT_S * 1_000_000_000L;;) {
            try { p.send(m, FIRST_MS); return; } catch (MQClientException e) {
                if (!String.valueOf(e.getMessage()).contains("No route info") || System.nanoTime() > end) throw e;
                Thread.sleep(50);
            }
        }
    }

    public static void main(String[] a) {
        try { exchange(a); } catch (Throwable t) { System.out.println("FAILED " + t); System.exit(1); }
    }

    static void exchange(String[] a) throws Exception {
        ns = a[0]; total = Integer.parseInt(a[1]); suffix = a[2]; kill = a.length > 3 && a[3].equals("kill");
        attempts = new AtomicIntegerArray(total);
        Group g1 = new Group("CG_ex1" + suffix), g2 = new Group("CG_ex2" + suffix);
        DefaultMQProducer p = new DefaultMQProducer("PG_ex" + suffix);
        p.setNamesrvAddr(ns);
        p.setInstanceName("producer");
        p.setRetryTimesWhenSendFailed(0);
        p.setSendMsgTimeout(kill ? 3000 : 15000);
        p.setMqClientApiTimeout(FIRST_MS);
        p.start();
        // The topics come to be by their first message, so that the consumers find them.
        for (int t = 0; t < TOPICS; t++) {
            first(p, new Message("Ex" + t + suffix, ByteBuffer.allocate(12).putInt(SEED).array()));
        }
        List<DefaultMQPushConsumer> cs = List.of(consumer(g1, "c1"), consumer(g1, "c2"), consumer(g2, "c3"));
        // Queues move once more when the second consumer joins, and what is being consumed then comes again: let that be over.
        Thread.sleep(4000);
        long t0 = System.currentTimeMillis();
        ExecutorService ex = Executors.newFixedThreadPool(THREADS);
        for (int i = 0; i < THREADS; i++) { int n = i; ex.submit(() -> produce(p, n)); }
        ex.shutdown();
        if (!ex.awaitTermination(180, TimeUnit.SECONDS)) System.out.println("sending did not end in 180 s");
        long t1 = System.currentTimeMillis();
        for (int i = 0; i < 900 && (g1.distinct.get() < total || g2.distinct.get() < total); i++) Thread.sleep(100);
        Thread.sleep(1000); // late duplicates
        int multi = 0;
        for (int i = 0; i < total; i++) if (attempts.get(i) > 1) multi++;
        boolean ok = acked.get() == total && corrupt.get() == 0;
        for (Group g : List.of(g1, g2)) {
            boolean once = g.distinct.get() == total && (kill ? g.wrongly.get() == 0 : g.twice.get() == 0);
            ok &= once;
            System.out.println(g.name + ": " + g.distinct.get() + " of " + total + " messages, " + g.twice.get() + " duplicates, "
                + g.wrongly.get() + " of them unexplained");
        }
        System.out.println("sent " + acked.get() + " in " + (t1 - t0) + " ms, consumed in " + (System.currentTimeMillis() - t0 - 1000) + " ms, "
            + multi + " sent more than once, " + corrupt.get() + " corrupt");
        System.out.println(ok ? "PASSED" : "FAILED");
        for (DefaultMQPushConsumer c : cs) c.shutdown();
        p.shutdown();
        System.exit(ok ? 0 : 1);
    }
}

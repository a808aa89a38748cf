// SPDX-License-Identifier: Apache-2.0
import java.util.*;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.message.Message;

/**
 * Eight threads send over three topics while two consumers of one group and one of another consume.
 * With "kill" the broker gets SIGKILL when 60 % are sent, and is started again.
 */
public class Firehose {
    static final String PAIR = "fire_pair", SOLO = "fire_solo";
    static final int THREADS = 8;
    static final int count = Integer.getInteger("lightmq.count", 100000);
    static final long seed = Long.getLong("lightmq.seed", System.currentTimeMillis());
    static final Ledger ledger = new Ledger(count, PAIR, SOLO);
    static final List<DefaultMQPushConsumer> consumers = new ArrayList<>();
    static final AtomicInteger next = new AtomicInteger(), refused = new AtomicInteger();
    static String[] topics;
    static volatile long killedAt = Long.MAX_VALUE, backAt = Long.MAX_VALUE;
    static volatile String firstRefusal;

    public static void main(String[] a) throws Exception {
        boolean kill = a.length > 0 && a[0].equals("kill");
        topics = new String[] {"fire_1" + seed, "fire_2" + seed, "fire_3" + seed};
        DefaultMQProducer p = Clients.producer("fire_producer");
        p.setSendMsgTimeout(5000);
        for (String t : topics) open(p, t);
        consumers.add(start(PAIR));
        consumers.add(start(PAIR));
        consumers.add(start(SOLO));
        Tap.check("settle", "two consumers of a group share three topics of four queues, one of another group has all",
            () -> Tap.that(Clients.until(60, Firehose::settled), "queues held: " + held()));
        long t0 = System.nanoTime();
        Thread[] senders = new Thread[THREADS];
        for (int i = 0; i < THREADS; i++) (senders[i] = new Thread(() -> sendAll(p, kill))).start();
        if (kill) killAndRestart();
        for (Thread t : senders) t.join();
        long sent = System.nanoTime();
        Clients.until(120, () -> ledger.missing(PAIR) + ledger.missing(SOLO) == 0);
        Tap.note(String.format("%d messages, seed %d: sent in %.1f s, received after %.1f s", count, seed, (sent - t0) / 1e9,
            (System.nanoTime() - t0) / 1e9));
        Thread.sleep(kill ? 3000 : 1000); // what should not come gets time to come
        consumers.forEach(DefaultMQPushConsumer::shutdown);
        if (kill) judgeKill(); else judge();
        p.shutdown();
        Tap.end();
    }

    static void open(DefaultMQProducer p, String topic) throws Exception {
        byte[] body = {-1, -1, -1, -1, 0, 0, 0, 0};
        Clients.until(60, () -> {
            try {
                return p.send(new Message(topic, body)).getSendStatus() == SendStatus.SEND_OK;
            } catch (Exception e) {
                return false; // the broker may not be registered yet
            }
        });
    }

    static DefaultMQPushConsumer start(String group) throws Exception {
        DefaultMQPushConsumer c = Clients.consumer(group, topics[0], "*", Clients.each(m -> ledger.take(group, m)));
        for (String t : topics) c.subscribe(t, "*");
        c.start();
        return c;
    }

    static String held() {
        StringBuilder s = new StringBuilder();
        for (DefaultMQPushConsumer c : consumers)
            for (String t : topics) s.append(Clients.held(c, t)).append(' ');
        return s.toString();
    }

    static boolean settled() {
        for (String t : topics)
            if (Clients.held(consumers.get(0), t) != 2 || Clients.held(consumers.get(1), t) != 2
                || Clients.held(consumers.get(2), t) != 4) return false;
        return true;
    }

    static void sendAll(DefaultMQProducer p, boolean kill) {
        for (int n; (n = next.getAndIncrement()) < count;) {
            Message m = ledger.make(topics[n % topics.length], n, seed);
            ledger.sendBegan[n] = System.nanoTime();
            try {
                SendResult r = p.send(m);
                if (r.getSendStatus() == SendStatus.SEND_OK) ledger.acked.set(n, 1);
                else refuse(r.toString());
            } catch (Exception e) {
                refuse(e.toString());
                if (kill) pause();
            }
            ledger.sendEnded[n] = System.nanoTime();
        }
    }

    static void refuse(String why) {
        if (refused.getAndIncrement() == 0) firstRefusal = why;
    }

    static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void killAndRestart() throws Exception {
        Clients.until(600, () -> next.get() > count * 6L / 10);
        killedAt = System.nanoTime();
        Cluster.main().kill("broker");
        Cluster.main().start("broker");
        backAt = System.nanoTime();
    }

    static void judge() {
        Tap.check("acked", "each of " + count + " messages is acknowledged",
            () -> Tap.same(0, refused.get(), "refused sends, first " + firstRefusal));
        bodies();
        for (String g : ledger.groups.keySet()) {
            Tap.check("missing", "group " + g + " gets every message", () -> Tap.same(0, ledger.missing(g), "missing"));
            Tap.check("twice", "group " + g + " gets no message twice", () -> Tap.same(0, duplicates(g)[0], "came twice"));
        }
    }

    static void bodies() {
        Tap.check("bodies", "bodies, keys and tags come out as they went in", () -> Tap.same(0, ledger.differing.get(), "differing"));
    }

    static void judgeKill() {
        Tap.note(String.format("killed after %d sends, back in %.2f s; acknowledged %d, refused or unanswered %d",
            count * 6L / 10, (backAt - killedAt) / 1e9, ledger.ackedCount(), refused.get()));
        Tap.check("most", "the client goes on sending after the restart",
            () -> Tap.that(ledger.ackedCount() > count * 9L / 10, "only " + ledger.ackedCount() + " acknowledged, first " + firstRefusal));
        bodies();
        for (String g : ledger.groups.keySet()) {
            Tap.check("missing", "group " + g + " loses nothing acknowledged when the broker is killed",
                () -> Tap.same(0, ledger.missing(g), "missing of " + ledger.ackedCount()));
            int[] d = duplicates(g);
            Tap.note(String.format("group %s: %d duplicates, %d of sends in flight, %d of receipts in flight, %d of neither",
                g, d[0], d[1], d[2], d[3]));
            Tap.check("twice", "group " + g + " gets only messages in flight twice", () -> Tap.same(0, d[3], "duplicates not in flight"));
        }
    }

    /**
     * All; sends in flight; receipts in flight; neither. A send was in flight when it had begun before the broker was
     * back and not ended before the kill: the client sends it again by itself. A receipt was in flight when no offset
     * beyond it can have been on the broker's disk at the kill (the client reports each second, the broker writes every five,
     * and as much again for a busy machine), or when it fell into the time in which members come back
     * (heartbeats of 2 s, one rebalance of 20 s) and queues change hands.
     */
    static int[] duplicates(String group) {
        long unsaved = 12_000_000_000L, returning = 25_000_000_000L;
        Ledger.Group g = ledger.groups.get(group);
        int[] d = new int[4];
        for (int i = 0; i < count; i++) {
            if (g.got.get(i) < 2) continue;
            d[0]++;
            long first = g.first.get(i);
            boolean sending = ledger.sendBegan[i] < backAt && ledger.sendEnded[i] > killedAt;
            boolean receiving = killedAt != Long.MAX_VALUE && first > killedAt - unsaved && first < backAt + returning;
            d[sending ? 1 : receiving ? 2 : 3]++;
        }
        return d;
    }
}

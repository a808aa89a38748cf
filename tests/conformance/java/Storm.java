// SPDX-License-Identifier: Apache-2.0
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Producers that go on while the consumers of two groups come and go; tests/conformance/run stops, kills and pauses them.
 *   java Storm produce DIR SECONDS    8 threads; DIR/sent tells what was acknowledged
 *   java Storm consume DIR NAME       a member of a concurrent and of an orderly group; DIR/NAME.* tell what it processed and when
 *   java Storm verify DIR             waits until every message was processed, then looks at it all
 */
public class Storm {
    static final String TOPIC = "storm", CONCURRENT = "storm_concurrent", ORDERLY = "storm_orderly";
    static final int THREADS = 8, KEYS = 3;

    public static void main(String[] a) throws Exception {
        Path dir = Paths.get(a[1]);
        if (a[0].equals("produce")) produce(dir, Integer.parseInt(a[2]));
        else if (a[0].equals("consume")) consume(dir, a[2]);
        else verify(dir);
        System.exit(0);
    }

    /* ---- producing ---- */

    static void produce(Path dir, int seconds) throws Exception {
        DefaultMQProducer p = Clients.producer("storm_producer");
        Tap.that(Clients.until(60, () -> sent(p, "first", 0)), "no route within 60 s");
        ConcurrentMap<String, Integer> acknowledged = new ConcurrentHashMap<>();
        acknowledged.put("first", 0);
        Files.write(dir.resolve("started"), new byte[0]);
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int id = t;
            Thread thread = new Thread(() -> work(p, id, end, acknowledged));
            thread.start();
            threads.add(thread);
        }
        for (Thread t : threads) t.join();
        List<String> lines = new ArrayList<>();
        acknowledged.forEach((k, v) -> lines.add(k + " " + v));
        Files.write(dir.resolve("sent.new"), lines);
        Files.move(dir.resolve("sent.new"), dir.resolve("sent"));
        p.shutdown();
    }

    static void work(DefaultMQProducer p, int id, long end, ConcurrentMap<String, Integer> acknowledged) {
        for (int seq = 0; System.nanoTime() < end; seq++)
            for (int k = 0; k < KEYS; k++) {
                String key = "k" + id + "-" + k;
                while (!sent(p, key, seq)) sleep(50); // the same again: it may then be there twice
                acknowledged.put(key, seq);
                sleep(10);
            }
    }

    static void sleep(long ms) {
        try { Thread.sleep(ms); } catch (InterruptedException e) { throw new IllegalStateException(e); }
    }

    /** Each key goes to one queue, so that its order means something. */
    static boolean sent(DefaultMQProducer p, String key, int seq) {
        Message m = new Message(TOPIC, "T", key, (key + " " + seq).getBytes(StandardCharsets.UTF_8));
        try {
            return p.send(m, (queues, msg, arg) -> queues.get((arg.hashCode() & 0x7fffffff) % queues.size()), key).getSendStatus() == SendStatus.SEND_OK;
        } catch (Exception e) {
            return false;
        }
    }

    /* ---- consuming ---- */

    static void consume(Path dir, String name) throws Exception {
        DefaultMQPushConsumer c = Clients.named(new DefaultMQPushConsumer(CONCURRENT)), o = Clients.named(new DefaultMQPushConsumer(ORDERLY));
        PrintStream cs = out(dir.resolve(name + ".concurrent")), os = out(dir.resolve(name + ".orderly"));
        for (DefaultMQPushConsumer x : List.of(c, o)) {
            x.setInstanceName(name + "-" + x.getConsumerGroup());
            x.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
            x.setConsumeThreadMin(4);
            x.setConsumeThreadMax(4);
            x.subscribe(TOPIC, "*");
        }
        c.registerMessageListener((MessageListenerConcurrently) (ms, x) -> {
            for (MessageExt m : ms) process(cs, m);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        o.registerMessageListener((MessageListenerOrderly) (ms, x) -> {
            for (MessageExt m : ms) process(os, m);
            return ConsumeOrderlyStatus.SUCCESS;
        });
        c.start();
        o.start();
        CountDownLatch gone = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            c.shutdown();
            o.shutdown();
            gone.countDown();
        }));
        System.out.println("consuming");
        gone.await();
    }

    static PrintStream out(Path p) throws IOException { return new PrintStream(new FileOutputStream(p.toFile(), true), true); }

    static void process(PrintStream s, MessageExt m) {
        long begin = System.nanoTime();
        sleep(1);
        s.println(m.getQueueId() + " " + begin + " " + System.nanoTime() + " " + new String(m.getBody(), StandardCharsets.UTF_8));
    }

    /* ---- verifying ---- */

    static final class Seen {
        final int queue, seq;
        final long begin, end;
        final String key, who;

        Seen(String line, String who) {
            String[] w = line.split(" ");
            queue = Integer.parseInt(w[0]);
            begin = Long.parseLong(w[1]);
            end = Long.parseLong(w[2]);
            key = w[3];
            seq = Integer.parseInt(w[4]);
            this.who = who;
        }
    }

    static List<Seen> read(Path dir, String kind) throws IOException {
        List<Seen> all = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(dir, "*." + kind)) {
            for (Path f : files)
                for (String line : Files.readAllLines(f))
                    if (line.split(" ").length == 5) all.add(new Seen(line, f.getFileName().toString())); // a kill may cut the last
        }
        all.sort(Comparator.comparingLong(s -> s.begin));
        return all;
    }

    static Map<String, Integer> lasts(Path dir) throws IOException {
        Map<String, Integer> last = new TreeMap<>();
        for (String line : Files.readAllLines(dir.resolve("sent"))) last.put(line.split(" ")[0], Integer.parseInt(line.split(" ")[1]));
        return last;
    }

    static int missing(List<Seen> seen, Map<String, Integer> last) {
        Map<String, BitSet> got = new HashMap<>();
        for (Seen s : seen) got.computeIfAbsent(s.key, k -> new BitSet()).set(s.seq);
        int missing = 0;
        for (Map.Entry<String, Integer> e : last.entrySet())
            missing += e.getValue() + 1 - got.getOrDefault(e.getKey(), new BitSet()).get(0, e.getValue() + 1).cardinality();
        return missing;
    }

    static void verify(Path dir) throws Exception {
        Map<String, Integer> last = lasts(dir);
        int sent = last.values().stream().mapToInt(v -> v + 1).sum();
        for (String kind : List.of("concurrent", "orderly")) {
            boolean all = Clients.until(110, () -> missing(read(dir, kind), last) == 0);
            List<Seen> seen = read(dir, kind);
            System.out.println("storm: " + kind + ": " + sent + " sent, " + missing(seen, last) + " missing, " + (seen.size() - sent) + " of them again");
            Tap.that(all, "messages are missing");
        }
        order(read(dir, "orderly"));
        holders(read(dir, "orderly"));
    }

    /** A key may go back after a kill, but never skips ahead of what was not processed yet. */
    static void order(List<Seen> seen) {
        Map<String, Integer> next = new HashMap<>();
        for (Seen s : seen) {
            int expected = next.getOrDefault(s.key, 0);
            Tap.that(s.seq <= expected, s.who + ": " + s.key + " has " + s.seq + " before " + expected);
            next.put(s.key, Math.max(expected, s.seq + 1));
        }
    }

    static void holders(List<Seen> seen) {
        Map<Integer, Seen> before = new HashMap<>();
        for (Seen s : seen) {
            Seen b = before.put(s.queue, s);
            Tap.that(b == null || b.who.equals(s.who) || b.end <= s.begin, "queue " + s.queue + " is held by " + b + " and " + s.who);
        }
    }
}

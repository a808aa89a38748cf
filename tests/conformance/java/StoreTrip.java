// SPDX-License-Identifier: Apache-2.0
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.*;
import org.apache.rocketmq.remoting.protocol.admin.OffsetWrapper;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * One stay of a store with a broker, on its way from one broker to another and back.
 *   java StoreTrip STATE LEG KIND FROM TO OLDEST
 * First what the broker before left must be there: answers to queries, offsets of groups, messages not yet consumed, given
 * back or delayed.  Then messages FROM to TO are sent, and the same is noted in the folder STATE for the next.
 * KIND says how the broker before ended: fresh (there was none), stopped, killed.
 * Queries are asked of messages from OLDEST on.  Prints lines for Tap's reader; the last says how far the log goes.
 */
public class StoreTrip {
    static final String TOPIC = "trip", LATE = "trip_late", TIMED = "trip_timed";
    static final int THREADS = 8, SAMPLES = 40, LATE_EACH = 30, TIMED_ALL = 20, BACK_EVERY = 97;
    static Path state;
    static String kind;
    static final boolean groups = !Boolean.getBoolean("lightmq.expires"); // else nothing is kept for groups
    static int leg, from, to, oldest;
    static DefaultMQAdminExt admin;
    static DefaultMQProducer producer;
    static Ledger ledger;

    public static void main(String[] a) throws Exception {
        state = Paths.get(a[0]);
        leg = Integer.parseInt(a[1]);
        kind = a[2];
        from = Integer.parseInt(a[3]);
        to = Integer.parseInt(a[4]);
        oldest = Integer.parseInt(a[5]);
        ledger = new Ledger(to, "half", "fresh");
        for (int n = 0; n < from; n++) ledger.make(TOPIC, n, 1);
        admin = Clients.named(new DefaultMQAdminExt());
        admin.start();
        producer = Clients.producer("trip_producer");
        String who = "leg " + leg + ": ";
        if (leg > 1) Tap.check("answers", who + "queries by key, unique id, offset id and time are answered as by the broker before", StoreTrip::sameAnswers);
        if (leg > 1 && groups) Tap.check("offsets", who + "groups have the offsets they had", StoreTrip::sameOffsets);
        if (to > from) Tap.check("send", who + (to - from) + " messages are sent, single and in batches", StoreTrip::sendAll);
        if (groups) {
            Tap.check("half", who + "a group goes on from its offset and gets the rest once" + (kind.equals("killed") ? " or, after a kill, again" : ""),
                StoreTrip::goOn);
            Tap.check("back", who + "messages given back to the broker before come again", StoreTrip::back);
        }
        if (leg > 1) Tap.check("fresh", who + "a new group gets all messages that are there, at positions without a gap", StoreTrip::fresh);
        if (leg > 1 && groups) Tap.check("late", who + "messages delayed by the broker before come", () -> collect(LATE, "late_group", lateNames(leg - 1)));
        if (leg == 3) Tap.check("timed", who + "messages timed at the first broker come", () -> collect(TIMED, "timed_group", timedNames()));
        Tap.check("note", who + "what is to be found again is noted", StoreTrip::note);
        producer.shutdown();
        Tap.end();
    }

    // ---- sending ----

    static void routed(String topic) throws Exception {
        Tap.that(Clients.until(60, () -> {
            try {
                return producer.send(new Message(topic, "opens", "opens", ByteBuffer.allocate(8).putInt(-1).array())).getSendStatus() == SendStatus.SEND_OK;
            } catch (Exception e) {
                return false;
            }
        }), "no route to " + topic + " within 60 s");
    }

    /** One in twenty goes with nine others as a batch. */
    static void sendAll() throws Exception {
        routed(TOPIC);
        AtomicInteger next = new AtomicInteger(from / 20);
        AtomicReference<Throwable> failed = new AtomicReference<>();
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        for (int t = 0; t < THREADS; t++)
            pool.execute(() -> {
                try {
                    for (int b; (b = next.getAndIncrement()) * 20 < to; ) sendBlock(b * 20);
                } catch (Throwable e) {
                    failed.compareAndSet(null, e);
                }
            });
        pool.shutdown();
        pool.awaitTermination(1000, TimeUnit.SECONDS);
        Tap.same(null, failed.get(), "a send failed");
        Tap.same(to - from, ledger.ackedCount(), "acknowledged");
    }

    static void sendBlock(int first) throws Exception {
        List<Message> batch = new ArrayList<>();
        for (int n = first; n < first + 20; n++) {
            Message m = ledger.make(TOPIC, n, 1);
            m.putUserProperty("leg", "" + leg);
            if (n % 20 < 10 && m.getBody().length < 4096) batch.add(m);
            else {
                taken(() -> producer.send(m));
                ledger.acked.set(n, 1);
            }
        }
        if (!batch.isEmpty()) taken(() -> producer.send(batch));
        for (Message m : batch) ledger.acked.set(ByteBuffer.wrap(m.getBody()).getInt(), 1);
    }

    /** A store that is to delete what is old refuses now and then, until the new is safe. */
    static void taken(Callable<SendResult> send) throws Exception {
        for (int tries = groups ? 1 : 300; ; Thread.sleep(200))
            try {
                Tap.same(SendStatus.SEND_OK, send.call().getSendStatus(), "status");
                return;
            } catch (Exception e) {
                if (--tries <= 0) throw e;
            }
    }

    // ---- consuming ----

    /** Group "half" has got what was sent before this leg, or half of it in the leg it was sent; it stops half way again. */
    static void goOn() throws Exception {
        Map<Integer, Long> begin = leg == 1 ? new TreeMap<>() : offsets("half");
        Map<Integer, Long> lowest = new ConcurrentHashMap<>();
        Set<Integer> before = leg == 1 ? ConcurrentHashMap.newKeySet() : numbers("half"), now = ConcurrentHashMap.newKeySet();
        AtomicInteger again = new AtomicInteger();
        int stopAt = leg == 5 ? to : to - (to - from) / 2;
        DefaultMQPushConsumer c = Clients.consumer("half", TOPIC, "*", Clients.each(m -> {
            lowest.merge(m.getQueueId(), m.getQueueOffset(), Math::min);
            int n = ByteBuffer.wrap(m.getBody()).getInt();
            if (n < 0) return;
            ledger.take("half", m);
            if (before.contains(n) || !now.add(n)) again.incrementAndGet();
        }));
        c.setAwaitTerminationMillisWhenShutdown(10000);
        c.start();
        Clients.until(120, () -> now.size() + before.size() >= stopAt);
        c.shutdown();
        Tap.note(now.size() + " more messages for the group, " + again + " of its " + before.size() + " again, offsets were " + new TreeMap<>(begin));
        Tap.same(0, ledger.differing.get(), "messages that are not as sent");
        Tap.that(now.size() + before.size() >= stopAt, "got " + (now.size() + before.size()) + " of " + stopAt);
        for (Map.Entry<Integer, Long> e : begin.entrySet())
            if (lowest.containsKey(e.getKey())) Tap.same(e.getValue(), lowest.get(e.getKey()), "first position in queue " + e.getKey());
        if (!kind.equals("killed")) Tap.that(again.get() <= 2048, again + " messages came again"); // what the stop found in hand
        before.addAll(now);
        write("half", before);
    }

    /** Everything that is there, from the first position of each queue to the last. */
    static void fresh() throws Exception {
        Map<Integer, BitSet> got = new ConcurrentHashMap<>();
        Set<Integer> numbers = ConcurrentHashMap.newKeySet();
        AtomicInteger twice = new AtomicInteger();
        Map<Integer, long[]> bounds = new TreeMap<>();
        for (MessageQueue q : producer.fetchPublishMessageQueues(TOPIC)) bounds.put(q.getQueueId(), new long[] { admin.minOffset(q), admin.maxOffset(q) });
        long want = bounds.values().stream().mapToLong(b -> b[1] - b[0]).sum();
        AtomicLong seen = new AtomicLong();
        DefaultMQPushConsumer c = Clients.consumer("fresh_" + leg, TOPIC, "*", Clients.each(m -> {
            int n = ByteBuffer.wrap(m.getBody()).getInt();
            ledger.take("fresh", m);
            if (n >= 0 && !numbers.add(n)) twice.incrementAndGet();
            BitSet bits = got.computeIfAbsent(m.getQueueId(), k -> new BitSet());
            synchronized (bits) {
                bits.set((int) m.getQueueOffset());
            }
            seen.incrementAndGet();
        }));
        c.start();
        Clients.until(300, () -> seen.get() >= want);
        c.shutdown();
        Tap.same(0, ledger.differing.get(), "messages that are not as sent");
        Tap.same(0, twice.get(), "messages that came twice");
        for (Map.Entry<Integer, long[]> e : bounds.entrySet()) {
            BitSet bits = got.getOrDefault(e.getKey(), new BitSet());
            long min = e.getValue()[0], max = e.getValue()[1];
            Tap.same(max - min, (long) bits.get((int) min, (int) max).cardinality(), "positions of queue " + e.getKey() + " from " + min + " to " + max);
        }
        long missing = 0;
        for (int n = groups ? 0 : to; n < to; n++) if (!numbers.contains(n)) missing++;
        Tap.same(0L, missing, "missing messages");
        Tap.note(numbers.size() + " messages from " + bounds.size() + " queues");
    }

    static Set<String> lateNames(int ofLeg) {
        Set<String> s = new TreeSet<>();
        for (int i = 0; i < LATE_EACH; i++) s.add("late " + ofLeg + " " + i);
        return s;
    }

    static Set<String> timedNames() {
        Set<String> s = new TreeSet<>();
        for (int i = 0; i < TIMED_ALL; i++) s.add("timed " + i);
        return s;
    }

    /** All of these bodies come; others, of legs before, may. */
    static void collect(String topic, String group, Set<String> want) throws Exception {
        Map<String, Integer> got = new ConcurrentHashMap<>();
        DefaultMQPushConsumer c = Clients.consumer(group + "_" + leg, topic, "*", Clients.each(m -> {
            if (!m.getTags().equals("opens")) got.merge(new String(m.getBody()), 1, Integer::sum);
        }));
        c.start();
        Clients.until(60, () -> got.keySet().containsAll(want));
        c.shutdown();
        Set<String> missing = new TreeSet<>(want);
        missing.removeAll(got.keySet());
        Tap.that(missing.isEmpty(), "missing: " + missing);
        int twice = got.values().stream().mapToInt(v -> v - 1).sum();
        if (!kind.equals("killed")) Tap.same(0, twice, "messages that came twice");
    }

    /**
     * Group "back" gives one message in so many back once.  Those it gave back to the broker before come again; the new ones
     * are given back, and what has not come again when the leg ends is what the next leg waits for.
     */
    static void back() throws Exception {
        Set<Integer> want = leg == 1 ? new TreeSet<>() : numbers("back");
        Set<Integer> give = new TreeSet<>(), came = ConcurrentHashMap.newKeySet(), gave = ConcurrentHashMap.newKeySet();
        List<String> wrong = new CopyOnWriteArrayList<>();
        for (int n = from; n < to; n++) if (n % BACK_EVERY == 0) give.add(n);
        DefaultMQPushConsumer c = Clients.consumer("back", TOPIC, "*", (MessageListenerConcurrently) (ms, x) -> {
            MessageExt m = ms.get(0);
            int n = ByteBuffer.wrap(m.getBody()).getInt();
            if (n < 0 || n % BACK_EVERY != 0) return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            if (m.getReconsumeTimes() > 0) {
                if (!("key-" + n).equals(m.getKeys()) || m.getReconsumeTimes() != 1) wrong.add(n + " with " + m.getKeys() + ", " + m.getReconsumeTimes());
                came.add(n);
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            }
            gave.add(n);
            x.setDelayLevelWhenNextConsume(3);
            return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
        c.setConsumeMessageBatchMaxSize(1);
        c.setAwaitTerminationMillisWhenShutdown(10000);
        c.start();
        Clients.until(90, () -> came.containsAll(want) && gave.containsAll(give));
        c.shutdown();
        Tap.note(came.size() + " came again, " + gave.size() + " were given back");
        Tap.that(wrong.isEmpty(), "came again otherwise: " + wrong);
        Tap.that(came.containsAll(want), "of " + want.size() + " there came again " + came.size());
        Tap.that(gave.containsAll(give), "of " + give.size() + " there were given back " + gave.size());
        gave.removeAll(came);
        write("back", gave);
    }

    /** Delayed messages for the next broker. */
    static void leave() throws Exception {
        delayed(LATE, LATE_EACH, "late " + leg + " ", m -> m.setDelayTimeLevel(3));
        if (leg == 1) delayed(TIMED, TIMED_ALL, "timed ", m -> m.setDelayTimeMs(15000));
    }

    static void delayed(String topic, int count, String name, java.util.function.Consumer<Message> how) throws Exception {
        routed(topic);
        for (int i = 0; i < count; i++) {
            Message m = new Message(topic, "T", (name + i).replace(' ', '-'), (name + i).getBytes());
            how.accept(m);
            Tap.same(SendStatus.SEND_OK, producer.send(m).getSendStatus(), "status");
        }
    }

    static void write(String file, Collection<Integer> numbers) throws Exception {
        ByteBuffer out = ByteBuffer.allocate(4 * numbers.size());
        numbers.forEach(out::putInt);
        Files.write(state.resolve(file), out.array());
    }

    static Set<Integer> numbers(String file) throws Exception {
        Set<Integer> s = ConcurrentHashMap.newKeySet();
        ByteBuffer b = ByteBuffer.wrap(Files.readAllBytes(state.resolve(file)));
        while (b.hasRemaining()) s.add(b.getInt());
        return s;
    }

    // ---- offsets and answers ----

    static Map<Integer, Long> offsets(String group) throws Exception {
        Map<Integer, Long> m = new TreeMap<>();
        for (Map.Entry<MessageQueue, OffsetWrapper> e : admin.examineConsumeStats(group, TOPIC).getOffsetTable().entrySet())
            m.put(e.getKey().getQueueId(), e.getValue().getConsumerOffset());
        m.values().removeIf(v -> v < 0);
        return m;
    }

    static void sameOffsets() throws Exception {
        for (String group : new String[] { "half", "back" })
            Tap.same(new String(Files.readAllBytes(state.resolve("offsets." + group))), offsets(group).toString(), "offsets of " + group);
    }

    static String told(MessageExt m) {
        return m.getMsgId() + " " + m.getQueueId() + " " + m.getQueueOffset() + " " + m.getCommitLogOffset() + " " + m.getStoreTimestamp() + " "
            + m.getBornTimestamp() + " " + m.getStoreSize() + " " + Ledger.digest(m.getBody()) + " " + new TreeMap<>(m.getProperties());
    }

    interface Ask { String ask() throws Exception; }

    static String asked(Ask a) {
        try {
            return a.ask();
        } catch (MQClientException e) {
            return "error " + e.getResponseCode();
        } catch (Exception e) {
            return "error " + e;
        }
    }

    static String byKey(String key, long begin, long end) {
        return asked(() -> {
            Set<String> rows = new TreeSet<>(); // a Java broker indexes again what it scans after a crash
            for (MessageExt m : admin.queryMessage(TOPIC, key, 64, begin, end).getMessageList()) rows.add(told(m));
            return String.join(" | ", rows);
        });
    }

    /** A line for each question, which stays the same while the store does. */
    static List<String> answers(int[] samples, Map<Integer, String> ids) throws Exception {
        List<String> lines = new ArrayList<>();
        for (int n : samples) {
            MessageExt m = one(n);
            String[] id = ids.computeIfAbsent(n, k -> m == null ? "- -" : m.getMsgId() + " " + MessageDecoder.createMessageId(m.getStoreHost(), m.getCommitLogOffset())).split(" ");
            lines.add("key " + n + ": " + byKey("key-" + n, 0, Long.MAX_VALUE));
            lines.add("unique id " + n + ": " + asked(() -> told(admin.queryMessage("DefaultCluster", TOPIC, id[0]))));
            lines.add("offset id " + n + ": " + asked(() -> told(admin.viewMessage(TOPIC, id[1]))));
            if (m == null) continue;
            long ms = m.getStoreTimestamp();
            lines.add("key in time " + n + ": " + byKey("key-" + n, ms - 3000, ms + 3000));
            for (long at = ms - 1; at <= ms + 1; at++) {
                MessageQueue q = Clients.queue(TOPIC, m.getQueueId());
                long t = at;
                lines.add("time " + t + ": " + asked(() -> "" + admin.searchOffset(q, t)));
            }
        }
        lines.add("no such key: " + byKey("no-such-key", 0, Long.MAX_VALUE));
        return lines;
    }

    static MessageExt one(int n) {
        try {
            List<MessageExt> l = admin.queryMessage(TOPIC, "key-" + n, 64, 0, Long.MAX_VALUE).getMessageList();
            return l.isEmpty() ? null : l.get(0);
        } catch (Exception e) {
            return null;
        }
    }

    static int[] samples(int first, int end) {
        int[] s = new int[Math.min(SAMPLES, end - first)];
        for (int i = 0; i < s.length; i++) s[i] = first + (int) ((long) (end - 1 - first) * i / Math.max(1, s.length - 1));
        return s;
    }

    static void sameAnswers() throws Exception {
        Map<Integer, String> ids = new TreeMap<>();
        for (String l : Files.readAllLines(state.resolve("ids"))) ids.put(Integer.parseInt(l.substring(0, l.indexOf(' '))), l.substring(l.indexOf(' ') + 1));
        List<String> want = Files.readAllLines(state.resolve("answers"));
        Tap.that(Clients.until(60, () -> one(new ArrayList<>(ids.keySet()).get(0)) != null), "no route, or the first message is not found by its key");
        List<String> got = answers(ids.keySet().stream().mapToInt(i -> i).toArray(), ids);
        int wrong = 0;
        for (int i = 0; i < Math.max(want.size(), got.size()); i++) {
            String w = i < want.size() ? want.get(i) : "", g = i < got.size() ? got.get(i) : "";
            if (w.equals(g) || wrong++ > 3) continue;
            Tap.note("before: " + w);
            Tap.note("now:    " + g);
        }
        Tap.same(0, wrong, "other answers of " + want.size());
        Tap.note(want.size() + " questions answered the same");
    }

    static void note() throws Exception {
        Map<Integer, String> ids = new TreeMap<>();
        List<String> lines = answers(samples(oldest, to), ids);
        Tap.that(lines.stream().noneMatch(l -> l.startsWith("key ") && (l.endsWith(": ") || l.contains("error"))), "a message is not found by its key: " + lines);
        Files.write(state.resolve("answers"), lines);
        List<String> idLines = new ArrayList<>();
        ids.forEach((n, id) -> idLines.add(n + " " + id));
        Files.write(state.resolve("ids"), idLines);
        if (groups) leave();
        Thread.sleep(1500); // the offsets that consumers told when they were shut down are saved each 500 ms, see run
        for (String group : groups ? new String[] { "half", "back" } : new String[0]) Files.write(state.resolve("offsets." + group), offsets(group).toString().getBytes());
        String addr = "127.0.0.1:" + System.getProperty("lightmq.broker");
        Tap.note("commitLogMaxOffset " + admin.fetchBrokerRuntimeStats(addr).getTable().get("commitLogMaxOffset"));
    }
}

// SPDX-License-Identifier: Apache-2.0
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.*;
import java.util.concurrent.atomic.*;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * What was sent and what each group got. A body begins with its message's number; a number's hash is noted at the
 * send and compared at each receipt. Times are System.nanoTime.
 */
final class Ledger {
    final int count;
    final long[] hash, sendBegan, sendEnded;
    final AtomicIntegerArray acked;
    final Map<String, Group> groups = new LinkedHashMap<>();
    final AtomicInteger differing = new AtomicInteger();

    static final class Group {
        final AtomicIntegerArray got;
        final AtomicLongArray first, last;
        final AtomicInteger distinct = new AtomicInteger();

        Group(int n) {
            got = new AtomicIntegerArray(n);
            first = new AtomicLongArray(n);
            last = new AtomicLongArray(n);
        }
    }

    Ledger(int count, String... names) {
        this.count = count;
        hash = new long[count];
        sendBegan = new long[count];
        sendEnded = new long[count];
        acked = new AtomicIntegerArray(count);
        for (String g : names) groups.put(g, new Group(count));
    }

    /** 64 B to 64 KiB, most of them small: the length is 64 * 2^(10 u^6). Text in the first half, noise in the second. */
    Message make(String topic, int n, long seed) {
        SplittableRandom r = new SplittableRandom(seed + n);
        byte[] body = new byte[(int) (64 * Math.pow(2, 10 * Math.pow(r.nextDouble(), 6)))];
        ByteBuffer.wrap(body).putInt(n);
        for (int i = 8; i < body.length; i++)
            body[i] = i < body.length / 2 ? (byte) ('a' + i % 26) : (byte) r.nextInt();
        hash[n] = digest(body);
        return new Message(topic, "Tag" + n % 3, "key-" + n, body);
    }

    void take(String group, MessageExt m) {
        int n = ByteBuffer.wrap(m.getBody()).getInt();
        if (n < 0) return; // opened the topic
        Group g = groups.get(group);
        if (n >= count || digest(m.getBody()) != hash[n] || !("key-" + n).equals(m.getKeys()) || !("Tag" + n % 3).equals(m.getTags())) {
            differing.incrementAndGet();
            return;
        }
        long now = System.nanoTime();
        if (g.got.getAndIncrement(n) == 0) {
            g.first.set(n, now);
            g.distinct.incrementAndGet();
        }
        g.last.set(n, now);
    }

    /** Acknowledged messages that a group has not got. */
    int missing(String group) {
        int miss = 0;
        for (int i = 0; i < count; i++) if (acked.get(i) == 1 && groups.get(group).got.get(i) == 0) miss++;
        return miss;
    }

    int ackedCount() {
        int n = 0;
        for (int i = 0; i < count; i++) n += acked.get(i);
        return n;
    }

    private static final ThreadLocal<MessageDigest> sha = ThreadLocal.withInitial(() -> {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    });

    static long digest(byte[] b) { return ByteBuffer.wrap(sha.get().digest(b)).getLong(); }
}

// SPDX-License-Identifier: Apache-2.0
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.atomic.*;
import java.util.stream.Stream;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.message.Message;

/**
 * What tests/bench/bench_tail.c does, with the official client, and from a backlog: BROKER_PID RATE SECONDS.
 * A rate of 0: messages are sent first, then consumed.
 */
public class Tail {
    static final String TOPIC = "bench-tail-java";
    static final int WARMUP = 5, BACKLOG = 400000, BATCH = 64;
    static final long[] samples = new long[2000000];
    static final AtomicInteger count = new AtomicInteger();
    static final AtomicLong received = new AtomicLong();
    static volatile boolean measuring;

    public static void main(String[] a) throws Exception {
        int rate = Integer.parseInt(a[1]), seconds = Integer.parseInt(a[2]);
        DefaultMQProducer p = Clients.producer("bench-tail");
        if (rate == 0) backlog(p, a[0]); else tail(p, a[0], rate, seconds);
        System.exit(0);
    }

    static long cpu(String pid) throws Exception {
        long sum = 0;
        try (Stream<Path> tasks = Files.list(Paths.get("/proc/" + pid + "/task"))) {
            for (Path t : (Iterable<Path>) tasks::iterator)
                sum += Long.parseLong(new String(Files.readAllBytes(t.resolve("schedstat"))).split(" ")[0]);
        }
        return sum;
    }

    static DefaultMQPushConsumer consume(String group, String topic) throws Exception {
        DefaultMQPushConsumer c = Clients.consumer(group, topic, "*", Clients.each(m -> {
            long now = System.nanoTime();
            if (measuring) {
                int at = count.getAndIncrement();
                if (at < samples.length) samples[at] = now - ByteBuffer.wrap(m.getBody()).getLong();
            }
            received.incrementAndGet();
        }));
        c.setConsumeMessageBatchMaxSize(32);
        c.start();
        return c;
    }

    static Message message(String topic) {
        return new Message(topic, ByteBuffer.allocate(128).putLong(System.nanoTime()).array());
    }

    static long send(DefaultMQProducer p, int rate, int seconds) throws Exception {
        long begin = System.nanoTime(), n = 0;
        SendCallback none = new SendCallback() {
            public void onSuccess(SendResult r) { }
            public void onException(Throwable e) { System.err.println(e); }
        };
        for (; n < (long) rate * seconds; n++) {
            long wait = begin + n * 1_000_000_000L / rate - System.nanoTime();
            if (wait > 0) java.util.concurrent.locks.LockSupport.parkNanos(wait);
            p.send(message(TOPIC), none);
        }
        return n;
    }

    static void tail(DefaultMQProducer p, String pid, int rate, int seconds) throws Exception {
        Clients.until(60, () -> { try { p.send(message(TOPIC)); return true; } catch (Exception e) { return false; } });
        DefaultMQPushConsumer c = consume("bench-tail-java", TOPIC);
        Clients.until(60, () -> { p.send(message(TOPIC)); return Clients.held(c, TOPIC) == 4; });
        Thread.sleep(2000);
        received.set(0);
        long sent = send(p, rate, WARMUP);
        measuring = true;
        long cpu = cpu(pid);
        final long all = sent + send(p, rate, seconds);
        Clients.until(5, () -> received.get() >= all);
        cpu = cpu(pid) - cpu;
        int n = Math.min(count.get(), samples.length);
        long[] s = Arrays.copyOf(samples, n);
        Arrays.sort(s);
        System.out.printf(Locale.ROOT, "tail java   %6d/s  p50 %7.0f us  p99 %7.0f us  broker %6.2f us of CPU a message  %d measured, %d of %d received%n",
            rate, s[n / 2] / 1e3, s[(int) (n * 99L / 100)] / 1e3, cpu / 1e3 / n, n, received.get(), all);
    }

    static void backlog(DefaultMQProducer p, String pid) throws Exception {
        String topic = "bench-backlog-java" + System.currentTimeMillis();
        Clients.until(60, () -> { try { p.send(message(topic)); return true; } catch (Exception e) { return false; } });
        for (int i = 0; i < BACKLOG; i += BATCH) {
            List<Message> l = new ArrayList<>();
            for (int k = 0; k < BATCH; k++) l.add(message(topic));
            p.send(l);
        }
        for (int round = 0; round < 3; round++) { // the first ones warm both sides up
            received.set(0);
            long cpu = cpu(pid), t0 = System.nanoTime();
            DefaultMQPushConsumer c = consume("bench-backlog-" + topic + round, topic);
            Clients.until(60, () -> received.get() >= BACKLOG);
            cpu = cpu(pid) - cpu;
            double s = (System.nanoTime() - t0) / 1e9;
            c.shutdown();
            if (round == 2)
                System.out.printf(Locale.ROOT, "backlog java  %9.0f messages/s  broker %6.2f us of CPU a message  %d received%n",
                    received.get() / s, cpu / 1e3 / received.get(), received.get());
        }
    }
}

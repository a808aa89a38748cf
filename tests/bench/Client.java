// SPDX-License-Identifier: Apache-2.0
import java.lang.management.ManagementFactory;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import com.sun.management.OperatingSystemMXBean;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

/** What bench_client.c measures, with the official Java client: Client NAMESRV SECONDS [COUNT-TO-CONSUME]. */
public class Client {
    static final OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    static final byte[] body = new byte[128];
    static final AtomicLong failed = new AtomicLong();

    interface Way { long run(long until) throws Exception; }

    static void measure(String name, double seconds, Way way) throws Exception {
        way.run(System.nanoTime() + (long) (seconds * 1e9)); // the compiler warms up
        long wall = System.nanoTime(), cpu = os.getProcessCpuTime();
        long n = way.run(wall + (long) (seconds * 1e9));
        wall = System.nanoTime() - wall;
        cpu = os.getProcessCpuTime() - cpu;
        System.out.printf(Locale.ROOT, "java  %-8s %9.0f messages/s  %6.2f us of CPU a message  %d failed%n", name, n / (wall / 1e9), cpu / 1e3 / n, failed.getAndSet(0));
    }

    static void consume(String namesrv, long count) throws Exception {
        AtomicLong came = new AtomicLong();
        CountDownLatch done = new CountDownLatch(1);
        DefaultMQPushConsumer c = new DefaultMQPushConsumer("bench-java");
        c.setNamesrvAddr(namesrv);
        c.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        c.subscribe("bench-client", "*");
        long[] at = new long[2];
        c.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            long n = came.addAndGet(messages.size());
            if (n >= count / 2 && at[0] == 0) { at[0] = System.nanoTime(); at[1] = os.getProcessCpuTime(); } // warm from here on
            if (n >= count) done.countDown();
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        c.start();
        done.await();
        long wall = System.nanoTime() - at[0], cpu = os.getProcessCpuTime() - at[1];
        System.out.printf(Locale.ROOT, "java  %-8s %9.0f messages/s  %6.2f us of CPU a message%n", "consume", count / 2 / (wall / 1e9), cpu / 1e3 / (count / 2));
        c.shutdown();
    }

    public static void main(String[] args) throws Exception {
        double seconds = Double.parseDouble(args[1]);
        DefaultMQProducer p = new DefaultMQProducer("bench-java");
        p.setNamesrvAddr(args[0]);
        p.start();
        Message[] batch = new Message[32];
        measure("sync", seconds, until -> {
            long n = 0;
            for (; System.nanoTime() < until; n++) p.send(new Message("bench-client", body));
            return n;
        });
        Semaphore room = new Semaphore(10000);
        measure("async", seconds, until -> {
            long n = 0;
            for (; System.nanoTime() < until; n++) {
                room.acquire();
                p.send(new Message("bench-client", body), new SendCallback() {
                    public void onSuccess(SendResult r) { room.release(); }
                    public void onException(Throwable e) { failed.incrementAndGet(); room.release(); }
                });
            }
            room.acquire(10000);
            room.release(10000);
            return n;
        });
        measure("batch", seconds, until -> {
            long n = 0;
            for (; System.nanoTime() < until; n += 32) {
                for (int i = 0; i < 32; i++) batch[i] = new Message("bench-client", body);
                p.send(Arrays.asList(batch));
            }
            return n;
        });
        p.shutdown();
        if (args.length > 2) consume(args[0], Long.parseLong(args[2]));
        System.exit(0);
    }
}

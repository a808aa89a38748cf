/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RocketMQ's own mqadmin, many commands in one process: MQAdminStartup.main0 is given each line of a list, what it prints goes to a
 * file of the line's own.  Beside them one producer and one consumer stay online, so that there is something to be told of.
 *   Mqadmin NAMESRV BROKERADDR LIST OUT
 * A line is MODE<blank>COMMAND ARGS… (MODE is for compare.py), or an own one: ":produce TOPIC N", ":consume TOPIC GROUP N", ":end".
 * @NS @B @DIR @MSGID @UNIQ @KEY @CID @NOW in it are replaced.
 */
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.command.MQAdminStartup;

public class Mqadmin {
    /** Those that end by themselves end in far less; startMonitoring and clusterRT never do. */
    static final int SECONDS = Integer.getInteger("lightmq.seconds", 8);
    static final PrintStream out = System.out;
    static final Map<String, String> words = new HashMap<>();
    static DefaultMQProducer producer;
    static DefaultMQPushConsumer consumer;
    static String namesrv;

    static void produce(String topic, int n) throws Exception {
        if (producer == null) {
            producer = new DefaultMQProducer("AdmProducer");
            producer.setNamesrvAddr(namesrv);
            producer.setInstanceName("producer");
            producer.start();
        }
        for (int i = 0; i < n; i++) {
            Message m = new Message(topic, i % 2 == 0 ? "TagA" : "TagB", "Key" + i, ("body " + i).getBytes(StandardCharsets.UTF_8));
            SendResult r = producer.send(m, new MessageQueue(topic, "broker-a", i % 4));
            words.putIfAbsent("@MSGID", r.getOffsetMsgId());
            words.putIfAbsent("@UNIQ", r.getMsgId());
        }
    }

    static void consume(String topic, String group, int n) throws Exception {
        CountDownLatch left = new CountDownLatch(n);
        consumer = new DefaultMQPushConsumer(group);
        consumer.setNamesrvAddr(namesrv);
        consumer.setInstanceName("consumer");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setPersistConsumerOffsetInterval(500);
        consumer.subscribe(topic, "TagA || TagB");
        consumer.registerMessageListener((MessageListenerConcurrently) (msgs, c) -> {
            for (int i = 0; i < msgs.size(); i++)
                left.countDown();
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        if (!left.await(60, TimeUnit.SECONDS))
            throw new IllegalStateException(left.getCount() + " messages of " + topic + " did not come");
        words.put("@CID", consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId());
        consumer.getDefaultMQPushConsumerImpl().persistConsumerOffset();
        Thread.sleep(300); /* the offsets go one-way */
    }

    static void own(String[] w) throws Exception {
        if (w[0].equals(":produce"))
            produce(w[1], Integer.parseInt(w[2]));
        else if (w[0].equals(":consume"))
            consume(w[1], w[2], Integer.parseInt(w[3]));
        else if (w[0].equals(":end"))
            consumer.shutdown();
        else
            throw new IllegalArgumentException(w[0]);
    }

    /** Where a thread and those that it starts print: one that goes on past its time disturbs no other. */
    static final InheritableThreadLocal<OutputStream> place = new InheritableThreadLocal<>();

    static final PrintStream parted = new PrintStream(new OutputStream() {
        @Override
        public void write(int b) throws IOException {
            OutputStream to = place.get();
            if (to != null)
                to.write(b);
        }
    }, true);

    static String run(String[] args) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Thread t = new Thread(() -> {
            place.set(bytes);
            try {
                MQAdminStartup.main0(args, null);
            } catch (Throwable e) {
                e.printStackTrace(parted);
            }
        });
        t.setDaemon(true);
        t.start();
        t.join(SECONDS * 1000L);
        boolean late = t.isAlive();
        if (late) {
            t.interrupt();
            t.join(1000);
        }
        return bytes.toString("UTF-8") + (late ? "\n[still running]\n" : "");
    }

    /** Brokers register some time after their port answers. */
    static void ready() throws Exception {
        for (int i = 0; i < 30; i++)
            if (run(new String[] {"clusterList", "-n", namesrv}).contains("broker-a"))
                return;
        throw new IllegalStateException("the broker does not register");
    }

    public static void main(String[] args) throws Exception {
        namesrv = args[0];
        System.setOut(parted);
        System.setErr(parted);
        System.setProperty("rocketmq.namesrv.addr", namesrv);
        List<String> lines = Files.readAllLines(Path.of(args[2]));
        words.put("@NS", args[0]);
        words.put("@B", args[1]);
        words.put("@DIR", args[3]);
        ready();
        int n = 0;
        for (String line : lines) {
            if (line.isEmpty() || line.startsWith("#"))
                continue;
            n++;
            words.put("@NOW", Long.toString(System.currentTimeMillis()));
            String[] w = line.split(" +");
            for (int i = 0; i < w.length; i++) {
                w[i] = words.getOrDefault(w[i], w[i]).replace("@DIR", args[3]).replace('~', ' ');
            }
            if (w[0].startsWith(":")) {
                own(w);
                continue;
            }
            String[] command = java.util.Arrays.copyOfRange(w, 1, w.length);
            long start = System.nanoTime();
            String text = run(command);
            out.printf("%3d %6d ms %s%n", n, (System.nanoTime() - start) / 1000000, line);
            Files.write(Path.of(args[3], String.format("%03d", n)), text.getBytes(StandardCharsets.UTF_8));
        }
        System.exit(0);
    }
}

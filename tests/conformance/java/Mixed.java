// SPDX-License-Identifier: Apache-2.0
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * Two name servers and two brokers, one of each made by RocketMQ: every broker registers with every name server, clients find
 * both brokers through either, and everything goes on when any one of the four is killed and comes back.
 * -Dlightmq.go: the Go client's program, which goes through all of it too.
 */
public class Mixed {
    static final String TOPIC = "mixed";
    static final Set<String> acked = ConcurrentHashMap.newKeySet(), got = ConcurrentHashMap.newKeySet();
    static final Cluster ours = Cluster.main(), java = Cluster.second();
    static final String[] servers = System.getProperty("lightmq.namesrv").split(";");
    static final String go = System.getProperty("lightmq.go", "");
    static DefaultMQProducer producer;
    static Process goClient;
    static BufferedReader fromGo;
    static int serial;

    public static void main(String[] a) throws Exception {
        Tap.check("routes", "either name server routes to the broker of either kind", () -> {
            producer = Clients.producer("mixed_producer");
            for (String ns : servers) Tap.that(seen(ns, "TBW102", "broker-a", "broker-b"), "not both brokers have registered at " + ns);
            producer.createTopic("TBW102", TOPIC, 4, new HashMap<>());
            for (String ns : servers) Tap.that(seen(ns, TOPIC, "broker-a", "broker-b"), "not both brokers at " + ns);
            DefaultMQPushConsumer c = Clients.consumer("mixed_group", TOPIC, "*", Clients.each(m -> got.add(new String(m.getBody()))));
            c.start();
            if (!go.isEmpty()) startGo();
            through("broker-a");
            through("broker-b");
        });
        killed("our name server", ours, "namesrv");
        killed("the Java name server", java, "namesrv");
        killed("our broker", ours, "broker");
        killed("the Java broker", java, "broker");
        Tap.check("all", "every acknowledged message of all these times is received", () -> {
            Clients.until(60, () -> got.containsAll(acked));
            Set<String> lost = new TreeSet<>(acked);
            lost.removeAll(got);
            Tap.that(lost.isEmpty(), "lost of " + acked.size() + ": " + lost);
        });
        if (goClient != null) goClient.destroy();
        Tap.end();
    }

    static void killed(String what, Cluster where, String who) {
        Tap.check("kill-" + what, "clients go on when " + what + " is killed, and find everything when it is back", () -> {
            where.kill(who);
            if (!(who.equals("broker") && where == ours)) through("broker-a");
            if (!(who.equals("broker") && where == java)) through("broker-b");
            where.start(who);
            for (String ns : servers) Tap.that(seen(ns, TOPIC, "broker-a", "broker-b"), "not both brokers at " + ns);
            through("broker-a");
            through("broker-b");
        });
    }

    /** Whether a new client of one name server comes to know queues of the topic on all of these brokers. */
    static boolean seen(String ns, String topic, String... brokers) throws Exception {
        DefaultMQProducer p = Clients.named(new DefaultMQProducer("mixed_probe"));
        p.setNamesrvAddr(ns);
        p.start();
        try {
            return Clients.until(60, () -> {
                Set<String> names = new HashSet<>();
                try { for (MessageQueue q : p.fetchPublishMessageQueues(topic)) names.add(q.getBrokerName()); } catch (Exception e) { return false; }
                return names.containsAll(Arrays.asList(brokers));
            });
        } finally {
            p.shutdown();
        }
    }

    static void startGo() throws Exception {
        goClient = new ProcessBuilder(go, String.join(";", servers), "route", TOPIC)
            .redirectError(new File(System.getProperty("lightmq.dir"), "go.out")).start();
        fromGo = new BufferedReader(new InputStreamReader(goClient.getInputStream(), StandardCharsets.UTF_8));
    }

    /** The Go client does the same. */
    static void goThrough(String broker) throws Exception {
        goClient.getOutputStream().write((broker + "\n").getBytes(StandardCharsets.UTF_8));
        goClient.getOutputStream().flush();
        for (;;) {
            String line = fromGo.readLine();
            Tap.that(line != null && !line.startsWith("failed"), "Go client: " + line);
            if (line.startsWith("through ")) return;
        }
    }

    static void through(String broker) throws Exception {
        javaThrough(broker);
        if (goClient != null) goThrough(broker);
    }

    /** Sends to a broker until a message is acknowledged, and waits for that to be received. */
    static void javaThrough(String broker) throws Exception {
        long end = System.nanoTime() + 60_000_000_000L;
        for (;;) {
            String text = "message " + ++serial;
            try {
                producer.send(new Message(TOPIC, text.getBytes(StandardCharsets.UTF_8)), new MessageQueue(TOPIC, broker, serial % 4));
                acked.add(text);
                Tap.that(Clients.until(60, () -> got.contains(text)), "sent but not received within 60 s: " + text);
                return;
            } catch (Exception e) {
                if (System.nanoTime() > end) throw e;
                Thread.sleep(200);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.message.Message;

/**
 * The daemons come and go in every order while one producer and one consumer stay: the broker starts before any name
 * server, one of two name servers is down, each is restarted alone and both together. After each change a new message
 * must get through within a minute (the client refreshes routes and sends heartbeats every 2 s here), and at the
 * end everything acknowledged must have been received.
 */
public class RestartOrder {
    static final String TOPIC = "restart_order";
    static final Cluster first = Cluster.main(), second = Cluster.second();
    static final Set<String> acked = ConcurrentHashMap.newKeySet(), got = ConcurrentHashMap.newKeySet();
    static DefaultMQProducer producer;
    static DefaultMQPushConsumer consumer;
    static int serial;

    interface Change { void run() throws Exception; }

    public static void main(String[] a) throws Exception {
        change("broker-first", "a broker that came up with no name server registers when one of its two comes up", () -> {
            first.start("broker");
            first.start("namesrv");
            producer = Clients.producer("restart_producer");
        });
        change("consume", "a consumer joins while one of two name servers is down", () -> {
            consumer = joined();
        });
        change("second", "clients go on when the second name server comes up and the first goes down", () -> {
            second.start("namesrv");
            first.stop("namesrv");
        });
        fresh("second-only", "a new client finds the broker through the second name server alone");
        change("swap", "clients go on when the first name server is back and the second is killed", () -> {
            first.start("namesrv");
            second.kill("namesrv");
        });
        fresh("first-again", "a new client finds the broker through the name server that came back");
        change("no-namesrv", "clients go on with what they know when no name server is left", () -> first.stop("namesrv"));
        change("broker-alone", "clients go on when the broker is restarted while no name server is there", () -> {
            first.stop("broker");
            first.start("broker");
        });
        change("both-up", "clients go on when both name servers come up", () -> {
            second.start("namesrv");
            first.start("namesrv");
        });
        change("ns-then-broker", "clients go on after a restart of everything, name server first", () -> {
            first.stop("broker");
            first.stop("namesrv");
            second.stop("namesrv");
            first.start("namesrv");
            second.start("namesrv");
            first.start("broker");
        });
        change("broker-then-ns", "clients go on after a restart of everything, broker first", () -> {
            first.stop("namesrv");
            second.stop("namesrv");
            first.stop("broker");
            first.start("broker");
            second.start("namesrv");
            first.start("namesrv");
        });
        fresh("fresh", "a new client finds everything after all restarts");
        Tap.check("all", "every acknowledged message of all these times is received", () -> {
            Clients.until(60, () -> got.containsAll(acked));
            Set<String> lost = new TreeSet<>(acked);
            lost.removeAll(got);
            Tap.that(lost.isEmpty(), "lost of " + acked.size() + ": " + lost);
        });
        Tap.end();
    }

    static void change(String key, String claim, Change c) {
        Tap.check(key, claim, () -> {
            c.run();
            long t = System.nanoTime();
            String last = through(producer);
            long sent = System.nanoTime();
            if (consumer != null)
                Tap.that(Clients.until(60, () -> got.contains(last)), "sent but not received within 60 s: " + last);
            Tap.note(String.format("%s: sent after %.1f s, received after %.1f s", key, (sent - t) / 1e9, (System.nanoTime() - t) / 1e9));
        });
    }

    /** Starts a consumer, as an application would: a client takes any of its name servers first and fails when that one is down. */
    static DefaultMQPushConsumer joined() throws Exception {
        long end = System.nanoTime() + 60_000_000_000L;
        for (;;) {
            DefaultMQPushConsumer c = Clients.consumer("restart_group", TOPIC, "*", Clients.each(m -> got.add(new String(m.getBody()))));
            try {
                c.start();
                return c;
            } catch (Exception e) {
                c.shutdown();
                if (System.nanoTime() > end) throw e;
                Thread.sleep(200);
            }
        }
    }

    /** Sends until one is acknowledged, as an application would. */
    static String through(DefaultMQProducer p) throws Exception {
        long end = System.nanoTime() + 60_000_000_000L;
        for (;;) {
            String text = "message " + ++serial;
            try {
                p.send(new Message(TOPIC, text.getBytes(StandardCharsets.UTF_8)));
                acked.add(text);
                return text;
            } catch (Exception e) {
                if (System.nanoTime() > end) throw e;
                Thread.sleep(200);
            }
        }
    }

    static void fresh(String key, String claim) {
        Tap.check(key, claim, () -> {
            DefaultMQProducer p = Clients.producer("restart_fresh_" + key);
            try {
                through(p);
            } finally {
                p.shutdown();
            }
        });
    }
}

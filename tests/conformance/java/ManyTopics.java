// SPDX-License-Identifier: Apache-2.0
import java.util.*;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageQueue;

/** A broker of ours with very many topics is known to the name server with all of them, and stays so over its heartbeats. */
public class ManyTopics {
    public static void main(String[] a) throws Exception {
        int topics = Integer.parseInt(a[0]), seconds = Integer.parseInt(a[1]);
        DefaultMQProducer p = Clients.producer("many_probe");
        Tap.check("many", "a Java name server routes to " + topics + " topics of our broker", () -> {
            long t = System.nanoTime();
            Tap.that(Clients.until(60, () -> known(p, topics)), "not all are known after 60 s");
            Tap.note(String.format("all known after %.1f s", (System.nanoTime() - t) / 1e9));
        });
        Tap.check("stay", "and still does " + seconds + " s later", () -> {
            long end = System.nanoTime() + seconds * 1_000_000_000L;
            while (System.nanoTime() < end) {
                Tap.that(known(p, topics), "no longer known");
                Thread.sleep(1000);
            }
        });
        Tap.end();
    }

    /** A sample of them. */
    static boolean known(DefaultMQProducer p, int topics) {
        for (int i = 0; i < topics; i += topics / 20) if (!has(p, i)) return false;
        return has(p, topics - 1);
    }

    static boolean has(DefaultMQProducer p, int i) {
        try {
            List<MessageQueue> q = p.getDefaultMQProducerImpl().getMqClientFactory().getMQAdminImpl().fetchPublishMessageQueues(String.format("many-topic-%06d", i));
            return q.size() == 8;
        } catch (Exception e) {
            return false;
        }
    }
}

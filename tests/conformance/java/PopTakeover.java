// SPDX-License-Identifier: Apache-2.0
import java.util.concurrent.*;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.*;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.message.*;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * Messages that one broker handed out to a POP consumer, and another one that has its store since: "leave" consumes half of them
 * and vanishes with the others, "find" takes what comes then.
 *   java -Dlightmq.namesrv=ADDR PopTakeover BROKER leave|find
 */
public class PopTakeover {
    static final String TOPIC = "pop_takeover", GROUP = "CG_pop_takeover";
    static final int COUNT = 40, INVISIBLE_MS = 20000;

    public static void main(String[] a) throws Exception {
        DefaultMQProducer producer = Clients.producer("pop_producer");
        DefaultMQAdminExt admin = Clients.named(new DefaultMQAdminExt());
        admin.start();
        Clients.until(60, () -> {
            try { return producer.send(message("first", -1)).getSendStatus() == SendStatus.SEND_OK; }
            catch (Exception e) { return false; }
        });
        admin.setMessageRequestMode(a[0], TOPIC, GROUP, MessageRequestMode.POP, 0, 5000);
        if (a[1].equals("leave"))
            Tap.check("leave", "messages are handed out, and half of them acknowledged", () -> leave(producer));
        else
            Tap.check("find", "POP: of what the broker before had handed out, all that was not acknowledged comes again, once, and nothing else", PopTakeover::find);
        Tap.end(); // as it is: nothing is given back
    }

    static Message message(String tag, int i) { return new Message(TOPIC, tag, "k" + i, ("m" + i).getBytes()); }

    static DefaultMQPushConsumer consumer(MessageListenerConcurrently l) throws Exception {
        DefaultMQPushConsumer c = Clients.consumer(GROUP, TOPIC, "x", l);
        c.setClientRebalance(false);
        c.setPopInvisibleTime(INVISIBLE_MS);
        c.setConsumeThreadMin(2 * COUNT);
        c.setConsumeThreadMax(2 * COUNT);
        c.start();
        return c;
    }

    static void leave(DefaultMQProducer producer) throws Exception {
        ConcurrentHashMap<String, Integer> got = new ConcurrentHashMap<>();
        for (int i = 0; i < COUNT; i++) producer.send(message("x", i));
        consumer((l, ctx) -> {
            for (MessageExt m : l) {
                got.merge(new String(m.getBody()), 1, Integer::sum);
                if (m.getBody()[m.getBody().length - 1] % 2 == 0) new Semaphore(0).acquireUninterruptibly();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        Tap.that(Clients.until(15, () -> got.size() == COUNT), "it got " + got.size());
        Thread.sleep(1500); // acknowledgements are sent, the offsets are saved
    }

    static void find() throws Exception {
        ConcurrentHashMap<String, Integer> got = new ConcurrentHashMap<>();
        consumer(Clients.each(m -> got.merge(new String(m.getBody()), 1, Integer::sum)));
        Clients.until(60, () -> got.size() >= COUNT / 2);
        Thread.sleep(5000); // what should not come gets time to come
        for (int i = 0; i < COUNT; i++)
            Tap.same(i % 2 == 0 ? Integer.valueOf(1) : null, got.get("m" + i), "times m" + i + " came");
    }
}

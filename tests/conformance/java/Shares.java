// SPDX-License-Identifier: Apache-2.0
import java.util.*;
import java.util.stream.*;
import org.apache.rocketmq.client.consumer.AllocateMessageQueueStrategy;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.rebalance.*;
import org.apache.rocketmq.common.message.MessageQueue;

/** Members of a group with the official client, as library_peer's share: Shares NAMESRV TOPIC STRATEGY NAME... ; says each member's queues. */
public class Shares {
    static AllocateMessageQueueStrategy strategy(String name, String topic) {
        switch (name) {
        case "AVG_BY_CIRCLE": return new AllocateMessageQueueAveragelyByCircle();
        case "CONSISTENT_HASH": return new AllocateMessageQueueConsistentHash();
        case "MACHINE_ROOM": {
            AllocateMessageQueueByMachineRoom s = new AllocateMessageQueueByMachineRoom();
            s.setConsumeridcs(Collections.singleton("room"));
            return s;
        }
        case "MACHINE_ROOM_NEARBY":
            return new AllocateMachineRoomNearby(new AllocateMessageQueueAveragely(), new AllocateMachineRoomNearby.MachineRoomResolver() {
                public String brokerDeployIn(MessageQueue mq) { return "room"; }
                public String consumerDeployIn(String id) { return "room"; }
            });
        case "CONFIG": {
            AllocateMessageQueueByConfig s = new AllocateMessageQueueByConfig();
            s.setMessageQueueList(IntStream.range(4, 8).mapToObj(i -> new MessageQueue(topic, "room@broker-a", i)).collect(Collectors.toList()));
            return s;
        }
        default: return new AllocateMessageQueueAveragely();
        }
    }

    public static void main(String[] args) throws Exception {
        List<DefaultMQPushConsumer> all = new ArrayList<>();
        for (int i = 3; i < args.length; i++) {
            DefaultMQPushConsumer c = new DefaultMQPushConsumer("library-share");
            c.setNamesrvAddr(args[0]);
            c.setInstanceName(args[i]);
            c.setAllocateMessageQueueStrategy(strategy(args[2], args[1]));
            c.setHeartbeatBrokerInterval(2000);
            c.subscribe(args[1], "*");
            c.registerMessageListener((MessageListenerConcurrently) (messages, context) -> ConsumeConcurrentlyStatus.CONSUME_SUCCESS);
            c.start();
            all.add(c);
        }
        while (System.in.available() == 0) {
            for (int i = 0; i < all.size(); i++) {
                String queues = all.get(i).getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet().stream()
                    .filter(q -> q.getTopic().equals(args[1])).map(q -> " " + q.getQueueId()).collect(Collectors.joining());
                System.out.println("member" + i + queues);
            }
            Thread.sleep(200);
        }
        for (DefaultMQPushConsumer c : all) c.shutdown();
        System.exit(0);
    }
}

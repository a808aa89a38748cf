// SPDX-License-Identifier: Apache-2.0
// A Go client that stays while daemons come and go: told on its standard input through which broker to get a message, it says when it
// has sent one there and received it.
//
//	main NAMESRV;NAMESRV route TOPIC
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const patience = 90 * time.Second // routes are refreshed every 30 s, queues shared out every 20 s

var (
	got   = map[string]bool{}
	gotMu sync.Mutex
)

func received(text string) bool {
	gotMu.Lock()
	defer gotMu.Unlock()
	return got[text]
}

// Send to a queue of the broker until that is acknowledged, and wait for the message.
func through(p rocketmq.Producer, topic, broker string, serial int) error {
	end := time.Now().Add(patience)
	text := fmt.Sprintf("go message %d", serial)
	for {
		m := primitive.NewMessage(topic, []byte(text))
		m.Queue = &primitive.MessageQueue{Topic: topic, BrokerName: broker, QueueId: serial % 4}
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		r, err := p.SendSync(ctx, m)
		cancel()
		if err == nil && r.Status == primitive.SendOK {
			break
		}
		if time.Now().After(end) {
			return fmt.Errorf("not sent: %v %v", r, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	for !received(text) {
		if time.Now().After(end) {
			return fmt.Errorf("sent but not received: %s", text)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

func route(ns []string, topic string) {
	p, err := rocketmq.NewProducer(producer.WithNameServer(ns), producer.WithGroupName("PG_go_route"), producer.WithRetry(0),
		producer.WithQueueSelector(producer.NewManualQueueSelector()))
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		fail("producer: %v", err)
	}
	c, err := rocketmq.NewPushConsumer(consumer.WithNameServer(ns), consumer.WithGroupName("CG_go_route"),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	if err == nil {
		err = c.Subscribe(topic, consumer.MessageSelector{}, func(_ context.Context, ms ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			gotMu.Lock()
			for _, m := range ms {
				got[string(m.Body)] = true
			}
			gotMu.Unlock()
			return consumer.ConsumeSuccess, nil
		})
	}
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		fail("consumer: %v", err)
	}
	in := bufio.NewScanner(os.Stdin)
	for serial := 1; in.Scan(); serial++ {
		broker := strings.TrimSpace(in.Text())
		began := time.Now()
		if err := through(p, topic, broker, serial); err != nil {
			fmt.Printf("failed %s: %v\n", broker, err)
		} else {
			fmt.Printf("through %s %d\n", broker, time.Since(began).Milliseconds())
		}
	}
	os.Exit(0)
}

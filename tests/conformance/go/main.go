// SPDX-License-Identifier: Apache-2.0
// The official Go client sends singly and in batches, and push-consumes: every message once, orderly ones in order, a failed one again.
//
//	main NAMESRV COUNT SUFFIX
//	main NAMESRV;NAMESRV route TOPIC    see route.go
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/apache/rocketmq-client-go/v2/rlog"
)

func fail(format string, a ...any) {
	fmt.Printf("FAILED: "+format+"\n", a...)
	os.Exit(1)
}

func main() {
	rlog.SetLogLevel("error")
	ns := strings.Split(os.Args[1], ";")
	if os.Args[2] == "route" {
		route(ns, os.Args[3])
	}
	count, _ := strconv.Atoi(os.Args[2])
	topic, group := "GoTopic"+os.Args[3], "CG_go"+os.Args[3]
	p, err := rocketmq.NewProducer(producer.WithNameServer(ns), producer.WithGroupName("PG_go"+os.Args[3]))
	if err != nil {
		fail("producer: %v", err)
	}
	if err = p.Start(); err != nil {
		fail("producer: %v", err)
	}
	if _, err = p.SendSync(context.Background(), primitive.NewMessage(topic, []byte("0"))); err != nil {
		fail("first send: %v", err)
	}
	var mu sync.Mutex
	seen := map[string]int{}
	c, err := rocketmq.NewPushConsumer(consumer.WithNameServer(ns), consumer.WithGroupName(group),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	if err != nil {
		fail("consumer: %v", err)
	}
	err = c.Subscribe(topic, consumer.MessageSelector{}, func(_ context.Context, ms ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		mu.Lock()
		for _, m := range ms {
			seen[string(m.Body)]++
		}
		mu.Unlock()
		return consumer.ConsumeSuccess, nil
	})
	if err != nil {
		fail("subscribe: %v", err)
	}
	if err = c.Start(); err != nil {
		fail("consumer: %v", err)
	}
	for i := 1; i < count/2; i++ {
		m := primitive.NewMessage(topic, []byte(strconv.Itoa(i)))
		m.WithTag("t").WithKeys([]string{"k" + strconv.Itoa(i)})
		if r, err := p.SendSync(context.Background(), m); err != nil || r.Status != primitive.SendOK {
			fail("send %d: %v %v", i, r, err)
		}
	}
	for i := count / 2; i < count; i += 10 {
		var batch []*primitive.Message
		for k := i; k < i+10 && k < count; k++ {
			batch = append(batch, primitive.NewMessage(topic, []byte(strconv.Itoa(k))))
		}
		if r, err := p.SendSync(context.Background(), batch...); err != nil || r.Status != primitive.SendOK {
			fail("batch %d: %v %v", i, r, err)
		}
	}
	for i := 0; i < 600; i++ {
		mu.Lock()
		n := len(seen)
		mu.Unlock()
		if n == count {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	mu.Lock()
	for k, n := range seen {
		if n != 1 {
			fail("message %s came %d times", k, n)
		}
	}
	if len(seen) != count {
		fail("%d of %d messages came", len(seen), count)
	}
	mu.Unlock()
	orderly(ns, p, os.Args[3])
	again(ns, p, os.Args[3])
	fmt.Printf("%d messages, each once; orderly ones in order; a failed one again; only the tag that was asked for\nPASSED\n", count)
	os.Exit(0)
}

// consume starts a push consumer of a topic that the producer has made.
func consume(ns []string, group, topic string, order bool, sel consumer.MessageSelector, f func(*primitive.MessageExt) consumer.ConsumeResult) {
	c, err := rocketmq.NewPushConsumer(consumer.WithNameServer(ns), consumer.WithGroupName(group), consumer.WithInstance(group),
		consumer.WithConsumerOrder(order), consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	if err != nil {
		fail("%s: %v", group, err)
	}
	err = c.Subscribe(topic, sel, func(_ context.Context, ms ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		for _, m := range ms {
			if r := f(m); r != consumer.ConsumeSuccess {
				return r, nil
			}
		}
		return consumer.ConsumeSuccess, nil
	})
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		fail("%s: %v", group, err)
	}
}

func until(what string, done func() bool) {
	for i := 0; i < 600; i++ {
		if done() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	fail("%s", what)
}

func send(p rocketmq.Producer, m *primitive.Message) *primitive.SendResult {
	r, err := p.SendSync(context.Background(), m)
	if err != nil || r.Status != primitive.SendOK {
		fail("send: %v %v", r, err)
	}
	return r
}

// orderly: two consumers of a group, the positions of each queue come in order.
func orderly(ns []string, p rocketmq.Producer, suffix string) {
	topic, total := "GoOrder"+suffix, 200
	var mu sync.Mutex
	last, got := map[int]int64{}, 0
	for i := 0; i < total; i++ {
		send(p, primitive.NewMessage(topic, []byte(strconv.Itoa(i))))
	}
	consume(ns, "CG_goorder"+suffix, topic, true, consumer.MessageSelector{}, func(m *primitive.MessageExt) consumer.ConsumeResult {
		mu.Lock()
		defer mu.Unlock()
		if at, ok := last[m.Queue.QueueId]; ok && m.QueueOffset != at+1 {
			fail("queue %d: %d after %d", m.Queue.QueueId, m.QueueOffset, at)
		}
		last[m.Queue.QueueId] = m.QueueOffset
		got++
		return consumer.ConsumeSuccess
	})
	until("orderly messages are missing", func() bool { mu.Lock(); defer mu.Unlock(); return got == total })
}

// again: a message that failed comes once more with its count; other tags than the one asked for do not come.
func again(ns []string, p rocketmq.Producer, suffix string) {
	topic := "GoAgain" + suffix
	var mu sync.Mutex
	var times []int32
	send(p, primitive.NewMessage(topic, []byte("other")).WithTag("b"))
	send(p, primitive.NewMessage(topic, []byte("once more")).WithTag("a"))
	consume(ns, "CG_goagain"+suffix, topic, false, consumer.MessageSelector{Type: consumer.TAG, Expression: "a"}, func(m *primitive.MessageExt) consumer.ConsumeResult {
		mu.Lock()
		defer mu.Unlock()
		if m.GetTags() != "a" {
			fail("a message with the tag %s", m.GetTags())
		}
		times = append(times, m.ReconsumeTimes)
		if m.ReconsumeTimes == 0 {
			return consumer.ConsumeRetryLater
		}
		return consumer.ConsumeSuccess
	})
	until("a failed message did not come again", func() bool { mu.Lock(); defer mu.Unlock(); return len(times) == 2 && times[1] == 1 })
}

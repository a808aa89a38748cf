// SPDX-License-Identifier: Apache-2.0
// The official Go client sends singly and in batches, and push-consumes: every message once.
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
	defer mu.Unlock()
	for k, n := range seen {
		if n != 1 {
			fail("message %s came %d times", k, n)
		}
	}
	if len(seen) != count {
		fail("%d of %d messages came", len(seen), count)
	}
	fmt.Printf("%d messages, each once\nPASSED\n", count)
	os.Exit(0)
}

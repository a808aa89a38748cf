// SPDX-License-Identifier: Apache-2.0

// What bench_client.c measures, with the official Go client: main NAMESRV SECONDS [COUNT-TO-CONSUME].
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/apache/rocketmq-client-go/v2/rlog"
)

const topic = "bench-client"

var body = make([]byte, 128)

func cpu() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec)*1e6 + float64(u.Utime.Usec+u.Stime.Usec)
}

func measure(name string, seconds float64, run func(until time.Time) int64) {
	wall, c := time.Now(), cpu()
	n := run(wall.Add(time.Duration(seconds * 1e9)))
	took := time.Since(wall).Seconds()
	fmt.Printf("go    %-8s %9.0f messages/s  %6.2f us of CPU a message\n", name, float64(n)/took, (cpu()-c)/float64(n))
}

func consume(namesrv string, count int64) {
	done := make(chan bool)
	var came int64
	c, err := consumer.NewPushConsumer(consumer.WithNsResolver(primitive.NewPassthroughResolver([]string{namesrv})),
		consumer.WithGroupName("bench-go"), consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset))
	if err != nil {
		panic(err)
	}
	err = c.Subscribe(topic, consumer.MessageSelector{}, func(_ context.Context, m ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		n := atomic.AddInt64(&came, int64(len(m)))
		if n >= count && n-int64(len(m)) < count {
			close(done)
		}
		return consumer.ConsumeSuccess, nil
	})
	if err != nil {
		panic(err)
	}
	measure("consume", 0, func(time.Time) int64 {
		if err := c.Start(); err != nil {
			panic(err)
		}
		<-done
		return count
	})
	_ = c.Shutdown()
}

func main() {
	rlog.SetLogLevel("fatal")
	seconds, _ := strconv.ParseFloat(os.Args[2], 64)
	p, err := producer.NewDefaultProducer(producer.WithNsResolver(primitive.NewPassthroughResolver([]string{os.Args[1]})),
		producer.WithGroupName("bench-go"))
	if err != nil {
		panic(err)
	}
	if err = p.Start(); err != nil {
		panic(err)
	}
	ctx := context.Background()
	measure("sync", seconds, func(until time.Time) int64 {
		n := int64(0)
		for ; time.Now().Before(until); n++ {
			if _, err := p.SendSync(ctx, primitive.NewMessage(topic, body)); err != nil {
				panic(err)
			}
		}
		return n
	})
	room := make(chan bool, 10000)
	measure("async", seconds, func(until time.Time) int64 {
		n := int64(0)
		for ; time.Now().Before(until); n++ {
			room <- true
			_ = p.SendAsync(ctx, func(context.Context, *primitive.SendResult, error) { <-room }, primitive.NewMessage(topic, body))
		}
		for i := 0; i < cap(room); i++ {
			room <- true
		}
		for i := 0; i < cap(room); i++ {
			<-room
		}
		return n
	})
	measure("batch", seconds, func(until time.Time) int64 {
		n := int64(0)
		batch := make([]*primitive.Message, 32)
		for ; time.Now().Before(until); n += 32 {
			for i := range batch {
				batch[i] = primitive.NewMessage(topic, body)
			}
			if _, err := p.SendSync(ctx, batch...); err != nil {
				panic(err)
			}
		}
		return n
	})
	_ = p.Shutdown()
	if len(os.Args) > 3 {
		count, _ := strconv.ParseInt(os.Args[3], 10, 64)
		consume(os.Args[1], count)
	}
}

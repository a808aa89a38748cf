/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a send to the callback of an idle push consumer, both in this process: latency, and CPU time of the broker for a message that
 * is sent and consumed, at a given rate.  Bodies of 128 bytes that begin with the time of the send.
 *
 *	bench_tail NAMESRV BROKER_PID RATE SECONDS
 */
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lightmq/lightmq.h>

#define BODY_BYTES 128
#define TOPIC "bench-tail"
#define SAMPLES_MAX 2000000
#define NS_PER_S 1000000000
#define WARMUP_S 3
#define DRAIN_S 3

static int64_t samples[SAMPLES_MAX];
static atomic_size_t sample_count;
static atomic_bool measuring;
static atomic_uint_fast64_t received;

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* Of all threads: ns on a CPU. */
static int64_t cpu_ns(const char *pid)
{
	char path[512];
	int64_t sum = 0, ns;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/task/%s/schedstat", pid, e->d_name);
		f = e->d_name[0] == '.' ? NULL : fopen(path, "re");
		if (f && fscanf(f, "%" SCNd64, &ns) == 1)
			sum += ns;
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
	return sum;
}

static enum lmq_consumed on_message(void *user, const struct lmq_message *m)
{
	size_t n, at;
	int64_t sent_ns;

	(void)user;
	memcpy(&sent_ns, lmq_message_body(m, &n), sizeof(sent_ns));
	received++;
	if (!measuring || (at = sample_count++) >= SAMPLES_MAX)
		return LMQ_CONSUMED;
	samples[at] = now_ns() - sent_ns;
	return LMQ_CONSUMED;
}

static void send_one(struct lmq_producer *p)
{
	char body[BODY_BYTES] = { 0 };
	struct lmq_message *m;
	int64_t now = now_ns();

	memcpy(body, &now, sizeof(now));
	m = lmq_message_new(TOPIC, body, sizeof(body));
	if (!m || lmq_producer_send_async(p, m, NULL, NULL) < 0)
		fprintf(stderr, "not sent\n");
	lmq_message_free(m);
}

static uint64_t send_at_rate(struct lmq_producer *p, double rate, double seconds)
{
	int64_t begin = now_ns();
	uint64_t n = 0;

	for (; (double)n < rate * seconds; n++) {
		int64_t due = begin + (int64_t)((double)n * NS_PER_S / rate);
		struct timespec ts = { due / NS_PER_S, due % NS_PER_S };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		send_one(p);
	}
	return n;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void run(struct lmq_producer *p, const char *pid, double rate, double seconds)
{
	int64_t cpu, until;
	uint64_t sent;
	size_t n;

	sent = send_at_rate(p, rate, WARMUP_S);
	measuring = true;
	cpu = cpu_ns(pid);
	sent += send_at_rate(p, rate, seconds);
	for (until = now_ns() + (int64_t)DRAIN_S * NS_PER_S; received < sent && now_ns() < until;)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 0, 1000000 }, NULL);
	cpu = cpu_ns(pid) - cpu;
	n = sample_count < SAMPLES_MAX ? sample_count : SAMPLES_MAX;
	qsort(samples, n, sizeof(samples[0]), by_size);
	if (n == 0)
		return;
	printf("tail c      %6.0f/s  p50 %7.0f us  p99 %7.0f us  broker %6.2f us of CPU a message  %zu measured, %" PRIu64 " of %" PRIu64
	       " received\n", rate, (double)samples[n / 2] / 1000, (double)samples[n * 99 / 100] / 1000, (double)cpu / 1000 / (double)n, n,
	       (uint64_t)received, sent);
}

int main(int argc, char **argv)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_client *client;
	struct lmq_consumer *c;
	struct lmq_producer *p;
	char err[256] = "";

	if (argc != 5 || lmq_config_set(cfg, "namesrvAddr", argv[1], err, sizeof(err)) < 0 || lmq_client_new(cfg, &client, err, sizeof(err)) < 0) {
		fprintf(stderr, "usage: bench_tail NAMESRV BROKER_PID RATE SECONDS\n%s\n", err);
		return 2;
	}
	if (lmq_client_create_topic(client, NULL, TOPIC, 4, 0, err, sizeof(err)) < 0) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	if (lmq_producer_new(client, "bench-tail", cfg, &p) < 0 || lmq_consumer_new(client, "bench-tail-c", cfg, &c) < 0 ||
	    lmq_consumer_subscribe(c, TOPIC, "*") < 0 || lmq_consumer_on_message(c, on_message, NULL) < 0 || lmq_consumer_start(c) < 0)
		return 1;
	while (received == 0) { /* its queues are shared out */
		send_one(p);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 0, 100000000 }, NULL);
	}
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 2, 0 }, NULL);
	received = 0;
	run(p, argv[2], atof(argv[3]), atof(argv[4]));
	(void)lmq_consumer_stop(c, 3000);
	lmq_consumer_free(c);
	lmq_producer_free(p);
	lmq_client_free(client);
	lmq_config_free(cfg);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sending costs the client: rate, and CPU time of this process for a message, one producer, 128-byte bodies: one after the other,
 * asynchronously, in batches of 32, and with automatic batching.
 *
 *	bench_client NAMESRV [SECONDS [COUNT-TO-CONSUME]]      then so many are received by a push consumer
 *	BENCH_WAY=sync|async|batch|auto bench_client …        one of them only
 *	bench_client NAMESRV idle                              what a client that has sent once and consumes nothing holds in memory
 */
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <lightmq/lightmq.h>

#define BODY_BYTES 128
#define BATCH 32
#define LOOK_EVERY 1024 /* messages between two looks at the clock */

static struct lmq_client *client;
static struct lmq_message *message;
static uint64_t failed;

static double wall_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void on_sent(void *user, const struct lmq_send_result *r)
{
	(void)user;
	failed += lmq_send_result_error(r) < 0;
}

static uint64_t one_by_one(struct lmq_producer *p, double until)
{
	uint64_t n = 0;

	for (; wall_s() < until; n++)
		failed += lmq_producer_send(p, message, 0, NULL) < 0;
	return n;
}

static uint64_t async(struct lmq_producer *p, double until)
{
	uint64_t n = 0;

	for (; n % LOOK_EVERY != 0 || wall_s() < until; n++)
		failed += lmq_producer_send_async(p, message, on_sent, NULL) < 0;
	(void)lmq_producer_flush(p, -1);
	return n;
}

static uint64_t batches(struct lmq_producer *p, double until)
{
	const struct lmq_message *m[BATCH];
	uint64_t n = 0;

	for (size_t i = 0; i < BATCH; i++)
		m[i] = message;
	for (; wall_s() < until; n += BATCH)
		failed += lmq_producer_send_batch(p, m, BATCH, 0, NULL) < 0;
	return n;
}

static const struct way {
	const char *name;
	uint64_t (*send)(struct lmq_producer *p, double until);
	const char *auto_batch;
} ways[] = { { "sync", one_by_one, "false" }, { "async", async, "false" }, { "batch", batches, "false" }, { "auto", async, "true" } };

static int measure(const struct way *w, double seconds)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_producer *p;
	double wall, cpu;
	uint64_t n;

	if (lmq_config_set(cfg, "autoBatch", w->auto_batch, NULL, 0) < 0 || lmq_producer_new(client, "bench-client", cfg, &p) < 0)
		return 1;
	lmq_config_free(cfg);
	failed = lmq_producer_send(p, message, 0, NULL) < 0; /* routes are known from here on */
	wall = wall_s();
	cpu = cpu_s();
	n = w->send(p, wall + seconds);
	wall = wall_s() - wall;
	cpu = cpu_s() - cpu;
	printf("c     %-8s %9.0f messages/s  %6.2f us of CPU a message  %" PRIu64 " failed\n", w->name, (double)n / wall, cpu / (double)n * 1e6, failed);
	lmq_producer_free(p);
	return failed > 0;
}

/* ---- receiving ---- */

static uint64_t came, wanted;
static sem_t all_came;

static enum lmq_consumed on_message(void *user, const struct lmq_message *m)
{
	(void)user;
	(void)m;
	if (__atomic_add_fetch(&came, 1, __ATOMIC_RELAXED) == wanted)
		sem_post(&all_came);
	return LMQ_CONSUMED;
}

static int consume(uint64_t count)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_consumer *c;
	double wall, cpu;

	wanted = count;
	sem_init(&all_came, 0, 0);
	if (lmq_config_set(cfg, "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", NULL, 0) < 0 ||
	    lmq_consumer_new(client, "bench-client", cfg, &c) < 0 || lmq_consumer_subscribe(c, "bench-client", "*") < 0 ||
	    lmq_consumer_on_message(c, on_message, NULL) < 0)
		return 1;
	lmq_config_free(cfg);
	wall = wall_s();
	cpu = cpu_s();
	if (lmq_consumer_start(c) < 0)
		return 1;
	sem_wait(&all_came);
	wall = wall_s() - wall;
	cpu = cpu_s() - cpu;
	printf("c     %-8s %9.0f messages/s  %6.2f us of CPU a message\n", "consume", (double)count / wall, cpu / (double)count * 1e6);
	lmq_consumer_free(c);
	return 0;
}

/* ---- memory ---- */

static long private_kib(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	long kib, sum = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_Clean: %ld", &kib) == 1 || sscanf(line, "Private_Dirty: %ld", &kib) == 1)
			sum += kib;
	if (f)
		fclose(f);
	return sum;
}

/* Ten clients with a producer and a consumer each, which have sent one message. */
static int idle(const char *namesrv)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_client *clients[10];
	struct lmq_producer *producers[10];
	struct lmq_consumer *consumers[10];
	long before = private_kib();

	if (lmq_config_set(cfg, "namesrvAddr", namesrv, NULL, 0) < 0)
		return 1;
	for (int i = 0; i < 10; i++) {
		char group[32];

		snprintf(group, sizeof(group), "bench-idle-%d", i);
		if (lmq_client_new(cfg, &clients[i], NULL, 0) < 0 || lmq_producer_new(clients[i], group, NULL, &producers[i]) < 0 ||
		    lmq_producer_send(producers[i], message, 0, NULL) < 0 || lmq_consumer_new(clients[i], group, NULL, &consumers[i]) < 0 ||
		    lmq_consumer_subscribe(consumers[i], "bench-client", "*") < 0 || lmq_consumer_on_message(consumers[i], on_message, NULL) < 0 ||
		    lmq_consumer_start(consumers[i]) < 0)
			return 1;
	}
	sleep(2);
	printf("c     idle     %ld KiB a client with a producer and a consumer, private memory\n", (private_kib() - before) / 10);
	for (int i = 0; i < 10; i++) {
		lmq_consumer_free(consumers[i]);
		lmq_producer_free(producers[i]);
		lmq_client_free(clients[i]);
	}
	lmq_config_free(cfg);
	return 0;
}

int main(int argc, char **argv)
{
	struct lmq_config *cfg = lmq_config_new();
	char body[BODY_BYTES], err[256];
	int r = 0;

	if (argc < 2 || lmq_config_set(cfg, "namesrvAddr", argv[1], err, sizeof(err)) < 0 || lmq_client_new(cfg, &client, err, sizeof(err)) < 0) {
		fprintf(stderr, "usage: bench_client NAMESRV [SECONDS]\n");
		return 2;
	}
	lmq_config_free(cfg);
	if (lmq_client_create_topic(client, NULL, "bench-client", 4, 0, err, sizeof(err)) < 0) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	memset(body, 'x', sizeof(body));
	message = lmq_message_new("bench-client", body, sizeof(body));
	if (argc > 2 && strcmp(argv[2], "idle") == 0)
		r = idle(argv[1]);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && strcmp(argc > 2 ? argv[2] : "", "idle") != 0; i++)
		r |= getenv("BENCH_WAY") && strcmp(getenv("BENCH_WAY"), ways[i].name) != 0 ? 0 : measure(&ways[i], argc > 2 ? atof(argv[2]) : 3);
	if (argc > 3)
		r |= consume(strtoull(argv[3], NULL, 10));
	lmq_message_free(message);
	lmq_client_free(client);
	return r;
}

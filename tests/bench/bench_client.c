/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sending costs the client: rate, and CPU time of this process for a message, one producer, 128-byte bodies: one after the other,
 * asynchronously, in batches of 32, and with automatic batching.
 *
 *	bench_client NAMESRV [SECONDS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

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
	printf("%-6s %9.0f messages/s  %6.2f us of CPU a message  %" PRIu64 " failed\n", w->name, (double)n / wall, cpu / (double)n * 1e6, failed);
	lmq_producer_free(p);
	return failed > 0;
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
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		r |= measure(&ways[i], argc > 2 ? atof(argv[2]) : 3);
	lmq_message_free(message);
	lmq_client_free(client);
	return r;
}

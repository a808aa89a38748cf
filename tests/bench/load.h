/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lightmq-bench: a load generator that speaks the protocol over connections of its own, several for each thread, so that
 * neither one connection nor a client library is what is measured.
 *
 * bench.c: command line and report.  load_setup.c: topic and route.  load_run.c: the threads.  load_cpu.c: /proc.
 */
#ifndef LIGHTMQ_LOAD_H
#define LIGHTMQ_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hist.h"

#define LOAD_PIDS_MAX 8
#define LOAD_TARGETS_MAX 1024
#define LOAD_ADDRESS_CHARS 64
#define LOAD_NAME_CHARS 128
#define LOAD_THREADS_MAX 64
#define LOAD_CODES_MAX 8 /* kinds of refusals that are told apart */
#define LOAD_IDS_MAX 1024           /* messages in a batch */

enum load_mode { LOAD_SYNC, LOAD_ASYNC, LOAD_ONEWAY, LOAD_BATCH, LOAD_CONSUME, LOAD_TRANSACTION, LOAD_ARRIVE };

struct load_options {
	const char *namesrv, *topic, *group, *json;
	const char *property;                 /* KEY=VALUE of each message, or NULL */
	enum load_mode mode;
	int64_t size, threads, connections, window, batch, queues, pull;
	int64_t seconds, warmup, rate;        /* rate: per second, 0: as fast as it goes */
	int64_t count;                        /* messages to take in consume mode, 0: all; to make, 0: as many as fit the time */
	int64_t due, due_span;                /* ms: each message is to be delivered at due or at random within the span behind it */
	bool binary;                          /* ROCKETMQ headers */
	bool again;                           /* consume: from the start again when the end is reached */
	bool quiet;                           /* no heading */
	int pids[LOAD_PIDS_MAX];
	size_t pid_count;
};

/* One queue of the topic. */
struct load_target {
	char address[LOAD_ADDRESS_CHARS], broker[LOAD_NAME_CHARS];
	int32_t queue_id;
};

struct load_plan {
	const struct load_options *o;
	struct load_target targets[LOAD_TARGETS_MAX];
	size_t count;
};

struct load_code {
	int32_t code; /* response code, or a negative error */
	uint64_t count;
};

struct load_result {
	uint64_t messages, requests, bytes; /* answered (one-way: in the queues) while it was measured */
	double seconds;
	struct lmi_hist latency; /* ns; from when a request was due, if there is a rate, else from when it was made */
	struct lmi_hist late;    /* ns; how much later than due requests were made */
	struct load_code codes[LOAD_CODES_MAX];
	int64_t stored;          /* how far the queues' ends moved during the whole run, warm-up too; -1 unknown */
	int64_t stored_measured; /* one-way: the same while it was measured */
	uint64_t sent;           /* messages made during the whole run */
	double cpu_us[LOAD_PIDS_MAX]; /* CPU time of each process while it was measured */
	double own_us;
};

/** Create the topic where it is missing, and find its queues.  False after a complaint. */
bool load_setup(struct load_plan *p);
/** Sum of the queues' ends, -1 when not to be had.  @settled: waits until it moves no more. */
int64_t load_end_sum(const struct load_plan *p, bool settled);

/** Run the load.  False after a complaint. */
bool load_run(const struct load_plan *p, struct load_result *out);

/** CPU time of all threads of a process, in ns; 0: own process.  -1 when it is gone. */
int64_t load_cpu_ns(int pid);

int64_t load_now_ns(void);
void load_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

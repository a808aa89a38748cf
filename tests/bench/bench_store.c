/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast one thread appends, dispatch into queues and key index included:
 *   bench_store [FOLDER] [SECONDS] [BODY_BYTES] [TURN] [TOPICS] [MESSAGES]
 * Workers do the syncs, the queue files and the index, as in the broker.  Ends after SECONDS, or MESSAGES when they are given.
 * Prints messages and bytes a second, CPU and instructions a message on the appending thread (instructions where perf counters
 * are allowed), how long opening took, memory and descriptors.  In the environment: SYNC_FLUSH, NO_INDEX; KILL ends without
 * closing, so that the next run recovers.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/executor.h"
#include "base/list.h"
#include "store/store.h"

/* ---- one worker and a list of what it has done ---- */

struct worker {
	struct lmi_executor executor;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, ended;
	struct lmi_job *todo, **todo_end, *ran, **ran_end;
	bool stop;
	uint64_t waits;         /* for jobs, as the store took no more */
	int64_t waited_ns;
};

static void submit(struct lmi_executor *e, struct lmi_job *j)
{
	struct worker *w = lmi_container_of(e, struct worker, executor);
	j->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->todo_end = j;
	w->todo_end = &j->next;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->todo && !w->stop)
			pthread_cond_wait(&w->more, &w->lock);
		struct lmi_job *j = w->todo;
		if (!j)
			break;
		w->todo = j->next;
		if (!w->todo)
			w->todo_end = &w->todo;
		pthread_mutex_unlock(&w->lock);
		j->run(j);
		pthread_mutex_lock(&w->lock);
		j->next = NULL;
		*w->ran_end = j;
		w->ran_end = &j->next;
		pthread_cond_signal(&w->ended);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void finish_jobs(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	struct lmi_job *j = w->ran;
	w->ran = NULL;
	w->ran_end = &w->ran;
	pthread_mutex_unlock(&w->lock);
	while (j) {
		struct lmi_job *next = j->next;
		j->done(j);
		j = next;
	}
}

static void worker_start(struct worker *w)
{
	*w = (struct worker){ .executor = { .submit = submit } };
	w->todo_end = &w->todo;
	w->ran_end = &w->ran;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_cond_init(&w->ended, NULL);
	pthread_create(&w->thread, NULL, work, w);
}

static void worker_stop(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	finish_jobs(w);
}

/* ---- measuring ---- */

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t wall_ms(const struct lmi_clock *c)
{
	(void)c;
	return clock_ns(CLOCK_REALTIME) / 1000000;
}

static int64_t mono_ns(const struct lmi_clock *c)
{
	(void)c;
	return clock_ns(CLOCK_MONOTONIC);
}

static const struct lmi_clock system_clock = { .wall_ms = wall_ms, .mono_ns = mono_ns };

static int open_instructions(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_HARDWARE, .size = sizeof(a), .config = PERF_COUNT_HW_INSTRUCTIONS };
	return (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

static uint64_t read_count(int fd)
{
	uint64_t n = 0;
	return fd >= 0 && read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

struct plan {
	const char *folder;
	double seconds;
	size_t body_bytes, turn, topics;
	uint64_t messages;
};

static char topics[16384][24]; /* of 8 queues each */

/* As a client makes them: the unique id ends in a counter. */
static char props[] = "UNIQ_KEY\1" "7F00000100002A9F0000000000000000\2WAIT\1true\2TAGS\1TagA\2";
#define PROPS_COUNTER (9 + 24)

static void number_props(uint64_t n)
{
	for (int i = 0; i < 8; i++)
		props[PROPS_COUNTER + i] = "0123456789ABCDEF"[n >> (4 * (7 - i)) & 15];
}

/** The disk is slower than we: what waits to be written has a limit.  Until a job is over. */
static void wait_for_job(struct store *s, struct worker *w)
{
	int64_t start = clock_ns(CLOCK_MONOTONIC);
	store_turn_end(s);
	pthread_mutex_lock(&w->lock);
	while (!w->ran)
		pthread_cond_wait(&w->ended, &w->lock);
	pthread_mutex_unlock(&w->lock);
	finish_jobs(w);
	w->waits++;
	w->waited_ns += clock_ns(CLOCK_MONOTONIC) - start;
}

static void one_turn(struct store *s, struct worker *w, const struct plan *p, uint64_t *count, struct store_message *m)
{
	for (size_t i = 0; i < p->turn; i++) {
		struct store_ticket t;
		size_t k = (*count + i) % p->topics;
		m->topic = lmi_span_str(topics[k]);
		m->queue_id = (int32_t)((*count + i) / p->topics % 8);
		number_props(*count + i);
		int err;
		while ((err = store_append(s, m, &t)) == -LMQ_EFULL)
			wait_for_job(s, w);
		if (err) {
			fprintf(stderr, "append: %s\n", lmi_strerror(err));
			exit(1);
		}
	}
	store_turn_end(s);
	*count += p->turn;
}

static void run(struct store *s, struct worker *w, const struct plan *p)
{
	uint8_t *body = calloc(1, p->body_bytes + 1);
	uint64_t count = 0;
	struct store_message m = {
		.born = { .addr = { 127, 0, 0, 1 }, .port = 40000 },
		.born_ms = clock_ns(CLOCK_REALTIME) / 1000000,
		.body = lmi_span(body, p->body_bytes),
		.props = lmi_span((const uint8_t *)props, sizeof(props) - 1),
		.tags_code = 2598919,
	};
	int perf = open_instructions();
	uint64_t instructions = read_count(perf);
	int64_t start = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), now = start, ticked = start;
	while (p->messages ? count < p->messages : now - start < (int64_t)(p->seconds * 1e9)) {
		one_turn(s, w, p, &count, &m);
		finish_jobs(w);
		now = clock_ns(CLOCK_MONOTONIC);
		if (now - ticked > 100000000) {
			store_tick(s, now / 1000000);
			ticked = now;
		}
	}
	double took = (double)(now - start) / 1e9, n = (double)count;
	struct store_marks marks;
	store_marks(s, &marks);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	instructions = read_count(perf) - instructions;
	printf("body %zu, turns of %zu, %zu topics: %.0f messages/s, %.0f MB/s of log, %.0f ns CPU a message (%.1f million a CPU second)",
	       p->body_bytes, p->turn, p->topics, n / took, (double)(marks.appended - marks.min_pos) / took / 1e6,
	       (double)cpu / n, n * 1e3 / (double)cpu);
	if (instructions)
		printf(", %.0f instructions a message", (double)instructions / n);
	if (w->waits)
		printf(", %.1f s of %.1f waited for the disk", (double)w->waited_ns / 1e9, took);
	printf("\n");
	free(body);
}

/** Memory of our own and open descriptors, as the kernel counts them. */
static void print_footprint(void)
{
	char line[256];
	int fds = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "RssAnon:", 8) == 0)
			printf("%s", line);
	if (f)
		fclose(f);
	DIR *d = opendir("/proc/self/fd");
	while (d && readdir(d))
		fds++;
	if (d)
		closedir(d);
	printf("%d descriptors\n", fds - 3);
}

int main(int argc, char **argv)
{
	struct plan p = {
		.folder = argc > 1 ? argv[1] : "bench-store-data",
		.seconds = argc > 2 ? atof(argv[2]) : 2,
		.body_bytes = argc > 3 ? (size_t)atol(argv[3]) : 128,
		.turn = argc > 4 ? (size_t)atol(argv[4]) : 64,
		.topics = argc > 5 ? (size_t)atol(argv[5]) : 1,
		.messages = argc > 6 ? (uint64_t)atoll(argv[6]) : 0,
	};
	if (p.topics == 0 || p.topics > sizeof(topics) / sizeof(topics[0]))
		return 2;
	for (size_t i = 0; i < p.topics; i++)
		snprintf(topics[i], sizeof(topics[i]), "Bench%zu", i);
	struct worker w;
	worker_start(&w);
	struct disk *d;
	struct store *s;
	char *why = NULL;
	int err = disk_posix_new(p.folder, &d);
	struct store_config cfg = {
		.executor = &w.executor,
		.clock = &system_clock,
		.segment_bytes = 1 << 30,
		.queue_file_bytes = 6000000,
		.flush = getenv("SYNC_FLUSH") ? STORE_SYNC_FLUSH : STORE_ASYNC_FLUSH,
		.flush_interval_ms = 500,
		.queue_flush_interval_ms = 1000,
		.message_max_bytes = 4 << 20,
		.check_crc = true,
		.message_index = !getenv("NO_INDEX"),
		.store_host = { .addr = { 127, 0, 0, 1 }, .port = 10911 },
	};
	if (!err) {
		cfg.disk = d;
		int64_t t = clock_ns(CLOCK_MONOTONIC);
		err = store_open(&cfg, &s, &why);
		printf("opened in %.1f ms\n", (double)(clock_ns(CLOCK_MONOTONIC) - t) / 1e6);
	}
	if (err) {
		fprintf(stderr, "%s: %s\n", p.folder, why ? why : lmi_strerror(err));
		return 1;
	}
	if (p.messages || p.seconds > 0)
		run(s, &w, &p);
	print_footprint();
	if (getenv("KILL"))
		_exit(0);
	err = store_close(s);
	worker_stop(&w);
	disk_free(d);
	return err ? 1 : 0;
}

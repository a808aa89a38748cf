/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store on the simulated disk, with time that is stated to pass and work that runs when the test says, and a model of
 * what was appended to compare it with.
 */
#ifndef LIGHTMQ_TESTS_UNIT_STORE_STORE_RIG_H
#define LIGHTMQ_TESTS_UNIT_STORE_STORE_RIG_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/executor.h"
#include "base/list.h"
#include "base/rng.h"
#include "disk/disk_crash.h"
#include "store/store.h"
#include "wire/props.h"

#include "tests/support/history.h"
#include "tests/support/lmt.h"

#define RIG_QUEUES 5
#define RIG_BODY_MAX 700
#define RIG_START_MS 1700000000000

/* check tells its parent of every assertion that holds; among a million that is most of the time. */
#define RIG_CHECK(cond)                                              \
	do {                                                         \
		if (!(cond))                                         \
			RIG_ABORT("not true: %s", #cond);            \
	} while (0)

/* Where a bug is planted, a child process says by its status that it was found. */
#define RIG_CAUGHT 77
#ifdef STORE_PLANTED
#define RIG_ABORT(...) _exit(RIG_CAUGHT)
#else
#define RIG_ABORT(...) ck_abort_msg(__VA_ARGS__)
#endif

/* What was appended, in log order. */
struct rig_message {
	struct store_ticket ticket;
	int queue;
	uint64_t seed;     /* of the body */
	uint32_t body_bytes;
	bool queued;
};

/* An executor whose jobs wait until the test lets them run. */
struct rig_executor {
	struct lmi_executor executor;
	struct lmi_job *waiting, **waiting_end; /* not run */
	struct lmi_job *ran, **ran_end;         /* run, not done */
};

struct rig {
	struct disk_crash *crash;
	struct disk *disk;
	struct lmi_clock_manual clock;
	struct rig_executor later;
	struct store_config cfg;
	struct store *store;
	char *why;

	struct rig_message *messages;
	size_t count, cap;
	uint64_t next_seed;

	/* what callbacks said */
	bool sync_may_fail;  /* the disk was told so in this life */
	uint64_t arrivals, marks, readonly, findings, rebuilt;
	int64_t arrived[RIG_QUEUES];
	char last_finding[512];
};

static inline const char *rig_topic(int queue)
{
	static const char *const names[RIG_QUEUES] = { "TopicA", "TopicA", "TopicA", "%RETRY%group", "B" };
	return names[queue];
}

static inline int32_t rig_queue_id(int queue)
{
	return queue < 3 ? queue : queue == 3 ? 0 : 7;
}

/* ---- the executor ---- */

static inline void rig_later_submit(struct lmi_executor *e, struct lmi_job *j)
{
	struct rig_executor *x = lmi_container_of(e, struct rig_executor, executor);
	j->next = NULL;
	*x->waiting_end = j;
	x->waiting_end = &j->next;
}

static inline void rig_executor_init(struct rig_executor *x)
{
	*x = (struct rig_executor){ .executor = { .submit = rig_later_submit } };
	x->waiting_end = &x->waiting;
	x->ran_end = &x->ran;
}

/** Run the first job that waits.  False when none does. */
static inline bool rig_run_one(struct rig_executor *x)
{
	struct lmi_job *j = x->waiting;
	if (!j)
		return false;
	x->waiting = j->next;
	if (!x->waiting)
		x->waiting_end = &x->waiting;
	j->run(j);
	j->next = NULL;
	*x->ran_end = j;
	x->ran_end = &j->next;
	return true;
}

static inline bool rig_done_one(struct rig_executor *x)
{
	struct lmi_job *j = x->ran;
	if (!j)
		return false;
	x->ran = j->next;
	if (!x->ran)
		x->ran_end = &x->ran;
	j->done(j);
	return true;
}

static inline void rig_run_all(struct rig_executor *x)
{
	while (rig_run_one(x) || rig_done_one(x))
		;
}

/* ---- callbacks ---- */

static inline void rig_on_arrival(void *user, struct lmi_span topic, int32_t queue_id, int64_t queue_pos_end,
				  int64_t tags_code, int64_t store_ms)
{
	struct rig *r = user;
	(void)tags_code;
	(void)store_ms;
	r->arrivals++;
	for (int q = 0; q < RIG_QUEUES; q++)
		if (lmi_span_is(topic, rig_topic(q)) && queue_id == rig_queue_id(q)) {
			RIG_CHECK(queue_pos_end > r->arrived[q]);
			r->arrived[q] = queue_pos_end;
		}
}

static inline void rig_on_mark(void *user)
{
	((struct rig *)user)->marks++;
}

static inline void rig_on_readonly(void *user, int err, const char *cause)
{
	RIG_CHECK(err < 0 && cause);
	((struct rig *)user)->readonly++;
}

static inline void rig_on_finding(void *user, enum lmi_log_level level, const char *text)
{
	struct rig *r = user;
	(void)level;
	r->findings++;
	r->rebuilt += strstr(text, "rebuilt") != NULL;
	snprintf(r->last_finding, sizeof(r->last_finding), "%s", text);
}

/* ---- life ---- */

static inline struct rig *rig_new(enum store_flush flush)
{
	struct rig *r = calloc(1, sizeof(*r));
	ck_assert_ptr_nonnull(r);
	r->crash = disk_crash_new();
	r->disk = disk_crash_disk(r->crash);
	lmi_clock_manual_init(&r->clock, RIG_START_MS);
	rig_executor_init(&r->later);
	r->cfg = (struct store_config){
		.disk = r->disk,
		.executor = &lmi_executor_inline,
		.clock = &r->clock.clock,
		.segment_bytes = 16384,
		.queue_file_bytes = 20 * 50,
		.flush = flush,
		.flush_interval_ms = 500,
		.queue_flush_interval_ms = 1000,
		.sync_timeout_ms = 5000,
		.message_max_bytes = 4 * 1024 * 1024,
		.check_crc = true,
		.message_index = true,
		.index_slots = 61,
		.index_entries = 150,
		.store_host = { .addr = { 127, 0, 0, 1 }, .port = 10911 },
		.on_arrival = rig_on_arrival,
		.on_mark = rig_on_mark,
		.on_readonly = rig_on_readonly,
		.on_finding = rig_on_finding,
		.user = r,
	};
	return r;
}

static inline int rig_open(struct rig *r)
{
	free(r->why);
	r->why = NULL;
	return store_open(&r->cfg, &r->store, &r->why);
}

static inline void rig_must_open(struct rig *r)
{
	int err = rig_open(r);
	if (err)
		RIG_ABORT("store_open: %d %s", err, r->why ? r->why : "");
}

static inline int rig_close(struct rig *r)
{
	int err = store_close(r->store);
	r->store = NULL;
	rig_run_all(&r->later);
	return err;
}

/** The process dies: what it had in memory is gone. */
static inline void rig_kill(struct rig *r)
{
	store_abandon(r->store);
	r->store = NULL;
	rig_run_all(&r->later);
}

static inline void rig_free(struct rig *r)
{
	if (r->store)
		rig_kill(r);
	disk_free(r->disk);
	free(r->messages);
	free(r->why);
	free(r);
}

static inline void rig_pass(struct rig *r, int64_t ms)
{
	lmi_clock_manual_pass(&r->clock, ms);
	store_tick(r->store, lmi_mono_ms(&r->clock.clock));
}

/* ---- messages ---- */

static inline void rig_body(uint64_t seed, uint8_t *out, size_t n)
{
	struct lmi_rng_seeded r;
	lmi_rng_seeded_init(&r, seed);
	for (size_t i = 0; i < n; i += sizeof(uint64_t)) {
		uint64_t x = lmi_rng_u64(&r.rng);
		memcpy(out + i, &x, n - i < sizeof(x) ? n - i : sizeof(x));
	}
}

/* Each message has a tag of its own, four characters that it is found by. */
#define RIG_PROPS_MAX 16
static inline size_t rig_props(uint64_t seed, char out[RIG_PROPS_MAX])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	memcpy(out, "TAGS\1....\2", 11);
	for (int i = 0; i < 4; i++)
		out[5 + i] = digits[seed >> (6 * i) & 63];
	return 10;
}

static inline struct lmi_span rig_tag(const char *props)
{
	return lmi_span(props + 5, 4);
}

static inline void rig_remember(struct rig *r, const struct rig_message *m)
{
	if (r->count == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 256;
		r->messages = realloc(r->messages, r->cap * sizeof(*r->messages));
		RIG_CHECK(r->messages);
	}
	r->messages[r->count++] = *m;
}

/** Append n messages to a queue of the rig as one batch.  What succeeded is in the model. */
static inline int rig_append_n(struct rig *r, int queue, size_t n, uint32_t body_bytes, int32_t sysflag)
{
	static uint8_t bodies[16][RIG_BODY_MAX];
	static char props[16][RIG_PROPS_MAX];
	struct store_message m[16] = { 0 };
	struct store_ticket t[16];
	RIG_CHECK(n <= 16);
	for (size_t i = 0; i < n; i++) {
		rig_body(r->next_seed + i, bodies[i], body_bytes);
		m[i] = (struct store_message){
			.topic = lmi_span_str(rig_topic(queue)),
			.queue_id = rig_queue_id(queue),
			.sysflag = sysflag,
			.flag = (int32_t)body_bytes,
			.born_ms = (int64_t)(r->next_seed + i), /* the message's number */
			.born = { .addr = { 10, 0, 0, 1 }, .port = 1 },
			.body = lmi_span(bodies[i], body_bytes),
			.props = lmi_span(props[i], rig_props(r->next_seed + i, props[i])),
			.tags_code = lmi_java_hash(rig_tag(props[i])),
		};
	}
	int err = store_append_batch(r->store, m, n, t);
	for (size_t i = 0; i < n && !err; i++)
		rig_remember(r, &(struct rig_message){ .ticket = t[i], .queue = queue, .seed = r->next_seed + i,
						       .body_bytes = body_bytes, .queued = sysflag == 0 });
	r->next_seed += n;
	return err;
}

static inline int rig_append(struct rig *r, int queue)
{
	return rig_append_n(r, queue, 1, 100, 0);
}

static inline void rig_turn(struct rig *r, int queue, size_t n)
{
	for (size_t i = 0; i < n; i++)
		RIG_CHECK(rig_append(r, queue) == 0);
	store_turn_end(r->store);
}

/* ---- checks ---- */

static inline void rig_check_record(struct rig *r, const struct rig_message *m)
{
	static uint8_t raw[4096], body[RIG_BODY_MAX];
	struct store_extent e = { .log_pos = m->ticket.log_pos, .bytes = (int32_t)(m->ticket.log_end - m->ticket.log_pos) };
	struct lmi_record rec;
	int err = store_read(r->store, &e, raw, true);
	if (err)
		RIG_ABORT("record at %lld: %d", (long long)e.log_pos, err);
	RIG_CHECK(lmi_record_decode(lmi_span(raw, (size_t)e.bytes), &rec) == 0);
	rig_body(m->seed, body, m->body_bytes);
	char props[RIG_PROPS_MAX];
	RIG_CHECK(lmi_span_eq(rec.body, lmi_span(body, m->body_bytes)));
	RIG_CHECK(lmi_span_eq(rec.props, lmi_span(props, rig_props(m->seed, props))));
	RIG_CHECK(rec.queue_pos == m->ticket.queue_pos);
	RIG_CHECK(rec.queue_id == rig_queue_id(m->queue));
	RIG_CHECK(lmi_span_is(rec.topic, rig_topic(m->queue)));
	RIG_CHECK(rec.store_ms == m->ticket.store_ms);
}

/** The queue pulls exactly the model's messages up to its visible end, which is returned. */
static inline int64_t rig_check_queue(struct rig *r, int queue)
{
	struct store_get *g = calloc(1, sizeof(*g));
	struct store_bounds b;
	size_t at = 0;
	g->topic = lmi_span_str(rig_topic(queue));
	g->queue_id = rig_queue_id(queue);
	g->max_messages = 32;
	int known = store_queue_bounds(r->store, g->topic, g->queue_id, &b);
	g->queue_pos = b.min_pos;
	for (;;) {
		RIG_CHECK(store_get(r->store, g) == 0);
		if (g->status != STORE_FOUND)
			break;
		for (size_t i = 0; i < g->count; i++) {
			while (at < r->count && (r->messages[at].queue != queue || !r->messages[at].queued))
				at++;
			RIG_CHECK(at < r->count);
			RIG_CHECK(g->extents[i].log_pos == r->messages[at].ticket.log_pos);
			RIG_CHECK(g->queue_pos + (int64_t)i == r->messages[at].ticket.queue_pos);
			rig_check_record(r, &r->messages[at]);
			at++;
		}
		RIG_CHECK(g->next_pos > g->queue_pos);
		g->queue_pos = g->next_pos;
	}
	if (known == 0 && b.max_pos > 0)
		RIG_CHECK(g->status == STORE_OFFSET_OVERFLOW_ONE);
	RIG_CHECK(g->queue_pos == b.max_pos);
	free(g);
	return b.max_pos;
}

static inline int64_t rig_queue_end(const struct rig *r, int queue)
{
	int64_t end = 0;
	for (size_t i = 0; i < r->count; i++)
		if (r->messages[i].queue == queue && r->messages[i].queued)
			end = r->messages[i].ticket.queue_pos + 1;
	return end;
}

static inline void rig_on_query(void *arg, const struct store_query_result *q)
{
	struct lmi_record rec;
	int64_t *pos = arg;
	RIG_CHECK(q->err == 0);
	RIG_CHECK(q->count <= 1);
	*pos = q->count && lmi_record_decode(q->records, &rec) == 0 ? rec.log_pos : -2;
}

/** The message is found by its tag. */
static inline void rig_check_indexed(struct rig *r, const struct rig_message *m)
{
	char props[RIG_PROPS_MAX];
	int64_t pos = -1;
	rig_props(m->seed, props);
	struct store_query q = { .topic = lmi_span_str(rig_topic(m->queue)), .key = rig_tag(props), .by_tag = true, .max = 32,
				 .end_ms = INT64_MAX, .max_bytes = 1 << 20 };
	RIG_CHECK(store_query(r->store, &q, rig_on_query, &pos) == 0);
	rig_run_all(&r->later);
	if (pos != m->ticket.log_pos)
		ck_abort_msg("tag %.4s of the record at %lld: found %lld", props + 5, (long long)m->ticket.log_pos, (long long)pos);
}

#define RIG_INDEXED_EVERY 41 /* messages looked up by key when all are checked */

/** Everything in the model is there, and each queue holds it all. */
static inline void rig_check_all(struct rig *r)
{
	for (size_t i = 0; i < r->count; i++)
		rig_check_record(r, &r->messages[i]);
	for (size_t i = r->count % RIG_INDEXED_EVERY; i < r->count && r->cfg.message_index; i += RIG_INDEXED_EVERY)
		rig_check_indexed(r, &r->messages[i]);
	for (int q = 0; q < RIG_QUEUES; q++)
		RIG_CHECK(rig_check_queue(r, q) == rig_queue_end(r, q));
}

/**
 * After a crash: the log ends at a record's edge, at or above what was known to be synced, and holds nothing that was not
 * appended.  The model forgets what did not survive.
 */
static inline void rig_check_recovered(struct rig *r, int64_t synced)
{
	struct store_marks m;
	store_marks(r->store, &m);
	RIG_CHECK(m.appended == m.written);
	RIG_CHECK(m.written == m.synced);
	RIG_CHECK(m.dispatched == m.synced);
	RIG_CHECK(m.synced >= synced);
	size_t keep = 0;
	while (keep < r->count && r->messages[keep].ticket.log_end <= m.synced)
		keep++;
	if (keep < r->count)
		RIG_CHECK(r->messages[keep].ticket.log_pos >= m.synced);
	r->count = keep;
	int64_t end = keep ? r->messages[keep - 1].ticket.log_end : 0;
	RIG_CHECK(m.synced == end || m.synced == end - end % r->cfg.segment_bytes + r->cfg.segment_bytes);
	for (int q = 0; q < RIG_QUEUES; q++)
		r->arrived[q] = rig_queue_end(r, q);
	rig_check_all(r);
}

/* ---- history ---- */

/** What was appended from @first on to the first queues goes into the history; answered ok is what ends at or below @kept. */
static inline void rig_log_sends(const struct rig *r, struct history *h, size_t first, int64_t kept, int queues)
{
	for (size_t i = first; i < r->count; i++) {
		const struct rig_message *m = &r->messages[i];
		struct history_send s = { .number = m->seed, .queue = (uint32_t)m->queue, .offset = m->ticket.queue_pos };
		s.result = m->ticket.log_end <= kept ? HISTORY_OK : HISTORY_UNKNOWN;
		if (m->queued && m->queue < queues)
			history_send(h, &s);
	}
}

static inline struct history_read rig_look_at(const uint8_t *raw, const struct store_extent *e, int queue)
{
	static uint8_t body[RIG_BODY_MAX];
	char props[RIG_PROPS_MAX];
	struct lmi_record rec;
	struct history_read x = { .queue = (uint32_t)queue, .offset = e->queue_pos };
	if (lmi_record_decode(lmi_span(raw, (size_t)e->bytes), &rec) != 0 || rec.body.n > RIG_BODY_MAX)
		return x;
	x.number = (uint64_t)rec.born_ms;
	rig_body(x.number, body, rec.body.n);
	x.intact = rec.flag == (int32_t)rec.body.n && lmi_span_eq(rec.body, lmi_span(body, rec.body.n)) &&
		   lmi_span_eq(rec.props, lmi_span(props, rig_props(x.number, props))) && lmi_span_is(rec.topic, rig_topic(queue));
	return x;
}

/** A reader goes through the first queues from their beginning. */
static inline void rig_log_round(struct rig *r, struct history *h, int queues)
{
	static uint8_t raw[4096];
	struct store_get *g = calloc(1, sizeof(*g));
	history_round(h);
	for (int q = 0; q < queues; q++) {
		g->topic = lmi_span_str(rig_topic(q));
		g->queue_id = rig_queue_id(q);
		g->max_messages = 32;
		for (g->queue_pos = 0; store_get(r->store, g) == 0 && g->status == STORE_FOUND; g->queue_pos = g->next_pos)
			for (size_t i = 0; i < g->count; i++) {
				RIG_CHECK(store_read_got(r->store, g, i, raw, true) == 0);
				struct history_read x = rig_look_at(raw, &g->extents[i], q);
				history_read(h, &x);
			}
	}
	free(g);
}

/** Environment number, or a default. */
static inline unsigned long rig_env(const char *name, unsigned long fallback)
{
	const char *v = getenv(name);
	return v && *v ? strtoul(v, NULL, 10) : fallback;
}

#endif

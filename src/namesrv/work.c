/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that touch a hundred thousand topics.  Their topics are decoded on a worker and taken over some at a time; between
 * two steps whoever asks for a route is answered.
 */
#include <errno.h>
#include <stdlib.h>

#include "namesrv/handle_internal.h"

enum work_kind { WORK_REGISTER, WORK_TOPICS, WORK_RANGES };

struct namesrv_work {
	struct lmi_job job;      /* first; decoding */
	struct namesrv *n;
	struct namesrv_work *next;
	enum work_kind kind;
	struct lmi_command c;    /* what an answer needs; no fields */
	struct lmi_conn *conn;   /* referenced, once it waits */
	uint64_t conn_id;
	bool begun, gone;        /* gone: the connection closed, or the broker unregistered */
	struct route_task task;
	int err;
	/* WORK_REGISTER */
	struct route_registration r; /* its texts in the arena */
	struct lmi_span body;    /* in mem */
	bool compressed;
	int32_t crc;
	struct lmi_register topics;
	struct lmi_arena arena;
	/* WORK_RANGES */
	unsigned int bits;
	uint8_t bitmap[1u << (LMI_SYNC_RANGE_BITS_MAX - 3)];
	void *mem;               /* the frame, or what was copied of it */
	size_t bytes;
};

static void step(void *arg);

static struct namesrv_work *work_new(const struct ask *a, enum work_kind kind)
{
	struct namesrv_work *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->n = a->n;
	w->kind = kind;
	w->conn_id = a->conn_id;
	w->c = (struct lmi_command){ .opaque = a->c->opaque, .serialize = a->c->serialize, .flag = a->c->flag, .version = a->c->version };
	return w;
}

static void work_free(struct namesrv_work *w)
{
	route_table_task_end(w->n->routes, &w->task);
	lmi_arena_done(&w->arena);
	if (w->conn)
		lmi_conn_unref(w->conn);
	free(w->mem);
	free(w);
}

static bool may_wait(const struct ask *a) { return a->n->cfg.later && a->n->cfg.executor && a->n->conn; }

/* ---- the answer ---- */

static void say(struct namesrv_work *w, struct ask *a)
{
	switch (w->kind) {
	case WORK_REGISTER:
		ask_registered(a, &w->r, &w->task.registered, w->err);
		break;
	case WORK_TOPICS:
		ask_synced(a, w->task.changed, w->err);
		break;
	case WORK_RANGES:
		ask_compared(a, w->bitmap, w->bits, w->err);
		break;
	}
}

/* The first has ended. */
static void end(struct namesrv *n)
{
	struct namesrv_work *w = n->work;
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf sink = { 0 };
	struct ask a = { n, &w->c, w->conn_id, lmi_mono_ms(n->cfg.clock), w->c.flag & LMI_FLAG_ONEWAY ? &sink : lmi_conn_out(w->conn) };

	if (w->gone)
		w->err = -LMQ_ESTATE;
	say(w, &a);
	lmi_arena_reset(&n->arena);
	lmi_conn_request_end(w->conn);
	n->work = w->next;
	if (!n->work)
		n->work_last = &n->work;
	n->work_count--;
	n->work_bytes -= w->bytes;
	work_free(w);
}

/* ---- one after the other ---- */

static void decode(struct lmi_job *j)
{
	struct namesrv_work *w = (struct namesrv_work *)j;

	w->err = ask_read_topics(w->body, w->compressed, w->crc, w->c.version, &w->arena, &w->topics);
}

static void go_on(struct namesrv *n)
{
	/* Without memory to say so: in one go. */
	if (n->work && n->cfg.later(n->cfg.user, step, n) < 0)
		step(n);
}

static void decoded(struct lmi_job *j)
{
	struct namesrv_work *w = (struct namesrv_work *)j;

	if (!w->gone && w->err == 0) {
		w->r.body = &w->topics;
		w->err = route_table_register_begin(w->n->routes, &w->r, lmi_mono_ms(w->n->cfg.clock), &w->task);
	}
	w->begun = true;
	go_on(w->n);
}

static void step(void *arg)
{
	struct namesrv *n = arg;
	struct namesrv_work *w = n->work;

	if (!w)
		return; /* all were dropped */
	if (!w->begun && !w->gone) {
		lmi_executor_submit(n->cfg.executor, &w->job); /* it goes on when that is decoded */
		return;
	}
	if (!w->gone && w->err >= 0)
		w->err = route_table_step(n->routes, &w->task, NAMESRV_WORK_TOPICS);
	if (w->gone || w->err <= 0)
		end(n);
	go_on(n);
}

/* Takes the work.  Its answer comes later. */
static void queue(struct ask *a, struct namesrv_work *w)
{
	struct namesrv *n = a->n;
	bool idle = !n->work;

	w->conn = lmi_conn_ref(n->conn);
	lmi_conn_request_begin(w->conn);
	*n->work_last = w;
	n->work_last = &w->next;
	n->work_count++;
	n->work_bytes += w->bytes;
	if (idle)
		go_on(n);
}

/* A step of it at once: that is all for most brokers. */
static void begin(struct ask *a, struct namesrv_work *w, int err)
{
	w->begun = true;
	w->err = err < 0 ? err : route_table_step(a->n->routes, &w->task, may_wait(a) ? NAMESRV_WORK_TOPICS : SIZE_MAX);
	if (w->err > 0) {
		queue(a, w);
		return;
	}
	say(w, a);
	work_free(w);
}

/* ---- what is asked ---- */

static struct lmi_span keep(struct lmi_arena *a, struct lmi_span s)
{
	return s.p ? lmi_span(lmi_arena_dup(a, s.p, s.n), s.n) : s;
}

static bool keep_texts(struct namesrv_work *w, const struct route_registration *r)
{
	lmi_arena_init(&w->arena, NAMESRV_ARENA_MAX);
	w->r = *r;
	w->r.cluster = keep(&w->arena, r->cluster);
	w->r.broker_name = keep(&w->arena, r->broker_name);
	w->r.addr = keep(&w->arena, r->addr);
	w->r.ha_addr = keep(&w->arena, r->ha_addr);
	w->r.zone_name = keep(&w->arena, r->zone_name);
	return w->r.cluster.p && w->r.broker_name.p && w->r.addr.p && w->r.ha_addr.p && !w->r.zone_name.p == !r->zone_name.p;
}

/* Megabytes are not copied. */
static bool keep_body(struct namesrv_work *w, struct lmi_conn *conn, struct lmi_span body)
{
	w->bytes = body.n;
	w->body = body;
	w->mem = lmi_conn_take_frame(conn);
	if (w->mem)
		return true;
	w->mem = malloc(body.n + 1);
	if (!w->mem)
		return false;
	w->body = lmi_span(w->mem, body.n);
	if (body.n)
		memcpy(w->mem, body.p, body.n);
	return true;
}

static bool waits(const struct namesrv *n, uint64_t conn_id)
{
	for (const struct namesrv_work *w = n->work; w; w = w->next)
		if (w->conn_id == conn_id)
			return true;
	return false;
}

bool namesrv_work_register(struct ask *a, const struct route_registration *r, bool compressed, int32_t crc)
{
	struct namesrv *n = a->n;
	struct lmi_span body = a->c->body;
	struct namesrv_work *w;

	if (!may_wait(a) || (body.n < (compressed ? NAMESRV_WORK_BODY / 16 : NAMESRV_WORK_BODY) && !waits(n, a->conn_id)))
		return false;
	route_table_touch(n->routes, r->cluster, r->broker_name, r->addr, a->now_ms); /* it lives, however long this takes */
	if (n->work_count >= NAMESRV_WORK_WAITING_MAX || n->work_bytes + body.n > NAMESRV_WORK_BYTES_MAX) {
		ask_answer(a, LMI_RSP_SYSTEM_BUSY, "register broker failed: too many large registrations wait here; try again");
		return true;
	}
	w = work_new(a, WORK_REGISTER);
	if (!w || !keep_texts(w, r) || !keep_body(w, n->conn, body)) {
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, "register broker failed: out of memory");
		if (w)
			work_free(w);
		return true;
	}
	w->job = (struct lmi_job){ .run = decode, .done = decoded };
	w->compressed = compressed;
	w->crc = crc;
	queue(a, w);
	return true;
}

void namesrv_work_topics(struct ask *a, const struct lmi_sync_topics *s)
{
	struct namesrv_work *w = work_new(a, WORK_TOPICS);

	if (!w)
		ask_synced(a, true, -ENOMEM);
	else
		begin(a, w, route_table_topics_begin(a->n->routes, a->conn_id, s, a->now_ms, &w->task));
}

void namesrv_work_ranges(struct ask *a, unsigned int bits, const uint8_t *digests)
{
	struct namesrv_work *w = work_new(a, WORK_RANGES);

	if (w)
		w->mem = malloc((size_t)8 << bits);
	if (!w || !w->mem) {
		ask_compared(a, NULL, bits, -ENOMEM);
		if (w)
			work_free(w);
		return;
	}
	w->bits = bits;
	w->bytes = (size_t)8 << bits;
	memcpy(w->mem, digests, w->bytes);
	begin(a, w, route_table_ranges_begin(a->n->routes, a->conn_id, bits, w->mem, a->now_ms, w->bitmap, &w->task));
}

/* ---- what ends it before ---- */

void namesrv_work_drop(struct namesrv *n, struct lmi_span broker_name, struct lmi_span addr)
{
	for (struct namesrv_work *w = n->work; w; w = w->next)
		if (w->kind == WORK_REGISTER && lmi_span_eq(w->r.broker_name, broker_name) && lmi_span_eq(w->r.addr, addr))
			w->gone = true;
}

void namesrv_work_conn_closed(struct namesrv *n, uint64_t conn_id)
{
	for (struct namesrv_work *w = n->work; w; w = w->next)
		if (w->conn_id == conn_id)
			w->gone = true;
}

void namesrv_work_free_all(struct namesrv *n)
{
	struct namesrv_work *w;

	while ((w = n->work)) {
		n->work = w->next;
		work_free(w);
	}
}

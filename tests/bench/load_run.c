/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads that make the load: each has a loop, its share of the connections, and when there is a rate a pacer
 * that says when requests are due.
 */
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "io/conn.h"
#include "wire/command.h"
#include "wire/heartbeat.h"
#include "wire/record.h"

#include "load_template.h"

#define CONNECT_MS 5000
#define DRAIN_MS 5000
#define ONEWAY_AHEAD (256u << 10) /* bytes that wait to be written before a connection is given no more */
#define PACE_MIN_NS 100000        /* requests due closer together than that are made together */
#define BACKLOG_MAX 4000000       /* due requests not made yet */
#define ARENA_MAX (1u << 20)
#define NS_PER_S 1000000000
#define OUT_MAX SIZE_MAX

struct slot {
	int64_t begin_ns;    /* due, or made */
	bool ending;         /* transaction: the half message is stored, its end is under way */
	size_t target;       /* consume: which cursor */
};

struct cursor {
	const struct load_target *target;
	int64_t next, begin;
	bool ended;
};

struct worker;

struct load_conn {
	struct worker *worker;
	struct lmi_conn *conn;
	bool open;
	const struct load_target **targets; /* queues of the broker that it is connected to */
	struct load_template **templates;
	size_t target_count, next;
	struct slot *slots;
	uint32_t *free_slots;
	size_t free_count, slot_count;
	struct cursor *cursors; /* consume */
};

struct worker {
	const struct load_plan *plan;
	struct lmi_loop *loop;
	struct lmi_executor *resolver;
	struct lmi_arena arena;
	pthread_t thread, pacer;
	struct load_conn *conns;
	size_t conn_count, next_conn, opened, gone, outstanding;
	struct load_template *templates; /* one for each target */
	uint64_t id;
	int64_t born_ms;
	bool running, measuring, ended;
	/* due requests, filled by the pacer */
	pthread_mutex_t lock;
	int64_t *due;
	size_t due_head, due_count;
	bool due_posted, pacing;
	struct lmi_timer give_up;

	struct load_result *result; /* own part */
	uint64_t taken;              /* consume: messages, warm-up too */
};

/* Threads tell the main one that they have ended. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t opened, ended;
	bool failed;
};

static struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void gate_add(size_t *n)
{
	pthread_mutex_lock(&gate.lock);
	(*n)++;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static bool paced(const struct worker *w)
{
	return w->plan->o->rate > 0;
}

/* ---- counting ---- */

static void count_code(struct load_result *r, int32_t code, uint64_t n)
{
	for (size_t i = 0; i < LOAD_CODES_MAX; i++) {
		if (r->codes[i].count > 0 && r->codes[i].code != code)
			continue;
		r->codes[i].code = code;
		r->codes[i].count += n;
		return;
	}
}

static void count_done(struct worker *w, int64_t begin_ns, uint64_t messages, uint64_t bytes)
{
	if (!w->measuring)
		return;
	w->result->requests++;
	w->result->messages += messages;
	w->result->bytes += bytes;
	if (begin_ns)
		lmi_hist_record(&w->result->latency, load_now_ns() - begin_ns);
}

/* ---- the end ---- */

static void end_worker(struct worker *w)
{
	if (w->ended)
		return;
	w->ended = true;
	w->running = false;
	lmi_loop_stop(w->loop);
	gate_add(&gate.ended);
}

static void end_if_idle(struct worker *w)
{
	if (!w->running && w->outstanding == 0)
		end_worker(w);
}

static void on_give_up(struct lmi_timer *t)
{
	end_worker(t->arg);
}

static void stop_on_loop(void *arg)
{
	struct worker *w = arg;

	w->running = false;
	w->give_up = (struct lmi_timer){ .fn = on_give_up, .arg = w };
	(void)lmi_timer_start(w->loop, &w->give_up, DRAIN_MS, 0);
	if (w->plan->o->mode != LOAD_ONEWAY)
		end_if_idle(w);
}

/* ---- sending ---- */

static void send_one(struct load_conn *c, int64_t begin_ns)
{
	struct worker *w = c->worker;
	uint32_t slot = c->free_slots[--c->free_count];

	c->slots[slot].begin_ns = begin_ns;
	load_template_put(c->templates[c->next], lmi_conn_out(c->conn), (int32_t)(LOAD_OPAQUE_BASE + slot), w->born_ms, &w->id);
	c->next = (c->next + 1) % c->target_count;
	w->outstanding++;
	w->result->sent += c->templates[0]->ids;
	if (w->plan->o->count > 0 && w->result->sent >= (uint64_t)w->plan->o->count / (uint64_t)w->plan->o->threads)
		w->running = false;
}

static void send_freely(struct load_conn *c)
{
	while (c->worker->running && c->open && c->free_count > 0)
		send_one(c, load_now_ns());
}

/* The next connection that may send, or NULL. */
static struct load_conn *free_conn(struct worker *w)
{
	for (size_t tries = 0; tries < w->conn_count; tries++) {
		struct load_conn *c = &w->conns[w->next_conn++ % w->conn_count];

		if (c->open && c->free_count > 0)
			return c;
	}
	return NULL;
}

static bool take_due(struct worker *w, int64_t *out_ns)
{
	bool any;

	pthread_mutex_lock(&w->lock);
	any = w->due_count > 0;
	if (any) {
		*out_ns = w->due[w->due_head];
		w->due_head = (w->due_head + 1) % BACKLOG_MAX;
		w->due_count--;
	}
	w->due_posted = any;
	pthread_mutex_unlock(&w->lock);
	return any;
}

/* Make what is due, as far as windows allow; answers call this again. */
static void send_due(void *arg)
{
	struct worker *w = arg;
	struct load_conn *c;
	int64_t due_ns;

	while (w->running && (c = free_conn(w)) && take_due(w, &due_ns)) {
		if (w->measuring)
			lmi_hist_record(&w->result->late, load_now_ns() - due_ns);
		send_one(c, due_ns);
	}
}

/* One-way: whatever the socket takes; at the end, until it has taken all. */
static void pump(void *arg)
{
	struct worker *w = arg;
	size_t waiting = 0;

	for (size_t i = 0; i < w->conn_count; i++) {
		struct load_conn *c = &w->conns[i];

		while (w->running && c->open && lmi_buf_len(lmi_conn_out(c->conn)) < ONEWAY_AHEAD) {
			load_template_put(c->templates[c->next], lmi_conn_out(c->conn), LOAD_OPAQUE_BASE, w->born_ms, &w->id);
			c->next = (c->next + 1) % c->target_count;
			w->result->sent++;
		}
		waiting += c->open ? lmi_buf_len(lmi_conn_out(c->conn)) : 0;
	}
	if (w->running || waiting > 0)
		(void)lmi_loop_post(w->loop, pump, w);
	else
		end_worker(w);
}

/* ---- consuming ---- */

static void pull(struct load_conn *c, size_t at)
{
	const struct load_options *o = c->worker->plan->o;
	struct cursor *cursor = &c->cursors[at];
	struct lmi_command_out out;

	c->slots[at].begin_ns = load_now_ns();
	lmi_command_begin(&out, lmi_conn_out(c->conn), o->binary ? LMI_SERIALIZE_ROCKETMQ : LMI_SERIALIZE_JSON,
			  LMI_REQ_PULL_MESSAGE, (int32_t)(LOAD_OPAQUE_BASE + at), 0);
	out.language = LMI_LANGUAGE_CPP;
	lmi_command_put(&out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(o->group));
	lmi_command_put(&out, LMI_EXT_TOPIC, lmi_span_str(o->topic));
	lmi_command_put_i64(&out, LMI_EXT_QUEUE_ID, cursor->target->queue_id);
	lmi_command_put_i64(&out, LMI_EXT_QUEUE_OFFSET, cursor->next);
	lmi_command_put_i64(&out, LMI_EXT_MAX_MSG_NUMS, o->pull);
	lmi_command_put_i64(&out, LMI_EXT_SYS_FLAG, 4);
	lmi_command_put_i64(&out, LMI_EXT_COMMIT_OFFSET, 0);
	lmi_command_put_i64(&out, LMI_EXT_SUSPEND_TIMEOUT_MILLIS, 0);
	lmi_command_put(&out, LMI_EXT_SUBSCRIPTION, LMI_SPAN_LIT("*"));
	lmi_command_put_i64(&out, LMI_EXT_SUB_VERSION, 0);
	lmi_command_put(&out, LMI_EXT_EXPRESSION_TYPE, LMI_SPAN_LIT("TAG"));
	lmi_command_end(&out, 0);
	c->worker->outstanding++;
}

/* The group must exist: members make it. */
static void join_group(struct load_conn *c)
{
	const struct load_options *o = c->worker->plan->o;
	struct lmi_subscription sub = { .topic = lmi_span_str(o->topic), .expression = LMI_SPAN_LIT("*") };
	struct lmi_heartbeat_consumer consumer = { .group = lmi_span_str(o->group), .type = LMI_CONSUME_PASSIVELY,
						   .model = LMI_MODEL_CLUSTERING, .subscriptions = &sub, .subscription_count = 1 };
	char id[64];
	struct lmi_heartbeat h = { .consumers = &consumer, .consumer_count = 1 };
	struct lmi_command_out out;
	struct lmi_buf body = { 0 };

	snprintf(id, sizeof(id), "127.0.0.1@bench-%p", (void *)c);
	h.client_id = lmi_span_str(id);
	lmi_heartbeat_put(&body, &h);
	lmi_command_begin(&out, lmi_conn_out(c->conn), LMI_SERIALIZE_JSON, LMI_REQ_HEART_BEAT, LOAD_OPAQUE_BASE - 1, 0);
	out.language = LMI_LANGUAGE_CPP;
	lmi_command_end(&out, lmi_buf_len(&body));
	lmi_buf_put_span(lmi_conn_out(c->conn), lmi_buf_span(&body));
	lmi_buf_done(&body);
}

static void end_cursor(struct load_conn *c, struct cursor *cursor)
{
	struct worker *w = c->worker;
	const struct load_options *o = w->plan->o;

	if (o->again && cursor->next > cursor->begin) {
		cursor->next = cursor->begin;
		pull(c, (size_t)(cursor - c->cursors));
		return;
	}
	cursor->ended = true;
	if (w->outstanding == 0)
		end_worker(w);
}

static void pulled(struct load_conn *c, size_t at, const struct lmi_command *answer)
{
	struct worker *w = c->worker;
	struct cursor *cursor = &c->cursors[at];
	int64_t next = cursor->next;
	uint64_t n = 0;

	(void)lmi_command_ext_i64(answer, LMI_EXT_NEXT_BEGIN_OFFSET, &next);
	switch (answer->code) {
	case LMI_RSP_SUCCESS:
		for (size_t off = 0; off + 4 <= answer->body.n && lmi_get32(answer->body.p + off) > 0; n++)
			off += lmi_get32(answer->body.p + off);
		w->taken += n;
		count_done(w, c->slots[at].begin_ns, n, answer->body.n);
		break;
	case LMI_RSP_PULL_RETRY_IMMEDIATELY:
		break;
	case LMI_RSP_PULL_OFFSET_MOVED:
		if (cursor->next == cursor->begin && next > cursor->begin) {
			cursor->begin = next;
			break;
		}
		end_cursor(c, cursor);
		return;
	case LMI_RSP_PULL_NOT_FOUND:
		end_cursor(c, cursor);
		return;
	default:
		count_code(w->result, answer->code, 1);
		end_cursor(c, cursor);
		return;
	}
	cursor->next = next;
	if (w->plan->o->count > 0 && w->taken >= (uint64_t)w->plan->o->count / (uint64_t)w->plan->o->threads)
		w->running = false;
	if (w->running)
		pull(c, at);
	else
		end_if_idle(w);
}

/* ---- answers ---- */

static bool send_good(int32_t code)
{
	return code == LMI_RSP_SUCCESS || code == LMI_RSP_FLUSH_DISK_TIMEOUT || code == LMI_RSP_FLUSH_SLAVE_TIMEOUT ||
	       code == LMI_RSP_SLAVE_NOT_AVAILABLE;
}

/* The half message is stored: commit it.  False when the answer does not say where it is. */
static bool commit(struct load_conn *c, uint32_t slot, const struct lmi_command *answer)
{
	const struct load_options *o = c->worker->plan->o;
	struct lmi_command_out out;
	struct lmi_host host;
	struct lmi_span id = lmi_command_ext(answer, LMI_EXT_MSG_ID);
	int64_t queue_pos, log_pos;

	if (lmi_offset_msg_id_parse(id, &host, &log_pos) < 0 ||
	    lmi_command_ext_i64(answer, LMI_EXT_QUEUE_OFFSET, &queue_pos) < 0)
		return false;
	lmi_command_begin(&out, lmi_conn_out(c->conn), LMI_SERIALIZE_JSON, LMI_REQ_END_TRANSACTION, (int32_t)(LOAD_OPAQUE_BASE + slot), 0);
	out.language = LMI_LANGUAGE_CPP;
	lmi_command_put(&out, LMI_EXT_TOPIC, lmi_span_str(o->topic));
	lmi_command_put(&out, LMI_EXT_PRODUCER_GROUP, lmi_span_str(o->group));
	lmi_command_put_i64(&out, LMI_EXT_TRAN_STATE_TABLE_OFFSET, queue_pos);
	lmi_command_put_i64(&out, LMI_EXT_COMMIT_LOG_OFFSET, log_pos);
	lmi_command_put_i64(&out, LMI_EXT_COMMIT_OR_ROLLBACK, LMI_SYSFLAG_COMMIT);
	lmi_command_put_bool(&out, LMI_EXT_FROM_TRANSACTION_CHECK, false);
	lmi_command_put(&out, LMI_EXT_MSG_ID, id);
	lmi_command_end(&out, 0);
	c->slots[slot].ending = true;
	c->worker->outstanding++;
	return true;
}

static void sent(struct load_conn *c, uint32_t slot, const struct lmi_command *answer)
{
	struct worker *w = c->worker;
	size_t n = c->templates[0]->ids;

	if (w->plan->o->mode == LOAD_TRANSACTION && !c->slots[slot].ending && answer->code == LMI_RSP_SUCCESS && commit(c, slot, answer))
		return;
	c->slots[slot].ending = false;
	c->free_slots[c->free_count++] = slot;
	if (send_good(answer->code))
		count_done(w, c->slots[slot].begin_ns, n, n * (uint64_t)w->plan->o->size);
	if (answer->code != LMI_RSP_SUCCESS)
		count_code(w->result, answer->code, 1);
	if (!w->running)
		end_if_idle(w);
	else if (paced(w))
		send_due(w);
	else
		send_freely(c);
}

static int on_frame(struct lmi_conn *conn, struct lmi_span frame)
{
	struct load_conn *c = lmi_conn_user(conn);
	struct worker *w = c->worker;
	struct lmi_command answer;
	int64_t slot;
	int r;

	lmi_arena_reset(&w->arena);
	r = lmi_command_decode(frame, &w->arena, &answer);
	if (r < 0)
		return r;
	slot = (int64_t)answer.opaque - LOAD_OPAQUE_BASE;
	if (!(answer.flag & LMI_FLAG_RESPONSE) || slot < 0 || slot >= (int64_t)c->slot_count)
		return 0; /* a notification, or the answer to the heartbeat */
	if (w->plan->o->mode == LOAD_ONEWAY) { /* Java brokers answer one-way requests that they drop */
		count_code(w->result, answer.code, 1);
		return 0;
	}
	w->outstanding--;
	if (w->plan->o->mode == LOAD_CONSUME)
		pulled(c, (size_t)slot, &answer);
	else
		sent(c, (uint32_t)slot, &answer);
	return 0;
}

static void begin_worker(struct worker *w)
{
	w->running = true;
	gate_add(&gate.opened);
}

static void on_open(struct lmi_conn *conn)
{
	struct load_conn *c = lmi_conn_user(conn);

	c->open = true;
	if (++c->worker->opened == c->worker->conn_count)
		begin_worker(c->worker);
}

static void on_close(struct lmi_conn *conn, int cause)
{
	struct load_conn *c = lmi_conn_user(conn);
	struct worker *w = c->worker;

	c->open = false;
	if (w->ended)
		return;
	count_code(w->result, cause ? cause : -LMQ_ECLOSED, 1);
	load_complain("connection to %s: %s", c->targets[0]->address, cause ? lmi_strerror(cause) : "closed by the broker");
	pthread_mutex_lock(&gate.lock);
	gate.failed = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
	end_worker(w);
}

static const struct lmi_conn_ops ops = { .on_frame = on_frame, .on_open = on_open, .on_close = on_close };

/* ---- what the main thread says ---- */

static void go_on_loop(void *arg)
{
	struct worker *w = arg;

	w->born_ms = lmi_wall_ms(lmi_clock_system());
	if (w->plan->o->mode == LOAD_ONEWAY) {
		pump(w);
		return;
	}
	for (size_t i = 0; i < w->conn_count; i++) {
		struct load_conn *c = &w->conns[i];

		if (w->plan->o->mode != LOAD_CONSUME && !paced(w))
			send_freely(c);
		for (size_t k = 0; w->plan->o->mode == LOAD_CONSUME && k < c->target_count; k++)
			pull(c, k);
	}
}

static void join_on_loop(void *arg)
{
	struct worker *w = arg;

	for (size_t i = 0; i < w->conn_count; i++)
		join_group(&w->conns[i]);
}

static void measure_on_loop(void *arg)
{
	((struct worker *)arg)->measuring = true;
}

static void freeze_on_loop(void *arg)
{
	((struct worker *)arg)->measuring = false;
}

/* ---- the pacer ---- */

static void *pacer_main(void *arg)
{
	struct worker *w = arg;
	const struct load_options *o = w->plan->o;
	double gap_ns = (double)NS_PER_S * (double)o->threads / (double)o->rate, due = (double)load_now_ns();
	int64_t now = (int64_t)due;
	bool post;

	while (__atomic_load_n(&w->pacing, __ATOMIC_RELAXED)) {
		int64_t until = (int64_t)due > now + PACE_MIN_NS ? (int64_t)due : now + PACE_MIN_NS;
		struct timespec ts = { until / NS_PER_S, until % NS_PER_S };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		now = load_now_ns();
		pthread_mutex_lock(&w->lock);
		while (due <= (double)now && w->due_count < BACKLOG_MAX) {
			w->due[(w->due_head + w->due_count++) % BACKLOG_MAX] = (int64_t)due;
			due += gap_ns;
		}
		post = !w->due_posted && w->due_count > 0;
		w->due_posted |= post;
		pthread_mutex_unlock(&w->lock);
		if (post)
			(void)lmi_loop_post(w->loop, send_due, w);
	}
	return NULL;
}

/* ---- setting up ---- */

static void *worker_main(void *arg)
{
	lmi_loop_run(((struct worker *)arg)->loop);
	return NULL;
}

/* Connection number n goes to the n-th target's broker and has the queues there. */
static bool conn_init(struct worker *w, struct load_conn *c, size_t n)
{
	const struct load_plan *p = w->plan;
	const struct load_options *o = p->o;
	const char *address = p->targets[n % p->count].address;
	size_t slots = o->mode == LOAD_CONSUME ? p->count : (size_t)o->window;
	size_t at = 0;

	c->worker = w;
	c->slot_count = slots;
	c->targets = calloc(p->count, sizeof(*c->targets));
	c->templates = calloc(p->count, sizeof(*c->templates));
	c->cursors = calloc(p->count, sizeof(*c->cursors));
	c->slots = calloc(slots, sizeof(*c->slots));
	c->free_slots = calloc(slots, sizeof(*c->free_slots));
	if (!c->targets || !c->templates || !c->cursors || !c->slots || !c->free_slots)
		return false;
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->targets[i].address, address) != 0)
			continue;
		/* a queue is read by one connection only */
		if (o->mode == LOAD_CONSUME && at++ % (size_t)o->connections != n % (size_t)o->connections)
			continue;
		c->targets[c->target_count] = &p->targets[i];
		c->templates[c->target_count] = &w->templates[i];
		c->cursors[c->target_count++].target = &p->targets[i];
	}
	c->next = c->target_count ? n % c->target_count : 0;
	while (c->free_count < slots) {
		c->free_slots[c->free_count] = (uint32_t)c->free_count;
		c->free_count++;
	}
	return c->target_count > 0;
}

static bool dial(struct worker *w, struct load_conn *c)
{
	struct lmi_conn_limits limits = lmi_conn_limits_default;

	limits.out_pause_bytes = OUT_MAX;
	limits.out_max_bytes = OUT_MAX;
	c->conn = lmi_conn_dial(w->loop, w->resolver, c->targets[0]->address, CONNECT_MS, &ops, &limits, c);
	return c->conn != NULL;
}

static void dial_on_loop(void *arg)
{
	struct worker *w = arg;

	for (size_t i = 0; i < w->conn_count; i++)
		if (!dial(w, &w->conns[i]))
			end_worker(w);
	if (w->conn_count == 0)
		begin_worker(w);
}

static bool worker_init(struct worker *w, const struct load_plan *p, size_t n)
{
	const struct load_options *o = p->o;
	size_t threads = (size_t)o->threads, all = (size_t)o->connections;

	w->plan = p;
	w->id = (uint64_t)n << 48;
	w->result = calloc(1, sizeof(*w->result));
	w->templates = calloc(p->count, sizeof(*w->templates));
	w->conns = calloc(all, sizeof(*w->conns));
	w->due = paced(w) ? calloc(BACKLOG_MAX, sizeof(*w->due)) : NULL;
	w->loop = lmi_loop_new();
	pthread_mutex_init(&w->lock, NULL);
	lmi_arena_init(&w->arena, ARENA_MAX);
	if (!w->result || !w->templates || !w->conns || !w->loop || (paced(w) && !w->due))
		return false;
	w->resolver = lmi_executor_threads_new(w->loop, 1);
	if (!w->resolver)
		return false;
	for (size_t i = 0; o->mode != LOAD_CONSUME && i < p->count; i++)
		if (!load_template_make(&w->templates[i], o, &p->targets[i]))
			return false;
	for (size_t i = n; i < all; i += threads)
		if (conn_init(w, &w->conns[w->conn_count], i))
			w->conn_count++;
	if (lmi_loop_post(w->loop, dial_on_loop, w) < 0)
		return false;
	return pthread_create(&w->thread, NULL, worker_main, w) == 0;
}

static void worker_done(struct worker *w, const struct load_plan *p)
{
	for (size_t i = 0; i < w->conn_count; i++) {
		if (w->conns[i].conn)
			lmi_conn_close(w->conns[i].conn, 0, false);
		free(w->conns[i].targets);
		free(w->conns[i].templates);
		free(w->conns[i].cursors);
		free(w->conns[i].slots);
		free(w->conns[i].free_slots);
	}
	for (size_t i = 0; i < p->count; i++)
		load_template_done(&w->templates[i]);
	lmi_timer_stop(&w->give_up);
	lmi_arena_done(&w->arena);
	lmi_executor_threads_free(w->resolver);
	lmi_loop_free(w->loop);
	pthread_mutex_destroy(&w->lock);
	free(w->templates);
	free(w->conns);
	free(w->due);
	free(w->result);
}

/* ---- the run ---- */

static void tell(struct worker *w, size_t n, void (*fn)(void *arg))
{
	for (size_t i = 0; i < n; i++)
		if (lmi_loop_post(w[i].loop, fn, &w[i]) < 0)
			load_complain("out of memory");
}

static bool wait_opened(size_t n)
{
	bool good;

	pthread_mutex_lock(&gate.lock);
	while (gate.opened < n && !gate.failed && gate.ended == 0)
		pthread_cond_wait(&gate.changed, &gate.lock);
	good = gate.opened == n;
	pthread_mutex_unlock(&gate.lock);
	return good;
}

/* Until the time is over or every thread has ended by itself. */
static void wait_seconds(size_t n, int64_t seconds)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += seconds;
	pthread_mutex_lock(&gate.lock);
	while (gate.ended < n && pthread_cond_timedwait(&gate.changed, &gate.lock, &ts) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&gate.lock);
}

static void merge(struct load_result *out, const struct load_result *part)
{
	out->messages += part->messages;
	out->requests += part->requests;
	out->bytes += part->bytes;
	out->sent += part->sent;
	lmi_hist_merge(&out->latency, &part->latency);
	lmi_hist_merge(&out->late, &part->late);
	for (size_t i = 0; i < LOAD_CODES_MAX; i++)
		if (part->codes[i].count > 0)
			count_code(out, part->codes[i].code, part->codes[i].count);
}

struct cpu {
	int64_t ns[LOAD_PIDS_MAX], own_ns, at_ns;
};

static void read_cpu(const struct load_options *o, struct cpu *out)
{
	for (size_t i = 0; i < o->pid_count; i++)
		out->ns[i] = load_cpu_ns(o->pids[i]);
	out->own_ns = load_cpu_ns(0);
	out->at_ns = load_now_ns();
}

/* Nobody answers one-way messages: what counts is what reached the queues. */
static int64_t stored_now(const struct load_plan *p)
{
	return p->o->mode == LOAD_ONEWAY ? load_end_sum(p, false) : 0;
}

static void measure(struct worker *w, const struct load_plan *p, struct load_result *out)
{
	const struct load_options *o = p->o;
	size_t n = (size_t)o->threads;
	int64_t stored;
	struct cpu before, after;

	wait_seconds(n, o->warmup);
	stored = stored_now(p);
	read_cpu(o, &before);
	tell(w, n, measure_on_loop);
	wait_seconds(n, o->seconds);
	tell(w, n, freeze_on_loop);
	read_cpu(o, &after);
	out->stored_measured = stored_now(p) - stored;
	for (size_t i = 0; i < o->pid_count; i++)
		out->cpu_us[i] = (double)(after.ns[i] - before.ns[i]) / 1000;
	out->own_us = (double)(after.own_ns - before.own_ns) / 1000;
	out->seconds = (double)(after.at_ns - before.at_ns) / NS_PER_S;
}

static void start_pacers(struct worker *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		w[i].pacing = true;
		if (pthread_create(&w[i].pacer, NULL, pacer_main, &w[i]) != 0)
			w[i].pacing = false;
	}
}

static void stop_pacers(struct worker *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!w[i].pacing)
			continue;
		__atomic_store_n(&w[i].pacing, false, __ATOMIC_RELAXED);
		pthread_join(w[i].pacer, NULL);
	}
}

static void run(struct worker *w, const struct load_plan *p, struct load_result *out)
{
	const struct load_options *o = p->o;
	size_t n = (size_t)o->threads;

	if (o->mode == LOAD_CONSUME) {
		tell(w, n, join_on_loop);
		wait_seconds(n, 1);
	}
	if (o->warmup == 0)
		tell(w, n, measure_on_loop);
	tell(w, n, go_on_loop);
	if (o->rate > 0)
		start_pacers(w, n);
	measure(w, p, out);
	if (o->rate > 0)
		stop_pacers(w, n);
}

bool load_run(const struct load_plan *p, struct load_result *out)
{
	size_t n = (size_t)p->o->threads, started = 0;
	struct worker *w = calloc(n, sizeof(*w));
	bool good = w != NULL;

	while (good && started < n) {
		good = worker_init(&w[started], p, started);
		started++;
	}
	if (!good)
		load_complain("out of memory or threads");
	good = good && wait_opened(n);
	if (good)
		run(w, p, out);
	if (w)
		tell(w, started, stop_on_loop);
	for (size_t i = 0; i < started; i++) {
		if (w[i].thread)
			pthread_join(w[i].thread, NULL);
		merge(out, w[i].result);
		worker_done(&w[i], p);
	}
	if (p->o->mode == LOAD_ONEWAY && out->stored_measured > 0) {
		out->messages = (uint64_t)out->stored_measured;
		out->bytes = out->messages * (uint64_t)p->o->size;
	}
	free(w);
	return good;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before and after the load: one request at a time, on a loop of its own.
 */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "io/rpc.h"
#include "wire/cluster_info.h"
#include "wire/route.h"

#define TIMEOUT_MS 5000
#define ROUTE_TRIES 100
#define ROUTE_PAUSE_MS 100
#define SETTLE_TRIES 50
#define SETTLE_PAUSE_MS 300
#define PERM_READ_WRITE 6
#define QUEUES_PER_BROKER_MAX 256

struct setup {
	struct lmi_loop *loop;
	struct lmi_executor *resolver;
	struct lmi_rpc *rpc;
	struct lmi_arena arena; /* holds the answer's copy and what is decoded of it */
	struct lmi_buf frame;
	struct lmi_command_out out;
	int32_t opaque;
	/* the answer */
	int err;
	int32_t code;
	struct lmi_span body, remark;
	int64_t offset;
};

static bool setup_open(struct setup *s)
{
	struct lmi_rpc_config cfg = { .limits = lmi_conn_limits_default, .connect_timeout_ms = TIMEOUT_MS };

	memset(s, 0, sizeof(*s));
	lmi_arena_init(&s->arena, 0);
	s->loop = lmi_loop_new();
	if (!s->loop)
		return false;
	s->resolver = lmi_executor_threads_new(s->loop, 1);
	cfg.loop = s->loop;
	cfg.resolver = s->resolver;
	s->rpc = s->resolver ? lmi_rpc_new(&cfg) : NULL;
	return s->rpc != NULL;
}

static void setup_close(struct setup *s)
{
	if (s->rpc)
		lmi_rpc_free(s->rpc);
	if (s->resolver)
		lmi_executor_threads_free(s->resolver);
	if (s->loop)
		lmi_loop_free(s->loop);
	lmi_arena_done(&s->arena);
	lmi_buf_done(&s->frame);
}

static struct lmi_span keep(struct setup *s, struct lmi_span bytes)
{
	return bytes.p ? lmi_span(lmi_arena_dup(&s->arena, bytes.p, bytes.n), bytes.n) : LMI_SPAN_NULL;
}

static void answered(void *arg, int err, const struct lmi_command *answer)
{
	struct setup *s = arg;

	s->err = err;
	if (err == 0) {
		s->code = answer->code;
		s->body = keep(s, answer->body);
		s->remark = keep(s, answer->remark);
		s->offset = -1;
		(void)lmi_command_ext_i64(answer, LMI_EXT_OFFSET, &s->offset);
	}
	lmi_loop_stop(s->loop);
}

static void begin(struct setup *s, int32_t code)
{
	lmi_buf_reset(&s->frame, SIZE_MAX);
	s->opaque = lmi_rpc_next_opaque(s->rpc);
	lmi_command_begin(&s->out, &s->frame, LMI_SERIALIZE_JSON, code, s->opaque, 0);
	s->out.language = LMI_LANGUAGE_CPP;
}

/* True when an answer came, whatever its code. */
static bool call(struct setup *s, const char *address)
{
	lmi_command_end(&s->out, 0);
	s->err = lmi_rpc_send(s->rpc, address, s->opaque, lmi_buf_span(&s->frame), TIMEOUT_MS, answered, s);
	if (s->err == 0)
		lmi_loop_run(s->loop);
	if (s->err < 0)
		load_complain("%s: %s", address, lmi_strerror(s->err));
	return s->err == 0;
}

static void stop_loop(struct lmi_timer *t)
{
	lmi_loop_stop(t->arg);
}

static void pause_ms(struct setup *s, int64_t ms)
{
	struct lmi_timer t = { .fn = stop_loop, .arg = s->loop };

	if (lmi_timer_start(s->loop, &t, ms, 0) == 0)
		lmi_loop_run(s->loop);
	lmi_timer_stop(&t);
}

static bool copy_text(char *out, size_t cap, struct lmi_span text)
{
	if (text.n >= cap)
		return false;
	memcpy(out, text.p, text.n);
	out[text.n] = '\0';
	return true;
}

static struct lmi_span master_of(const struct lmi_route_broker *b)
{
	for (size_t i = 0; i < b->addr_count; i++)
		if (b->addrs[i].id == LMI_BROKER_ID_MASTER)
			return b->addrs[i].addr;
	return LMI_SPAN_NULL;
}

static bool create_on(struct setup *s, const struct load_options *o, const char *address)
{
	begin(s, LMI_REQ_UPDATE_AND_CREATE_TOPIC);
	lmi_command_put(&s->out, LMI_EXT_TOPIC, lmi_span_str(o->topic));
	lmi_command_put(&s->out, LMI_EXT_DEFAULT_TOPIC, LMI_SPAN_LIT("TBW102"));
	lmi_command_put_i64(&s->out, LMI_EXT_READ_QUEUE_NUMS, o->queues);
	lmi_command_put_i64(&s->out, LMI_EXT_WRITE_QUEUE_NUMS, o->queues);
	lmi_command_put_i64(&s->out, LMI_EXT_PERM, PERM_READ_WRITE);
	lmi_command_put(&s->out, LMI_EXT_TOPIC_FILTER_TYPE, LMI_SPAN_LIT("SINGLE_TAG"));
	lmi_command_put_i64(&s->out, LMI_EXT_TOPIC_SYS_FLAG, 0);
	lmi_command_put_bool(&s->out, LMI_EXT_ORDER, false);
	if (!call(s, address))
		return false;
	if (s->code != LMI_RSP_SUCCESS)
		load_complain("creating topic %s: code %d: %.*s", o->topic, s->code, (int)s->remark.n, s->remark.p);
	return s->code == LMI_RSP_SUCCESS;
}

static bool create_topic(struct setup *s, const struct load_options *o)
{
	struct lmi_cluster_info info;
	bool any = false;

	begin(s, LMI_REQ_GET_BROKER_CLUSTER_INFO);
	if (!call(s, o->namesrv))
		return false;
	if (s->code != LMI_RSP_SUCCESS || lmi_cluster_info_decode(s->body, &s->arena, &info) < 0) {
		load_complain("%s: cluster info not understood", o->namesrv);
		return false;
	}
	for (size_t i = 0; i < info.broker_count; i++) {
		char address[LOAD_ADDRESS_CHARS];
		struct lmi_span master = master_of(&info.brokers[i]);

		if (!master.p || !copy_text(address, sizeof(address), master))
			continue;
		if (!create_on(s, o, address))
			return false;
		any = true;
	}
	if (!any)
		load_complain("%s: no broker is registered", o->namesrv);
	return any;
}

static const struct lmi_route_broker *find_broker(const struct lmi_route *r, struct lmi_span name)
{
	for (size_t i = 0; i < r->broker_count; i++)
		if (lmi_span_eq(r->brokers[i].broker_name, name))
			return &r->brokers[i];
	return NULL;
}

static void take_route(struct load_plan *p, const struct lmi_route *r)
{
	p->count = 0;
	for (size_t i = 0; i < r->queue_count; i++) {
		const struct lmi_route_broker *b = find_broker(r, r->queues[i].broker_name);
		struct lmi_span master = b ? master_of(b) : LMI_SPAN_NULL;
		int32_t n = r->queues[i].write_queues < QUEUES_PER_BROKER_MAX ? r->queues[i].write_queues : QUEUES_PER_BROKER_MAX;

		for (int32_t q = 0; master.p && q < n && p->count < LOAD_TARGETS_MAX; q++) {
			struct load_target *t = &p->targets[p->count];

			if (!copy_text(t->address, sizeof(t->address), master) ||
			    !copy_text(t->broker, sizeof(t->broker), r->queues[i].broker_name))
				continue;
			t->queue_id = q;
			p->count++;
		}
	}
}

/* 1: found; 0: the topic is not known; -1 after a complaint. */
static int ask_route(struct setup *s, struct load_plan *p)
{
	struct lmi_route route;

	begin(s, LMI_REQ_GET_ROUTEINFO_BY_TOPIC);
	lmi_command_put(&s->out, LMI_EXT_TOPIC, lmi_span_str(p->o->topic));
	if (!call(s, p->o->namesrv))
		return -1;
	if (s->code == LMI_RSP_TOPIC_NOT_EXIST)
		return 0;
	if (s->code != LMI_RSP_SUCCESS || lmi_route_decode(s->body, &s->arena, &route) < 0) {
		load_complain("%s: route of %s not understood (code %d)", p->o->namesrv, p->o->topic, s->code);
		return -1;
	}
	take_route(p, &route);
	return p->count > 0;
}

static bool find_route(struct setup *s, struct load_plan *p)
{
	int r = ask_route(s, p);

	if (r == 0 && !create_topic(s, p->o))
		return false;
	for (int tries = 0; r == 0 && tries < ROUTE_TRIES; tries++) {
		pause_ms(s, ROUTE_PAUSE_MS);
		r = ask_route(s, p);
	}
	if (r == 0)
		load_complain("topic %s was created but has no route", p->o->topic);
	return r > 0;
}

bool load_setup(struct load_plan *p)
{
	struct setup s;
	bool good = setup_open(&s) && find_route(&s, p);

	setup_close(&s);
	return good;
}

static int64_t end_sum(struct setup *s, const struct load_plan *p)
{
	int64_t sum = 0;

	for (size_t i = 0; i < p->count; i++) {
		begin(s, LMI_REQ_GET_MAX_OFFSET);
		lmi_command_put(&s->out, LMI_EXT_TOPIC, lmi_span_str(p->o->topic));
		lmi_command_put_i64(&s->out, LMI_EXT_QUEUE_ID, p->targets[i].queue_id);
		if (!call(s, p->targets[i].address) || s->code != LMI_RSP_SUCCESS || s->offset < 0)
			return -1;
		sum += s->offset;
	}
	return sum;
}

int64_t load_end_sum(const struct load_plan *p, bool settled)
{
	struct setup s;
	int64_t sum = -1, before = -2;

	if (setup_open(&s)) {
		sum = end_sum(&s, p);
		/* Brokers index behind the answers, and take one-way messages as they can. */
		for (int tries = 0; settled && sum >= 0 && sum != before && tries < SETTLE_TRIES; tries++) {
			pause_ms(&s, SETTLE_PAUSE_MS);
			before = sum;
			sum = end_sum(&s, p);
		}
	}
	setup_close(&s);
	return sum;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker without sockets for tests: peers that keep what they are answered, a clock that is told to pass, a seeded
 * chance, an executor that runs at once or when told, a disk in memory that can be cold, full, failing or without power.
 */
#ifndef LIGHTMQ_TESTS_BROKER_FIXTURE_H
#define LIGHTMQ_TESTS_BROKER_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "broker/core.h"
#include "disk/disk_crash.h"
#include "tests/support/lmt.h"

#define FX_WALL_MS 1700000000000
#define FX_LOG_CHARS 16384

struct fx_peer {
	struct peer peer; /* first */
	struct lmi_buf out;
	struct lmi_arena arena; /* of the answer last taken */
	int in_flight;
	bool closed, freed;
	int cause;
};

/* Jobs wait until fx_run_jobs when not inline. */
struct fx_executor {
	struct lmi_executor executor; /* first */
	struct lmi_job *head, **tail;
	bool lazy;
};

struct fx_log {
	struct lmi_log log; /* first */
	char text[FX_LOG_CHARS];
	size_t n;
};

struct fx {
	struct core core;
	struct core_config cfg;
	struct lmi_clock_manual clock;
	struct lmi_rng_seeded rng;
	struct fx_executor executor;
	struct fx_log log;
	struct disk_crash *disk;
	int32_t opaque;
};

/* One field of a request. */
struct fx_field {
	const char *name, *value;
};

#define FX_FIELDS(...) (const struct fx_field[]){ __VA_ARGS__, { NULL, NULL } }
#define FX_NONE (const struct fx_field[]){ { NULL, NULL } }

/* ---- peers ---- */

static inline struct lmi_buf *fx_peer_out(struct peer *p)
{
	return &((struct fx_peer *)p)->out;
}

static inline void fx_peer_begin(struct peer *p)
{
	((struct fx_peer *)p)->in_flight++;
}

static inline void fx_peer_end(struct peer *p)
{
	((struct fx_peer *)p)->in_flight--;
}

static inline void fx_peer_close(struct peer *p, int cause)
{
	((struct fx_peer *)p)->closed = true;
	((struct fx_peer *)p)->cause = cause;
}

static inline void fx_peer_free(struct peer *p)
{
	((struct fx_peer *)p)->freed = true;
}

static inline void fx_peer_init(struct fx_peer *p)
{
	static const struct peer_ops ops = { fx_peer_out, fx_peer_begin, fx_peer_end, fx_peer_close, fx_peer_free };
	static uint64_t id;
	*p = (struct fx_peer){ .in_flight = 0 };
	peer_init(&p->peer, &ops, ++id);
	lmi_host_parse("10.1.2.3:4567", &p->peer.host);
	lmi_arena_init(&p->arena, 0);
}

/* The connection is gone. */
static inline void fx_peer_gone(struct fx *f, struct fx_peer *p)
{
	core_peer_closed(&f->core, &p->peer);
	peer_unref(&p->peer);
}

static inline void fx_peer_done(struct fx_peer *p)
{
	lmi_buf_done(&p->out);
	lmi_arena_done(&p->arena);
}

/* ---- executor and log ---- */

static inline void fx_submit(struct lmi_executor *e, struct lmi_job *j)
{
	struct fx_executor *x = (struct fx_executor *)e;
	if (!x->lazy) {
		j->run(j);
		j->done(j);
		return;
	}
	j->next = NULL;
	*x->tail = j;
	x->tail = &j->next;
}

/* Run what waits.  Returns how many. */
static inline int fx_run_jobs(struct fx *f)
{
	int n = 0;
	struct fx_executor *x = &f->executor;
	while (x->head) {
		struct lmi_job *j = x->head;
		x->head = j->next;
		if (!x->head)
			x->tail = &x->head;
		j->run(j);
		j->done(j);
		n++;
	}
	return n;
}

__attribute__((format(printf, 4, 0))) static inline void fx_log_write(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields,
				const char *fmt, va_list ap)
{
	struct fx_log *f = (struct fx_log *)l;
	(void)level;
	(void)fields;
	if (f->n + 1024 > FX_LOG_CHARS)
		f->n = 0;
	int n = vsnprintf(f->text + f->n, 1000, fmt, ap);
	f->n += n > 0 ? (size_t)(n < 999 ? n : 999) : 0;
	f->text[f->n++] = '\n';
	f->text[f->n] = '\0';
}

static inline bool fx_logged(const struct fx *f, const char *text)
{
	return strstr(f->log.text, text) != NULL;
}

/* ---- the broker ---- */

static inline void fx_config(struct fx *f)
{
	struct broker_settings *s = &f->cfg.settings;
	*s = (struct broker_settings){
		.cluster_name = LMI_SPAN_LIT("C"),
		.broker_name = LMI_SPAN_LIT("broker-a"),
		.region_id = LMI_SPAN_LIT("DefaultRegion"),
		.address = LMI_SPAN_LIT("127.0.0.1:10911"),
		.ha_address = LMI_SPAN_LIT("127.0.0.1:10912"),
		.permission = 6,
		.default_topic_queues = 8,
		.auto_create_topic = true,
		.auto_create_group = true,
		.cluster_topic = true,
		.broker_topic = true,
		.trace_on = true,
		.long_polling = true,
		.short_polling_ms = 1000,
		.lite_pull = true,
		.property_filter = true,
		.store_replies = true,
		.sync_timeout_ms = 5000,
		.message_max_bytes = 4u << 20,
		.register_period_ms = 30000,
		.transaction_timeout_ms = 6000,
		.timer_enable = true,
		.timer_precision_ms = 1000,
		.timer_max_delay_ms = 259200000,
		.timer_slot_max = INT32_MAX,
		.recall_enable = true,
		.transaction_interval_ms = 30000,
		.transaction_checks = 15,
		.offsets_period_ms = 5000,
		.server_side_reset = true,
	};
	lmi_host_parse("127.0.0.1:10911", &s->host);
	f->cfg.store = (struct store_config){
		.executor = &f->executor.executor,
		.clock = &f->clock.clock,
		.segment_bytes = 16 << 20,
		.queue_file_bytes = 6000,
		.flush_interval_ms = 500,
		.queue_flush_interval_ms = 1000,
		.sync_timeout_ms = 5000,
		.message_max_bytes = 4u << 20,
		.check_crc = true,
		.store_host = s->host,
		.memory_bytes = 1ll << 32,
	};
	f->cfg.rng = &f->rng.rng;
	f->cfg.log = &f->log.log;
}

/* Open on what the disk holds. */
static inline void fx_open(struct fx *f)
{
	char *why = NULL;
	int err = core_open(&f->core, &f->cfg, &why);
	ck_assert_msg(err == 0, "core_open: %d %s", err, why ? why : "");
}

/* Everything as usual; change f->cfg between fx_prepare and fx_open for something else. */
static inline void fx_prepare(struct fx *f)
{
	*f = (struct fx){ .opaque = 0 };
	f->executor.executor.submit = fx_submit;
	f->executor.tail = &f->executor.head;
	f->log.log = (struct lmi_log){ fx_log_write, LMI_LOG_DEBUG };
	lmi_clock_manual_init(&f->clock, FX_WALL_MS);
	lmi_rng_seeded_init(&f->rng, 7);
	f->disk = disk_crash_new();
	ck_assert_ptr_nonnull(f->disk);
	fx_config(f);
	f->cfg.store.disk = disk_crash_disk(f->disk);
}

static inline void fx_init(struct fx *f)
{
	fx_prepare(f);
	fx_open(f);
}

static inline void fx_close(struct fx *f)
{
	ck_assert_int_eq(core_close(&f->core), 0);
}

/* As a kill would: what was written is there, what was not is not. */
static inline void fx_kill(struct fx *f)
{
	core_abandon(&f->core);
}

static inline void fx_free_disk(struct fx *f)
{
	disk_free(disk_crash_disk(f->disk));
}

static inline void fx_done(struct fx *f)
{
	fx_close(f);
	fx_free_disk(f);
}

/* Time passes in steps as the timer would see it. */
static inline void fx_pass(struct fx *f, int64_t ms)
{
	while (ms > 0) {
		int64_t step = ms < CORE_TICK_MS ? ms : CORE_TICK_MS;
		lmi_clock_manual_pass(&f->clock, step);
		core_tick(&f->core);
		core_turn_end(&f->core);
		ms -= step;
	}
}

/* ---- requests and answers ---- */

/* Encode a request into b. */
static inline void fx_encode(struct lmi_buf *b, int32_t code, int32_t opaque, int32_t flag, const struct fx_field *fields,
			     struct lmi_span body)
{
	struct lmi_command_out o;
	lmi_command_begin(&o, b, LMI_SERIALIZE_JSON, code, opaque, flag);
	for (; fields->name; fields++)
		if (fields->value)
			lmi_command_put_name(&o, lmi_span_str(fields->name), lmi_span_str(fields->value));
	lmi_command_end(&o, body.n);
	lmi_buf_put_span(b, body);
	ck_assert(!b->failed);
}

/* Hand a request in, without ending the turn.  Returns its opaque. */
static inline int32_t fx_hand_in(struct fx *f, struct fx_peer *p, int32_t code, int32_t flag, const struct fx_field *fields,
				 struct lmi_span body)
{
	struct lmi_buf b = { 0 };
	fx_encode(&b, code, ++f->opaque, flag, fields, body);
	ck_assert_int_eq(core_frame(&f->core, &p->peer, lmi_buf_span(&b)), 0);
	lmi_buf_done(&b);
	return f->opaque;
}

/* Take the next frame from what the peer was sent; false when there is none. */
static inline bool fx_take(struct fx_peer *p, struct lmi_command *out)
{
	static uint8_t copy[1 << 24];
	size_t n;
	if (lmi_buf_len(&p->out) == 0)
		return false;
	ck_assert_int_eq(lmi_frame_cut(lmi_buf_span(&p->out), sizeof(copy), &n), 0);
	memcpy(copy, lmi_buf_data(&p->out), n);
	lmi_buf_consume(&p->out, n);
	lmi_arena_reset(&p->arena);
	ck_assert_int_eq(lmi_command_decode(lmi_span(copy, n), &p->arena, out), 0);
	return true;
}

/* Ask, end the turn, take the only answer. */
static inline struct lmi_command fx_ask(struct fx *f, struct fx_peer *p, int32_t code, const struct fx_field *fields,
					struct lmi_span body)
{
	struct lmi_command a = { .code = -1 };
	int32_t opaque = fx_hand_in(f, p, code, 0, fields, body);
	core_turn_end(&f->core);
	ck_assert_msg(fx_take(p, &a), "no answer to code %d", code);
	ck_assert_int_eq(a.opaque, opaque);
	ck_assert_int_eq(a.flag & LMI_FLAG_RESPONSE, LMI_FLAG_RESPONSE);
	return a;
}

static inline int64_t fx_number(const struct lmi_command *a, enum lmi_ext_key key)
{
	int64_t v = INT64_MIN;
	ck_assert_int_eq(lmi_command_ext_i64(a, key, &v), 0);
	return v;
}

static inline bool fx_remark_has(const struct lmi_command *a, const char *text)
{
	return a->remark.p && memmem(a->remark.p, a->remark.n, text, strlen(text)) != NULL;
}

/* ---- usual requests ---- */

static inline const struct fx_field *fx_send_fields(const char *topic, const char *queue, const char *props)
{
	static struct fx_field f[16];
	const struct fx_field v[] = { { "a", "PG" },  { "b", topic }, { "c", "TBW102" }, { "d", "4" }, { "e", queue },
				      { "f", "0" },   { "g", "1" },   { "h", "0" },      { "i", props }, { "j", "0" },
				      { "k", "false" }, { "m", "false" }, { NULL, NULL } };
	memcpy(f, v, sizeof(v));
	return f;
}

static inline struct lmi_command fx_send(struct fx *f, struct fx_peer *p, const char *topic, const char *queue,
					 const char *props, const char *body)
{
	return fx_ask(f, p, LMI_REQ_SEND_MESSAGE_V2, fx_send_fields(topic, queue, props), lmi_span_str(body));
}

/* A consumer's heartbeat for one group and one topic with tags. */
static inline struct lmi_command fx_beat(struct fx *f, struct fx_peer *p, const char *client, const char *group,
					 const char *topic, const char *tags)
{
	char body[1024], tag_list[512] = "";
	if (strcmp(tags, "*") != 0)
		snprintf(tag_list, sizeof(tag_list), "\"%s\"", tags);
	snprintf(body, sizeof(body),
		 "{\"clientID\":\"%s\",\"consumerDataSet\":[{\"consumeFromWhere\":\"CONSUME_FROM_LAST_OFFSET\","
		 "\"consumeType\":\"CONSUME_PASSIVELY\",\"groupName\":\"%s\",\"messageModel\":\"CLUSTERING\","
		 "\"subscriptionDataSet\":[{\"classFilterMode\":false,\"codeSet\":[],\"expressionType\":\"TAG\","
		 "\"subString\":\"%s\",\"subVersion\":1,\"tagsSet\":[%s],\"topic\":\"%s\"}],\"unitMode\":false}],"
		 "\"producerDataSet\":[]}",
		 client, group, tags, tag_list, topic);
	return fx_ask(f, p, LMI_REQ_HEART_BEAT, FX_NONE, lmi_span_str(body));
}

static inline const struct fx_field *fx_pull_fields(const char *group, const char *topic, const char *queue, const char *pos,
						    const char *sysflag)
{
	static struct fx_field f[16];
	const struct fx_field v[] = { { "consumerGroup", group },
				      { "topic", topic },
				      { "queueId", queue },
				      { "queueOffset", pos },
				      { "maxMsgNums", "32" },
				      { "sysFlag", sysflag },
				      { "commitOffset", "0" },
				      { "suspendTimeoutMillis", "15000" },
				      { "subVersion", "1" },
				      { NULL, NULL } };
	memcpy(f, v, sizeof(v));
	return f;
}

/* Drop what a peer was sent until now (notices and the like). */
static inline void fx_forget_output(struct fx_peer *p)
{
	lmi_buf_reset(&p->out, 0);
}

#endif

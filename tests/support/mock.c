/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mock.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/map.h"
#include "base/rng.h"
#include "io/conn.h"
#include "wire/cluster_info.h"
#include "wire/command.h"
#include "wire/heartbeat.h"
#include "wire/lock_batch.h"
#include "wire/props.h"
#include "wire/topic_list.h"

#define CODES_MAX 1024
#define ORDER_OPAQUE 77777
#define SCRIPTS_MAX 32
#define NAME_MAX_CHARS 256
#define SWEEP_MS 20
#define BEATING_MAX 32
#define SYSFLAG_SUSPEND 2
#define SYSFLAG_COMMIT 1
#define PERM_READ_WRITE 6

struct record {
	uint8_t *bytes;
	size_t n;
	int64_t log_pos;
};

struct queue {
	struct record *records;
	size_t count;
	int64_t min_pos, handed_out;
};

struct topic {
	char name[NAME_MAX_CHARS];
	int32_t queues;
	struct queue queue[64];
};

struct member {
	char group[NAME_MAX_CHARS - 8], id[NAME_MAX_CHARS];
	struct lmi_conn *conn;
	struct member *next;
};

/* A fetch that waits, or an answer that comes late. */
struct held {
	struct lmi_conn *conn;
	uint8_t *frame;
	size_t n;
	int64_t until_ms; /* 0: with the next request of this code */
	int32_t code;
	struct held *next;
};

struct script {
	int32_t code, response;
	enum mock_act act;
	int times;
};

struct server {
	struct mock *mock;
	int number;
	struct lmi_listener *listener;
	char address[32], name[32];
	uint64_t counts[CODES_MAX];
	struct script scripts[SCRIPTS_MAX];
	struct topic *topics[64];
	size_t topic_count;
	struct member *members;
	struct held *held;
	struct lmi_map offsets; /* "group topic queue" -> int64_t */
	struct lmi_map locks;   /* "group topic queue" -> client id */
	int32_t back_level;     /* of the last send-back */
	int64_t log_pos;
	char *heartbeat;
	struct lmi_conn *beating[BEATING_MAX]; /* connections on which a heartbeat came; borrowed until they close */
	uint8_t *last[CODES_MAX]; /* the last frame of each code */
	size_t last_bytes[CODES_MAX];
};

struct mock {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	struct lmi_loop *loop;
	struct lmi_arena arena;
	struct lmi_timer sweep;
	struct server servers[MOCK_BROKERS_MAX + 1]; /* [0] is the name server */
	size_t brokers;
	struct lmi_rng_seeded chance;
	bool answered; /* what mock_order waits for */
	int32_t answer_code;
	char answer[8192];
	struct lmi_arena asked;  /* for mock_last, on the tests' threads, under the lock */
};

/* ---- tables; under the lock ---- */

static struct topic *find_topic(struct server *s, struct lmi_span name)
{
	for (size_t i = 0; i < s->topic_count; i++)
		if (lmi_span_is(name, s->topics[i]->name))
			return s->topics[i];
	return NULL;
}

static struct topic *make_topic(struct server *s, struct lmi_span name, int32_t queues)
{
	struct topic *t = find_topic(s, name);

	if (!t) {
		ck_assert(s->topic_count < 64 && queues <= 64 && name.n < NAME_MAX_CHARS);
		t = calloc(1, sizeof(*t));
		memcpy(t->name, name.p, name.n);
		s->topics[s->topic_count++] = t;
	}
	t->queues = queues;
	return t;
}

/* A store time above 0 stays. */
static void append(struct server *s, struct topic *t, int32_t queue_id, struct lmi_record *r)
{
	struct queue *q = &t->queue[queue_id];
	struct record *kept;

	r->topic = lmi_span_str(t->name);
	r->queue_id = queue_id;
	r->queue_pos = q->min_pos + (int64_t)q->count;
	r->log_pos = s->log_pos;
	if (r->store_ms == 0)
		r->store_ms = lmi_wall_ms(lmi_clock_system());
	ck_assert_int_eq(lmi_host_parse("127.0.0.1:1", &r->born), 0);
	r->store = r->born;
	q->records = realloc(q->records, (q->count + 1) * sizeof(*q->records));
	kept = &q->records[q->count++];
	kept->n = lmi_record_bytes(r);
	kept->bytes = malloc(kept->n);
	kept->log_pos = s->log_pos;
	(void)lmi_record_encode(r, kept->bytes);
	s->log_pos += (int64_t)kept->n;
}

static void offset_key(char *out, size_t cap, struct lmi_span group, struct lmi_span topic, int32_t queue_id)
{
	snprintf(out, cap, "%.*s %.*s %d", (int)group.n, (const char *)group.p, (int)topic.n, (const char *)topic.p, queue_id);
}

static void put_offset(struct server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id, int64_t pos)
{
	char key[2 * NAME_MAX_CHARS + 16];
	int64_t *value;

	offset_key(key, sizeof(key), group, topic, queue_id);
	value = lmi_map_get(&s->offsets, lmi_span_str(key));
	if (!value) {
		value = malloc(sizeof(*value));
		ck_assert_int_eq(lmi_map_put(&s->offsets, lmi_span_str(key), value, NULL), 0);
	}
	*value = pos;
}

static int64_t get_offset(struct server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id)
{
	char key[2 * NAME_MAX_CHARS + 16];
	int64_t *value;

	offset_key(key, sizeof(key), group, topic, queue_id);
	value = lmi_map_get(&s->offsets, lmi_span_str(key));
	return value ? *value : -1;
}

/* ---- answers ---- */

struct request {
	struct server *server;
	struct lmi_conn *conn;
	const struct lmi_command *cmd;
	struct lmi_buf *out;
	int32_t opaque;
	bool again; /* it was held: what it commits has been taken */
};

static void begin(const struct request *r, struct lmi_command_out *o, int32_t code)
{
	lmi_command_begin(o, r->out, r->cmd->serialize, code, r->opaque, LMI_FLAG_RESPONSE);
}

static void answer(const struct request *r, int32_t code, const char *remark)
{
	struct lmi_command_out o;

	begin(r, &o, code);
	lmi_command_remark(&o, lmi_span_str(remark));
	lmi_command_end(&o, 0);
}

static void answer_body(const struct request *r, struct lmi_buf *body)
{
	struct lmi_command_out o;

	begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_end(&o, lmi_buf_len(body));
	lmi_buf_put_span(r->out, lmi_buf_span(body));
	lmi_buf_done(body);
}

static void answer_offset(const struct request *r, int64_t offset)
{
	struct lmi_command_out o;

	begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&o, LMI_EXT_OFFSET, offset);
	lmi_command_end(&o, 0);
}

/* ---- the name server ---- */

static struct lmi_route_broker broker_entry(struct server *s, struct lmi_broker_addr *addr)
{
	*addr = (struct lmi_broker_addr){ 0, lmi_span_str(s->address) };
	return (struct lmi_route_broker){ .cluster = LMI_SPAN_LIT("c"), .broker_name = lmi_span_str(s->name), .addrs = addr,
					  .addr_count = 1 };
}

static void serve_route(const struct request *r)
{
	struct mock *m = r->server->mock;
	struct lmi_broker_addr addrs[MOCK_BROKERS_MAX];
	struct lmi_route_broker brokers[MOCK_BROKERS_MAX];
	struct lmi_route_queue queues[MOCK_BROKERS_MAX];
	struct lmi_route route = { .brokers = brokers, .queues = queues };
	struct lmi_span name = lmi_command_ext(r->cmd, LMI_EXT_TOPIC);
	struct lmi_buf body = { 0 };

	for (size_t i = 1; i <= m->brokers; i++) {
		struct topic *t = find_topic(&m->servers[i], name);

		if (!t)
			continue;
		brokers[route.broker_count] = broker_entry(&m->servers[i], &addrs[route.broker_count]);
		queues[route.queue_count++] = (struct lmi_route_queue){ brokers[route.broker_count].broker_name, t->queues,
									t->queues, PERM_READ_WRITE, 0 };
		route.broker_count++;
	}
	if (route.broker_count == 0) {
		answer(r, LMI_RSP_TOPIC_NOT_EXIST, "No topic route info in name server for the topic");
		return;
	}
	lmi_route_put(&body, &route, LMI_ROUTE_STANDARD);
	answer_body(r, &body);
}

static void serve_cluster(const struct request *r)
{
	struct mock *m = r->server->mock;
	struct lmi_broker_addr addrs[MOCK_BROKERS_MAX];
	struct lmi_route_broker brokers[MOCK_BROKERS_MAX];
	struct lmi_span names[MOCK_BROKERS_MAX];
	struct lmi_cluster cluster = { LMI_SPAN_LIT("c"), names, m->brokers };
	struct lmi_cluster_info info = { brokers, m->brokers, &cluster, 1 };
	struct lmi_buf body = { 0 };

	for (size_t i = 0; i < m->brokers; i++) {
		brokers[i] = broker_entry(&m->servers[i + 1], &addrs[i]);
		names[i] = brokers[i].broker_name;
	}
	lmi_cluster_info_put(&body, &info);
	answer_body(r, &body);
}

/* ---- brokers ---- */

static void serve_held(struct server *s, int32_t next_code);

#define ANSWER_ID "7F0000010000000100000000000000AA"

/* Each message of a batch; the answer lists as many ids.  Returns the position of the first. */
static int64_t append_batch(struct server *s, struct topic *t, int32_t queue_id, struct lmi_record *rec, struct lmi_buf *ids)
{
	struct lmi_span body = rec->body;
	struct lmi_batch_item item;
	int64_t first = -1;

	for (size_t at = 0; lmi_batch_next(body, &at, &item) == 1;) {
		rec->body = item.body;
		rec->props = item.props;
		rec->flag = item.flag;
		append(s, t, queue_id, rec);
		if (first < 0)
			first = rec->queue_pos;
		else
			lmi_buf_put8(ids, ',');
		lmi_buf_printf(ids, "7F00000100000001%016" PRIX64, rec->log_pos);
	}
	return first;
}

static void serve_send(const struct request *r)
{
	struct server *s = r->server;
	struct topic *t = find_topic(s, lmi_command_ext(r->cmd, LMI_EXT_B));
	struct lmi_record rec = { .body = r->cmd->body, .props = lmi_command_ext(r->cmd, LMI_EXT_I) };
	struct lmi_buf ids = { 0 };
	struct lmi_command_out o;
	int32_t queue_id = -1;

	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_E, &queue_id);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_F, &rec.sysflag);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_H, &rec.flag);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_G, &rec.born_ms);
	if (!t)
		t = make_topic(s, lmi_command_ext(r->cmd, LMI_EXT_B), 4);
	if (queue_id < 0 || queue_id >= t->queues) {
		answer(r, LMI_RSP_INVALID_PARAMETER, "queue id out of range");
		return;
	}
	if (r->cmd->code == LMI_REQ_SEND_BATCH_MESSAGE) {
		rec.queue_pos = append_batch(s, t, queue_id, &rec, &ids);
	} else {
		append(s, t, queue_id, &rec);
		lmi_buf_put_str(&ids, ANSWER_ID);
	}
	begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put(&o, LMI_EXT_MSG_ID, lmi_buf_span(&ids));
	lmi_command_put_i64(&o, LMI_EXT_QUEUE_ID, queue_id);
	lmi_command_put_i64(&o, LMI_EXT_QUEUE_OFFSET, rec.queue_pos);
	if (lmi_props_get(rec.props, LMI_SPAN_LIT("TIMER_DELAY_MS")).p)
		lmi_command_put(&o, LMI_EXT_RECALL_HANDLE, LMI_SPAN_LIT("djEgVCBicm9rZXItMCAxIGlk")); /* "v1 T broker-0 1 id" */
	lmi_command_put(&o, LMI_EXT_TRANSACTION_ID, LMI_SPAN_LIT("t-1"));
	lmi_command_end(&o, 0);
	lmi_buf_done(&ids);
	serve_held(s, 0);
}

static void hold(const struct request *r, struct lmi_span frame, int64_t ms)
{
	struct held *h = calloc(1, sizeof(*h));

	h->conn = lmi_conn_ref(r->conn);
	h->frame = malloc(frame.n);
	h->n = frame.n;
	h->code = r->cmd->code;
	memcpy(h->frame, frame.p, frame.n);
	h->until_ms = ms ? lmi_mono_ms(lmi_clock_system()) + ms : 0;
	h->next = r->server->held;
	r->server->held = h;
}

/* Returns false when the fetch is to be held. */
static bool serve_pull(const struct request *r, bool may_hold)
{
	struct topic *t = find_topic(r->server, lmi_command_ext(r->cmd, LMI_EXT_TOPIC));
	int32_t queue_id = -1, max = 1, sysflag = 0;
	int64_t pos = 0, commit = -1, end;
	struct lmi_command_out o;
	struct queue *q;
	size_t n = 0, bytes = 0;
	int32_t code = LMI_RSP_SUCCESS;

	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_QUEUE_ID, &queue_id);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_MAX_MSG_NUMS, &max);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_SYS_FLAG, &sysflag);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_QUEUE_OFFSET, &pos);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_COMMIT_OFFSET, &commit);
	if (!t || queue_id < 0 || queue_id >= t->queues) {
		answer(r, LMI_RSP_TOPIC_NOT_EXIST, "no such topic");
		return true;
	}
	if ((sysflag & SYSFLAG_COMMIT) && !r->again)
		put_offset(r->server, lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP), lmi_span_str(t->name), queue_id, commit);
	q = &t->queue[queue_id];
	end = q->min_pos + (int64_t)q->count;
	if (pos < q->min_pos || pos > end)
		code = LMI_RSP_PULL_OFFSET_MOVED;
	else if (pos == end)
		code = LMI_RSP_PULL_NOT_FOUND;
	if (code == LMI_RSP_PULL_NOT_FOUND && may_hold && (sysflag & SYSFLAG_SUSPEND))
		return false;
	for (; code == LMI_RSP_SUCCESS && (int32_t)n < max && pos + (int64_t)n < end; n++)
		bytes += q->records[(size_t)(pos - q->min_pos) + n].n;
	if (n > 0 && pos + (int64_t)n > q->handed_out)
		q->handed_out = pos + (int64_t)n;
	begin(r, &o, code);
	lmi_command_put_i64(&o, LMI_EXT_SUGGEST_WHICH_BROKER_ID, 0);
	lmi_command_put_i64(&o, LMI_EXT_NEXT_BEGIN_OFFSET,
			    code == LMI_RSP_PULL_OFFSET_MOVED ? (pos < q->min_pos ? q->min_pos : end) : pos + (int64_t)n);
	lmi_command_put_i64(&o, LMI_EXT_MIN_OFFSET, q->min_pos);
	lmi_command_put_i64(&o, LMI_EXT_MAX_OFFSET, end);
	lmi_command_end(&o, bytes);
	for (size_t i = 0; i < n; i++)
		lmi_buf_put(r->out, q->records[(size_t)(pos - q->min_pos) + i].bytes, q->records[(size_t)(pos - q->min_pos) + i].n);
	return true;
}

static void tell_members(struct server *s, const char *group)
{
	for (struct member *m = s->members; m; m = m->next) {
		struct lmi_command_out o;

		if (strcmp(m->group, group) != 0)
			continue;
		lmi_command_begin(&o, lmi_conn_out(m->conn), LMI_SERIALIZE_JSON, LMI_REQ_NOTIFY_CONSUMER_IDS_CHANGED, 1,
				  LMI_FLAG_ONEWAY);
		lmi_command_put(&o, LMI_EXT_CONSUMER_GROUP, lmi_span_str(group));
		lmi_command_end(&o, 0);
	}
}

static void add_member(struct server *s, struct lmi_conn *conn, struct lmi_span group, struct lmi_span id)
{
	char retry[NAME_MAX_CHARS];
	struct member *m;

	for (m = s->members; m; m = m->next)
		if (lmi_span_is(group, m->group) && lmi_span_is(id, m->id))
			return;
	m = calloc(1, sizeof(*m));
	ck_assert(group.n < sizeof(m->group) && id.n < sizeof(m->id));
	memcpy(m->group, group.p, group.n);
	memcpy(m->id, id.p, id.n);
	m->conn = lmi_conn_ref(conn);
	m->next = s->members;
	s->members = m;
	snprintf(retry, sizeof(retry), "%%RETRY%%%s", m->group);
	make_topic(s, lmi_span_str(retry), 1);
	tell_members(s, m->group);
}

/* group p == NULL: whatever was of this connection. */
static void drop_members(struct server *s, const struct lmi_conn *conn, struct lmi_span group, struct lmi_span id)
{
	for (struct member **at = &s->members; *at;) {
		struct member *m = *at;

		if (group.p ? !(lmi_span_is(group, m->group) && lmi_span_is(id, m->id)) : m->conn != conn) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		tell_members(s, m->group);
		lmi_conn_unref(m->conn);
		free(m);
	}
}

static void serve_heartbeat(const struct request *r)
{
	struct lmi_heartbeat h;

	for (size_t i = 0; i < BEATING_MAX && r->server->beating[i] != r->conn; i++) {
		if (r->server->beating[i])
			continue;
		r->server->beating[i] = r->conn;
		break;
	}
	free(r->server->heartbeat);
	r->server->heartbeat = strndup((const char *)r->cmd->body.p, r->cmd->body.n);
	ck_assert_int_eq(lmi_heartbeat_decode(r->cmd->body, &r->server->mock->arena, &h), 0);
	for (size_t i = 0; i < h.consumer_count; i++)
		add_member(r->server, r->conn, h.consumers[i].group, h.client_id);
	answer(r, LMI_RSP_SUCCESS, NULL);
}

static void serve_members(const struct request *r)
{
	struct lmi_span group = lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP), ids[64];
	struct lmi_text_list list = { .items = ids };
	struct lmi_buf body = { 0 };

	for (struct member *m = r->server->members; m && list.count < 64; m = m->next)
		if (lmi_span_is(group, m->group))
			ids[list.count++] = lmi_span_str(m->id);
	if (list.count == 0) {
		answer(r, LMI_RSP_SYSTEM_ERROR, "no consumer for this group");
		return;
	}
	lmi_text_list_put(&body, LMI_LIST_CONSUMERS, &list);
	answer_body(r, &body);
}

static void set_lock(struct server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id, struct lmi_span client)
{
	char key[2 * NAME_MAX_CHARS + 16];
	void *old = NULL;

	offset_key(key, sizeof(key), group, topic, queue_id);
	if (client.p)
		ck_assert_int_eq(lmi_map_put(&s->locks, lmi_span_str(key), strndup((const char *)client.p, client.n), &old), 0);
	else
		old = lmi_map_del(&s->locks, lmi_span_str(key));
	free(old);
}

static const char *get_lock(struct server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id)
{
	char key[2 * NAME_MAX_CHARS + 16];

	offset_key(key, sizeof(key), group, topic, queue_id);
	return lmi_map_get(&s->locks, lmi_span_str(key));
}

static void serve_lock(const struct request *r)
{
	struct server *s = r->server;
	struct lmi_lock_batch l;
	struct lmi_buf body = { 0 };
	size_t held = 0;

	ck_assert_int_eq(lmi_lock_batch_decode(r->cmd->body, &s->mock->arena, &l), 0);
	for (size_t i = 0; i < l.queue_count; i++) {
		const struct lmi_message_queue *q = &l.queues[i];
		const char *holder = get_lock(s, l.group, q->topic, q->queue_id);

		if (holder && !lmi_span_is(l.client_id, holder))
			continue;
		set_lock(s, l.group, q->topic, q->queue_id,
			 r->cmd->code == LMI_REQ_LOCK_BATCH_MQ ? l.client_id : LMI_SPAN_NULL);
		l.queues[held++] = *q;
	}
	if (r->cmd->code == LMI_REQ_UNLOCK_BATCH_MQ) {
		answer(r, LMI_RSP_SUCCESS, NULL);
		return;
	}
	lmi_lock_batch_answer_put(&body, l.queues, held);
	answer_body(r, &body);
}

static struct record *find_record(struct server *s, int64_t log_pos)
{
	for (size_t t = 0; t < s->topic_count; t++)
		for (int32_t q = 0; q < s->topics[t]->queues; q++)
			for (size_t i = 0; i < s->topics[t]->queue[q].count; i++)
				if (s->topics[t]->queue[q].records[i].log_pos == log_pos)
					return &s->topics[t]->queue[q].records[i];
	return NULL;
}

static void serve_send_back(const struct request *r)
{
	struct lmi_span group = lmi_command_ext(r->cmd, LMI_EXT_GROUP);
	char retry[NAME_MAX_CHARS];
	struct lmi_buf props = { 0 };
	struct lmi_record rec;
	struct record *found;
	int64_t pos = -1;

	r->server->back_level = 0;
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_DELAY_LEVEL, &r->server->back_level);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_OFFSET, &pos);
	found = find_record(r->server, pos);
	if (!found || lmi_record_decode(lmi_span(found->bytes, found->n), &rec) != 0) {
		answer(r, LMI_RSP_SYSTEM_ERROR, "no such message");
		return;
	}
	lmi_buf_put_span(&props, rec.props);
	if (!lmi_props_get(rec.props, LMI_SPAN_LIT(LMI_PROP_RETRY_TOPIC)).p)
		(void)lmi_props_put(&props, LMI_SPAN_LIT(LMI_PROP_RETRY_TOPIC), rec.topic);
	rec.props = lmi_buf_span(&props);
	rec.reconsume_times++;
	rec.store_ms = 0;
	snprintf(retry, sizeof(retry), "%s%.*s", r->server->back_level < 0 ? "%DLQ%" : "%RETRY%", (int)group.n, (const char *)group.p);
	append(r->server, make_topic(r->server, lmi_span_str(retry), 1), 0, &rec);
	lmi_buf_done(&props);
	answer(r, LMI_RSP_SUCCESS, NULL);
	serve_held(r->server, 0);
}

/* Position of the first record that was stored at the time or later. */
static int64_t search(const struct queue *q, const struct lmi_command *cmd)
{
	struct lmi_record rec;
	int64_t time_ms = 0;
	size_t i = 0;

	(void)lmi_command_ext_i64(cmd, LMI_EXT_TIMESTAMP, &time_ms);
	for (; q && i < q->count; i++)
		if (lmi_record_decode(lmi_span(q->records[i].bytes, q->records[i].n), &rec) == 0 && rec.store_ms >= time_ms)
			break;
	return q ? q->min_pos + (int64_t)i : 0;
}

static void serve_offset(const struct request *r)
{
	struct server *s = r->server;
	struct lmi_span group = lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP), topic = lmi_command_ext(r->cmd, LMI_EXT_TOPIC);
	struct topic *t = find_topic(s, topic);
	int32_t queue_id = 0;
	int64_t pos = -1;

	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_QUEUE_ID, &queue_id);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_COMMIT_OFFSET, &pos);
	if (r->cmd->code == LMI_REQ_GET_MAX_OFFSET) {
		answer_offset(r, t ? t->queue[queue_id].min_pos + (int64_t)t->queue[queue_id].count : 0);
		return;
	}
	if (r->cmd->code == LMI_REQ_GET_MIN_OFFSET) {
		answer_offset(r, t ? t->queue[queue_id].min_pos : 0);
		return;
	}
	if (r->cmd->code == LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP) {
		answer_offset(r, search(t ? &t->queue[queue_id] : NULL, r->cmd));
		return;
	}
	if (r->cmd->code == LMI_REQ_UPDATE_CONSUMER_OFFSET) {
		put_offset(s, group, topic, queue_id, pos);
		answer(r, LMI_RSP_SUCCESS, NULL);
		return;
	}
	pos = get_offset(s, group, topic, queue_id);
	if (pos < 0)
		answer(r, LMI_RSP_QUERY_NOT_FOUND, "no offset");
	else
		answer_offset(r, pos);
}

static void serve_create(const struct request *r)
{
	int32_t queues = 4;

	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_READ_QUEUE_NUMS, &queues);
	make_topic(r->server, lmi_command_ext(r->cmd, LMI_EXT_TOPIC), queues);
	answer(r, LMI_RSP_SUCCESS, NULL);
}

static bool dispatch(const struct request *r, bool may_hold)
{
	switch (r->cmd->code) {
	case LMI_REQ_GET_ROUTEINFO_BY_TOPIC: serve_route(r); break;
	case LMI_REQ_GET_BROKER_CLUSTER_INFO: serve_cluster(r); break;
	case LMI_REQ_SEND_MESSAGE_V2:
	case LMI_REQ_SEND_BATCH_MESSAGE:
	case LMI_REQ_SEND_REPLY_MESSAGE_V2: serve_send(r); break;
	case LMI_REQ_RECALL_MESSAGE:
	case LMI_REQ_END_TRANSACTION: answer(r, LMI_RSP_SUCCESS, NULL); break;
	case LMI_REQ_PULL_MESSAGE: return serve_pull(r, may_hold);
	case LMI_REQ_HEART_BEAT: serve_heartbeat(r); break;
	case LMI_REQ_GET_CONSUMER_LIST_BY_GROUP: serve_members(r); break;
	case LMI_REQ_LOCK_BATCH_MQ:
	case LMI_REQ_UNLOCK_BATCH_MQ: serve_lock(r); break;
	case LMI_REQ_CONSUMER_SEND_MSG_BACK: serve_send_back(r); break;
	case LMI_REQ_QUERY_CONSUMER_OFFSET:
	case LMI_REQ_UPDATE_CONSUMER_OFFSET:
	case LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP:
	case LMI_REQ_GET_MIN_OFFSET:
	case LMI_REQ_GET_MAX_OFFSET: serve_offset(r); break;
	case LMI_REQ_UPDATE_AND_CREATE_TOPIC: serve_create(r); break;
	case LMI_REQ_UNREGISTER_CLIENT:
		drop_members(r->server, NULL, lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP).p ?
			     lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP) : LMI_SPAN_LIT(""),
			     lmi_command_ext(r->cmd, LMI_EXT_CLIENT_ID_UPPER));
		answer(r, LMI_RSP_SUCCESS, NULL);
		break;
	default: answer(r, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED, "not supported");
	}
	return true;
}

/* ---- held fetches and late answers ---- */

static bool serve_one_held(struct server *s, struct held *h, bool may_hold)
{
	struct lmi_command cmd;
	struct request r = { s, h->conn, &cmd, lmi_conn_out(h->conn), 0, h->until_ms != 0 };

	if (lmi_command_decode(lmi_span(h->frame, h->n), &s->mock->arena, &cmd) < 0)
		return true;
	r.opaque = cmd.opaque;
	return dispatch(&r, may_hold);
}

/* @next_code  of the request that came just now; 0: none.  A late answer waits for one of its own kind, as heartbeats come when they like. */
static void serve_held(struct server *s, int32_t next_code)
{
	int64_t now_ms = lmi_mono_ms(lmi_clock_system());
	struct held *all = s->held, *h;

	s->held = NULL;
	while ((h = all)) {
		bool late = h->until_ms == 0, over = late ? next_code == h->code : now_ms >= h->until_ms;

		all = h->next;
		if ((late && !over) || (!late && !serve_one_held(s, h, !over))) {
			h->next = s->held;
			s->held = h;
			continue;
		}
		if (late)
			(void)serve_one_held(s, h, false);
		lmi_conn_unref(h->conn);
		free(h->frame);
		free(h);
	}
}

static void on_sweep(struct lmi_timer *t)
{
	struct mock *m = t->arg;

	pthread_mutex_lock(&m->lock);
	lmi_arena_reset(&m->arena);
	for (size_t i = 1; i <= m->brokers; i++)
		serve_held(&m->servers[i], 0);
	pthread_mutex_unlock(&m->lock);
}

/* ---- the script ---- */

static struct script *next_script(struct server *s, int32_t code)
{
	for (size_t i = 0; i < SCRIPTS_MAX; i++) {
		if (s->scripts[i].times <= 0 || s->scripts[i].code != code)
			continue;
		s->scripts[i].times--;
		return &s->scripts[i];
	}
	return NULL;
}

/* How often the text stands in the bytes. */
static size_t count_text(const uint8_t *p, size_t n, const char *text)
{
	size_t count = 0, len = strlen(text);

	for (size_t i = 0; i + len <= n; i++)
		count += memcmp(p + i, text, len) == 0;
	return count;
}

/*
 * Change up to four bytes behind the frame's length.  Whatever says where a server is stays as it is: the client must not be
 * sent to strangers.
 */
static void spoil(struct mock *m, uint8_t *p, size_t n)
{
	size_t addresses = 0, left;

	for (size_t i = 0; i <= m->brokers; i++)
		addresses += count_text(p, n, m->servers[i].address);
	for (uint64_t flips = 1 + lmi_rng_below(&m->chance.rng, 4); flips > 0 && n > 4; flips--) {
		size_t at = 4 + lmi_rng_below(&m->chance.rng, n - 4);
		uint8_t was = p[at];

		p[at] = lmi_rng_below(&m->chance.rng, 2) ? (uint8_t)lmi_rng_u64(&m->chance.rng) : (uint8_t)(was ^ (1u << lmi_rng_below(&m->chance.rng, 8)));
		left = 0;
		for (size_t i = 0; i <= m->brokers; i++)
			left += count_text(p, n, m->servers[i].address);
		if (left != addresses)
			p[at] = was;
	}
}

/* Returns what on_frame returns. */
static int act(struct request *r, const struct script *script, struct lmi_span frame)
{
	struct lmi_buf half = { 0 };

	switch (script->act) {
	case MOCK_REFUSE:
		answer(r, script->response, "so says the script");
		return 0;
	case MOCK_SILENT:
		return 0;
	case MOCK_LATE:
		hold(r, frame, 0);
		return 0;
	case MOCK_GARBAGE:
		lmi_buf_put_str(r->out, "\x7f\xff\xff\xff this is no frame at all");
		return 0;
	case MOCK_CUT:
		r->out = &half;
		(void)dispatch(r, false);
		lmi_buf_put(lmi_conn_out(r->conn), lmi_buf_data(&half), lmi_buf_len(&half) / 2);
		lmi_buf_done(&half);
		lmi_conn_close(r->conn, 0, true);
		return 0;
	case MOCK_SPOIL:
		r->out = &half;
		(void)dispatch(r, false);
		spoil(r->server->mock, lmi_buf_data(&half), lmi_buf_len(&half));
		lmi_buf_put(lmi_conn_out(r->conn), lmi_buf_data(&half), lmi_buf_len(&half));
		lmi_buf_done(&half);
		return 0;
	case MOCK_STRANGER:
		r->opaque = r->cmd->opaque + 1000000;
		answer(r, LMI_RSP_SUCCESS, "for nobody");
		r->opaque = r->cmd->opaque;
		(void)dispatch(r, false);
		return 0;
	default:
		return -LMQ_ECLOSED;
	}
}

static void keep_last(struct server *s, int32_t code, struct lmi_span frame)
{
	s->counts[code]++;
	free(s->last[code]);
	s->last[code] = malloc(frame.n);
	memcpy(s->last[code], frame.p, frame.n);
	s->last_bytes[code] = frame.n;
}

static int on_frame(struct lmi_conn *c, struct lmi_span frame)
{
	struct server *s = lmi_conn_user(c);
	struct mock *m = s->mock;
	struct lmi_command cmd;
	struct request r = { s, c, &cmd, NULL, 0, false };
	struct lmi_buf nowhere = { 0 };
	const struct script *script;
	int result = 0;

	pthread_mutex_lock(&m->lock);
	lmi_arena_reset(&m->arena);
	ck_assert_int_eq(lmi_command_decode(frame, &m->arena, &cmd), 0);
	if ((cmd.flag & LMI_FLAG_RESPONSE) && cmd.opaque == ORDER_OPAQUE) {
		m->answered = true;
		m->answer_code = cmd.code;
		snprintf(m->answer, sizeof(m->answer), "%.*s", (int)cmd.body.n, cmd.body.p ? (const char *)cmd.body.p : "");
		pthread_cond_broadcast(&m->changed);
		pthread_mutex_unlock(&m->lock);
		return 0;
	}
	r.out = cmd.flag & LMI_FLAG_ONEWAY ? &nowhere : lmi_conn_out(c);
	r.opaque = cmd.opaque;
	serve_held(s, cmd.code);
	if (cmd.code >= 0 && cmd.code < CODES_MAX)
		keep_last(s, cmd.code, frame);
	script = next_script(s, cmd.code);
	if (script)
		result = act(&r, script, frame);
	else if (!dispatch(&r, true))
		hold(&r, frame, 300);
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
	lmi_buf_done(&nowhere);
	return result;
}

static void on_close(struct lmi_conn *c, int cause)
{
	struct server *s = lmi_conn_user(c);

	(void)cause;
	pthread_mutex_lock(&s->mock->lock);
	drop_members(s, c, LMI_SPAN_NULL, LMI_SPAN_NULL);
	for (size_t i = 0; i < BEATING_MAX; i++)
		if (s->beating[i] == c)
			s->beating[i] = NULL;
	pthread_cond_broadcast(&s->mock->changed);
	pthread_mutex_unlock(&s->mock->lock);
}

static const struct lmi_conn_ops ops = { .on_frame = on_frame, .on_close = on_close };

/* ---- birth and end ---- */

static void server_open(struct mock *m, size_t index)
{
	struct server *s = &m->servers[index];
	struct lmi_listener_config cfg = { .ops = &ops, .limits = lmi_conn_limits_default, .user = s, .connections_max = 1000,
					   .name = "mock" };
	int fd = lmi_socket_listen("127.0.0.1", 0, 64);
	struct lmi_host host;

	ck_assert_int_ge(fd, 0);
	s->mock = m;
	s->number = (int)index - 1;
	snprintf(s->name, sizeof(s->name), "broker-%d", s->number);
	ck_assert_int_eq(lmi_socket_local(fd, &host), 0);
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%" PRIu32, host.port);
	s->listener = lmi_listener_new(m->loop, fd, &cfg);
	ck_assert_ptr_nonnull(s->listener);
}

static void *thread_main(void *arg)
{
	lmi_loop_run(((struct mock *)arg)->loop);
	return NULL;
}

struct mock *mock_new(size_t brokers)
{
	struct mock *m = calloc(1, sizeof(*m));
	pthread_condattr_t attr;

	ck_assert(m && brokers <= MOCK_BROKERS_MAX);
	m->brokers = brokers;
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->changed, &attr);
	pthread_condattr_destroy(&attr);
	lmi_arena_init(&m->arena, 0);
	lmi_arena_init(&m->asked, 0);
	m->loop = lmi_loop_new();
	ck_assert_ptr_nonnull(m->loop);
	for (size_t i = 0; i <= brokers; i++)
		server_open(m, i);
	m->sweep = (struct lmi_timer){ .fn = on_sweep, .arg = m };
	ck_assert_int_eq(lmi_timer_start(m->loop, &m->sweep, SWEEP_MS, SWEEP_MS), 0);
	ck_assert_int_eq(pthread_create(&m->thread, NULL, thread_main, m), 0);
	return m;
}

struct order {
	struct mock *mock;
	struct server *server;
	void (*fn)(struct order *o);
	bool done;
};

static void run_order(void *arg)
{
	struct order *o = arg;

	o->fn(o);
	pthread_mutex_lock(&o->mock->lock);
	o->done = true;
	pthread_cond_broadcast(&o->mock->changed);
	pthread_mutex_unlock(&o->mock->lock);
}

static void order(struct mock *m, struct server *s, void (*fn)(struct order *o))
{
	struct order o = { m, s, fn, false };

	ck_assert_int_eq(lmi_loop_post(m->loop, run_order, &o), 0);
	pthread_mutex_lock(&m->lock);
	while (!o.done)
		pthread_cond_wait(&m->changed, &m->lock);
	pthread_mutex_unlock(&m->lock);
}

static void disconnect(struct order *o)
{
	if (o->server->listener)
		lmi_listener_close_all(o->server->listener);
}

static void stop_listening(struct order *o)
{
	disconnect(o);
	if (o->server->listener)
		lmi_listener_free(o->server->listener);
	o->server->listener = NULL;
}

static void stop_loop(struct order *o)
{
	lmi_timer_stop(&o->mock->sweep);
	lmi_loop_stop(o->mock->loop);
}

static struct server *server_of(struct mock *m, int number)
{
	ck_assert(number >= MOCK_NAMESRV && number < (int)m->brokers);
	return &m->servers[number + 1];
}

void mock_disconnect(struct mock *m, int server)
{
	order(m, server_of(m, server), disconnect);
}

void mock_kill(struct mock *m, int server)
{
	order(m, server_of(m, server), stop_listening);
}

static void server_done(struct server *s)
{
	while (s->held) {
		struct held *h = s->held;

		s->held = h->next;
		lmi_conn_unref(h->conn);
		free(h->frame);
		free(h);
	}
	drop_members(s, NULL, LMI_SPAN_LIT("none"), LMI_SPAN_NULL);
	while (s->members) {
		struct member *m = s->members;

		s->members = m->next;
		lmi_conn_unref(m->conn);
		free(m);
	}
	for (size_t t = 0; t < s->topic_count; t++) {
		for (int32_t q = 0; q < 64; q++) {
			for (size_t i = 0; i < s->topics[t]->queue[q].count; i++)
				free(s->topics[t]->queue[q].records[i].bytes);
			free(s->topics[t]->queue[q].records);
		}
		free(s->topics[t]);
	}
	lmi_map_done(&s->offsets, free);
	lmi_map_done(&s->locks, free);
	free(s->heartbeat);
	for (size_t i = 0; i < CODES_MAX; i++)
		free(s->last[i]);
}

void mock_free(struct mock *m)
{
	for (size_t i = 0; i <= m->brokers; i++)
		mock_kill(m, (int)i - 1);
	order(m, NULL, stop_loop);
	pthread_join(m->thread, NULL);
	for (size_t i = 0; i <= m->brokers; i++)
		server_done(&m->servers[i]);
	lmi_loop_free(m->loop);
	lmi_arena_done(&m->arena);
	lmi_arena_done(&m->asked);
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->changed);
	free(m);
}

const char *mock_namesrv(const struct mock *m)
{
	return m->servers[0].address;
}

void mock_topic(struct mock *m, const char *topic, int32_t queues)
{
	pthread_mutex_lock(&m->lock);
	for (size_t i = 1; i <= m->brokers; i++)
		make_topic(&m->servers[i], lmi_span_str(topic), queues);
	pthread_mutex_unlock(&m->lock);
}

void mock_script(struct mock *m, int server, int32_t code, enum mock_act a, int32_t response_code, int times)
{
	struct server *s = server_of(m, server);

	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < SCRIPTS_MAX; i++) {
		if (s->scripts[i].times > 0)
			continue;
		s->scripts[i] = (struct script){ code, response_code, a, times };
		break;
	}
	pthread_mutex_unlock(&m->lock);
}

void mock_calm(struct mock *m)
{
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i <= m->brokers; i++)
		memset(m->servers[i].scripts, 0, sizeof(m->servers[i].scripts));
	pthread_mutex_unlock(&m->lock);
}

void mock_seed(struct mock *m, uint64_t seed)
{
	pthread_mutex_lock(&m->lock);
	lmi_rng_seeded_init(&m->chance, seed);
	pthread_mutex_unlock(&m->lock);
}

/* ---- looking and waiting ---- */

struct question {
	int server;
	int32_t code;
	const char *group, *topic;
};

static int64_t ask_count(struct mock *m, const struct question *q)
{
	return (int64_t)server_of(m, q->server)->counts[q->code];
}

static int64_t ask_stored(struct mock *m, const struct question *q)
{
	int64_t n = 0;

	for (size_t i = 1; i <= m->brokers; i++) {
		struct topic *t = find_topic(&m->servers[i], lmi_span_str(q->topic));

		for (int32_t k = 0; t && k < t->queues; k++)
			n += (int64_t)t->queue[k].count;
	}
	return n;
}

static int64_t ask_members(struct mock *m, const struct question *q)
{
	int64_t n = 0;

	for (struct member *at = server_of(m, q->server)->members; at; at = at->next)
		n += strcmp(at->group, q->group) == 0;
	return n;
}

static int64_t ask_offsets(struct mock *m, const struct question *q)
{
	int64_t sum = 0;

	for (size_t i = 1; i <= m->brokers; i++) {
		struct topic *t = find_topic(&m->servers[i], lmi_span_str(q->topic));

		for (int32_t k = 0; t && k < t->queues; k++) {
			int64_t pos = get_offset(&m->servers[i], lmi_span_str(q->group), lmi_span_str(q->topic), k);

			sum += pos > 0 ? pos : 0;
		}
	}
	return sum;
}

static int64_t look(struct mock *m, int64_t (*ask)(struct mock *m, const struct question *q), const struct question *q)
{
	int64_t n;

	pthread_mutex_lock(&m->lock);
	n = ask(m, q);
	pthread_mutex_unlock(&m->lock);
	return n;
}

/* Members may become fewer: those are waited for exactly, all else may be more. */
static bool wait_for(struct mock *m, int64_t (*ask)(struct mock *m, const struct question *q), const struct question *q,
		     int64_t n)
{
	struct timespec until;
	bool good;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += MOCK_WAIT_S;
	pthread_mutex_lock(&m->lock);
	while (!(good = ask == ask_members ? ask(m, q) == n : ask(m, q) >= n))
		if (pthread_cond_timedwait(&m->changed, &m->lock, &until) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&m->lock);
	return good;
}

uint64_t mock_count(struct mock *m, int server, int32_t code)
{
	return (uint64_t)look(m, ask_count, &(struct question){ .server = server, .code = code });
}

bool mock_wait(struct mock *m, int server, int32_t code, uint64_t count)
{
	return wait_for(m, ask_count, &(struct question){ .server = server, .code = code }, (int64_t)count);
}

uint64_t mock_stored(struct mock *m, const char *topic)
{
	return (uint64_t)look(m, ask_stored, &(struct question){ .topic = topic });
}

bool mock_wait_stored(struct mock *m, const char *topic, uint64_t count)
{
	return wait_for(m, ask_stored, &(struct question){ .topic = topic }, (int64_t)count);
}

size_t mock_members(struct mock *m, int broker, const char *group)
{
	return (size_t)look(m, ask_members, &(struct question){ .server = broker, .group = group });
}

bool mock_wait_members(struct mock *m, int broker, const char *group, size_t count)
{
	return wait_for(m, ask_members, &(struct question){ .server = broker, .group = group }, (int64_t)count);
}

bool mock_wait_offsets(struct mock *m, const char *group, const char *topic, int64_t sum)
{
	return wait_for(m, ask_offsets, &(struct question){ .group = group, .topic = topic }, sum);
}

int64_t mock_offset(struct mock *m, int broker, const char *group, const char *topic, int32_t queue_id)
{
	int64_t pos;

	pthread_mutex_lock(&m->lock);
	pos = get_offset(server_of(m, broker), lmi_span_str(group), lmi_span_str(topic), queue_id);
	pthread_mutex_unlock(&m->lock);
	return pos;
}

void mock_set_offset(struct mock *m, int broker, const char *group, const char *topic, int32_t queue_id, int64_t pos)
{
	pthread_mutex_lock(&m->lock);
	put_offset(server_of(m, broker), lmi_span_str(group), lmi_span_str(topic), queue_id, pos);
	pthread_mutex_unlock(&m->lock);
}

void mock_put_at(struct mock *m, int broker, const char *topic, int32_t queue_id, const char *body, int64_t store_ms)
{
	struct server *s = server_of(m, broker);
	struct lmi_record r = { .body = lmi_span_str(body), .store_ms = store_ms };

	pthread_mutex_lock(&m->lock);
	append(s, find_topic(s, lmi_span_str(topic)), queue_id, &r);
	pthread_mutex_unlock(&m->lock);
}

void mock_put(struct mock *m, int broker, const char *topic, int32_t queue_id, const char *props, const void *body,
	      size_t body_bytes, int32_t sysflag)
{
	struct server *s = server_of(m, broker);
	struct lmi_record r = { .props = lmi_span_str(props), .body = lmi_span(body, body_bytes), .sysflag = sysflag };

	pthread_mutex_lock(&m->lock);
	append(s, find_topic(s, lmi_span_str(topic)), queue_id, &r);
	pthread_mutex_unlock(&m->lock); /* the sweep serves who waits for it */
}

void mock_props(struct mock *m, int broker, const char *topic, int32_t queue_id, size_t n, char *out, size_t cap)
{
	struct topic *t;
	struct lmi_record rec;

	*out = '\0';
	pthread_mutex_lock(&m->lock);
	t = find_topic(server_of(m, broker), lmi_span_str(topic));
	if (t && n < t->queue[queue_id].count &&
	    lmi_record_decode(lmi_span(t->queue[queue_id].records[n].bytes, t->queue[queue_id].records[n].n), &rec) == 0)
		snprintf(out, cap, "%.*s", (int)rec.props.n, (const char *)rec.props.p);
	pthread_mutex_unlock(&m->lock);
}

void mock_lock(struct mock *m, int broker, const char *group, const char *topic, int32_t queue_id, const char *client)
{
	pthread_mutex_lock(&m->lock);
	set_lock(server_of(m, broker), lmi_span_str(group), lmi_span_str(topic), queue_id,
		 client ? lmi_span_str(client) : LMI_SPAN_NULL);
	pthread_mutex_unlock(&m->lock);
}

bool mock_locked(struct mock *m, int broker, const char *group, const char *topic, int32_t queue_id)
{
	bool locked;

	pthread_mutex_lock(&m->lock);
	locked = get_lock(server_of(m, broker), lmi_span_str(group), lmi_span_str(topic), queue_id) != NULL;
	pthread_mutex_unlock(&m->lock);
	return locked;
}

int32_t mock_back_level(struct mock *m, int broker)
{
	int32_t level;

	pthread_mutex_lock(&m->lock);
	level = server_of(m, broker)->back_level;
	pthread_mutex_unlock(&m->lock);
	return level;
}

int64_t mock_handed_out(struct mock *m, int broker, const char *topic, int32_t queue_id)
{
	int64_t pos;

	pthread_mutex_lock(&m->lock);
	pos = find_topic(server_of(m, broker), lmi_span_str(topic))->queue[queue_id].handed_out;
	pthread_mutex_unlock(&m->lock);
	return pos;
}

void mock_trim(struct mock *m, int broker, const char *topic, int32_t queue_id, int64_t min_pos)
{
	struct queue *q;

	pthread_mutex_lock(&m->lock);
	q = &find_topic(server_of(m, broker), lmi_span_str(topic))->queue[queue_id];
	while (q->min_pos < min_pos && q->count > 0) {
		free(q->records[0].bytes);
		memmove(q->records, q->records + 1, --q->count * sizeof(*q->records));
		q->min_pos++;
	}
	pthread_mutex_unlock(&m->lock);
}

void mock_heartbeat(struct mock *m, int broker, char *out, size_t cap)
{
	pthread_mutex_lock(&m->lock);
	snprintf(out, cap, "%s", server_of(m, broker)->heartbeat ? server_of(m, broker)->heartbeat : "");
	pthread_mutex_unlock(&m->lock);
}

void mock_last(struct mock *m, int server, int32_t code, const char *name, char *out, size_t cap)
{
	struct server *s = server_of(m, server);
	struct lmi_command cmd;

	*out = '\0';
	pthread_mutex_lock(&m->lock);
	lmi_arena_reset(&m->asked);
	if (s->last[code] && lmi_command_decode(lmi_span(s->last[code], s->last_bytes[code]), &m->asked, &cmd) == 0)
		for (uint32_t i = 0; i < cmd.ext_count; i++)
			if (lmi_span_is(cmd.ext[i].name, name))
				snprintf(out, cap, "%.*s", (int)cmd.ext[i].value.n, (const char *)cmd.ext[i].value.p);
	pthread_mutex_unlock(&m->lock);
}

int32_t mock_sysflag(struct mock *m, int broker, const char *topic, int32_t queue_id, size_t n)
{
	struct topic *t;
	struct lmi_record rec = { .sysflag = -1 };

	pthread_mutex_lock(&m->lock);
	t = find_topic(server_of(m, broker), lmi_span_str(topic));
	if (t && n < t->queue[queue_id].count)
		(void)lmi_record_decode(lmi_span(t->queue[queue_id].records[n].bytes, t->queue[queue_id].records[n].n), &rec);
	pthread_mutex_unlock(&m->lock);
	return rec.sysflag;
}

/* ---- requests of a broker's own ---- */

struct asking {
	struct mock *mock;
	struct server *server;
	struct lmi_buf frame;
};

static void ask_all(void *arg)
{
	struct asking *a = arg;

	for (size_t i = 0; i < BEATING_MAX; i++)
		if (a->server->beating[i])
			lmi_buf_put_span(lmi_conn_out(a->server->beating[i]), lmi_buf_span(&a->frame));
	lmi_buf_done(&a->frame);
	free(a);
}

void mock_ask(struct mock *m, int broker, int32_t code, const char *const *ext, const void *body, size_t body_bytes)
{
	struct asking *a = calloc(1, sizeof(*a));
	struct lmi_command_out o;

	ck_assert_ptr_nonnull(a);
	a->mock = m;
	a->server = server_of(m, broker);
	lmi_command_begin(&o, &a->frame, LMI_SERIALIZE_JSON, code, 7, 0);
	for (; ext && *ext; ext += 2)
		lmi_command_put_name(&o, lmi_span_str(ext[0]), lmi_span_str(ext[1]));
	lmi_command_end(&o, body_bytes);
	lmi_buf_put(&a->frame, body, body_bytes);
	ck_assert_int_eq(lmi_loop_post(m->loop, ask_all, a), 0);
}

size_t mock_record(struct mock *m, int broker, const char *topic, int32_t queue_id, size_t n, void *out, size_t cap)
{
	struct topic *t;
	size_t bytes = 0;

	pthread_mutex_lock(&m->lock);
	t = find_topic(server_of(m, broker), lmi_span_str(topic));
	if (t && n < t->queue[queue_id].count && t->queue[queue_id].records[n].n <= cap) {
		bytes = t->queue[queue_id].records[n].n;
		memcpy(out, t->queue[queue_id].records[n].bytes, bytes);
	}
	pthread_mutex_unlock(&m->lock);
	return bytes;
}

/* ---- orders to members ---- */

struct told {
	struct server *server;
	const char *group;
	int32_t code;
	struct lmi_span body;
	bool oneway, sent, tried;
};

static void send_order(void *arg)
{
	struct told *k = arg;
	struct mock *m = k->server->mock;
	struct lmi_command_out o;

	pthread_mutex_lock(&m->lock);
	for (struct member *i = k->server->members; i && !k->sent; i = i->next) {
		struct lmi_buf *out;

		if (strcmp(i->group, k->group) != 0)
			continue;
		out = lmi_conn_out(i->conn);
		lmi_command_begin(&o, out, LMI_SERIALIZE_JSON, k->code, ORDER_OPAQUE, k->oneway ? LMI_FLAG_ONEWAY : 0);
		lmi_command_put(&o, LMI_EXT_CONSUMER_GROUP, lmi_span_str(k->group));
		lmi_command_put(&o, LMI_EXT_GROUP, lmi_span_str(k->group));
		lmi_command_end(&o, k->body.n);
		lmi_buf_put_span(out, k->body);
		k->sent = true;
	}
	k->tried = true;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

int32_t mock_order(struct mock *m, int broker, const char *group, int32_t code, const void *body, size_t body_bytes,
		   char *answer, size_t cap)
{
	struct told k = { .server = server_of(m, broker), .group = group, .code = code, .body = lmi_span(body, body_bytes),
			   .oneway = answer == NULL };
	struct timespec until;
	int32_t result = -1;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += MOCK_WAIT_S;
	pthread_mutex_lock(&m->lock);
	m->answered = false;
	pthread_mutex_unlock(&m->lock);
	ck_assert_int_eq(lmi_loop_post(m->loop, send_order, &k), 0);
	pthread_mutex_lock(&m->lock);
	while (!k.tried || (k.sent && answer && !m->answered))
		if (pthread_cond_timedwait(&m->changed, &m->lock, &until) != 0 && k.tried)
			break;
	if (answer && m->answered) {
		snprintf(answer, cap, "%s", m->answer);
		result = m->answer_code;
	}
	pthread_mutex_unlock(&m->lock);
	return answer ? result : k.sent ? 0 : -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the name servers.  Rule: BrokerOuterAPI.registerBrokerAll, unregisterBrokerAll. */
#include <errno.h>
#include <stdlib.h>

#include "broker/broker_internal.h"
#include "base/event.h"
#include "wire/register.h"
#include "wire/topic_list.h"

#define UNREGISTER_MS 1000
#define LIVE_MS 120000 /* after which a name server that hears nothing forgets us */

/* A request under way; of a registration @next takes the answer. */
struct register_call {
	struct broker *broker;
	size_t server;
	register_answer_fn *next;
};

/* For name servers that take whole registrations. */
#define PART_TOPICS 800u            /* topics in one; rule: BrokerConfig.splitRegistrationSize */
#define PART_BYTES (4u << 20)       /* body that is closed above this, far below the frame limit of 16 MiB */
#define WHOLE_EVERY 10              /* periods after which a large table is sent again although nothing changed */

void broker_register_identity(const struct broker *b, struct lmi_command_out *o)
{
	const struct broker_settings *s = &b->cfg.core.settings;
	lmi_command_put(o, LMI_EXT_BROKER_NAME, s->broker_name);
	lmi_command_put(o, LMI_EXT_BROKER_ADDR, s->address);
	lmi_command_put(o, LMI_EXT_CLUSTER_NAME, s->cluster_name);
	lmi_command_put_i64(o, LMI_EXT_BROKER_ID, s->broker_id);
	lmi_command_put(o, LMI_EXT_HA_SERVER_ADDR, s->ha_address);
	lmi_command_put_i64(o, LMI_EXT_HEARTBEAT_TIMEOUT_MILLIS, LIVE_MS);
	lmi_command_put_bool(o, LMI_EXT_ENABLE_ACTING_MASTER, false);
}

/* ---- a round: one request after the other until it is settled ---- */

static void say(struct broker *b, const struct register_server *s, enum register_news news, int err,
		const struct lmi_command *answer)
{
	static const struct lmi_log_field lost[] = { LMI_LOG_EVENT(LMI_EVENT_NAMESRV_LOST), { NULL, NULL, 0 } };
	struct lmi_log *log = b->cfg.core.log;
	if (news == REGISTER_REACHED)
		lmi_log_with(log, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_NAMESRV_REACHED)), "registered with name server %s", s->address);
	else if (news == REGISTER_LOST && answer)
		lmi_log_with(log, LMI_LOG_WARNING, lost, "name server %s refused the registration with code %d: %.*s", s->address,
			answer->code, SPAN_ARGS(answer->remark));
	else if (news == REGISTER_LOST)
		lmi_log_with(log, LMI_LOG_WARNING, lost, "name server %s cannot be reached: %s; tried again every few seconds", s->address,
			lmi_strerror(err));
	broker_say_status(b);
}

/*
 * Topics that the operator keeps in order, with what the name server says of them: they are so marked, and stay so when the entry
 * goes.  Rule: TopicConfigManager.updateOrderTopicConfig, BrokerController.handleRegisterBrokerResult.
 */
static void take_orders(struct broker *b, struct lmi_span body)
{
	struct handle *h = &b->core.handle;
	struct lmi_kv_table kv;
	lmi_arena_reset(&h->arena);
	if (!body.n || lmi_kv_table_decode(body, &h->arena, &kv))
		return;
	for (size_t i = 0; i < kv.count; i++) {
		const struct topic *t = topic_table_get(&b->core.topics, kv.items[i].key);
		struct lmi_topic_config c;
		if (!t || t->config.order)
			continue;
		c = t->config;
		c.order = true;
		if (topic_table_put(&b->core.topics, &c, handle_now(h)) == 0)
			lmi_log_with(h->log, LMI_LOG_NOTICE,
				LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_TOPIC_CHANGED), LMI_LOG_SPAN("TOPIC", kv.items[i].key)),
				"topic %.*s is in order now, as the name server's ORDER_TOPIC_CONFIG says", SPAN_ARGS(kv.items[i].key));
	}
}

void broker_register_settle(struct broker *b, size_t server, int err, const struct lmi_command *answer)
{
	bool ok = !err && answer && answer->code == LMI_RSP_SUCCESS;
	enum register_news news = register_duty_answered(&b->servers, server, ok, b->transport->now_ms(b));
	if (!ok)
		broker_sync_reset(&b->links[server]);
	else
		take_orders(b, answer->body);
	if (news != REGISTER_NOTHING_NEW && !b->stopping)
		say(b, &b->servers.servers[server], news, err, answer);
}

static void on_answer(void *arg, int err, const struct lmi_command *answer)
{
	struct register_call c = *(struct register_call *)arg;
	free(arg);
	if (err || !answer)
		broker_register_settle(c.broker, c.server, err, NULL);
	else
		c.next(c.broker, c.server, answer);
}

void broker_register_begin(struct broker *b, struct lmi_command_out *o, size_t server, int32_t code)
{
	(void)server;
	lmi_buf_reset(&b->frame, 0);
	b->opaque = b->transport->next_opaque(b);
	lmi_command_begin(o, &b->frame, LMI_SERIALIZE_JSON, code, b->opaque, 0);
}

void broker_register_send(struct broker *b, size_t server, register_answer_fn *next)
{
	struct register_call *c = malloc(sizeof(*c));
	int err = c && !b->frame.failed ? 0 : -ENOMEM;
	if (!err) {
		*c = (struct register_call){ b, server, next };
		err = b->transport->send(b, server, b->opaque, lmi_buf_span(&b->frame), on_answer, c);
	}
	lmi_buf_reset(&b->frame, 0);
	if (!err)
		return;
	free(c);
	broker_register_settle(b, server, err, NULL);
}

/* ---- whole registrations ---- */

/* One topic as name servers are told it: no more is allowed than the broker allows.  Rule: BrokerController.registerBrokerAll. */
static struct lmi_topic_config announced(const struct broker *b, const struct topic *t)
{
	struct lmi_topic_config c = t->config;
	if (b->core.handle.settings->permission != (LMI_PERM_READ | LMI_PERM_WRITE))
		c.perm &= b->core.handle.settings->permission;
	return c;
}

/* The names of all topics: parts are put together from what there is of them when their turn comes. */
static int collect_names(struct broker *b, struct register_link *l)
{
	const struct topic *t;
	l->left = l->part = 0;
	lmi_buf_reset(&l->topics, 0);
	for (size_t i = 0; (t = topic_table_next(&b->core.topics, &i)); l->left++)
		lmi_sync_put_name(&l->topics, t->config.name);
	return l->topics.failed ? -ENOMEM : 0;
}

/* The next topics into the arena's array. */
static int next_topics(struct broker *b, struct register_link *l, struct lmi_register *r)
{
	size_t bytes = 0;
	lmi_arena_reset(&b->core.handle.arena);
	*r = (struct lmi_register){ .version = l->sent_version };
	r->topics = lmi_arena_alloc(&b->core.handle.arena, (PART_TOPICS + 1) * sizeof(*r->topics));
	if (!r->topics)
		return -ENOMEM;
	/* One that would be alone in the last part comes along: RocketMQ refuses a single topic where it expects a broker. */
	while (l->left && bytes < PART_BYTES && (r->topic_count < PART_TOPICS || l->left == 1)) {
		struct lmi_span rest = lmi_buf_span(&l->topics), name;
		if (r->topic_count > PART_TOPICS || lmi_sync_next_del(&rest, &name))
			return -LMQ_ESTATE;
		const struct topic *t = topic_table_get(&b->core.topics, name);
		if (t) {
			r->topics[r->topic_count++] = announced(b, t);
			bytes += t->config.attributes.n + 2 * t->config.name.n + 160;
		}
		lmi_buf_consume(&l->topics, name.n + 1);
		l->left--;
	}
	/* Each part has a version of its own, else what changed would not be looked at; the last has the real one. */
	if (l->left)
		r->version.timestamp_ms += ++l->part;
	return 0;
}

static void send_part(struct broker *b, size_t server);

static void on_part(struct broker *b, size_t server, const struct lmi_command *answer)
{
	struct register_link *l = &b->links[server];
	if (answer->code == LMI_RSP_SUCCESS && l->left) {
		send_part(b, server);
		return;
	}
	if (answer->code == LMI_RSP_SUCCESS) {
		l->confirmed = true;
		l->version = l->sent_version.counter;
		l->whole_ms = b->transport->now_ms(b) + WHOLE_EVERY * b->servers.period_ms;
		lmi_buf_done(&l->topics);
	}
	broker_register_settle(b, server, 0, answer);
}

static void send_part(struct broker *b, size_t server)
{
	struct register_link *l = &b->links[server];
	struct lmi_buf *body = &b->core.handle.scratch;
	struct lmi_register r;
	struct lmi_command_out o;
	int err = next_topics(b, l, &r);
	if (err) {
		broker_register_settle(b, server, err, NULL);
		return;
	}
	lmi_buf_reset(body, 0);
	lmi_register_put(body, &r);
	broker_register_begin(b, &o, server, LMI_REQ_REGISTER_BROKER);
	broker_register_identity(b, &o);
	lmi_command_put_bool(&o, LMI_EXT_COMPRESSED, false);
	lmi_command_put_i64(&o, LMI_EXT_BODY_CRC32, lmi_crc32(0, lmi_buf_data(body), lmi_buf_len(body)) & 0x7FFFFFFF);
	lmi_command_end(&o, lmi_buf_len(body));
	lmi_buf_put_span(&b->frame, lmi_buf_span(body));
	b->frame.failed |= body->failed;
	lmi_buf_reset(body, 0);
	broker_register_send(b, server, on_part);
}

void broker_register_whole(struct broker *b, size_t server)
{
	struct register_link *l = &b->links[server];
	int err = collect_names(b, l);
	l->sent_version = b->core.topics.version;
	b->servers.servers[server].sending = l->sent_version.counter;
	if (err)
		broker_register_settle(b, server, err, NULL);
	else
		send_part(b, server);
}

/* Rule: BrokerOuterAPI.needRegister. */
static void on_version(struct broker *b, size_t server, const struct lmi_command *answer)
{
	bool changed = true;
	if (answer->code == LMI_RSP_SUCCESS)
		lmi_command_ext_bool(answer, LMI_EXT_CHANGED, &changed);
	if (changed)
		broker_register_whole(b, server);
	else
		broker_register_settle(b, server, 0, answer);
}

static void ask_version(struct broker *b, size_t server)
{
	struct lmi_buf *body = &b->core.handle.scratch;
	struct lmi_command_out o;
	struct lmi_json_out j;
	lmi_buf_reset(body, 0);
	lmi_json_out_init(&j, body);
	lmi_data_version_put(&j, &b->core.topics.version);
	b->servers.servers[server].sending = b->core.topics.version.counter;
	broker_register_begin(b, &o, server, LMI_REQ_QUERY_DATA_VERSION);
	broker_register_identity(b, &o);
	lmi_command_end(&o, lmi_buf_len(body));
	lmi_buf_put_span(&b->frame, lmi_buf_span(body));
	lmi_buf_reset(body, 0);
	broker_register_send(b, server, on_version);
}

/* A large table is sent when it changed and now and then; in between a name server that is not ours is asked whether it has it. */
static bool version_is_enough(const struct broker *b, const struct register_link *l)
{
	return l->confirmed && l->version == b->core.topics.version.counter && lmi_map_count(&b->core.topics.map) > PART_TOPICS &&
	       b->transport->now_ms(b) < l->whole_ms;
}

static void start_round(struct broker *b, size_t server)
{
	struct register_link *l = &b->links[server];
	if (l->kind != LINK_OTHER)
		broker_sync_run(b, server);
	else if (version_is_enough(b, l))
		ask_version(b, server);
	else
		broker_register_whole(b, server);
}

void broker_register_run(struct broker *b)
{
	int server;
	if (b->stopping)
		return;
	if (b->core.topics.unregistered) {
		b->core.topics.unregistered = false;
		register_duty_changed(&b->servers, b->transport->now_ms(b));
	}
	while ((server = register_duty_take(&b->servers, b->transport->now_ms(b))) >= 0)
		start_round(b, (size_t)server);
}

void broker_register_lost(struct broker *b, const char *address)
{
	for (size_t i = 0; i < b->servers.count; i++)
		if (strcmp(b->servers.servers[i].address, address) == 0)
			broker_sync_reset(&b->links[i]);
	register_duty_closed(&b->servers, address, b->transport->now_ms(b));
}

int broker_register_init(struct broker *b, const struct register_transport *transport)
{
	b->transport = transport;
	int err = register_duty_init(&b->servers, b->cfg.name_servers, b->cfg.core.settings.register_period_ms, transport->now_ms(b));
	b->core.announce.on = b->servers.count > 0;
	if (!err)
		b->links = calloc(b->servers.count + 1, sizeof(*b->links));
	return !err && !b->links ? -ENOMEM : err;
}

int broker_register_servers(struct broker *b, const char *addresses, bool *out_changed)
{
	size_t before = b->servers.count;
	struct register_link *l = reallocarray(b->links, REGISTER_SERVERS_MAX, sizeof(*l));
	if (!l)
		return -ENOMEM;
	b->links = l;
	int err = register_duty_update(&b->servers, addresses, b->transport->now_ms(b), out_changed);
	for (size_t i = before; i < b->servers.count; i++)
		b->links[i] = (struct register_link){ 0 };
	for (size_t i = 0; i < before; i++)
		if (b->servers.servers[i].gone || !b->servers.servers[i].asked)
			broker_sync_reset(&b->links[i]);
	return err;
}

void broker_register_done(struct broker *b)
{
	for (size_t i = 0; b->links && i < b->servers.count; i++)
		broker_sync_reset(&b->links[i]);
	free(b->links);
	register_duty_done(&b->servers);
	lmi_buf_done(&b->frame);
}

/* ---- over sockets ---- */

static int32_t rpc_next_opaque(struct broker *b)
{
	return lmi_rpc_next_opaque(b->rpc);
}

static int rpc_send(struct broker *b, size_t server, int32_t opaque, struct lmi_span frame, lmi_rpc_done_fn *done, void *arg)
{
	return lmi_rpc_send(b->rpc, b->servers.servers[server].address, opaque, frame, b->cfg.register_timeout_ms, done, arg);
}

static int64_t loop_now_ms(const struct broker *b)
{
	return lmi_loop_now_ms(b->cfg.loop);
}

static void on_connection_closed(void *user, const char *address, int cause)
{
	(void)cause;
	broker_register_lost(user, address);
}

int broker_register_open(struct broker *b)
{
	static const struct register_transport sockets = { rpc_next_opaque, rpc_send, loop_now_ms };
	struct lmi_rpc_config c = { .loop = b->cfg.loop,
				    .resolver = b->cfg.executor,
				    .limits = lmi_conn_limits_default,
				    .connect_timeout_ms = 3000,
				    .on_close = on_connection_closed,
				    .user = b };
	b->rpc = lmi_rpc_new(&c);
	return b->rpc ? broker_register_init(b, &sockets) : -ENOMEM;
}

/* ---- going ---- */

static void on_unregistered(void *arg, int err, const struct lmi_command *answer)
{
	struct register_call *c = arg;
	if (err)
		lmi_log(c->broker->cfg.core.log, LMI_LOG_INFO, "name server %s was not told that this broker stops: %s",
			c->broker->servers.servers[c->server].address, lmi_strerror(err));
	(void)answer;
	c->broker->unregistering--;
	free(c);
}

static void unregister_one(struct broker *b, size_t server)
{
	struct lmi_command_out o;
	int32_t opaque = lmi_rpc_next_opaque(b->rpc);
	struct register_call *c = malloc(sizeof(*c));
	if (!c)
		return;
	*c = (struct register_call){ b, server, NULL };
	lmi_buf_reset(&b->frame, 0);
	lmi_command_begin(&o, &b->frame, LMI_SERIALIZE_JSON, LMI_REQ_UNREGISTER_BROKER, opaque, 0);
	broker_register_identity(b, &o);
	lmi_command_end(&o, 0);
	if (lmi_rpc_send(b->rpc, b->servers.servers[server].address, opaque, lmi_buf_span(&b->frame), UNREGISTER_MS,
			 on_unregistered, c))
		free(c);
	else
		b->unregistering++;
}

void broker_unregister(struct broker *b)
{
	for (size_t i = 0; i < b->servers.count; i++)
		if (b->servers.servers[i].reachable)
			unregister_one(b, i);
}

void broker_register_close(struct broker *b)
{
	lmi_rpc_free(b->rpc);
	broker_register_done(b);
}

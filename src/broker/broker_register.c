/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the name servers.  Rule: BrokerOuterAPI.registerBrokerAll, unregisterBrokerAll. */
#include <errno.h>
#include <stdlib.h>

#include "broker/broker_internal.h"
#include "wire/register.h"

#define UNREGISTER_MS 1000
#define LIVE_MS 120000 /* after which a name server that hears nothing forgets us */

struct call {
	struct broker *broker;
	size_t server;
};

static void put_identity(const struct broker *b, struct lmi_command_out *o)
{
	const struct broker_settings *s = &b->cfg.core.settings;
	lmi_command_put(o, LMI_EXT_BROKER_NAME, s->broker_name);
	lmi_command_put(o, LMI_EXT_BROKER_ADDR, s->address);
	lmi_command_put(o, LMI_EXT_CLUSTER_NAME, s->cluster_name);
	lmi_command_put_i64(o, LMI_EXT_BROKER_ID, s->broker_id);
}

/* All topics as name servers are told them: no more is allowed than the broker allows.  Rule: BrokerController.registerBrokerAll. */
static int collect(struct broker *b, struct lmi_register *r)
{
	size_t n = 0;
	const struct topic *t;
	struct core *c = &b->core;
	int32_t permission = c->handle.settings->permission;
	lmi_arena_reset(&c->handle.arena);
	*r = (struct lmi_register){ .version = c->topics.version };
	r->topics = lmi_arena_alloc(&c->handle.arena, (lmi_map_count(&c->topics.map) + 1) * sizeof(*r->topics));
	if (!r->topics)
		return -ENOMEM;
	for (size_t i = 0; (t = topic_table_next(&c->topics, &i));) {
		r->topics[n] = t->config;
		if (permission != (LMI_PERM_READ | LMI_PERM_WRITE))
			r->topics[n].perm &= permission;
		n++;
	}
	r->topic_count = n;
	return 0;
}

/* Header and body in b->frame. */
static int encode(struct broker *b, int32_t opaque)
{
	struct lmi_register r;
	struct lmi_command_out o;
	struct lmi_buf *body = &b->core.handle.scratch;
	int err = collect(b, &r);
	if (err)
		return err;
	lmi_buf_reset(body, 0);
	lmi_register_put(body, &r);
	lmi_buf_reset(&b->frame, 0);
	lmi_command_begin(&o, &b->frame, LMI_SERIALIZE_JSON, LMI_REQ_REGISTER_BROKER, opaque, 0);
	put_identity(b, &o);
	lmi_command_put(&o, LMI_EXT_HA_SERVER_ADDR, b->cfg.core.settings.ha_address);
	lmi_command_put_i64(&o, LMI_EXT_HEARTBEAT_TIMEOUT_MILLIS, LIVE_MS);
	lmi_command_put_bool(&o, LMI_EXT_ENABLE_ACTING_MASTER, false);
	lmi_command_put_bool(&o, LMI_EXT_COMPRESSED, false);
	lmi_command_put_i64(&o, LMI_EXT_BODY_CRC32, lmi_crc32(0, lmi_buf_data(body), lmi_buf_len(body)) & 0x7FFFFFFF);
	lmi_command_end(&o, lmi_buf_len(body));
	lmi_buf_put_span(&b->frame, lmi_buf_span(body));
	bool failed = body->failed || b->frame.failed;
	lmi_buf_reset(body, 0);
	return failed ? -ENOMEM : 0;
}

static void say(struct broker *b, const struct register_server *s, enum register_news news, int err,
		const struct lmi_command *answer)
{
	struct lmi_log *log = b->cfg.core.log;
	if (news == REGISTER_REACHED)
		lmi_log(log, LMI_LOG_NOTICE, "registered with name server %s", s->address);
	else if (news == REGISTER_LOST && answer)
		lmi_log(log, LMI_LOG_WARNING, "name server %s refused the registration with code %d: %.*s", s->address,
			answer->code, SPAN_ARGS(answer->remark));
	else if (news == REGISTER_LOST)
		lmi_log(log, LMI_LOG_WARNING, "name server %s cannot be reached: %s; tried again every few seconds", s->address,
			lmi_strerror(err));
	broker_say_status(b);
}

static void settle(struct broker *b, size_t server, int err, const struct lmi_command *answer)
{
	bool ok = !err && answer && answer->code == LMI_RSP_SUCCESS;
	enum register_news news = register_duty_answered(&b->servers, server, ok, lmi_loop_now_ms(b->cfg.loop));
	if (news != REGISTER_NOTHING_NEW && !b->stopping)
		say(b, &b->servers.servers[server], news, err, answer);
}

static void on_registered(void *arg, int err, const struct lmi_command *answer)
{
	struct call *c = arg;
	settle(c->broker, c->server, err, answer);
	free(c);
}

static int send_one(struct broker *b, size_t server)
{
	int32_t opaque = lmi_rpc_next_opaque(b->rpc);
	struct call *c = malloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct call){ b, server };
	b->servers.servers[server].sending = b->core.topics.version.counter;
	int err = encode(b, opaque);
	if (!err)
		err = lmi_rpc_send(b->rpc, b->servers.servers[server].address, opaque, lmi_buf_span(&b->frame),
				   b->cfg.register_timeout_ms, on_registered, c);
	lmi_buf_reset(&b->frame, 0);
	if (err)
		free(c);
	return err;
}

void broker_register_run(struct broker *b)
{
	int server;
	if (b->stopping)
		return;
	if (b->core.topics.unregistered) {
		b->core.topics.unregistered = false;
		register_duty_changed(&b->servers, lmi_loop_now_ms(b->cfg.loop));
	}
	while ((server = register_duty_take(&b->servers, lmi_loop_now_ms(b->cfg.loop))) >= 0) {
		int err = send_one(b, (size_t)server);
		if (err)
			settle(b, (size_t)server, err, NULL);
	}
}

static void on_connection_closed(void *user, const char *address, int cause)
{
	struct broker *b = user;
	(void)cause;
	register_duty_closed(&b->servers, address, lmi_loop_now_ms(b->cfg.loop));
}

int broker_register_open(struct broker *b)
{
	struct lmi_rpc_config c = { .loop = b->cfg.loop,
				    .resolver = b->cfg.executor,
				    .limits = lmi_conn_limits_default,
				    .connect_timeout_ms = 3000,
				    .on_close = on_connection_closed,
				    .user = b };
	b->rpc = lmi_rpc_new(&c);
	if (!b->rpc)
		return -ENOMEM;
	int err = register_duty_init(&b->servers, b->cfg.name_servers, b->cfg.core.settings.register_period_ms,
				     lmi_loop_now_ms(b->cfg.loop));
	b->core.announce.on = b->servers.count > 0;
	return err;
}

/* ---- going ---- */

static void on_unregistered(void *arg, int err, const struct lmi_command *answer)
{
	struct call *c = arg;
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
	struct call *c = malloc(sizeof(*c));
	if (!c)
		return;
	*c = (struct call){ b, server };
	lmi_buf_reset(&b->frame, 0);
	lmi_command_begin(&o, &b->frame, LMI_SERIALIZE_JSON, LMI_REQ_UNREGISTER_BROKER, opaque, 0);
	put_identity(b, &o);
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
	register_duty_done(&b->servers);
	lmi_buf_done(&b->frame);
}

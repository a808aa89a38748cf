/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling brokers who is here.  Rule: MQClientInstance.sendHeartbeatToAllBrokerWithLock, HeartbeatData.
 */
#include <errno.h>

#include "client/consumer_impl.h"
#include "client/producer_impl.h"
#include "client/round.h"
#include "wire/json.h"

#define ROUND_GAP_MS 200 /* at least between two rounds, whatever asks for them */

static void put_producers(struct lmi_json_out *o, struct lmq_client *c)
{
	lmi_json_put_key(o, "producerDataSet");
	lmi_json_put_array(o);
	LMI_LIST_FOREACH_SAFE(&c->producers, it, tmp) {
		lmi_json_put_object(o);
		lmi_json_put_key(o, "groupName");
		lmi_json_put_str(o, lmi_container_of(it, struct lmq_producer, link)->group);
		lmi_json_put_object_end(o);
	}
	lmi_json_put_array_end(o);
}

static struct lmi_span make_body(struct lmq_client *c)
{
	struct lmi_json_out o;

	lmi_buf_reset(&c->body, LMI_COMMAND_HEADER_MAX);
	lmi_json_out_init(&o, &c->body);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "clientID");
	lmi_json_put_str(&o, c->id);
	lmi_json_put_key(&o, "consumerDataSet");
	lmi_json_put_array(&o);
	LMI_LIST_FOREACH_SAFE(&c->consumers, it, tmp)
		consumer_put_heartbeat(lmi_container_of(it, struct lmq_consumer, link), &o);
	lmi_json_put_array_end(&o);
	put_producers(&o, c);
	lmi_json_put_object_end(&o);
	return lmi_buf_span(&c->body);
}

int heartbeat_send(struct lmq_client *c, const char *address, lmi_rpc_done_fn *done, void *arg)
{
	struct lmi_span body = make_body(c);
	struct request r;

	if (c->body.failed)
		return -ENOMEM;
	request_begin(&r, c, LMI_REQ_HEART_BEAT, false);
	return request_send(&r, address, body, c->cfg->api_timeout_ms, done, arg);
}

static void answered(void *arg, int err, const struct lmi_command *answer)
{
	struct lmq_client *c = arg;

	if (err < 0 || answer->code != LMI_RSP_SUCCESS || c->stopping)
		return;
	consumer_broker_ready(c);
}

static void mark(struct broker *b, const char *address, bool greeted)
{
	for (size_t i = 0; i < b->count; i++)
		if (!address || strcmp(b->addresses[i].text, address) == 0)
			b->addresses[i].greeted = greeted;
}

static void send_one(void *arg, struct broker *b, const char *address)
{
	struct lmq_client *c = arg;
	int r = heartbeat_send(c, address, answered, c);

	mark(b, address, r == 0);
	if (r < 0)
		config_log(c->cfg, LMQ_LOG_WARNING, "heartbeat to broker %s at %s: %s", b->name, address, lmi_strerror(r));
}

static void greet_one(void *arg, struct broker *b, const char *address)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->addresses[i].text == address && !b->addresses[i].greeted)
			send_one(arg, b, address);
}

void heartbeat_greet(struct lmq_client *c)
{
	if (!c->stopping && (!lmi_list_empty(&c->producers) || !lmi_list_empty(&c->consumers)))
		each_broker_address(c, lmi_list_empty(&c->consumers), greet_one, c);
}

void heartbeat_forget(struct lmq_client *c, const char *address)
{
	struct lmi_span key;
	void *value;

	for (size_t i = 0; lmi_map_next(&c->routes.brokers, &i, &key, &value);)
		mark(value, address, false);
}

void heartbeat_now(struct lmq_client *c)
{
	int64_t now_ms = client_now_ms(c), due_ms = c->heartbeat_ms + ROUND_GAP_MS;

	if (c->stopping || (lmi_list_empty(&c->producers) && lmi_list_empty(&c->consumers)))
		return;
	if (c->heartbeat_ms != 0 && now_ms < due_ms) {
		if (!c->heartbeat_due && lmi_timer_start(c->loop, &c->heartbeat_soon, due_ms - now_ms, 0) == 0)
			c->heartbeat_due = true;
		return;
	}
	c->heartbeat_due = false;
	c->heartbeat_ms = now_ms;
	each_broker_address(c, lmi_list_empty(&c->consumers), send_one, c);
}

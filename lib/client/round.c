/* SPDX-License-Identifier: Apache-2.0 */
#include "client/round.h"

void round_answered(void *arg, int err, const struct lmi_command *answer)
{
	struct round *r = arg;

	if (err == 0 && answer->code != LMI_RSP_SUCCESS)
		err = -LMQ_EREMOTE;
	if (r->err == 0)
		r->err = err;
	round_close(r);
}

void each_broker_address(struct lmq_client *c, bool masters_only, void (*fn)(void *arg, struct broker *b, const char *address),
			 void *arg)
{
	struct lmi_span key;
	void *value;

	for (size_t i = 0; lmi_map_next(&c->routes.brokers, &i, &key, &value);) {
		struct broker *b = value;

		for (size_t k = 0; k < b->count; k++)
			if (!masters_only || b->addresses[k].id == ROUTE_MASTER_ID)
				fn(arg, b, b->addresses[k].text);
	}
}

struct leaving {
	struct round *round;
	struct lmq_client *client;
	const char *producer_group, *consumer_group;
	int64_t timeout_ms;
};

static void leave_one(void *arg, struct broker *b, const char *address)
{
	const struct leaving *l = arg;
	struct request r;

	(void)b;
	request_begin(&r, l->client, LMI_REQ_UNREGISTER_CLIENT, false);
	lmi_command_put(&r.out, LMI_EXT_CLIENT_ID_UPPER, lmi_span_str(l->client->id));
	if (l->producer_group)
		lmi_command_put(&r.out, LMI_EXT_PRODUCER_GROUP, lmi_span_str(l->producer_group));
	if (l->consumer_group)
		lmi_command_put(&r.out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(l->consumer_group));
	round_count(l->round, request_send(&r, address, LMI_SPAN_NULL, l->timeout_ms, round_answered, l->round));
}

void round_unregister(struct round *r, struct lmq_client *c, const char *producer_group, const char *consumer_group,
		      int64_t timeout_ms)
{
	struct leaving l = { r, c, producer_group, consumer_group, timeout_ms };

	each_broker_address(c, false, leave_one, &l);
}

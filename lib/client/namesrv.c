/* SPDX-License-Identifier: Apache-2.0 */
#include "client/namesrv.h"

#include <errno.h>
#include <stdlib.h>

#include "client/client.h"

struct namesrv_call {
	struct lmq_client *client;
	int32_t code;
	size_t index, tries;
	namesrv_done_fn *done;
	void *arg;
	bool has_topic;
	size_t topic_bytes;
	char topic[];
};

static bool has_port(const char *address)
{
	const char *colon = strrchr(address, ':');
	int32_t port;

	return colon && colon > address && lmi_span_to_i32(lmi_span_str(colon + 1), &port) == 0 && port > 0 && port <= 65535;
}

int namesrv_init(struct namesrv *n, const char *list)
{
	char *save = NULL;

	memset(n, 0, sizeof(*n));
	n->text = strdup(list);
	if (!n->text)
		return -ENOMEM;
	for (char *a = strtok_r(n->text, "; ,", &save); a; a = strtok_r(NULL, "; ,", &save)) {
		if (!has_port(a) || n->count == NAMESRV_MAX) {
			namesrv_done(n);
			return -LMQ_EBADCONFIG;
		}
		n->addresses[n->count++] = a;
	}
	if (n->count > 0)
		return 0;
	namesrv_done(n);
	return -LMQ_EBADCONFIG;
}

void namesrv_done(struct namesrv *n)
{
	free(n->text);
	memset(n, 0, sizeof(*n));
}

static void answered(void *arg, int err, const struct lmi_command *answer);

static int try_one(struct namesrv_call *call)
{
	struct lmq_client *c = call->client;
	struct request r;

	request_begin(&r, c, call->code, false);
	if (call->has_topic)
		lmi_command_put(&r.out, LMI_EXT_TOPIC, lmi_span(call->topic, call->topic_bytes));
	call->tries++;
	return request_send(&r, c->namesrv.addresses[call->index], LMI_SPAN_NULL, c->cfg->api_timeout_ms, answered, call);
}

static void answered(void *arg, int err, const struct lmi_command *answer)
{
	struct namesrv_call *call = arg;
	struct lmq_client *c = call->client;
	const char *address = c->namesrv.addresses[call->index];

	if (err < 0 && !c->stopping && call->tries < c->namesrv.count) {
		config_log(c->cfg, LMQ_LOG_WARNING, "name server %s: %s; asking the next", address, lmi_strerror(err));
		call->index = (call->index + 1) % c->namesrv.count;
		if (try_one(call) == 0)
			return;
	}
	if (err == 0)
		c->namesrv.current = call->index;
	call->done(call->arg, err, answer, address);
	free(call);
}

int namesrv_ask(struct lmq_client *c, int32_t code, struct lmi_span topic, namesrv_done_fn *done, void *arg)
{
	struct namesrv_call *call = malloc(sizeof(*call) + topic.n);
	int r;

	if (!call)
		return -ENOMEM;
	*call = (struct namesrv_call){ .client = c, .code = code, .index = c->namesrv.current, .done = done, .arg = arg,
				       .has_topic = topic.p != NULL, .topic_bytes = topic.n };
	if (topic.n > 0)
		memcpy(call->topic, topic.p, topic.n);
	r = try_one(call);
	if (r < 0)
		free(call);
	return r;
}

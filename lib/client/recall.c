/* SPDX-License-Identifier: Apache-2.0 */
/* Taking back messages that wait for their delivery time.  Rule: DefaultMQProducerImpl.recallMessage, RecallMessageHandle. */
#include <errno.h>

#include "rules/name.h"

#include "client/producer_impl.h"
#include "client/trace.h"

#define HANDLE_MAX 1024 /* characters */

struct recall {
	struct route_wait wait;
	struct lmq_producer *producer;
	const char *topic, *handle;
	char broker_name[LMI_NAME_MAX + 1];
	struct broker *broker;
	int64_t timeout_ms, deadline_ms;
	struct lmq_send_result result;
	sem_t done;
};

static int digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* Base64 with the alphabet for URLs.  Returns the bytes made, -1 when it is none. */
static int decode(const char *text, char *out)
{
	uint32_t bits = 0;
	int have = 0, n = 0;

	for (; *text && *text != '='; text++) {
		int d = digit((uint8_t)*text);

		if (d < 0)
			return -1;
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	return n;
}

/* "v1 topic broker time id": the broker is asked. */
static int read_handle(struct recall *r)
{
	char text[HANDLE_MAX + 1], *at = text, *word;
	int n = strlen(r->handle) <= HANDLE_MAX ? decode(r->handle, text) : -1;

	if (n <= 0)
		return -LMQ_EILLEGAL;
	text[n] = '\0';
	for (int i = 0; i < 5; i++) {
		word = strsep(&at, " ");
		if (!word || (i == 0 && strcmp(word, "v1") != 0))
			return -LMQ_EILLEGAL;
		if (i != 2)
			continue;
		if (strlen(word) >= sizeof(r->broker_name))
			return -LMQ_EILLEGAL;
		config_say(r->broker_name, sizeof(r->broker_name), "%s", word);
	}
	return 0;
}

static void end(struct recall *r, int err, const char *detail)
{
	r->result.error = err;
	if (detail)
		config_say(r->result.detail, sizeof(r->result.detail), "%s", detail);
	sem_post(&r->done);
}

static void answered(void *arg, int err, const struct lmi_command *answer)
{
	struct recall *r = arg;
	struct lmi_span id;
	char who[CLIENT_DETAIL_CHARS];

	config_say(who, sizeof(who), "broker %s", r->broker_name);
	if (err == 0 && answer->code != LMI_RSP_SUCCESS) {
		r->result.remote_code = answer->code;
		err = request_refused(answer, who, r->result.detail, sizeof(r->result.detail));
	} else if (err < 0) {
		config_say(r->result.detail, sizeof(r->result.detail), "broker %s: %s", r->broker_name, lmi_strerror(err));
	} else {
		id = lmi_command_ext(answer, LMI_EXT_MSG_ID);
		if (id.n > 0 && id.n < sizeof(r->result.message_id))
			config_say(r->result.message_id, sizeof(r->result.message_id), "%.*s", (int)id.n, (const char *)id.p);
	}
	end(r, err, NULL);
}

static void route_ready(struct route_wait *w, int err, const char *detail)
{
	struct recall *r = lmi_container_of(w, struct recall, wait);
	struct lmq_client *c = r->producer->client;
	struct broker *b = route_cache_broker(c, r->broker_name);
	const char *address = b ? broker_master(b) : NULL;
	int64_t left_ms = r->deadline_ms - client_now_ms(c);
	struct request req;

	if (err == 0 && !address) {
		err = -LMQ_ENOROUTE;
		detail = "the message's broker is not known or has no master";
	}
	if (err < 0) {
		end(r, err, detail);
		return;
	}
	r->result.broker = b->name;
	request_begin(&req, c, LMI_REQ_RECALL_MESSAGE, false);
	lmi_command_put(&req.out, LMI_EXT_PRODUCER_GROUP, lmi_span_str(r->producer->group));
	lmi_command_put(&req.out, LMI_EXT_TOPIC, lmi_span_str(r->topic));
	lmi_command_put(&req.out, LMI_EXT_RECALL_HANDLE, lmi_span_str(r->handle));
	lmi_command_put(&req.out, LMI_EXT_BNAME, lmi_span_str(r->broker_name));
	err = request_send(&req, address, LMI_SPAN_NULL, left_ms > 1 ? left_ms : 1, answered, r);
	if (err < 0)
		end(r, err, lmi_strerror(err));
}

static void start(void *arg)
{
	struct recall *r = arg;
	struct lmq_client *c = r->producer->client;
	struct topic_route *t = route_cache_topic(c, r->topic);

	r->deadline_ms = client_now_ms(c) + r->timeout_ms;
	r->wait.deadline_ms = r->deadline_ms;
	r->wait.ready = route_ready;
	if (t)
		route_cache_wait(c, t, &r->wait);
	else
		end(r, -ENOMEM, "out of memory, or of room for topics");
}

int lmq_producer_recall(struct lmq_producer *p, const char *topic, const char *handle, int64_t timeout_ms,
			struct lmq_send_result *result)
{
	struct config_name name;
	struct recall r = { .producer = p, .topic = config_wrap(p->cfg, topic, &name), .handle = handle,
			    .timeout_ms = timeout_ms > 0 ? timeout_ms : p->cfg->send_timeout_ms };
	int err = client_may_wait(p->client);

	if (err == 0 && (!lmi_name_topic_ok(lmi_span_str(r.topic)) || read_handle(&r) < 0))
		err = -LMQ_EILLEGAL;
	if (err < 0)
		return producer_refuse(result, err, err == -LMQ_EILLEGAL ? "no topic name, or no handle of a message" : "");
	result_init(&r.result, 0);
	sem_init(&r.done, 0, 0);
	err = client_call(p->client, start, &r);
	if (err == 0) {
		while (sem_wait(&r.done) < 0 && errno == EINTR)
			;
		err = r.result.error;
	}
	r.result.error = err;
	trace_recalled(p, topic, r.result.message_id, err == 0);
	sem_destroy(&r.done);
	if (result)
		result_move(result, &r.result);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a request ends once: with the reply that names it, or with why there is none; a reply goes to who asked.
 * Shown: against a scripted name server and broker in this process.
 */
#include "producer_lmt.h"

#include <stdlib.h>
#include <zlib.h>

#include "client/message.h"

/* The value of a property of the n-th message of T. */
static const char *asked(size_t n, const char *name)
{
	static char value[256];
	char props[1024], *at;

	mock_props(mock, 0, "T", 0, n, props, sizeof(props));
	at = strstr(props, name);
	ck_assert_msg(at != NULL, "no %s in %s", name, props);
	at += strlen(name) + 1;
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\2"), at);
	return value;
}

/* The broker brings a reply to the n-th request. */
static void bring(size_t n, const char *sysflag, const void *body, size_t body_bytes)
{
	char props[512];
	const char *ext[] = { "topic", "c_REPLY_TOPIC", "sysFlag", sysflag, "flag", "3", "queueId", "0", "bornTimestamp", "12",
			      "properties", props, NULL };

	snprintf(props, sizeof(props), "CORRELATION_ID\1%s\2MSG_TYPE\1reply\2color\1red\2", asked(n, "CORRELATION_ID"));
	mock_ask(mock, 0, LMI_REQ_PUSH_REPLY_MESSAGE_TO_CLIENT, ext, body, body_bytes);
}

struct answer {
	struct tally told;
	int err;
	char body[64], color[16], detail[256];
	int32_t flag;
};

static void on_reply(void *user, int err, const struct lmq_message *reply, const char *detail)
{
	struct answer *a = user;

	a->err = err;
	snprintf(a->detail, sizeof(a->detail), "%s", detail);
	ck_assert_int_eq(err == 0, reply != NULL);
	if (reply) {
		snprintf(a->body, sizeof(a->body), "%s", (const char *)lmq_message_body(reply, NULL));
		snprintf(a->color, sizeof(a->color), "%s", lmq_message_property(reply, "color"));
		a->flag = lmq_message_flag(reply);
	}
	tally_add(&a->told);
}

static void request_async(struct answer *a, int64_t timeout_ms)
{
	ck_assert_int_eq(lmq_producer_request_async(producer, message, timeout_ms, on_reply, a), 0);
}

static void is_replied(const char *callbacks)
{
	struct answer a = { .told = TALLY_INIT };

	open_with(callbacks);
	request_async(&a, 20000);
	ck_assert(mock_wait_stored(mock, "T", 1));
	ck_assert_str_eq(asked(0, "REPLY_TO_CLIENT"), lmq_client_id(client));
	ck_assert_str_eq(asked(0, "TTL"), "20000");
	ck_assert(mock_wait(mock, 0, LMI_REQ_HEART_BEAT, 1));
	bring(0, "0", "yes", 3);
	if (strcmp(callbacks, "POLL") == 0)
		ck_assert_int_eq(lmq_client_poll(client, 0, MOCK_WAIT_S * 1000), 1);
	ck_assert(tally_wait(&a.told, 1));
	ck_assert_int_eq(a.err, 0);
	ck_assert_str_eq(a.body, "yes");
	ck_assert_str_eq(a.color, "red");
	ck_assert_int_eq(a.flag, 3);
	/* a second one is nobody's */
	bring(0, "0", "again", 5);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), 0);
	ck_assert_int_eq(tally_get(&a.told), 1);
	close_all();
}

START_TEST(a_request_is_replied) { is_replied("THREADS"); }
END_TEST
START_TEST(a_reply_is_handed_to_who_polls) { is_replied("POLL"); }
END_TEST

START_TEST(a_packed_reply_is_unpacked)
{
	struct answer a = { .told = TALLY_INIT };
	uint8_t packed[128];
	uLongf n = sizeof(packed);

	open_with("THREADS");
	ck_assert_int_eq(compress2(packed, &n, (const Bytef *)"packed", 6, 5), Z_OK);
	request_async(&a, 20000);
	ck_assert(mock_wait_stored(mock, "T", 1));
	ck_assert(mock_wait(mock, 0, LMI_REQ_HEART_BEAT, 1));
	bring(0, "769", packed + 1, n - 1); /* broken: as if it had not come */
	bring(0, "769", packed, n);
	ck_assert(tally_wait(&a.told, 1));
	ck_assert_str_eq(a.body, "packed");
	close_all();
}
END_TEST

START_TEST(without_a_reply_it_ends_in_time)
{
	struct lmq_message *reply = NULL;

	open_with("THREADS");
	ck_assert_int_eq(lmq_producer_request(producer, message, 200, &reply, result), -LMQ_ETIMEOUT);
	ck_assert_ptr_null(reply);
	ck_assert_ptr_nonnull(strstr(lmq_send_result_detail(result), "no reply"));
	ck_assert_str_eq(lmq_send_result_broker(result), "broker-0");
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_SILENT, 0, 1);
	ck_assert_int_eq(lmq_producer_request(producer, message, 200, &reply, result), -LMQ_ETIMEOUT);
	close_all();
}
END_TEST

START_TEST(a_request_that_is_not_stored_tells_why)
{
	struct answer a = { .told = TALLY_INIT };
	struct lmq_message *reply = NULL;

	open_with("THREADS");
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_MESSAGE_ILLEGAL, 2);
	ck_assert_int_eq(lmq_producer_request(producer, message, 20000, &reply, result), -LMQ_EREMOTE);
	ck_assert_int_eq(lmq_send_result_remote_code(result), LMI_RSP_MESSAGE_ILLEGAL);
	ck_assert_ptr_nonnull(strstr(lmq_send_result_detail(result), "so says the script"));
	request_async(&a, 20000);
	ck_assert(tally_wait(&a.told, 1));
	ck_assert_int_eq(a.err, -LMQ_EREMOTE);
	ck_assert_ptr_nonnull(strstr(a.detail, "so says the script"));
	ck_assert_int_eq(lmq_message_set_body(message, "", 0), 0);
	ck_assert_int_eq(lmq_producer_request(producer, message, 0, &reply, result), -LMQ_EILLEGAL);
	close_all();
}
END_TEST

START_TEST(freeing_a_producer_waits_for_its_requests)
{
	struct answer a = { .told = TALLY_INIT };

	open_with("POLL");
	request_async(&a, 100);
	close_all();
	ck_assert_int_eq(tally_get(&a.told), 1);
	ck_assert_int_eq(a.err, -LMQ_ETIMEOUT);
}
END_TEST

START_TEST(a_client_whose_producer_left_is_made_known_again_before_it_asks)
{
	struct answer a = { .told = TALLY_INIT };
	struct lmq_producer *other;
	char group[64], body[4096];

	open_with("THREADS");
	ck_assert_int_eq(lmq_producer_new(client, "other", NULL, &other), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), 0);
	lmq_producer_free(other);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_UNREGISTER_CLIENT), 1);
	request_async(&a, 20000);
	request_async(&a, 20000);
	ck_assert(mock_wait_stored(mock, "T", 3));
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_UNREGISTER_CLIENT), 2);
	mock_last(mock, 0, LMI_REQ_UNREGISTER_CLIENT, "producerGroup", group, sizeof(group));
	ck_assert_str_eq(group, "pg");
	mock_heartbeat(mock, 0, body, sizeof(body));
	ck_assert_ptr_nonnull(strstr(body, "\"pg\""));
	bring(1, "0", "yes", 3);
	bring(2, "0", "yes", 3);
	ck_assert(tally_wait(&a.told, 2));
	ck_assert_int_eq(a.err, 0);
	/* once is enough */
	request_async(&a, 20000);
	ck_assert(mock_wait_stored(mock, "T", 4));
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_UNREGISTER_CLIENT), 2);
	bring(3, "0", "yes", 3);
	ck_assert(tally_wait(&a.told, 3));
	close_all();
}
END_TEST

/* ---- replying ---- */

START_TEST(a_reply_goes_to_the_cluster_and_client_of_its_request)
{
	struct lmq_message *request = lmq_message_new("T", "ask", 3), *reply;
	char props[512];

	open_with("THREADS");
	ck_assert_ptr_null(lmq_message_new_reply(request, "yes", 3));
	ck_assert_int_eq(message_put_prop(request, "CLUSTER", "c"), 0);
	ck_assert_int_eq(message_put_prop(request, "CORRELATION_ID", "id"), 0);
	ck_assert_ptr_null(lmq_message_new_reply(request, "yes", 3));
	ck_assert_int_eq(message_put_prop(request, "REPLY_TO_CLIENT", "me"), 0);
	ck_assert_int_eq(message_put_prop(request, "TTL", "3000"), 0);
	reply = lmq_message_new_reply(request, "yes", 3);
	ck_assert_ptr_nonnull(reply);
	ck_assert_str_eq(lmq_message_topic(reply), "c_REPLY_TOPIC");
	ck_assert_int_eq(lmq_producer_send(producer, reply, 0, result), 0);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_SEND_REPLY_MESSAGE_V2), 1);
	mock_props(mock, 0, "c_REPLY_TOPIC", 0, 0, props, sizeof(props));
	ck_assert_ptr_nonnull(strstr(props, "MSG_TYPE\1reply\2CORRELATION_ID\1id\2REPLY_TO_CLIENT\1me\2TTL\0013000\2"));
	/* sent on as an ordinary message, a request is none any more */
	ck_assert_int_eq(lmq_producer_send(producer, request, 0, result), 0);
	mock_props(mock, 0, "T", 0, 0, props, sizeof(props));
	ck_assert_ptr_null(strstr(props, "CORRELATION_ID"));
	ck_assert_int_eq(lmq_producer_request(producer, reply, 0, &reply, result), -LMQ_EILLEGAL);
	lmq_message_free(reply);
	lmq_message_free(request);
	close_all();
}
END_TEST

LMT_MAIN("request", a_request_is_replied, a_reply_is_handed_to_who_polls, a_packed_reply_is_unpacked,
	 without_a_reply_it_ends_in_time, a_request_that_is_not_stored_tells_why, freeing_a_producer_waits_for_its_requests,
	 a_client_whose_producer_left_is_made_known_again_before_it_asks, a_reply_goes_to_the_cluster_and_client_of_its_request)

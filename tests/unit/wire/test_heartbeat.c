/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: heartbeats are read as clients of every language write them, and written as Java writes them; hostile sizes meet
 * their limits.
 * Shown: on a text of the 5.3.3 jars, on the C++ client's ordinals, and on faults.
 */
#include "wire/heartbeat.h"

#include "wire_lmt.h"

#define SUBSCRIPTION                                                                                                       \
	"{\"classFilterMode\":false,\"codeSet\":[2598919,2598920],\"expressionType\":\"TAG\",\"subString\":\"TagA || TagB\"," \
	"\"subVersion\":123,\"tagsSet\":[\"TagA\",\"TagB\"],\"topic\":\"T\"}"
#define JSON                                                                                                              \
	"{\"clientID\":\"1.2.3.4@1#2\",\"consumerDataSet\":[{\"consumeFromWhere\":\"CONSUME_FROM_LAST_OFFSET\",\"consumeType\":" \
	"\"CONSUME_PASSIVELY\",\"groupName\":\"cg\",\"messageModel\":\"CLUSTERING\",\"subscriptionDataSet\":[" SUBSCRIPTION   \
	"],\"unitMode\":false}],\"heartbeatFingerprint\":0,\"producerDataSet\":[{\"groupName\":\"pg\"}],\"withoutSub\":false}"

static struct lmi_arena arena;

START_TEST(the_json_of_java_is_read_and_written)
{
	struct lmi_heartbeat h;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_heartbeat_decode(LMI_SPAN_LIT(JSON), &arena, &h), 0);
	ck_assert_span_eq(h.client_id, "1.2.3.4@1#2");
	ck_assert(h.producer_count == 1 && h.consumer_count == 1);
	ck_assert_span_eq(h.producer_groups[0], "pg");
	ck_assert_span_eq(h.consumers[0].group, "cg");
	ck_assert_int_eq(h.consumers[0].type, LMI_CONSUME_PASSIVELY);
	ck_assert_int_eq(h.consumers[0].model, LMI_MODEL_CLUSTERING);
	ck_assert_int_eq(h.consumers[0].from, LMI_CONSUME_FROM_LAST_OFFSET);
	ck_assert(!h.consumers[0].unit_mode && !h.without_sub);
	ck_assert_uint_eq(h.consumers[0].subscription_count, 1);
	ck_assert_span_eq(h.consumers[0].subscriptions[0].expression, "TagA || TagB");
	lmi_heartbeat_put(&b, &h);
	ck_assert_span_eq(lmi_buf_span(&b), JSON);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(ordinals_and_numbers_as_text_are_read)
{
	struct lmi_heartbeat h;

	ck_assert_int_eq(lmi_heartbeat_decode(LMI_SPAN_LIT("{ \"clientID\" : \"c\", \"consumerDataSet\" : [ { \"consumeFromWhere\" : 4, "
							   "\"consumeType\" : 0, \"groupName\" : \"g\", \"messageModel\" : \"0\", "
							   "\"subscriptionDataSet\" : [ { \"subVersion\" : \"17\", \"topic\" : \"T\" } ], "
							   "\"unitMode\" : true } ], \"heartbeatFingerprint\" : -7, \"withoutSub\" : \"true\" }"),
					      &arena, &h),
			 0);
	ck_assert_int_eq(h.consumers[0].from, LMI_CONSUME_FROM_FIRST_OFFSET);
	ck_assert_int_eq(h.consumers[0].type, LMI_CONSUME_ACTIVELY);
	ck_assert_int_eq(h.consumers[0].model, LMI_MODEL_BROADCASTING);
	ck_assert(h.consumers[0].unit_mode && h.without_sub && h.fingerprint == -7);
	ck_assert_int_eq(h.consumers[0].subscriptions[0].version, 17);
}
END_TEST

START_TEST(missing_members_have_defaults_and_nameless_ones_are_left_out)
{
	struct lmi_heartbeat h;

	ck_assert_int_eq(lmi_heartbeat_decode(LMI_SPAN_LIT("{\"clientID\":\"c\",\"producerDataSet\":[{},null,{\"groupName\":\"\"},{\"groupName\":\"p\","
							   "\"x\":1}],\"consumerDataSet\":[{},{\"groupName\":\"g\",\"consumeType\":null,"
							   "\"subscriptionDataSet\":[{},{\"topic\":\"T\"}]}],\"new\":{}}"),
					      &arena, &h),
			 0);
	ck_assert_uint_eq(h.producer_count, 1);
	ck_assert_uint_eq(h.consumer_count, 1);
	ck_assert_int_eq(h.consumers[0].type, LMI_CONSUME_PASSIVELY);
	ck_assert_int_eq(h.consumers[0].model, LMI_MODEL_CLUSTERING);
	ck_assert_int_eq(h.consumers[0].from, LMI_CONSUME_FROM_LAST_OFFSET);
	ck_assert_uint_eq(h.consumers[0].subscription_count, 1);
}
END_TEST

START_TEST(broken_heartbeats_are_refused)
{
	static const char *const bad[] = {
		"", "{}", "null", "[]", "{\"clientID\":\"\"}", "{\"clientID\":null}", "{\"clientID\":\"c\",\"consumerDataSet\":{}}",
		"{\"clientID\":\"c\",\"consumerDataSet\":[{\"consumeType\":3}]}", "{\"clientID\":\"c\",\"consumerDataSet\":[{\"consumeType\":-1}]}",
		"{\"clientID\":\"c\",\"consumerDataSet\":[{\"messageModel\":\"X\"}]}",
		"{\"clientID\":\"c\",\"consumerDataSet\":[{\"consumeFromWhere\":6}]}",
		"{\"clientID\":\"c\",\"consumerDataSet\":[{\"consumeFromWhere\":[]}]}",
		"{\"clientID\":\"c\",\"consumerDataSet\":[{\"subscriptionDataSet\":{}}]}", "{\"clientID\":\"c\",\"producerDataSet\":[1]}",
		"{\"clientID\":\"c\",\"heartbeatFingerprint\":99999999999}", "{\"clientID\":\"c\"}}",
	};
	struct lmi_heartbeat h = { .fingerprint = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_heartbeat_decode(lmi_span_str(bad[i]), &arena, &h) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_int_eq(h.fingerprint, 77);
}
END_TEST

static int decode_many(const char *head, const char *item, unsigned int n, const char *tail)
{
	struct lmi_buf b = { 0 };
	struct lmi_heartbeat h;
	int err;

	lmi_buf_put_str(&b, head);
	for (unsigned int i = 0; i < n; i++) {
		lmi_buf_put_str(&b, i ? "," : "");
		lmi_buf_put_str(&b, item);
	}
	lmi_buf_put_str(&b, tail);
	err = lmi_heartbeat_decode(lmi_buf_span(&b), &arena, &h);
	lmi_buf_done(&b);
	return err;
}

START_TEST(more_than_the_limits_is_too_big)
{
	static const char producers[] = "{\"clientID\":\"c\",\"producerDataSet\":[", consumers[] = "{\"clientID\":\"c\",\"consumerDataSet\":[";
	static const char subscriptions[] = "{\"clientID\":\"c\",\"consumerDataSet\":[{\"groupName\":\"g\",\"subscriptionDataSet\":[";

	ck_assert_int_eq(decode_many(producers, "{\"groupName\":\"g\"}", LMI_HEARTBEAT_GROUPS_MAX, "]}"), 0);
	ck_assert_int_eq(decode_many(producers, "{\"groupName\":\"g\"}", LMI_HEARTBEAT_GROUPS_MAX + 1, "]}"), -LMQ_ETOOBIG);
	ck_assert_int_eq(decode_many(consumers, "{\"groupName\":\"g\"}", LMI_HEARTBEAT_GROUPS_MAX, "]}"), 0);
	ck_assert_int_eq(decode_many(consumers, "{\"groupName\":\"g\"}", LMI_HEARTBEAT_GROUPS_MAX + 1, "]}"), -LMQ_ETOOBIG);
	ck_assert_int_eq(decode_many(subscriptions, "{\"topic\":\"T\"}", LMI_HEARTBEAT_SUBSCRIPTIONS_MAX, "]}]}"), 0);
	ck_assert_int_eq(decode_many(subscriptions, "{\"topic\":\"T\"}", LMI_HEARTBEAT_SUBSCRIPTIONS_MAX + 1, "]}]}"), -LMQ_ETOOBIG);
}
END_TEST

START_TEST(an_exhausted_arena_is_no_memory)
{
	struct lmi_arena small;
	struct lmi_heartbeat h;

	for (size_t limit = 16; limit < 600; limit += 16) {
		lmi_arena_init(&small, limit);
		ck_assert_int_eq(lmi_heartbeat_decode(LMI_SPAN_LIT(JSON), &small, &h), -ENOMEM);
		lmi_arena_done(&small);
	}
}
END_TEST

LMT_MAIN("heartbeat", the_json_of_java_is_read_and_written, ordinals_and_numbers_as_text_are_read,
	 missing_members_have_defaults_and_nameless_ones_are_left_out, broken_heartbeats_are_refused, more_than_the_limits_is_too_big,
	 an_exhausted_arena_is_no_memory)

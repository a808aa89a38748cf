/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: group configurations have the JSON form of SubscriptionGroupConfig, with its defaults; what we do not understand
 * inside is kept as it was.
 * Shown: on a text of the 5.3.3 jars.
 */
#include "wire/group_config.h"

#include "wire_lmt.h"

#define JSON                                                                                                                  \
	"{\"attributes\":{},\"brokerId\":0,\"consumeBroadcastEnable\":true,\"consumeEnable\":true,\"consumeFromMinEnable\":true," \
	"\"consumeMessageOrderly\":false,\"consumeTimeoutMinute\":15,\"groupName\":\"g\",\"groupRetryPolicy\":{\"type\":"       \
	"\"CUSTOMIZED\"},\"groupSysFlag\":0,\"notifyConsumerIdsChangedEnable\":true,\"retryMaxTimes\":16,\"retryQueueNums\":1," \
	"\"whichBrokerWhenConsumeSlowly\":1}"

static struct lmi_arena arena;

static void written(const struct lmi_group_config *g, struct lmi_buf *b)
{
	struct lmi_json_out o;

	lmi_buf_reset(b, 1 << 20);
	lmi_json_out_init(&o, b);
	lmi_group_config_put(&o, g);
}

START_TEST(a_new_group_is_that_of_java)
{
	struct lmi_group_config g;
	struct lmi_buf b = { 0 };

	lmi_group_config_init(&g, LMI_SPAN_LIT("g"));
	written(&g, &b);
	ck_assert_span_eq(lmi_buf_span(&b), JSON);
	ck_assert_int_eq(lmi_group_config_decode(LMI_SPAN_LIT(JSON), &arena, &g), 0);
	written(&g, &b);
	ck_assert_span_eq(lmi_buf_span(&b), JSON);
	ck_assert_int_eq(lmi_group_config_decode(LMI_SPAN_LIT("{\"groupName\":\"g\"}"), &arena, &g), 0);
	written(&g, &b);
	ck_assert_span_eq(lmi_buf_span(&b), JSON);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(every_member_is_read_and_kept)
{
	static const char other[] =
		"{\"attributes\":{\"a\":\"b\"},\"brokerId\":3,\"consumeBroadcastEnable\":false,\"consumeEnable\":false,"
		"\"consumeFromMinEnable\":false,\"consumeMessageOrderly\":true,\"consumeTimeoutMinute\":1,\"groupName\":\"h\","
		"\"groupRetryPolicy\":{\"exponentialRetryPolicy\":{\"initial\":5000,\"max\":7200000,\"multiplier\":2},\"type\":"
		"\"EXPONENTIAL\"},\"groupSysFlag\":2,\"notifyConsumerIdsChangedEnable\":false,\"retryMaxTimes\":-1,\"retryQueueNums\":4,"
		"\"subscriptionDataSet\":[{\"topic\":\"T\"}],\"whichBrokerWhenConsumeSlowly\":2}";
	struct lmi_group_config g;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_group_config_decode(LMI_SPAN_LIT(other), &arena, &g), 0);
	ck_assert(!g.consume_enable && g.consume_message_orderly && g.retry_max_times == -1 && g.broker_id == 3);
	written(&g, &b);
	ck_assert_span_eq(lmi_buf_span(&b), other);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(broken_json_is_refused)
{
	static const char *const bad[] = { "", "[]", "{\"retryMaxTimes\":99999999999}", "{\"groupRetryPolicy\":1}",
					   "{\"subscriptionDataSet\":{}}", "{\"consumeEnable\":5}", "{} x" };
	struct lmi_group_config g = { .sysflag = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_group_config_decode(lmi_span_str(bad[i]), &arena, &g) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_int_eq(g.sysflag, 77);
}
END_TEST

LMT_MAIN("group_config", a_new_group_is_that_of_java, every_member_is_read_and_kept, broken_json_is_refused)

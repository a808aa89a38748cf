/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: lists and tables of texts go by their members, are read leniently and have a limit.
 * Shown: on texts of the 5.3.3 jars, and on faults.
 */
#include "wire/topic_list.h"

#include "wire_lmt.h"

static struct lmi_arena arena;

START_TEST(lists_of_each_member_are_read_and_written)
{
	static const struct {
		const char *member, *json;
	} cases[] = { { LMI_LIST_TOPICS, "{\"topicList\":[\"T\",\"a\\\"b\"]}" },
		      { LMI_LIST_GROUPS, "{\"groupList\":[\"T\",\"a\\\"b\"]}" },
		      { LMI_LIST_CONSUMERS, "{\"consumerIdList\":[\"T\",\"a\\\"b\"]}" } };
	struct lmi_text_list l;
	struct lmi_buf b = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_int_eq(lmi_text_list_decode(lmi_span_str(cases[i].json), cases[i].member, &arena, &l), 0);
		ck_assert_uint_eq(l.count, 2);
		ck_assert_span_eq(l.items[0], "T");
		ck_assert_span_eq(l.items[1], "a\"b");
		ck_assert_ptr_null(l.broker_addr.p);
		lmi_buf_reset(&b, 1 << 20);
		lmi_text_list_put(&b, cases[i].member, &l);
		ck_assert_span_eq(lmi_buf_span(&b), cases[i].json);
	}
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_topic_list_may_tell_a_broker)
{
	static const char json[] = "{\"brokerAddr\":\"1.2.3.4:5\",\"topicList\":[]}";
	struct lmi_text_list l;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_text_list_decode(LMI_SPAN_LIT(json), LMI_LIST_TOPICS, &arena, &l), 0);
	ck_assert_span_eq(l.broker_addr, "1.2.3.4:5");
	lmi_text_list_put(&b, LMI_LIST_TOPICS, &l);
	ck_assert_span_eq(lmi_buf_span(&b), json);
	ck_assert_int_eq(lmi_text_list_decode(LMI_SPAN_LIT("{\"topicList\":[\"a\"],\"brokerAddr\":\"b\"}"), LMI_LIST_TOPICS, &arena, &l), 0);
	ck_assert_span_eq(l.broker_addr, "b");
	ck_assert_uint_eq(l.count, 1);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(missing_lists_are_empty_and_null_is_no_item)
{
	struct lmi_text_list l;

	ck_assert_int_eq(lmi_text_list_decode(LMI_SPAN_LIT("{}"), LMI_LIST_TOPICS, &arena, &l), 0);
	ck_assert_uint_eq(l.count, 0);
	ck_assert_int_eq(lmi_text_list_decode(LMI_SPAN_LIT("{\"topicList\":null,\"x\":[]}"), LMI_LIST_TOPICS, &arena, &l), 0);
	ck_assert_uint_eq(l.count, 0);
	ck_assert_int_eq(lmi_text_list_decode(LMI_SPAN_LIT("{\"topicList\":[null,\"a\",null]}"), LMI_LIST_TOPICS, &arena, &l), 0);
	ck_assert_uint_eq(l.count, 1);
}
END_TEST

START_TEST(broken_lists_are_refused)
{
	static const char *const bad[] = { "", "[]", "{\"topicList\":{}}", "{\"topicList\":[{}]}", "{\"topicList\":[\"a\"}", "{}0" };
	struct lmi_text_list l = { .count = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_text_list_decode(lmi_span_str(bad[i]), LMI_LIST_TOPICS, &arena, &l) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_uint_eq(l.count, 77);
}
END_TEST

START_TEST(longer_lists_than_the_limit_are_too_big)
{
	struct lmi_buf b = { 0 };
	struct lmi_text_list l;
	struct lmi_kv_table t;

	lmi_buf_put_str(&b, "{\"topicList\":[0");
	for (unsigned int i = 0; i < LMI_TEXT_LIST_MAX; i++)
		lmi_buf_put_str(&b, ",1");
	lmi_buf_put_str(&b, "]}");
	ck_assert_int_eq(lmi_text_list_decode(lmi_buf_span(&b), LMI_LIST_TOPICS, &arena, &l), -LMQ_ETOOBIG);
	lmi_buf_reset(&b, 1 << 20);
	lmi_buf_put_str(&b, "{\"table\":{0:0");
	for (unsigned int i = 0; i < LMI_TEXT_LIST_MAX; i++)
		lmi_buf_put_str(&b, ",1:1");
	lmi_buf_put_str(&b, "}}");
	ck_assert_int_eq(lmi_kv_table_decode(lmi_buf_span(&b), &arena, &t), -LMQ_ETOOBIG);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(tables_are_read_and_written)
{
	struct lmi_kv_table t;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_kv_table_decode(LMI_SPAN_LIT("{\"table\":{\"k\":\"v\",\"n\":null,\"\\n\":1}}"), &arena, &t), 0);
	ck_assert_uint_eq(t.count, 2);
	ck_assert_span_eq(t.items[0].key, "k");
	ck_assert_span_eq(t.items[0].value, "v");
	lmi_kv_table_put(&b, &t);
	ck_assert_span_eq(lmi_buf_span(&b), "{\"table\":{\"k\":\"v\",\"\\n\":\"1\"}}");
	ck_assert_int_eq(lmi_kv_table_decode(LMI_SPAN_LIT("{}"), &arena, &t), 0);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_int_eq(lmi_kv_table_decode(LMI_SPAN_LIT("{\"table\":[]}"), &arena, &t), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_kv_table_decode(LMI_SPAN_LIT("{\"table\":{\"k\":{}}}"), &arena, &t), -LMQ_EMALFORMED);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(member_groups_are_read_and_written)
{
	static const char json[] = "{\"brokerMemberGroup\":{\"brokerAddrs\":{0:\"x:1\"},\"brokerName\":\"b\",\"cluster\":\"C\"}}";
	struct lmi_route_broker g;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_member_group_decode(LMI_SPAN_LIT(json), &arena, &g), 0);
	ck_assert_span_eq(g.broker_name, "b");
	ck_assert_span_eq(g.addrs[0].addr, "x:1");
	lmi_member_group_put(&b, &g);
	ck_assert_span_eq(lmi_buf_span(&b), json);
	ck_assert_int_eq(lmi_member_group_decode(LMI_SPAN_LIT("{\"brokerMemberGroup\":[]}"), &arena, &g), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_member_group_decode(LMI_SPAN_LIT("{}"), &arena, &g), 0);
	ck_assert_uint_eq(g.addr_count, 0);
	lmi_buf_done(&b);
}
END_TEST

LMT_MAIN("topic_list", lists_of_each_member_are_read_and_written, a_topic_list_may_tell_a_broker,
	 missing_lists_are_empty_and_null_is_no_item, broken_lists_are_refused, longer_lists_than_the_limit_are_too_big,
	 tables_are_read_and_written, member_groups_are_read_and_written)

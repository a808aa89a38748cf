/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: consumer groups are made, kept and read back as RocketMQ's SubscriptionGroupManager does.
 * Shown by: creation at first use, the system's groups, files as Java writes them.
 */
#include "base/error.h"
#include "broker/state/group_table.h"
#include "tests/support/lmt.h"

static struct group_table t;

START_TEST(a_group_is_made_at_its_first_use_only_when_allowed)
{
	t = (struct group_table){ 0 };
	ck_assert_ptr_null(group_table_find(&t, LMI_SPAN_LIT("g"), false, 1));
	ck_assert(!t.unsaved);
	const struct lmi_group_config *g = group_table_find(&t, LMI_SPAN_LIT("g"), true, 1);
	ck_assert_ptr_nonnull(g);
	ck_assert(g->consume_enable);
	ck_assert_int_eq(g->retry_max_times, 16);
	ck_assert_int_eq(g->retry_queues, 1);
	ck_assert(t.unsaved);
	ck_assert_int_eq(t.version.counter, 1);
	ck_assert_ptr_eq(group_table_find(&t, LMI_SPAN_LIT("g"), false, 2), g);
	group_table_done(&t);
}
END_TEST

START_TEST(groups_with_bad_names_are_not_made)
{
	t = (struct group_table){ 0 };
	ck_assert_ptr_null(group_table_find(&t, LMI_SPAN_LIT("a.b"), true, 1));
	ck_assert_ptr_null(group_table_find(&t, LMI_SPAN_LIT(""), true, 1));
	group_table_done(&t);
}
END_TEST

START_TEST(the_systems_groups_are_made_even_when_creation_is_off)
{
	t = (struct group_table){ 0 };
	ck_assert_ptr_nonnull(group_table_find(&t, LMI_SPAN_LIT("CID_RMQ_SYS_x"), false, 1));
	ck_assert_int_eq(group_table_make_system(&t, 1), 0);
	ck_assert_ptr_nonnull(group_table_get(&t, LMI_SPAN_LIT("TOOLS_CONSUMER")));
	ck_assert_ptr_nonnull(group_table_get(&t, LMI_SPAN_LIT("CID_RMQ_SYS_TRANS")));
	group_table_done(&t);
}
END_TEST

START_TEST(settings_are_replaced_and_texts_copied)
{
	struct lmi_group_config g;
	char policy[] = "{\"type\":\"EXPONENTIAL\"}";
	t = (struct group_table){ 0 };
	lmi_group_config_init(&g, LMI_SPAN_LIT("g"));
	g.retry_policy = lmi_span_str(policy);
	g.retry_max_times = 3;
	ck_assert_int_eq(group_table_put(&t, &g, 1), 0);
	memset(policy, 'x', sizeof(policy) - 1);
	ck_assert(lmi_span_is(group_table_get(&t, LMI_SPAN_LIT("g"))->retry_policy, "{\"type\":\"EXPONENTIAL\"}"));
	g.retry_policy = LMI_SPAN_NULL;
	ck_assert_int_eq(group_table_put(&t, &g, 2), 0);
	ck_assert_ptr_null(group_table_get(&t, LMI_SPAN_LIT("g"))->retry_policy.p);
	ck_assert_uint_eq(lmi_map_count(&t.map), 1);
	group_table_done(&t);
}
END_TEST

START_TEST(texts_above_their_limit_and_missing_names_are_refused)
{
	static char big[GROUP_TEXTS_MAX + 1];
	struct lmi_group_config g;
	t = (struct group_table){ 0 };
	lmi_group_config_init(&g, LMI_SPAN_LIT("g"));
	g.attributes = lmi_span(big, sizeof(big));
	ck_assert_int_eq(group_table_put(&t, &g, 1), -LMQ_EILLEGAL);
	lmi_group_config_init(&g, LMI_SPAN_NULL);
	ck_assert_int_eq(group_table_put(&t, &g, 1), -LMQ_EILLEGAL);
}
END_TEST

START_TEST(deleting_says_whether_it_was_there)
{
	t = (struct group_table){ 0 };
	group_table_find(&t, LMI_SPAN_LIT("g"), true, 1);
	t.unsaved = false;
	ck_assert(!group_table_del(&t, LMI_SPAN_LIT("h"), 1));
	ck_assert(!t.unsaved);
	ck_assert(group_table_del(&t, LMI_SPAN_LIT("g"), 1));
	ck_assert(t.unsaved);
	group_table_done(&t);
}
END_TEST

START_TEST(javas_file_is_read_and_written_back_with_its_forbidden_table)
{
	static const char text[] =
		"{\"dataVersion\":{\"counter\":9,\"stateVersion\":0,\"timestamp\":8},\"forbiddenTable\":{\"g\":{\"T\":2}},"
		"\"subscriptionGroupTable\":{\"g\":{\"brokerId\":0,\"consumeBroadcastEnable\":true,\"consumeEnable\":false,"
		"\"consumeFromMinEnable\":true,\"groupName\":\"g\",\"groupSysFlag\":0,\"retryMaxTimes\":5,\"retryQueueNums\":2,"
		"\"whichBrokerWhenConsumeSlowly\":1,\"somethingNew\":{}}}}";
	struct lmi_buf b = { 0 };
	struct group_table u = { 0 };
	t = (struct group_table){ 0 };
	ck_assert_int_eq(group_table_load(&t, LMI_SPAN_LIT(text)), 0);
	const struct lmi_group_config *g = group_table_get(&t, LMI_SPAN_LIT("g"));
	ck_assert(!g->consume_enable);
	ck_assert_int_eq(g->retry_max_times, 5);
	ck_assert_int_eq(g->retry_queues, 2);
	group_table_save(&t, &b);
	ck_assert_ptr_nonnull(memmem(lmi_buf_data(&b), lmi_buf_len(&b), "\"forbiddenTable\":{\"g\":{\"T\":2}}", 30));
	ck_assert_int_eq(group_table_load(&u, lmi_buf_span(&b)), 0);
	ck_assert(lmi_data_version_eq(&u.version, &t.version));
	ck_assert_int_eq(group_table_get(&u, LMI_SPAN_LIT("g"))->retry_max_times, 5);
	lmi_buf_done(&b);
	group_table_done(&u);
	group_table_done(&t);
}
END_TEST

START_TEST(broken_files_are_refused)
{
	static const char *const bad[] = { "", "1", "{\"subscriptionGroupTable\":7}", "{\"subscriptionGroupTable\":{\"\":{}}}", "{}x" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t = (struct group_table){ 0 };
		ck_assert_msg(group_table_load(&t, lmi_span_str(bad[i])) == -LMQ_EMALFORMED, "%s", bad[i]);
		group_table_done(&t);
	}
}
END_TEST

LMT_MAIN("group_table", a_group_is_made_at_its_first_use_only_when_allowed, groups_with_bad_names_are_not_made,
	 the_systems_groups_are_made_even_when_creation_is_off, settings_are_replaced_and_texts_copied,
	 texts_above_their_limit_and_missing_names_are_refused, deleting_says_whether_it_was_there,
	 javas_file_is_read_and_written_back_with_its_forbidden_table, broken_files_are_refused)

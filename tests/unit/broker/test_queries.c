/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what operators ask about consumption is answered as AdminBrokerProcessor does: who consumes what, how far, how old
 * the messages are, what a queue's entries say.  Shown: a broker without sockets, six messages, a group that has consumed two.
 */
#include "tests/unit/broker/fixture.h"

struct bed {
	struct fx f;
	struct fx_peer p;
};

static struct lmi_command ask(struct bed *b, int32_t code, const struct fx_field *fields)
{
	return fx_ask(&b->f, &b->p, code, fields, LMI_SPAN_NULL);
}

static bool says(const struct lmi_command *a, const char *text)
{
	return a->body.n && memmem(a->body.p, a->body.n, text, strlen(text)) != NULL;
}

static void bed_open(struct bed *b)
{
	fx_init(&b->f);
	fx_peer_init(&b->p);
	for (int i = 0; i < 6; i++) {
		fx_send(&b->f, &b->p, "T", "0", "TAGS\1A\2", "body");
		fx_pass(&b->f, 1000);
	}
	fx_beat(&b->f, &b->p, "c1", "g", "T", "*");
	fx_forget_output(&b->p);
	ask(b, LMI_REQ_UPDATE_CONSUMER_OFFSET,
	    FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "0" }, { "commitOffset", "2" }));
	ask(b, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "2", "0"));
}

static void bed_close(struct bed *b)
{
	fx_peer_gone(&b->f, &b->p);
	fx_peer_done(&b->p);
	fx_done(&b->f);
}

START_TEST(a_queues_entries_are_shown_as_they_are)
{
	struct bed b;
	bed_open(&b);
	struct lmi_command a = ask(&b, LMI_REQ_QUERY_CONSUME_QUEUE,
				   FX_FIELDS({ "topic", "T" }, { "queueId", "0" }, { "index", "4" }, { "count", "10" },
					     { "consumerGroup", "g" }));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert(says(&a, "\"maxQueueIndex\":6,\"minQueueIndex\":0,\"queueData\":[{\"eval\":false,\"physicOffset\":"));
	ck_assert(says(&a, "\"tagsCode\":65}],\"subscriptionData\":{"));
	ck_assert(says(&a, "\"filterData\":\"null\""));
	a = ask(&b, LMI_REQ_QUERY_CONSUME_QUEUE,
		FX_FIELDS({ "topic", "T" }, { "queueId", "0" }, { "index", "0" }, { "count", "1" }, { "consumerGroup", "other" }));
	ck_assert(says(&a, "other@T is not online!"));
	ck_assert(!says(&a, "},{"));
	bed_close(&b);
}
END_TEST

START_TEST(an_entry_that_is_not_there_is_a_success_without_a_body)
{
	struct bed b;
	bed_open(&b);
	struct lmi_command a = ask(&b, LMI_REQ_QUERY_CONSUME_QUEUE,
				   FX_FIELDS({ "topic", "T" }, { "queueId", "0" }, { "index", "6" }, { "count", "1" }));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(a.body.n, 0);
	ck_assert(fx_remark_has(&a, "Index 6 of 0@T is not exist!"));
	a = ask(&b, LMI_REQ_QUERY_CONSUME_QUEUE,
		FX_FIELDS({ "topic", "T" }, { "queueId", "99" }, { "index", "0" }, { "count", "1" }));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&a, "99@T is not exist!"));
	bed_close(&b);
}
END_TEST

START_TEST(a_groups_place_is_told_by_the_age_of_messages)
{
	struct bed b;
	char text[64];
	bed_open(&b);
	struct lmi_command a = ask(&b, LMI_REQ_QUERY_CONSUME_TIME_SPAN, FX_FIELDS({ "topic", "T" }, { "group", "g" }));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	snprintf(text, sizeof(text), "\"consumeTimeStamp\":%lld,", (long long)FX_WALL_MS + 1000);
	ck_assert(says(&a, text));
	ck_assert(says(&a, "\"delayTime\":4000,"));
	snprintf(text, sizeof(text), "\"maxTimeStamp\":%lld,", (long long)FX_WALL_MS + 5000);
	ck_assert(says(&a, text));
	snprintf(text, sizeof(text), "\"minTimeStamp\":%lld,", (long long)FX_WALL_MS);
	ck_assert(says(&a, text));
	ck_assert(says(&a, "\"delayTime\":0,\"maxTimeStamp\":-1,")); /* of the empty queues */
	a = ask(&b, LMI_REQ_QUERY_CONSUME_TIME_SPAN, FX_FIELDS({ "topic", "no" }, { "group", "g" }));
	ck_assert_int_eq(a.code, LMI_RSP_TOPIC_NOT_EXIST);
	bed_close(&b);
}
END_TEST

START_TEST(all_groups_together_say_how_far_they_are_behind)
{
	struct bed b;
	bed_open(&b);
	struct lmi_command a = ask(&b, LMI_REQ_GET_BROKER_CONSUME_STATS, FX_FIELDS({ "isOrder", "false" }));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert(says(&a, "{\"g\":[{\"consumeTps\":4.000,\"offsetTable\":{{"));
	ck_assert(says(&a, ":{\"brokerOffset\":6,\"consumerOffset\":2,\"lastTimestamp\":1700000001000,\"pullOffset\":6}"));
	ck_assert(says(&a, "\"totalDiff\":4,\"totalInflightDiff\":4}"));
	a = ask(&b, LMI_REQ_GET_BROKER_CONSUME_STATS, FX_FIELDS({ "isOrder", "true" }));
	ck_assert(says(&a, "{\"g\":[]}")); /* T is no topic of order */
	bed_close(&b);
}
END_TEST

START_TEST(a_group_and_a_topic_find_each_other_by_committed_positions)
{
	struct bed b;
	bed_open(&b);
	ask(&b, LMI_REQ_PULL_MESSAGE, fx_pull_fields("puller", "T", "0", "0", "4")); /* with its own subscription, nothing committed */
	struct lmi_command a = ask(&b, LMI_REQ_QUERY_TOPICS_BY_CONSUMER, FX_FIELDS({ "group", "g" }));
	ck_assert(says(&a, "\"topicList\":[\"T\"]"));
	a = ask(&b, LMI_REQ_QUERY_TOPICS_BY_CONSUMER, FX_FIELDS({ "group", "puller" }));
	ck_assert(says(&a, "\"topicList\":[]"));
	a = ask(&b, LMI_REQ_QUERY_TOPIC_CONSUME_BY_WHO, FX_FIELDS({ "topic", "T" }));
	ck_assert(says(&a, "{\"groupList\":[\"g\"]}"));
	a = ask(&b, LMI_REQ_GET_ALL_CONSUMER_OFFSET, FX_NONE);
	ck_assert(says(&a, "\"pullOffsetTable\":{\"T@"));
	ck_assert(says(&a, "\"T@puller\":{0:6}"));
	bed_close(&b);
}
END_TEST

START_TEST(a_subscription_is_shown_when_there_is_one)
{
	struct bed b;
	bed_open(&b);
	struct lmi_command a = ask(&b, LMI_REQ_QUERY_SUBSCRIPTION_BY_CONSUMER, FX_FIELDS({ "group", "g" }, { "topic", "T" }));
	ck_assert(says(&a, "{\"group\":\"g\",\"subscriptionData\":{\"classFilterMode\":false,"));
	a = ask(&b, LMI_REQ_QUERY_SUBSCRIPTION_BY_CONSUMER, FX_FIELDS({ "group", "g" }, { "topic", "U" }));
	ck_assert(lmi_span_is(a.body, "{\"group\":\"g\",\"topic\":\"U\"}"));
	bed_close(&b);
}
END_TEST

LMT_MAIN("queries", a_queues_entries_are_shown_as_they_are, an_entry_that_is_not_there_is_a_success_without_a_body,
	 a_groups_place_is_told_by_the_age_of_messages, all_groups_together_say_how_far_they_are_behind,
	 a_group_and_a_topic_find_each_other_by_committed_positions, a_subscription_is_shown_when_there_is_one)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a consumer begins where it is told, gets what it chose, pauses and goes on, and members share by each strategy
 * without overlap or gap.
 * Shown: against a scripted name server and brokers in this process.
 */
#include "consumer_lmt.h"

#include "wire/heartbeat.h"

static struct one me;

static struct lmq_client *with(const char *name, const char *value)
{
	return open_client(mock_namesrv(mock), SHORT, name, value, NULL);
}

START_TEST(a_new_group_begins_at_the_time_told)
{
	struct lmq_config *cfg = lmq_config_new();
	char err[64];

	begin(1, 1);
	for (int i = 0; i < 20; i++) {
		char body[16];

		snprintf(body, sizeof(body), "%d", i);
		/* 2001-09-09 is a billion seconds after 1970 */
		mock_put_at(mock, 0, "T", 0, body, INT64_C(1000000000000) + i * INT64_C(86400000));
	}
	ck_assert_int_eq(lmq_config_set(cfg, "consumeFromWhere", "CONSUME_FROM_TIMESTAMP", err, sizeof(err)), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "consumeTimestamp", "20010919235959", err, sizeof(err)), 0);
	me.client = open_client(mock_namesrv(mock), SHORT, NULL);
	ck_assert_int_eq(lmq_consumer_new(me.client, "g", cfg, &me.consumer), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_on_message(me.consumer, take, NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), 0);
	ck_assert(tally_wait(&came, 9));
	ck_assert(mock_wait_offsets(mock, "g", "T", 20));
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(seen[i], i > 10);
	leave(&me);
	lmq_config_free(cfg);
	mock_free(mock);
}
END_TEST

START_TEST(a_bad_time_is_refused_at_the_start)
{
	static const char *const bad[] = { "2001", "2001091923595x", "20011319235959", "200109192359590" };

	begin(1, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make(&me, with("consumeTimestamp", bad[i]));
		ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", NULL), 0);
		ck_assert_int_eq(lmq_consumer_start(me.consumer), -LMQ_EBADCONFIG);
		leave(&me);
	}
	mock_free(mock);
}
END_TEST

START_TEST(an_sql_expression_goes_to_the_broker_and_what_it_gives_is_taken)
{
	char text[4096];

	begin(1, 1);
	put(0, "T", 0, "TAGS\1any\2", 7);
	make(&me, with("consumeFromWhere", FIRST));
	ck_assert_int_eq(lmq_consumer_subscribe_sql(me.consumer, "T", NULL), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_subscribe_sql(me.consumer, "T", ""), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_subscribe_sql(me.consumer, "no blanks", "a > 1"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", "other"), 0);
	ck_assert_int_eq(lmq_consumer_subscribe_sql(me.consumer, "T", "a > 1 AND b IN ('x')"), 0);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), 0);
	ck_assert_int_eq(lmq_consumer_subscribe_sql(me.consumer, "T", "a > 1"), -LMQ_ESTATE);
	ck_assert(tally_wait(&came, 1));
	mock_heartbeat(mock, 0, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "\"expressionType\":\"SQL92\",\"subString\":\"a > 1 AND b IN ('x')\""));
	leave(&me);
	mock_free(mock);
}
END_TEST

START_TEST(paused_means_nothing_more_is_fetched_until_resumed)
{
	begin(1, 1);
	make(&me, with("consumeFromWhere", FIRST));
	ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_pause(me.consumer), 0);
	for (int i = 0; i < 10; i++)
		put(0, "T", 0, "", i);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), 0);
	ck_assert(tally_wait(&me.changed, 1));
	ck_assert(mock_wait(mock, 0, LMI_REQ_HEART_BEAT, mock_count(mock, 0, LMI_REQ_HEART_BEAT) + 2));
	ck_assert_int_eq(mock_handed_out(mock, 0, "T", 0), 0);
	ck_assert_int_eq(lmq_consumer_resume(me.consumer), 0);
	ck_assert(tally_wait(&came, 10));
	leave(&me);
	mock_free(mock);
}
END_TEST

START_TEST(the_limit_of_a_topic_is_shared_by_its_queues)
{
	begin(1, 2);
	for (int i = 0; i < 100; i++)
		put(0, "T", i % 2, "", i);
	me.client = open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, "pullThresholdForTopic", "8", "pullBatchSize", "1", NULL);
	make(&me, me.client);
	ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), 0);
	ck_assert(tally_wait(&came, 100));
	leave(&me);
	mock_free(mock);
}
END_TEST

/* ---- strategies ---- */

struct share {
	int owners[2][8];
	int total;
};

static int count_queue(void *user, const char *topic, const char *broker, int32_t queue_id)
{
	struct share *s = user;

	ck_assert_str_eq(topic, "T");
	s->owners[strcmp(broker, "broker-1") == 0][queue_id]++;
	s->total++;
	return 0;
}

static const char *room(void *user, const char *broker, const char *client_id)
{
	(void)user;
	return broker ? (strcmp(broker, "broker-0") == 0 ? "A" : "B") : strstr(client_id, "east") ? "A" : "B";
}

static int stop_at_once(void *user, const char *topic, const char *broker, int32_t queue_id)
{
	(void)user;
	(void)topic;
	(void)broker;
	return 100 + queue_id;
}

static bool all_seen(int n)
{
	for (int i = 0; i < n; i++)
		if (!__atomic_load_n(&seen[i], __ATOMIC_RELAXED))
			return false;
	return true;
}

static void share_by(const char *strategy)
{
	static struct one all[3];
	bool nearby = strcmp(strategy, "MACHINE_ROOM_NEARBY") == 0;
	struct share s = { .total = 0 };
	char name[32];

	begin(2, 8);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s-%zu", i == 2 ? "west" : "east", i);
		make(&all[i], open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, "allocateMessageQueueStrategy",
					  strategy, "instanceName", name, NULL));
		for (int32_t q = 0; q < 8; q++) /* CONFIG: 3, 3 and 2 of each broker */
			for (int b = 0; b < 2 && q % 3 == (int32_t)i; b++)
				ck_assert_int_eq(lmq_consumer_add_queue(all[i].consumer, "T", b ? "broker-1" : "broker-0", q), 0);
		ck_assert_int_eq(lmq_consumer_on_room(all[i].consumer, room, NULL), 0);
		ck_assert_int_eq(lmq_consumer_subscribe(all[i].consumer, "T", NULL), 0);
		ck_assert_int_eq(lmq_consumer_start(all[i].consumer), 0);
	}
	/* Each takes up its final share once all are members; until then try again. */
	for (int changes = 1;; changes++) {
		bool good;

		memset(&s, 0, sizeof(s));
		for (size_t i = 0; i < 3; i++)
			ck_assert_int_eq(lmq_consumer_each_queue(all[i].consumer, count_queue, &s), 0);
		good = s.total == 16 && mock_members(mock, 0, "g") == 3 && mock_members(mock, 1, "g") == 3;
		for (int q = 0; q < 16; q++)
			good &= s.owners[q / 8][q % 8] == 1;
		/* One that came first may have all of them for a moment. */
		memset(&s, 0, sizeof(s));
		ck_assert_int_eq(lmq_consumer_each_queue(all[2].consumer, count_queue, &s), 0);
		good &= !nearby || s.total == 8;
		if (good)
			break;
		ck_assert_int_lt(changes, 200);
		(void)tally_wait_ms(&all[changes % 3].changed, 1000, 50);
	}
	if (nearby) {
		memset(&s, 0, sizeof(s));
		ck_assert_int_eq(lmq_consumer_each_queue(all[2].consumer, count_queue, &s), 0);
		ck_assert_int_eq(s.owners[1][0] + s.owners[1][7], 2); /* all of its room, none of the other */
		ck_assert_int_eq(s.total, 8);
	}
	/* By hashes of names with the process's number in them, a member's share may be nothing. */
	int stopped = 0;
	for (size_t i = 0; i < 3; i++)
		stopped += lmq_consumer_each_queue(all[i].consumer, stop_at_once, NULL) >= 100;
	ck_assert_int_ge(stopped, 1);
	for (int i = 0; i < 160; i++)
		put(i % 2, "T", i / 2 % 8, "", i);
	/* A share that changes meanwhile may bring some twice: more than 160 may have to come. */
	for (int want = 160; !all_seen(160); want++)
		ck_assert(tally_wait(&came, want));
	for (size_t i = 0; i < 3; i++)
		leave(&all[i]);
	mock_free(mock);
}

#define SHARE_TEST(name, strategy)            \
	START_TEST(members_share_without_overlap_or_gap_by_##name) \
	{                                     \
		share_by(strategy);           \
	}                                     \
	END_TEST

SHARE_TEST(avg, "AVG")
SHARE_TEST(circle, "AVG_BY_CIRCLE")
SHARE_TEST(config, "CONFIG")
SHARE_TEST(nearby, "MACHINE_ROOM_NEARBY")
SHARE_TEST(consistent_hash, "CONSISTENT_HASH")

START_TEST(nearby_without_rooms_is_refused_and_fixed_queues_need_names)
{
	begin(1, 1);
	make(&me, with("allocateMessageQueueStrategy", "MACHINE_ROOM_NEARBY"));
	ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_consumer_add_queue(me.consumer, NULL, "b", 0), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_add_queue(me.consumer, "T", NULL, 0), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_add_queue(me.consumer, "T", "b", -1), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_on_room(me.consumer, room, NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), 0);
	ck_assert_int_eq(lmq_consumer_on_room(me.consumer, room, NULL), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_consumer_add_queue(me.consumer, "T", "b", 0), -LMQ_ESTATE);
	leave(&me);
	mock_free(mock);
}
END_TEST

/* Mock brokers have no room in their names: nothing is shared, and nothing is fetched. */
START_TEST(machine_room_reads_only_brokers_of_its_rooms)
{
	begin(1, 2);
	put(0, "T", 0, "", 1);
	make(&me, open_client(mock_namesrv(mock), SHORT, "allocateMessageQueueStrategy", "MACHINE_ROOM", "consumeridcs", "a;b", NULL));
	ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), 0);
	ck_assert(mock_wait(mock, 0, LMI_REQ_GET_CONSUMER_LIST_BY_GROUP, 4));
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_PULL_MESSAGE), 0);
	leave(&me);
	mock_free(mock);
}
END_TEST

LMT_MAIN("consumer_choice", a_new_group_begins_at_the_time_told, a_bad_time_is_refused_at_the_start,
	 an_sql_expression_goes_to_the_broker_and_what_it_gives_is_taken, paused_means_nothing_more_is_fetched_until_resumed,
	 the_limit_of_a_topic_is_shared_by_its_queues, members_share_without_overlap_or_gap_by_avg,
	 members_share_without_overlap_or_gap_by_circle, members_share_without_overlap_or_gap_by_config,
	 members_share_without_overlap_or_gap_by_nearby, members_share_without_overlap_or_gap_by_consistent_hash,
	 nearby_without_rooms_is_refused_and_fixed_queues_need_names, machine_room_reads_only_brokers_of_its_rooms)

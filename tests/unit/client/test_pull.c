/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a puller does what it is told and nothing else; a lite consumer gives each message once and commits what was
 * polled before.
 * Shown: against a scripted name server and brokers in this process.
 */
#include "consumer_lmt.h"

static struct lmq_client *client;
static struct lmq_puller *puller;
static struct lmq_lite *lite;
static const struct lmq_queue queue = { "T", "broker-0", 0 };

static void open_puller(void)
{
	begin(1, 2);
	for (int i = 0; i < 50; i++)
		put(0, "T", 0, i % 5 ? "TAGS\1A\2" : "TAGS\1B\2", i);
	client = open_client(mock_namesrv(mock), SHORT, "pullBatchSize", "10", NULL);
	ck_assert_int_eq(lmq_puller_new(client, "g", NULL, &puller), 0);
}

static void close_puller(void)
{
	lmq_puller_free(puller);
	ck_assert_uint_eq(mock_members(mock, 0, "g"), 0);
	lmq_client_free(client);
	mock_free(mock);
}

static int count_queue(void *user, const struct lmq_queue *q)
{
	ck_assert_str_eq(q->topic, "T");
	ck_assert_str_eq(q->broker, "broker-0");
	*(int *)user |= 1 << q->queue_id;
	return 0;
}

START_TEST(queues_and_positions_are_told)
{
	int queues = 0;
	int64_t pos = -7;

	open_puller();
	ck_assert_int_eq(lmq_puller_each_queue(puller, "T", count_queue, &queues), 0);
	ck_assert_int_eq(queues, 3);
	mock_trim(mock, 0, "T", 0, 5);
	ck_assert_int_eq(lmq_puller_min_pos(puller, &queue, &pos), 0);
	ck_assert_int_eq(pos, 5);
	ck_assert_int_eq(lmq_puller_max_pos(puller, &queue, &pos), 0);
	ck_assert_int_eq(pos, 50);
	ck_assert_int_eq(lmq_puller_pos_at(puller, &queue, 1, &pos), 0);
	ck_assert_int_eq(pos, 5);
	ck_assert_int_eq(lmq_puller_committed(puller, &queue, &pos), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_puller_commit(puller, &queue, 17), 0);
	ck_assert_int_eq(lmq_puller_committed(puller, &queue, &pos), 0);
	ck_assert_int_eq(pos, 17);
	close_puller();
}
END_TEST

START_TEST(a_pull_gives_messages_and_where_to_go_on)
{
	struct lmq_messages *got = NULL;

	open_puller();
	ck_assert_int_eq(lmq_puller_pull(puller, &queue, 20, 0, &got), 0);
	ck_assert_uint_eq(lmq_messages_count(got), 10);
	for (size_t i = 0; i < 10; i++)
		ck_assert_int_eq(number_of(lmq_messages_at(got, i)), 20 + (int)i);
	ck_assert_ptr_null(lmq_messages_at(got, 10));
	ck_assert_int_eq(lmq_messages_next_pos(got), 30);
	ck_assert_int_eq(lmq_messages_min_pos(got), 0);
	ck_assert_int_eq(lmq_messages_max_pos(got), 50);
	lmq_messages_free(got);
	/* by tags */
	ck_assert_int_eq(lmq_puller_filter(puller, "B || C"), 0);
	ck_assert_int_eq(lmq_puller_pull(puller, &queue, 20, 0, &got), 0);
	ck_assert_uint_eq(lmq_messages_count(got), 2);
	ck_assert_int_eq(number_of(lmq_messages_at(got, 1)), 25);
	lmq_messages_free(got);
	/* nothing there yet, and out of range */
	ck_assert_int_eq(lmq_puller_pull(puller, &queue, 50, 100, &got), 0);
	ck_assert_uint_eq(lmq_messages_count(got), 0);
	ck_assert_int_eq(lmq_messages_next_pos(got), 50);
	lmq_messages_free(got);
	ck_assert_int_eq(lmq_puller_pull(puller, &queue, 99, 0, &got), 0);
	ck_assert_uint_eq(lmq_messages_count(got), 0);
	ck_assert_int_eq(lmq_messages_next_pos(got), 50);
	lmq_messages_free(got);
	lmq_messages_free(NULL);
	close_puller();
}
END_TEST

START_TEST(what_a_puller_cannot_do_is_told)
{
	struct lmq_queue unknown = { "U", "broker-0", 0 }, elsewhere = { "T", "broker-9", 0 }, bad = { "T", NULL, 0 }, none = { "T", "broker-0", 9 };
	struct lmq_messages *got = NULL;
	struct lmq_puller *second = NULL;
	int64_t pos = -7;

	open_puller();
	ck_assert_int_eq(lmq_puller_new(client, "g", NULL, &second), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_puller_new(client, "no blanks", NULL, &second), -LMQ_EILLEGAL);
	ck_assert_int_lt(lmq_puller_max_pos(puller, &unknown, &pos), 0);
	ck_assert_int_eq(lmq_puller_max_pos(puller, &elsewhere, &pos), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_puller_max_pos(puller, &bad, &pos), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_puller_max_pos(puller, NULL, &pos), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_puller_commit(puller, &queue, -1), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_puller_pull(puller, &queue, -1, 0, &got), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_puller_pull(puller, &none, 0, 0, &got), -LMQ_EREMOTE);
	ck_assert_int_eq(lmq_puller_filter(puller, " || "), -LMQ_EILLEGAL);
	mock_script(mock, 0, LMI_REQ_PULL_MESSAGE, LMQ_MOCK_REFUSE, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST, 2);
	ck_assert_int_eq(lmq_puller_pull(puller, &queue, 0, 0, &got), 0); /* told, and asked again */
	lmq_messages_free(got);
	mock_script(mock, 0, LMI_REQ_PULL_MESSAGE, LMQ_MOCK_CLOSE, 0, 1);
	ck_assert_int_eq(lmq_puller_pull(puller, &queue, 0, 0, &got), -LMQ_ECLOSED);
	ck_assert_int_eq(pos, -7);
	close_puller();
}
END_TEST

/* ---- lite ---- */

static struct lmq_client *lite_client(const char *commit)
{
	return open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, "autoCommit", commit, "pullThresholdForAll", "100", NULL);
}

static void open_lite(const char *commit)
{
	begin(1, 4);
	for (int i = 0; i < 400; i++)
		put(0, "T", i % 4, i % 10 ? "TAGS\1A\2" : "TAGS\1B\2", i);
	client = lite_client(commit);
	ck_assert_int_eq(lmq_lite_new(client, "g", NULL, &lite), 0);
}

static void close_lite(void)
{
	lmq_lite_free(lite);
	ck_assert_uint_eq(mock_members(mock, 0, "g"), 0);
	lmq_client_free(client);
	mock_free(mock);
}

/* Poll until so many have come in all; returns how many the last poll gave. */
static size_t poll_until(int count)
{
	struct lmq_messages *got = NULL;
	size_t n = 0;

	for (int have = 0; have < count; have += (int)n) {
		ck_assert_int_eq(lmq_lite_poll(lite, 64, MOCK_WAIT_S * 1000, &got), 0);
		n = lmq_messages_count(got);
		ck_assert_uint_gt(n, 0);
		for (size_t i = 0; i < n; i++)
			seen[number_of(lmq_messages_at(got, i))]++;
		lmq_messages_free(got);
	}
	return n;
}

START_TEST(each_message_is_polled_once_and_committed_by_the_next_poll)
{
	struct lmq_messages *got = NULL;
	int64_t sum = 0;

	open_lite("true");
	ck_assert_int_eq(lmq_lite_subscribe(lite, "T", "*"), 0);
	ck_assert_int_eq(lmq_lite_start(lite), 0);
	(void)poll_until(400);
	for (int i = 0; i < 400; i++)
		ck_assert_int_eq(seen[i], 1);
	for (int q = 0; q < 4; q++)
		sum += mock_offset(mock, 0, "g", "T", q);
	ck_assert_int_lt(sum, 400); /* the last of them are not done with */
	ck_assert_int_eq(lmq_lite_poll(lite, 1, 0, &got), 0);
	ck_assert_uint_eq(lmq_messages_count(got), 0);
	lmq_messages_free(got);
	ck_assert(mock_wait_offsets(mock, "g", "T", 400));
	close_lite();
}
END_TEST

START_TEST(without_auto_commit_only_what_is_told_is_committed)
{
	open_lite("false");
	ck_assert_int_eq(lmq_lite_subscribe(lite, "T", "B"), 0);
	ck_assert_int_eq(lmq_lite_start(lite), 0);
	(void)poll_until(40);
	for (int i = 0; i < 400; i++)
		ck_assert_int_eq(seen[i], i % 10 == 0);
	ck_assert(mock_wait(mock, 0, LMI_REQ_HEART_BEAT, mock_count(mock, 0, LMI_REQ_HEART_BEAT) + 2));
	for (int q = 0; q < 4; q++)
		ck_assert_int_le(mock_offset(mock, 0, "g", "T", q), 0);
	ck_assert_int_eq(lmq_lite_commit(lite), 0);
	ck_assert(mock_wait_offsets(mock, "g", "T", 400));
	close_lite();
}
END_TEST

START_TEST(an_assigned_queue_is_read_from_where_it_is_told)
{
	struct lmq_queue other = { "T", "broker-0", 3 };
	struct lmq_messages *got = NULL;

	open_lite("true");
	ck_assert_int_eq(lmq_lite_assign(lite, &queue), 0);
	ck_assert_int_eq(lmq_lite_subscribe(lite, "T", "*"), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_lite_start(lite), 0);
	(void)poll_until(100);
	for (int i = 0; i < 400; i++)
		ck_assert_int_eq(seen[i], i % 4 == 0);
	ck_assert_int_eq(lmq_lite_seek(lite, &queue, 90), 0);
	(void)poll_until(10);
	for (int i = 0; i < 400; i++)
		ck_assert_int_eq(seen[i], i % 4 == 0 ? 1 + (i >= 360) : 0);
	ck_assert_int_eq(lmq_lite_seek(lite, &other, 0), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_lite_pause(lite, &other, true), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_lite_seek(lite, &queue, -1), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_lite_pause(lite, &queue, true), 0);
	/* the fetch that waits at the broker is out already: at most its messages come */
	ck_assert_int_eq(lmq_lite_seek(lite, &queue, 50), 0);
	ck_assert_int_eq(lmq_lite_poll(lite, 10, 100, &got), 0);
	ck_assert_uint_eq(lmq_messages_count(got), 0);
	lmq_messages_free(got);
	ck_assert_int_eq(lmq_lite_pause(lite, &queue, false), 0);
	(void)poll_until(50);
	close_lite();
}
END_TEST

START_TEST(members_of_both_kinds_share_the_queues)
{
	static struct one push;
	int n = 0;

	open_lite("true");
	ck_assert_int_eq(lmq_lite_subscribe(lite, "T", "*"), 0);
	ck_assert_int_eq(lmq_lite_start(lite), 0);
	make(&push, open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, NULL));
	ck_assert_int_eq(lmq_consumer_subscribe(push.consumer, "T", "*"), 0);
	ck_assert_int_eq(lmq_consumer_start(push.consumer), 0);
	while (tally_get(&came) == 0 || n < 10) {
		struct lmq_messages *got = NULL;

		ck_assert_int_eq(lmq_lite_poll(lite, 5, 20, &got), 0);
		n += (int)lmq_messages_count(got);
		lmq_messages_free(got);
	}
	leave(&push);
	close_lite();
}
END_TEST

START_TEST(what_a_lite_consumer_cannot_do_is_told)
{
	struct lmq_messages *got = NULL;

	open_lite("true");
	ck_assert_int_eq(lmq_lite_start(lite), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_lite_poll(lite, 1, 0, &got), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_lite_commit(lite), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_lite_assign(lite, NULL), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_lite_subscribe(lite, "T", "*"), 0);
	ck_assert_int_eq(lmq_lite_assign(lite, &queue), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_lite_start(lite), 0);
	ck_assert_int_eq(lmq_lite_start(lite), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_lite_poll(lite, 0, 0, &got), -LMQ_EILLEGAL);
	lmq_lite_free(NULL);
	lmq_puller_free(NULL);
	lmq_popper_free(NULL);
	close_lite();
}
END_TEST

LMT_MAIN("pull", queues_and_positions_are_told, a_pull_gives_messages_and_where_to_go_on, what_a_puller_cannot_do_is_told,
	 each_message_is_polled_once_and_committed_by_the_next_poll, without_auto_commit_only_what_is_told_is_committed,
	 an_assigned_queue_is_read_from_where_it_is_told, members_of_both_kinds_share_the_queues,
	 what_a_lite_consumer_cannot_do_is_told)

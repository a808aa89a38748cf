/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a group receives each message of its topics, members share the queues without overlap or gap, what is done is
 * committed and what fails comes again.
 * Shown: against a scripted name server and brokers in this process.
 */
#include "client_lmt.h"

#include <stdlib.h>

#define SEEN_MAX 4096

static struct lmq_mock *mock;
static struct lmq_client *client;
static struct lmq_consumer *consumer;

/* What callbacks saw. */
static struct tally came = TALLY_INIT;
static int seen[SEEN_MAX];
static int retries_seen;

static int number_of(const struct lmq_message *m)
{
	int n = atoi(lmq_message_body(m, NULL));

	ck_assert_int_ge(n, 0);
	ck_assert_int_lt(n, SEEN_MAX);
	return n;
}

static enum lmq_consumed take(void *user, const struct lmq_message *m)
{
	(void)user;
	__atomic_add_fetch(&seen[number_of(m)], 1, __ATOMIC_RELAXED);
	if (lmq_message_reconsume_times(m) > 0)
		__atomic_add_fetch(&retries_seen, 1, __ATOMIC_RELAXED);
	tally_add(&came);
	return LMQ_CONSUMED;
}

static void put(int broker, const char *topic, int32_t queue, const char *props, int n)
{
	char body[16];

	snprintf(body, sizeof(body), "%d", n);
	mock_put(mock, broker, topic, queue, props, body, strlen(body), 0);
}

static struct lmq_client *member(const char *from)
{
	return open_client(mock_namesrv(mock), "consumeFromWhere", from, "consumeThreadMax", "4", "heartbeatBrokerInterval", "1s",
			   "rebalanceInterval", "1s", "persistConsumerOffsetInterval", "50", "pullTimeDelayMillsWhenException", "50",
			   NULL);
}

static struct lmq_consumer *subscribed(struct lmq_client *c, const char *expression, lmq_message_fn *fn, void *user)
{
	struct lmq_consumer *made = NULL;

	ck_assert_int_eq(lmq_consumer_new(c, "g", NULL, &made), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(made, "T", expression), 0);
	ck_assert_int_eq(lmq_consumer_on_message(made, fn, user), 0);
	return made;
}

static void begin(size_t brokers, int32_t queues)
{
	mock = mock_new(brokers);
	mock_topic(mock, "T", queues);
}

static void start(const char *from, const char *expression, lmq_message_fn *fn)
{
	client = member(from);
	consumer = subscribed(client, expression, fn, NULL);
	ck_assert_int_eq(lmq_consumer_start(consumer), 0);
}

static void end(void)
{
	lmq_consumer_free(consumer);
	lmq_client_free(client);
	mock_free(mock);
}

#define FIRST "CONSUME_FROM_FIRST_OFFSET"
#define LAST "CONSUME_FROM_LAST_OFFSET"

START_TEST(each_message_comes_once_and_is_committed)
{
	begin(2, 3);
	for (int i = 0; i < 300; i++)
		put(i % 2, "T", i % 3, "TAGS\1A\2", i);
	start(FIRST, "*", take);
	ck_assert(tally_wait(&came, 300));
	for (int i = 300; i < 400; i++)
		put(i % 2, "T", i % 3, "", i);
	ck_assert(tally_wait(&came, 400));
	for (int i = 0; i < 400; i++)
		ck_assert_int_eq(seen[i], 1);
	ck_assert(mock_wait_offsets(mock, "g", "T", 400));
	ck_assert_int_eq(lmq_consumer_stop(consumer, 5000), 0);
	ck_assert_uint_eq(mock_members(mock, 0, "g"), 0);
	ck_assert_uint_eq(mock_members(mock, 1, "g"), 0);
	ck_assert_int_eq(lmq_consumer_stop(consumer, 5000), 0);
	end();
}
END_TEST

START_TEST(a_heartbeat_tells_groups_and_subscriptions)
{
	char text[4096];

	begin(1, 1);
	start(LAST, "A || B", take);
	ck_assert(mock_wait_members(mock, 0, "g", 1));
	mock_heartbeat(mock, 0, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "\"groupName\":\"g\""));
	ck_assert_ptr_nonnull(strstr(text, "\"consumeType\":\"CONSUME_PASSIVELY\""));
	ck_assert_ptr_nonnull(strstr(text, "\"messageModel\":\"CLUSTERING\""));
	ck_assert_ptr_nonnull(strstr(text, "\"consumeFromWhere\":\"CONSUME_FROM_LAST_OFFSET\""));
	ck_assert_ptr_nonnull(strstr(text, "\"subString\":\"A || B\""));
	ck_assert_ptr_nonnull(strstr(text, "\"topic\":\"%RETRY%g\""));
	ck_assert_ptr_nonnull(strstr(text, lmq_client_id(client)));
	end();
}
END_TEST

START_TEST(a_stored_position_is_gone_on_from)
{
	begin(1, 1);
	for (int i = 0; i < 20; i++)
		put(0, "T", 0, "", i);
	mock_set_offset(mock, 0, "g", "T", 0, 15);
	start(FIRST, "*", take);
	ck_assert(tally_wait(&came, 5));
	ck_assert(mock_wait_offsets(mock, "g", "T", 20));
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(seen[i], i >= 15);
	end();
}
END_TEST

START_TEST(a_new_group_begins_at_the_end_unless_told)
{
	begin(1, 1);
	for (int i = 0; i < 20; i++)
		put(0, "T", 0, "", i);
	start(LAST, "*", take);
	ck_assert(mock_wait(mock, 0, LMI_REQ_GET_MAX_OFFSET, 1));
	ck_assert(mock_wait(mock, 0, LMI_REQ_PULL_MESSAGE, 1));
	put(0, "T", 0, "", 20);
	ck_assert(tally_wait(&came, 1));
	ck_assert_int_eq(seen[20], 1);
	ck_assert_int_eq(tally_get(&came), 1);
	end();
}
END_TEST

START_TEST(only_wanted_tags_come_and_all_are_committed)
{
	begin(1, 1);
	for (int i = 0; i < 90; i++)
		put(0, "T", 0, i % 3 == 0 ? "TAGS\1A\2" : i % 3 == 1 ? "TAGS\1B\2" : "k\1v\2", i);
	start(FIRST, "B||C", take);
	ck_assert(tally_wait(&came, 30));
	ck_assert(mock_wait_offsets(mock, "g", "T", 90));
	for (int i = 0; i < 90; i++)
		ck_assert_int_eq(seen[i], i % 3 == 1);
	end();
}
END_TEST

static enum lmq_consumed fail_once(void *user, const struct lmq_message *m)
{
	if (lmq_message_reconsume_times(m) == 0 && number_of(m) % 5 == 0)
		return LMQ_CONSUME_LATER;
	if (lmq_message_reconsume_times(m) > 0)
		ck_assert_str_eq(lmq_message_topic(m), "T");
	return take(user, m);
}

START_TEST(what_fails_comes_again_and_is_committed_once_sent_back)
{
	begin(1, 2);
	for (int i = 0; i < 100; i++)
		put(0, "T", i % 2, "UNIQ_KEY\1id\2", i);
	start(FIRST, "*", fail_once);
	ck_assert(tally_wait(&came, 100));
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_CONSUMER_SEND_MSG_BACK), 20);
	ck_assert(mock_wait_offsets(mock, "g", "T", 100));
	ck_assert(mock_wait_offsets(mock, "g", "%RETRY%g", 20));
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(seen[i], 1);
	ck_assert_int_eq(retries_seen, 20);
	end();
}
END_TEST

START_TEST(a_broken_body_goes_back_and_not_to_the_callback)
{
	begin(1, 1);
	mock_put(mock, 0, "T", 0, "", "garbage", 7, 1);
	put(0, "T", 0, "", 1);
	start(FIRST, "*", take);
	ck_assert(mock_wait(mock, 0, LMI_REQ_CONSUMER_SEND_MSG_BACK, 1));
	ck_assert(tally_wait(&came, 1));
	ck_assert_int_eq(seen[1], 1);
	end();
}
END_TEST

/* ---- several members ---- */

struct one {
	struct lmq_client *client;
	struct lmq_consumer *consumer;
	size_t queues; /* atomic */
	struct tally changed;
};

static void on_assign(void *user, size_t queues)
{
	struct one *o = user;

	__atomic_store_n(&o->queues, queues, __ATOMIC_RELAXED);
	tally_add(&o->changed);
}

static void join(struct one *o)
{
	pthread_mutex_init(&o->changed.lock, NULL);
	pthread_cond_init(&o->changed.changed, NULL);
	o->client = member(FIRST);
	o->consumer = subscribed(o->client, "*", take, NULL);
	ck_assert_int_eq(lmq_consumer_on_assign(o->consumer, on_assign, o), 0);
	ck_assert_int_eq(lmq_consumer_start(o->consumer), 0);
}

static void leave(struct one *o)
{
	lmq_consumer_free(o->consumer);
	lmq_client_free(o->client);
}

/* Until the members have these many queues. */
static bool settled(struct one *all, const size_t *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int changes = 1; __atomic_load_n(&all[i].queues, __ATOMIC_RELAXED) != want[i]; changes++)
			if (!tally_wait(&all[i].changed, changes))
				return false;
	return true;
}

START_TEST(members_share_the_queues_and_take_over_from_each_other)
{
	static struct one all[2];

	begin(1, 5);
	join(&all[0]);
	ck_assert(settled(all, (size_t[]){ 5 }, 1));
	join(&all[1]);
	/* the sum is five, whoever is first in the order of ids */
	for (int k = 2;; k++) {
		size_t a = __atomic_load_n(&all[0].queues, __ATOMIC_RELAXED), b = __atomic_load_n(&all[1].queues, __ATOMIC_RELAXED);

		if (a + b == 5 && a >= 2 && b >= 2)
			break;
		ck_assert(tally_wait(&all[0].changed, k) || tally_wait(&all[1].changed, 1));
	}
	for (int i = 0; i < 500; i++)
		put(0, "T", i % 5, "", i);
	ck_assert(tally_wait(&came, 500));
	ck_assert(mock_wait_offsets(mock, "g", "T", 500));
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(seen[i], 1);
	leave(&all[0]);
	ck_assert(settled(&all[1], (size_t[]){ 5 }, 1));
	for (int i = 500; i < 600; i++)
		put(0, "T", i % 5, "", i);
	ck_assert(tally_wait(&came, 600));
	for (int i = 0; i < 600; i++)
		ck_assert_int_eq(seen[i], 1);
	leave(&all[1]);
	mock_free(mock);
}
END_TEST

/* ---- stopping ---- */

static struct tally inside = TALLY_INIT, may_go = TALLY_INIT;

static enum lmq_consumed wait_inside(void *user, const struct lmq_message *m)
{
	tally_add(&inside);
	ck_assert(tally_wait(&may_go, 1));
	return take(user, m);
}

static void *stop_it(void *arg)
{
	ck_assert_int_eq(lmq_consumer_stop(arg, 5000), 0);
	return NULL;
}

START_TEST(stopping_waits_for_callbacks_and_commits_what_they_did)
{
	pthread_t stopper;

	begin(1, 1);
	for (int i = 0; i < 10; i++)
		put(0, "T", 0, "", i);
	start(FIRST, "*", wait_inside);
	ck_assert(tally_wait(&inside, 4)); /* as many as there are threads */
	ck_assert_int_eq(pthread_create(&stopper, NULL, stop_it, consumer), 0);
	tally_add(&may_go);
	pthread_join(stopper, NULL);
	ck_assert_int_ge(tally_get(&came), 4);
	ck_assert_int_eq(mock_offset(mock, 0, "g", "T", 0), tally_get(&came));
	end();
}
END_TEST

static enum lmq_consumed stop_inside(void *user, const struct lmq_message *m)
{
	(void)user;
	ck_assert_int_eq(lmq_consumer_stop(consumer, 100), -LMQ_ESTATE);
	lmq_consumer_free(consumer); /* does nothing here */
	return take(NULL, m);
}

START_TEST(a_callback_cannot_stop_its_own_consumer)
{
	begin(1, 1);
	start(FIRST, "*", stop_inside);
	put(0, "T", 0, "", 1);
	ck_assert(tally_wait(&came, 1));
	end();
}
END_TEST

START_TEST(flow_control_keeps_a_queue_within_its_limits)
{
	begin(1, 1);
	for (int i = 0; i < 200; i++)
		put(0, "T", 0, "", i);
	client = open_client(mock_namesrv(mock), "consumeFromWhere", FIRST, "consumeThreadMax", "1", "pullBatchSize", "4",
			     "pullThresholdForQueue", "8", "heartbeatBrokerInterval", "100", NULL);
	consumer = subscribed(client, "*", wait_inside, NULL);
	ck_assert_int_eq(lmq_consumer_start(consumer), 0);
	ck_assert(tally_wait(&inside, 1));
	/* the client goes on living, as its heartbeats show, but fetches no more */
	ck_assert(mock_wait(mock, 0, LMI_REQ_HEART_BEAT, mock_count(mock, 0, LMI_REQ_HEART_BEAT) + 4));
	ck_assert_int_eq(mock_handed_out(mock, 0, "T", 0), 8);
	tally_add(&may_go);
	ck_assert(tally_wait(&came, 200));
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(seen[i], 1);
	end();
}
END_TEST

/* ---- trouble ---- */

START_TEST(a_moved_position_is_followed)
{
	begin(1, 1);
	for (int i = 0; i < 50; i++)
		put(0, "T", 0, "", i);
	mock_trim(mock, 0, "T", 0, 30);
	start(FIRST, "*", take);
	ck_assert(tally_wait(&came, 20));
	ck_assert(mock_wait_offsets(mock, "g", "T", 50));
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(seen[i], i >= 30);
	end();
}
END_TEST

START_TEST(trouble_with_fetching_is_survived)
{
	static const enum lmq_mock_fault acts[] = { LMQ_MOCK_CLOSE, LMQ_MOCK_GARBAGE, LMQ_MOCK_CUT, LMQ_MOCK_REFUSE };
	int n = 0;

	begin(1, 1);
	start(FIRST, "*", take);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		mock_script(mock, 0, LMI_REQ_PULL_MESSAGE, acts[i], LMI_RSP_SUBSCRIPTION_NOT_EXIST, 1);
		put(0, "T", 0, "", n++);
		ck_assert(tally_wait(&came, n));
	}
	mock_disconnect(mock, 0);
	put(0, "T", 0, "", n++);
	ck_assert(tally_wait(&came, n));
	for (int i = 0; i < n; i++)
		ck_assert_int_ge(seen[i], 1);
	end();
}
END_TEST

START_TEST(a_refused_first_position_is_asked_for_again)
{
	begin(1, 1);
	put(0, "T", 0, "", 1);
	mock_script(mock, 0, LMI_REQ_QUERY_CONSUMER_OFFSET, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_ERROR, 2);
	mock_script(mock, 0, LMI_REQ_GET_CONSUMER_LIST_BY_GROUP, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_ERROR, 1);
	start(FIRST, "*", take);
	ck_assert(tally_wait(&came, 1));
	end();
}
END_TEST

START_TEST(a_topic_that_appears_later_is_found)
{
	mock = mock_new(1);
	start(FIRST, "*", take);
	ck_assert(mock_wait(mock, MOCK_NAMESRV, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, 2));
	mock_topic(mock, "T", 1);
	put(0, "T", 0, "", 3);
	ck_assert(tally_wait(&came, 1));
	end();
}
END_TEST

START_TEST(a_refused_send_back_leaves_the_message_unfinished)
{
	begin(1, 1);
	put(0, "T", 0, "", 0);
	put(0, "T", 0, "", 1);
	mock_script(mock, 0, LMI_REQ_CONSUMER_SEND_MSG_BACK, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_ERROR, 1);
	start(FIRST, "*", fail_once);
	ck_assert(mock_wait(mock, 0, LMI_REQ_CONSUMER_SEND_MSG_BACK, 1));
	ck_assert(tally_wait(&came, 1));
	ck_assert_int_eq(lmq_consumer_stop(consumer, 5000), 0);
	ck_assert_int_eq(mock_offset(mock, 0, "g", "T", 0), 0);
	end();
}
END_TEST

START_TEST(a_server_that_does_not_confirm_the_end_is_told)
{
	begin(1, 1);
	start(FIRST, "*", take);
	ck_assert(mock_wait(mock, 0, LMI_REQ_PULL_MESSAGE, 1));
	mock_script(mock, 0, LMI_REQ_UNREGISTER_CLIENT, LMQ_MOCK_SILENT, 0, 1);
	ck_assert_int_eq(lmq_consumer_stop(consumer, 100), -LMQ_ETIMEOUT);
	end();
}
END_TEST

/* ---- use ---- */

START_TEST(what_comes_too_early_or_too_late_is_told)
{
	struct lmq_consumer *second = NULL;

	begin(1, 1);
	client = member(LAST);
	ck_assert_int_eq(lmq_consumer_new(client, "no blanks", NULL, &consumer), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_new(client, NULL, NULL, &consumer), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &consumer), 0);
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &second), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_consumer_start(consumer), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_consumer_subscribe(consumer, "no blanks", "*"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_subscribe(consumer, "T", " || "), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_subscribe(consumer, NULL, NULL), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_subscribe(consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(consumer), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_consumer_on_message(consumer, NULL, NULL), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_consumer_on_message(consumer, take, NULL), 0);
	ck_assert_int_eq(lmq_consumer_stop(consumer, 100), 0);
	ck_assert_int_eq(lmq_consumer_start(consumer), 0);
	ck_assert_int_eq(lmq_consumer_start(consumer), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_consumer_subscribe(consumer, "T", NULL), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_consumer_on_message(consumer, take, NULL), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_consumer_on_assign(consumer, NULL, NULL), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_consumer_stop(consumer, 5000), 0);
	ck_assert_int_eq(lmq_consumer_start(consumer), -LMQ_ESTATE);
	end();
	lmq_consumer_free(NULL);
}
END_TEST

START_TEST(tags_above_the_limit_are_refused)
{
	char *many = calloc(1, 40000);

	begin(1, 1);
	client = member(LAST);
	for (int i = 0; i < 4097; i++)
		strcat(many + (i > 2 ? (i - 2) * 3 : 0), "t||");
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &consumer), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(consumer, "T", many), -LMQ_ETOOBIG);
	free(many);
	end();
}
END_TEST

LMT_MAIN("consumer", each_message_comes_once_and_is_committed, a_heartbeat_tells_groups_and_subscriptions,
	 a_stored_position_is_gone_on_from, a_new_group_begins_at_the_end_unless_told,
	 only_wanted_tags_come_and_all_are_committed, what_fails_comes_again_and_is_committed_once_sent_back,
	 a_broken_body_goes_back_and_not_to_the_callback, members_share_the_queues_and_take_over_from_each_other,
	 stopping_waits_for_callbacks_and_commits_what_they_did, a_callback_cannot_stop_its_own_consumer,
	 flow_control_keeps_a_queue_within_its_limits, a_moved_position_is_followed, trouble_with_fetching_is_survived,
	 a_refused_first_position_is_asked_for_again, a_topic_that_appears_later_is_found,
	 a_refused_send_back_leaves_the_message_unfinished, a_server_that_does_not_confirm_the_end_is_told,
	 what_comes_too_early_or_too_late_is_told, tags_above_the_limit_are_refused)

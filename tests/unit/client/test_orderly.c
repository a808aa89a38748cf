/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: an orderly consumer has a queue locked while it reads it, hands its messages out one after the other, tries a failed one
 * again in its place, and hands the queue over without overtaking.
 * Shown: against a scripted name server and brokers in this process; each queue's messages must come in ascending order.
 */
#include "consumer_lmt.h"

static struct one me, other;

#define QUEUES 4

/* Of each queue: who is inside, what comes next. */
static int inside[QUEUES], expected[QUEUES];
static int repeats; /* messages that came again, allowed only where a test says so */

static enum lmq_consumed in_order(void *user, const struct lmq_message *m)
{
	int32_t q = lmq_message_queue_id(m);
	int n = (int)lmq_message_queue_pos(m);

	ck_assert_int_eq(__atomic_add_fetch(&inside[q], 1, __ATOMIC_ACQ_REL), 1);
	ck_assert_int_eq(n, expected[q]);
	expected[q] = n + 1;
	take(user, m);
	ck_assert_int_eq(__atomic_sub_fetch(&inside[q], 1, __ATOMIC_ACQ_REL), 0);
	return LMQ_CONSUMED;
}

static struct lmq_client *quick(void)
{
	return open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, "suspendCurrentQueueTimeMillis", "20", "lockInterval", "50",
			   NULL);
}

static void join(struct one *o, lmq_message_fn *fn)
{
	make(o, quick());
	ck_assert_int_eq(lmq_consumer_subscribe(o->consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_on_message_orderly(o->consumer, fn, o), 0);
	ck_assert_int_eq(lmq_consumer_start(o->consumer), 0);
}

static void fill(int from, int to)
{
	for (int i = from; i < to; i++)
		put(0, "T", i % QUEUES, "", i);
}

START_TEST(messages_of_a_queue_come_one_after_the_other)
{
	begin(1, QUEUES);
	fill(0, 2000);
	join(&me, in_order);
	ck_assert(tally_wait(&came, 2000));
	ck_assert(mock_wait_offsets(mock, "g", "T", 2000));
	ck_assert(mock_locked(mock, 0, "g", "T", 0));
	ck_assert_int_eq(lmq_consumer_stop(me.consumer, 5000), 0);
	for (int q = 0; q < QUEUES; q++)
		ck_assert(!mock_locked(mock, 0, "g", "T", q));
	leave(&me);
	mock_free(mock);
}
END_TEST

static enum lmq_consumed fail_thrice(void *user, const struct lmq_message *m)
{
	if (number_of(m) == 5 && lmq_message_reconsume_times(m) < 3) {
		__atomic_add_fetch(&repeats, 1, __ATOMIC_RELAXED);
		return LMQ_CONSUME_LATER;
	}
	return in_order(user, m);
}

START_TEST(a_failed_message_is_tried_again_in_its_place)
{
	begin(1, QUEUES);
	fill(0, 100);
	join(&me, fail_thrice);
	ck_assert(tally_wait(&came, 100));
	ck_assert_int_eq(repeats, 3);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_CONSUMER_SEND_MSG_BACK), 0);
	leave(&me);
	mock_free(mock);
}
END_TEST

static enum lmq_consumed fail_always(void *user, const struct lmq_message *m)
{
	if (number_of(m) == 5) {
		__atomic_add_fetch(&repeats, 1, __ATOMIC_RELAXED);
		expected[1] = 2; /* passed over: 5 is the second of queue 1 */
		return LMQ_CONSUME_LATER;
	}
	return in_order(user, m);
}

START_TEST(a_message_that_fails_too_often_becomes_a_dead_letter)
{
	begin(1, QUEUES);
	mock_topic(mock, "%DLQ%g", 1);
	fill(0, 100);
	me.client = open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, "suspendCurrentQueueTimeMillis", "20",
				"maxReconsumeTimes", "2", NULL);
	make(&me, me.client);
	ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_on_message_orderly(me.consumer, fail_always, NULL), 0);
	/* The broker does not take it at once: it is tried once more. */
	mock_script(mock, 0, LMI_REQ_CONSUMER_SEND_MSG_BACK, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_ERROR, 1);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), 0);
	ck_assert(tally_wait(&came, 99));
	ck_assert(mock_wait_offsets(mock, "g", "T", 100));
	ck_assert_int_eq(repeats, 4);
	ck_assert_uint_eq(mock_stored(mock, "%DLQ%g"), 1);
	ck_assert_int_eq(mock_back_level(mock, 0), -1);
	leave(&me);
	mock_free(mock);
}
END_TEST

static enum lmq_consumed judge(void *user, const struct lmq_message *m)
{
	static const enum lmq_consumed results[] = { LMQ_CONSUME_DEAD, (enum lmq_consumed)(LMQ_CONSUME_LEVEL + 7), (enum lmq_consumed)77 };

	take(user, m);
	return lmq_message_reconsume_times(m) > 0 ? LMQ_CONSUMED : results[number_of(m)];
}

START_TEST(a_callback_chooses_the_delay_or_the_dead_letters)
{
	static const int32_t levels[] = { -1, 7, 0 };

	begin(1, 1);
	make(&me, quick());
	ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_on_message(me.consumer, judge, NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), 0);
	for (int i = 0; i < 3; i++) {
		put(0, "T", 0, "", i);
		ck_assert(mock_wait(mock, 0, LMI_REQ_CONSUMER_SEND_MSG_BACK, (uint64_t)i + 1));
		ck_assert_int_eq(mock_back_level(mock, 0), levels[i]);
	}
	leave(&me);
	mock_free(mock);
}
END_TEST

START_TEST(a_queue_that_another_has_locked_is_waited_for)
{
	begin(1, QUEUES);
	mock_lock(mock, 0, "g", "T", 2, "somebody");
	fill(0, 100);
	join(&me, in_order);
	ck_assert(tally_wait(&came, 75));
	ck_assert(mock_wait(mock, 0, LMI_REQ_LOCK_BATCH_MQ, mock_count(mock, 0, LMI_REQ_LOCK_BATCH_MQ) + 3));
	ck_assert_int_eq(tally_get(&came), 75);
	ck_assert_int_eq(mock_handed_out(mock, 0, "T", 2), 0);
	mock_lock(mock, 0, "g", "T", 2, NULL);
	ck_assert(tally_wait(&came, 100));
	leave(&me);
	mock_free(mock);
}
END_TEST

static struct tally entered = TALLY_INIT, may_go = TALLY_INIT;

static enum lmq_consumed wait_then(void *user, const struct lmq_message *m)
{
	tally_add(&entered);
	ck_assert(tally_wait(&may_go, 1));
	return in_order(user, m);
}

/* The first callback of queue 0 is inside when the lock goes: nothing more of the queue is handed out, and it is not committed. */
START_TEST(a_lost_lock_ends_the_handing_out_until_it_is_back)
{
	begin(1, 1);
	for (int i = 0; i < 50; i++)
		put(0, "T", 0, "", i);
	join(&me, wait_then);
	ck_assert(tally_wait(&entered, 1));
	mock_lock(mock, 0, "g", "T", 0, "somebody");
	/* two whole rounds of refreshing were answered */
	ck_assert(mock_wait(mock, 0, LMI_REQ_LOCK_BATCH_MQ, mock_count(mock, 0, LMI_REQ_LOCK_BATCH_MQ) + 3));
	tally_add(&may_go);
	ck_assert(tally_wait(&came, 1));
	ck_assert(mock_wait(mock, 0, LMI_REQ_LOCK_BATCH_MQ, mock_count(mock, 0, LMI_REQ_LOCK_BATCH_MQ) + 2));
	ck_assert_int_eq(tally_get(&came), 1);
	ck_assert_int_le(mock_offset(mock, 0, "g", "T", 0), 0);
	expected[0] = 0; /* it comes again, since nobody has committed it */
	mock_lock(mock, 0, "g", "T", 0, NULL);
	ck_assert(tally_wait(&came, 51));
	leave(&me);
	mock_free(mock);
}
END_TEST

static int count_one(void *user, const char *topic, const char *broker, int32_t queue_id)
{
	(void)topic;
	(void)broker;
	(void)queue_id;
	++*(int *)user;
	return 0;
}

static int queues_of(struct one *o)
{
	int n = 0;

	ck_assert_int_eq(lmq_consumer_each_queue(o->consumer, count_one, &n), 0);
	return n;
}

START_TEST(queues_are_handed_over_without_overtaking)
{
	begin(1, QUEUES);
	fill(0, 400);
	join(&me, in_order);
	ck_assert(tally_wait(&came, 1));
	for (int round = 0; round < 3; round++) {
		int from = 400 * (round + 1);

		join(&other, in_order);
		fill(from, from + 200);
		while (queues_of(&other) != QUEUES / 2)
			(void)tally_wait_ms(&other.changed, 1000, 20);
		fill(from + 200, from + 400);
		leave(&other);
	}
	ck_assert(tally_wait(&came, 1600));
	ck_assert(mock_wait_offsets(mock, "g", "T", 1600));
	for (int i = 0; i < 1600; i++)
		ck_assert_int_eq(seen[i], 1);
	leave(&me);
	mock_free(mock);
}
END_TEST

START_TEST(stopping_finishes_what_runs_and_leaves_the_rest)
{
	begin(1, 1);
	for (int i = 0; i < 50; i++)
		put(0, "T", 0, "", i);
	join(&me, wait_then);
	ck_assert(tally_wait(&entered, 1));
	tally_add(&may_go);
	ck_assert_int_eq(lmq_consumer_stop(me.consumer, 5000), 0);
	ck_assert_int_ge(tally_get(&came), 1);
	ck_assert_int_eq(mock_offset(mock, 0, "g", "T", 0), tally_get(&came));
	ck_assert(!mock_locked(mock, 0, "g", "T", 0));
	leave(&me);
	mock_free(mock);
}
END_TEST

START_TEST(a_moved_position_is_followed_in_order)
{
	begin(1, 1);
	for (int i = 0; i < 50; i++)
		put(0, "T", 0, "", i);
	mock_trim(mock, 0, "T", 0, 30);
	expected[0] = 30;
	join(&me, in_order);
	ck_assert(tally_wait(&came, 20));
	leave(&me);
	mock_free(mock);
}
END_TEST

LMT_MAIN("orderly", messages_of_a_queue_come_one_after_the_other, a_failed_message_is_tried_again_in_its_place,
	 a_message_that_fails_too_often_becomes_a_dead_letter, a_callback_chooses_the_delay_or_the_dead_letters,
	 a_queue_that_another_has_locked_is_waited_for, a_lost_lock_ends_the_handing_out_until_it_is_back,
	 queues_are_handed_over_without_overtaking, stopping_finishes_what_runs_and_leaves_the_rest,
	 a_moved_position_is_followed_in_order)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: consumers of all kinds that come and go at random, while messages are sent, lose none of them, and in the end all is committed.
 * Shown: three threads, each with consumers of its own, against a scripted name server and brokers; seeded.
 */
#include "consumer_lmt.h"

#include "base/rng.h"

#define ROUNDS 6
#define MESSAGES 900
#define QUEUES 4

static void some_pushing(struct lmi_rng *rng, struct one *o, bool orderly)
{
	int wanted = tally_get(&came) + (int)lmi_rng_below(rng, 60);

	if (orderly)
		ck_assert_int_eq(lmq_consumer_on_message_orderly(o->consumer, take, o), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(o->consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(o->consumer), 0);
	(void)tally_wait_ms(&came, wanted, 200);
	if (lmi_rng_below(rng, 2))
		ck_assert_int_eq(lmq_consumer_stop(o->consumer, 5000), 0);
}

static void some_polling(struct lmi_rng *rng, struct lmq_client *client)
{
	struct lmq_lite *lite = NULL;

	ck_assert_int_eq(lmq_lite_new(client, "g", NULL, &lite), 0);
	ck_assert_int_eq(lmq_lite_subscribe(lite, "T", NULL), 0);
	ck_assert_int_eq(lmq_lite_start(lite), 0);
	for (uint64_t i = lmi_rng_below(rng, 20); i > 0; i--) {
		struct lmq_messages *got = NULL;

		ck_assert_int_eq(lmq_lite_poll(lite, 16, 20, &got), 0);
		for (size_t k = 0; k < lmq_messages_count(got); k++)
			(void)take(NULL, lmq_messages_at(got, k));
		lmq_messages_free(got);
	}
	lmq_lite_free(lite);
}

static void *member(void *arg)
{
	struct lmi_rng_seeded chance;

	lmi_rng_seeded_init(&chance, (uint64_t)(uintptr_t)arg);
	for (int i = 0; i < ROUNDS; i++) {
		struct lmq_client *client = open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, NULL);
		struct one o;
		uint64_t kind = lmi_rng_below(&chance.rng, 3);

		if (kind == 2) {
			some_polling(&chance.rng, client);
			lmq_client_free(client);
			continue;
		}
		make(&o, client);
		some_pushing(&chance.rng, &o, kind == 1);
		leave(&o);
	}
	return NULL;
}

START_TEST(consumers_that_come_and_go_lose_nothing)
{
	static struct one last;
	pthread_t threads[3];

	begin(1, QUEUES);
	for (int i = 0; i < MESSAGES; i++)
		put(0, "T", i % QUEUES, "", i);
	for (uintptr_t i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, member, (void *)(i + 1)), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	make(&last, open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, NULL));
	ck_assert_int_eq(lmq_consumer_subscribe(last.consumer, "T", NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(last.consumer), 0);
	ck_assert(mock_wait_offsets(mock, "g", "T", MESSAGES));
	leave(&last);
	for (int i = 0; i < MESSAGES; i++)
		ck_assert_int_ge(seen[i], 1);
	mock_free(mock);
}
END_TEST

LMT_MAIN("consumer_storm", consumers_that_come_and_go_lose_nothing)

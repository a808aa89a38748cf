/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a broker's topics here come to be what it says by any mixture of digests, ranges, transfers and changes, and what comes
 * of nothing, from strangers or out of order changes nothing.
 * Shown: a random table of topics as the broker has it, compared after each exchange.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "namesrv/route_set.h"
#include "namesrv/route_table.h"
#include "tests/support/lmt.h"

#define TOPICS 3000
#define CONN 7

static const struct route_limits limits = { .topics_max = 100000, .brokers_max = 10, .expire_ms = 120000 };
static int32_t queues[TOPICS]; /* the broker's: 0: it has no such topic */
static struct lmi_rng_seeded rng;
static struct route_table *t;

static struct lmi_topic_config topic(int i)
{
	static char name[TOPICS][24];
	struct lmi_topic_config c;

	snprintf(name[i], sizeof(name[i]), "topic-%d", i);
	lmi_topic_config_init(&c, lmi_span_str(name[i]));
	c.read_queues = c.write_queues = queues[i];
	return c;
}

static struct lmi_sync_digest digest_now(void)
{
	struct lmi_sync_digest d = { .version = { .counter = 1 } };

	for (int i = 0; i < TOPICS; i++)
		if (queues[i]) {
			struct lmi_topic_config c = topic(i);

			d.topics++;
			d.digest += lmi_topic_digest(&c);
		}
	return d;
}

static void change_some(int n)
{
	for (; n > 0; n--)
		queues[lmi_rng_below(&rng.rng, TOPICS)] = (int32_t)lmi_rng_below(&rng.rng, 5);
}

/* Ask with identity (named) or over the connection alone.  1 changed, 0 not, or an error. */
static int beat(bool named)
{
	struct route_registration r = { .cluster = LMI_SPAN_LIT("C"), .broker_name = LMI_SPAN_LIT("b"), .addr = LMI_SPAN_LIT("x:1"),
					.conn_id = CONN, .acting_master = 0 };
	struct lmi_sync_digest d = digest_now();
	struct route_registered out;
	bool changed;
	size_t n;
	int err = route_table_digest(t, named ? &r : NULL, CONN, &d, 0, &out, &changed, &n);

	return err ? err : changed;
}

static size_t stride = SIZE_MAX; /* topics in a step */

/* What others do between two steps. */
static void others(void)
{
	struct lmi_route_queue q = { LMI_SPAN_LIT("b"), 1, 1, 6, 0 };
	struct lmi_route route = { .queues = &q, .queue_count = 1 };
	char name[32];

	snprintf(name, sizeof(name), "foreign-%d", (int)lmi_rng_below(&rng.rng, 500));
	if (lmi_rng_below(&rng.rng, 2))
		ck_assert_int_eq(route_table_add_topic(t, lmi_span_str(name), &route), 0);
	else
		route_table_delete_topic(t, lmi_span_str(name), LMI_SPAN_NULL);
}

static int in_steps(struct route_task *k, int err)
{
	int steps = 0;

	while (err == 0 && (err = route_table_step(t, k, stride)) > 0) {
		err = 0;
		others();
		ck_assert_int_lt(++steps, 100000);
	}
	route_table_task_end(t, k);
	return err;
}

static int topics_in(const struct lmi_sync_topics *s, bool *changed)
{
	struct route_task k;
	int err;

	if (stride == SIZE_MAX)
		return route_table_topics_in(t, CONN, s, 0, changed);
	err = in_steps(&k, route_table_topics_begin(t, CONN, s, 0, &k));
	*changed = k.changed;
	return err;
}

static int ranges(unsigned int bits, const uint8_t *digests, uint8_t *bitmap)
{
	struct route_task k;

	if (stride == SIZE_MAX)
		return route_table_ranges(t, CONN, bits, digests, 0, bitmap);
	return in_steps(&k, route_table_ranges_begin(t, CONN, bits, digests, 0, bitmap, &k));
}

/* Transfer the ranges of a bitmap, @per topics in a request. */
static int transfer(unsigned int bits, const uint8_t *bitmap, uint32_t per)
{
	struct lmi_sync_digest d = digest_now();
	struct lmi_buf body = { 0 }, topics = { 0 };
	struct lmi_sync_topics s, decoded;
	bool changed = false;
	int err = 0;

	for (int i = 0, begun = 0; i < TOPICS && err == 0;) {
		s = (struct lmi_sync_topics){ .flags = begun ? 0 : LMI_SYNC_BEGIN, .version = d.version, .digest = d.digest };
		if (!begun) {
			s.bits = bits;
			s.bitmap = bitmap;
		}
		begun = 1;
		for (; i < TOPICS && s.puts < per; i++) {
			struct lmi_topic_config c = topic(i);

			if (queues[i] && lmi_sync_bitmap_has(bitmap, lmi_sync_range(lmi_topic_name_digest(c.name), bits))) {
				lmi_sync_put_topic(&topics, &c);
				s.puts++;
			}
		}
		if (i == TOPICS)
			s.flags |= LMI_SYNC_END;
		lmi_sync_topics_begin(&body, &s);
		lmi_buf_put_span(&body, lmi_buf_span(&topics));
		ck_assert_int_eq(lmi_sync_topics_decode(lmi_buf_span(&body), &decoded), 0);
		err = topics_in(&decoded, &changed);
		lmi_buf_reset(&body, 0);
		lmi_buf_reset(&topics, 0);
	}
	lmi_buf_done(&body);
	lmi_buf_done(&topics);
	return err ? err : changed;
}

/* Ask for the ranges that differ and transfer them.  How many they were. */
static unsigned int repair(unsigned int bits)
{
	uint64_t mine[1u << LMI_SYNC_RANGE_BITS_MAX] = { 0 };
	uint8_t bitmap[1u << (LMI_SYNC_RANGE_BITS_MAX - 3)] = { 0 };
	struct lmi_buf b = { 0 };
	unsigned int got, n = 0;
	const uint8_t *digests;

	for (int i = 0; i < TOPICS; i++)
		if (queues[i]) {
			struct lmi_topic_config c = topic(i);

			mine[lmi_sync_range(lmi_topic_name_digest(c.name), bits)] += lmi_topic_digest(&c);
		}
	lmi_sync_ranges_put(&b, bits, mine);
	ck_assert_int_eq(lmi_sync_ranges_decode(lmi_buf_span(&b), &got, &digests), 0);
	ck_assert_int_eq(ranges(got, digests, bitmap), 0);
	for (uint32_t i = 0; i < 1u << bits; i++)
		n += lmi_sync_bitmap_has(bitmap, i);
	ck_assert_int_eq(transfer(bits, bitmap, 100), 0);
	lmi_buf_done(&b);
	return n;
}

static void set_up(void)
{
	lmi_rng_seeded_init(&rng, 11);
	memset(queues, 0, sizeof(queues));
	t = route_table_new(&limits, NULL);
}

static void check_same(void)
{
	struct lmi_sync_digest d = digest_now();

	ck_assert_int_eq(beat(false), 0);
	ck_assert_uint_eq(route_table_topic_count(t), d.topics);
	for (int i = 0; i < TOPICS; i += 7) {
		struct route_ask ask = { .topic = topic(i).name };
		struct route_answer r;

		ck_assert_int_eq(route_table_route(t, &ask, NULL, &r), queues[i] ? 0 : -LMQ_ENOTFOUND);
	}
}

START_TEST(a_first_registration_in_parts_and_heartbeats_after_it)
{
	static const uint8_t all = 1;

	set_up();
	change_some(2000);
	ck_assert_int_eq(beat(false), -LMQ_ENOTFOUND);
	ck_assert_int_eq(beat(true), 1);
	ck_assert_int_eq(transfer(0, &all, 64), 0);
	check_same();
	route_table_conn_closed(t, CONN, 1);
	ck_assert_uint_eq(route_table_topic_count(t), 0);
	ck_assert_int_eq(beat(true), 0); /* back unchanged: nothing needs to travel */
	check_same();
	route_table_free(t);
}
END_TEST

START_TEST(differing_ranges_are_found_and_only_they_travel)
{
	static const uint8_t all = 1;

	set_up();
	change_some(2500);
	beat(true);
	transfer(0, &all, 1000);
	for (int round = 0; round < 60; round++) {
		unsigned int bits = (unsigned int)(round % 10), n;

		change_some(round % 4 + 1);
		if (beat(false) == 0)
			continue;
		n = repair(bits);
		ck_assert_uint_ge(n, 1);
		ck_assert_uint_le(n, (unsigned int)(round % 4 + 1));
		check_same();
	}
	route_table_delete_topic(t, topic(1).name, LMI_SPAN_NULL);
	queues[1] = 4; /* an administrator deleted it here, the broker has it: it comes back */
	ck_assert_int_eq(beat(false), 1);
	repair(5);
	check_same();
	route_table_free(t);
}
END_TEST

/* One request with what changed between two states. */
static int delta(const int32_t *before, uint64_t base)
{
	struct lmi_sync_topics s = { .flags = LMI_SYNC_DELTA, .version = { .counter = 2 }, .base = base, .digest = digest_now().digest };
	struct lmi_buf topics = { 0 }, body = { 0 };
	struct lmi_sync_topics decoded;
	bool changed;
	int err;

	for (int i = 0; i < TOPICS; i++)
		if (queues[i] != before[i] && queues[i]) {
			struct lmi_topic_config c = topic(i);

			lmi_sync_put_topic(&topics, &c);
			s.puts++;
		}
	for (int i = 0; i < TOPICS; i++)
		if (queues[i] != before[i] && !queues[i]) {
			lmi_sync_put_name(&topics, topic(i).name);
			s.dels++;
		}
	lmi_sync_topics_begin(&body, &s);
	lmi_buf_put_span(&body, lmi_buf_span(&topics));
	ck_assert_int_eq(lmi_sync_topics_decode(lmi_buf_span(&body), &decoded), 0);
	err = route_table_topics_in(t, CONN, &decoded, 0, &changed);
	lmi_buf_done(&topics);
	lmi_buf_done(&body);
	return err ? err : changed;
}

START_TEST(changes_travel_alone_and_only_onto_the_state_they_were_made_for)
{
	static const uint8_t all = 1;
	static int32_t before[TOPICS];

	set_up();
	change_some(2500);
	beat(true);
	transfer(0, &all, 1000);
	for (int round = 0; round < 60; round++) {
		uint64_t base = digest_now().digest;

		memcpy(before, queues, sizeof(before));
		change_some(5);
		if (round % 10 == 9) {
			ck_assert_int_eq(delta(before, base + 1), 1); /* for another state: nothing is taken */
			ck_assert_int_eq(beat(false), digest_now().digest != base);
		}
		ck_assert_int_eq(delta(before, base), 0);
		check_same();
	}
	route_table_free(t);
}
END_TEST

START_TEST(a_transfer_that_was_not_begun_here_is_refused)
{
	struct lmi_sync_topics s = { .flags = LMI_SYNC_END };
	bool changed;

	set_up();
	ck_assert_int_eq(route_table_topics_in(t, CONN, &s, 0, &changed), -LMQ_ENOTFOUND);
	beat(true);
	ck_assert_int_eq(route_table_topics_in(t, CONN, &s, 0, &changed), -LMQ_ENOTFOUND);
	ck_assert_int_eq(route_table_ranges(t, CONN + 1, 0, (const uint8_t *)"12345678", 0, (uint8_t[1]){ 0 }), -LMQ_ENOTFOUND);
	route_table_free(t);
}
END_TEST

START_TEST(what_an_administrator_put_on_a_broker_is_not_in_its_digest)
{
	static const uint8_t all = 1;
	struct lmi_route_queue q = { LMI_SPAN_LIT("b"), 3, 3, 6, 0 };
	struct lmi_route route = { .queues = &q, .queue_count = 1 };
	struct route_ask ask = { .topic = LMI_SPAN_LIT("put") };
	struct route_answer r;

	set_up();
	change_some(100);
	beat(true);
	transfer(0, &all, 1000);
	ck_assert_int_eq(route_table_add_topic(t, ask.topic, &route), 0);
	ck_assert_int_eq(beat(false), 0);
	ck_assert_int_eq(transfer(0, &all, 1000), 0);
	ck_assert_int_eq(route_table_route(t, &ask, NULL, &r), 0);
	ck_assert_uint_eq(route_table_set_write(t, LMI_SPAN_LIT("b"), false), digest_now().topics + 1);
	ck_assert_int_eq(beat(false), 0); /* nor is a wiped permission */
	route_table_free(t);
}
END_TEST

START_TEST(a_set_of_topics_keeps_what_was_put_under_collisions_and_deletions)
{
	struct route_set s = { 0 };
	struct route_topic *known[200] = { 0 };

	lmi_rng_seeded_init(&rng, 3);
	for (int round = 0; round < 100000; round++) {
		size_t i = lmi_rng_below(&rng.rng, 200);
		uint32_t hash = (uint32_t)(i % 13) * 0x1000003u; /* many share one */

		if (known[i]) {
			struct route_slot *slot = route_set_find(&s, hash, route_topic_name(known[i]));

			ck_assert_ptr_nonnull(slot);
			ck_assert_ptr_eq(slot->topic, known[i]);
			route_set_del(&s, slot);
			free(known[i]);
			known[i] = NULL;
		} else {
			known[i] = malloc(sizeof(*known[i]) + 2);
			*known[i] = (struct route_topic){ .n = 2 };
			memcpy(known[i]->name, &(uint16_t){ (uint16_t)i }, 2);
			ck_assert_ptr_null(route_set_find(&s, hash, route_topic_name(known[i])));
			ck_assert_ptr_nonnull(route_set_add(&s, known[i], hash));
		}
	}
	for (size_t i = 0; i < 200; i++) {
		struct route_slot *slot = known[i] ? route_set_find(&s, (uint32_t)(i % 13) * 0x1000003u, route_topic_name(known[i])) : NULL;

		ck_assert_int_eq(slot != NULL, known[i] != NULL);
	}
	route_set_done(&s);
	for (size_t i = 0; i < 200; i++)
		free(known[i]);
}
END_TEST

START_TEST(in_small_steps_with_others_changes_between_them_the_outcome_is_the_same)
{
	set_up();
	change_some(2000);
	ck_assert_int_eq(beat(true), 1);
	ck_assert_int_eq(transfer(0, (const uint8_t[]){ 1 }, 64), 0);
	for (int round = 0; round < 30; round++) {
		struct lmi_sync_digest d;

		change_some(1 + 40 * (round % 3));
		stride = 1 + lmi_rng_below(&rng.rng, 40);
		repair((unsigned int)lmi_rng_below(&rng.rng, 7));
		stride = SIZE_MAX;
		d = digest_now();
		ck_assert_int_eq(beat(false), 0);
		ck_assert_uint_ge(route_table_topic_count(t), d.topics);
	}
	route_table_free(t);
}
END_TEST

/* A transfer's end that is in the middle of its sweep. */
static void begin_sweep(struct route_task *k)
{
	struct lmi_sync_topics s = { .flags = LMI_SYNC_BEGIN | LMI_SYNC_END, .bitmap = (const uint8_t[]){ 1 } }, decoded;
	struct lmi_buf body = { 0 };

	lmi_sync_topics_begin(&body, &s);
	ck_assert_int_eq(lmi_sync_topics_decode(lmi_buf_span(&body), &decoded), 0);
	ck_assert_int_eq(route_table_topics_begin(t, CONN, &decoded, 0, k), 0);
	ck_assert_int_eq(route_table_step(t, k, 10), 1);
	lmi_buf_done(&body);
}

START_TEST(a_step_for_a_broker_that_is_gone_or_does_something_else_is_refused)
{
	struct route_task k, later;

	set_up();
	change_some(2000);
	beat(true);
	transfer(0, (const uint8_t[]){ 1 }, 500);
	begin_sweep(&k);
	begin_sweep(&later);
	ck_assert_int_eq(route_table_step(t, &k, 10), -LMQ_ESTATE);
	route_table_task_end(t, &k);
	route_table_conn_closed(t, CONN, 0);
	ck_assert_int_eq(route_table_step(t, &later, 10), -LMQ_ESTATE);
	for (int64_t now = ROUTE_GONE_KEEP_MS + 1, i = 0; i < 10; i++)
		route_table_expire(t, now);
	ck_assert_uint_eq(route_table_topic_count(t), 0);
	ck_assert_int_eq(route_table_step(t, &later, 10), -LMQ_ESTATE); /* it is forgotten even */
	route_table_task_end(t, &later);
	route_table_free(t);
}
END_TEST

LMT_MAIN("route_sync", a_first_registration_in_parts_and_heartbeats_after_it, differing_ranges_are_found_and_only_they_travel,
	 changes_travel_alone_and_only_onto_the_state_they_were_made_for, a_transfer_that_was_not_begun_here_is_refused,
	 in_small_steps_with_others_changes_between_them_the_outcome_is_the_same,
	 a_step_for_a_broker_that_is_gone_or_does_something_else_is_refused,
	 what_an_administrator_put_on_a_broker_is_not_in_its_digest, a_set_of_topics_keeps_what_was_put_under_collisions_and_deletions)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: one pull takes no more than the limits for messages in memory or on disk allow, but always one message; what lies
 * further back than its share of the memory counts as on disk and is better read from a replica.
 * Shown: on a store whose machine is said to have little memory.
 */
#include "tests/unit/store/store_rig.h"

static struct store_get *g;

static struct rig *set_up(const struct store_limits *limits, int64_t memory_bytes)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	g = calloc(1, sizeof(*g));
	r->cfg.memory_bytes = memory_bytes;
	if (limits)
		r->cfg.limits = *limits;
	r->cfg.segment_bytes = 1 << 20;
	rig_must_open(r);
	for (int i = 0; i < 10; i++)
		rig_turn(r, 0, 100);
	return r;
}

static void tear_down(struct rig *r)
{
	free(g);
	rig_free(r);
}

static size_t get(struct rig *r, int64_t pos, int32_t max_messages, int32_t max_bytes)
{
	*g = (struct store_get){ .topic = lmi_span_str(rig_topic(0)), .queue_pos = pos, .max_messages = max_messages, .max_bytes = max_bytes };
	ck_assert_int_eq(store_get(r->store, g), 0);
	ck_assert_int_eq(g->status, STORE_FOUND);
	ck_assert_int_eq(g->next_pos, pos + (int64_t)g->count);
	return g->count;
}

static int64_t record_bytes(const struct rig *r)
{
	return r->messages[0].ticket.log_end - r->messages[0].ticket.log_pos;
}

START_TEST(recent_messages_come_32_at_a_time_and_older_ones_8)
{
	struct rig *r = set_up(NULL, 100000); /* 40 %: 40,000 bytes, some 190 messages */
	ck_assert_uint_eq(get(r, 900, 32, 0), 32);
	ck_assert(!g->suggest_slave);
	ck_assert_uint_eq(get(r, 900, 64, 0), 32);
	ck_assert_uint_eq(get(r, 900, 5, 0), 5);
	ck_assert_uint_eq(get(r, 100, 32, 0), 8);
	ck_assert(g->suggest_slave);
	tear_down(r);
}
END_TEST

START_TEST(the_share_of_the_memory_is_the_border_to_the_byte)
{
	struct rig *r = set_up(NULL, 100000);
	int64_t n = 40000 / record_bytes(r); /* the last n records lie within 40,000 bytes of the end */
	get(r, 1000 - n, 1, 0);
	ck_assert(!g->suggest_slave);
	ck_assert_uint_eq(get(r, 1000 - n, 32, 0), 32);
	get(r, 1000 - n - 1, 1, 0);
	ck_assert(g->suggest_slave);
	/* The first that lies beyond counts the 8, what follows within does not. */
	ck_assert_uint_eq(get(r, 1000 - n - 20, 32, 0), 8);
	tear_down(r);
}
END_TEST

START_TEST(bytes_are_limited_apart_for_memory_and_disk_and_one_message_always_goes)
{
	struct store_limits l = { .memory_bytes = 2000, .memory_count = 100, .disk_bytes = 1000, .disk_count = 100, .memory_percent = 40 };
	struct rig *r = set_up(&l, 100000);
	int64_t one = record_bytes(r);
	ck_assert_uint_eq(get(r, 900, 32, 0), (size_t)(2000 / one));
	ck_assert_uint_eq(get(r, 100, 32, 0), (size_t)(1000 / one));
	ck_assert_uint_eq(get(r, 900, 32, (int32_t)(3 * one)), 3);
	ck_assert_uint_eq(get(r, 900, 32, (int32_t)(3 * one - 1)), 2);
	ck_assert_uint_eq(get(r, 900, 32, 1), 1);
	tear_down(r);
	l.memory_bytes = l.disk_bytes = 1;
	r = set_up(&l, 100000);
	ck_assert_uint_eq(get(r, 900, 32, 0), 1);
	ck_assert_uint_eq(get(r, 100, 32, 0), 1);
	tear_down(r);
}
END_TEST

START_TEST(counts_are_limited_apart_for_memory_and_disk)
{
	struct store_limits l = { .memory_bytes = 1 << 20, .memory_count = 200, .disk_bytes = 1 << 20, .disk_count = 20, .memory_percent = 40 };
	struct rig *r = set_up(&l, 100000);
	ck_assert_uint_eq(get(r, 840, 256, 0), 160);
	ck_assert_uint_eq(get(r, 100, 256, 0), 20);
	tear_down(r);
	l.memory_percent = 80;
	r = set_up(&l, 100000);
	ck_assert_uint_eq(get(r, 700, 256, 0), 200);
	tear_down(r);
}
END_TEST

LMT_MAIN("store_get", recent_messages_come_32_at_a_time_and_older_ones_8, the_share_of_the_memory_is_the_border_to_the_byte,
	 bytes_are_limited_apart_for_memory_and_disk_and_one_message_always_goes,
	 counts_are_limited_apart_for_memory_and_disk)

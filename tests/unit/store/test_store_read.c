/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: reading all of an answer at once gives the bytes that reading its messages one by one gives, however they lie in the
 * log, in no more memory than was said; a damaged one is named, and the others come without it.
 * Shown: on seeded mixtures of queues and sizes, with small segments, so that runs end at gaps, at segments and at the limit of
 * their memory.
 */
#include "tests/unit/store/store_rig.h"

#define SEEDS 40
#define MESSAGES 300
#define GUARD 0xA5

static struct store_get *g;

static void pull(struct rig *r, int q, int64_t pos, int32_t max)
{
	*g = (struct store_get){ .topic = lmi_span_str(rig_topic(q)), .queue_id = rig_queue_id(q), .queue_pos = pos, .max_messages = max };
	ck_assert_int_eq(store_get(r->store, g), 0);
}

static void same_as_singly(struct rig *r)
{
	size_t room = store_got_room(r->store, g), at = 0, bad = 0;
	uint8_t *all = malloc(room + 1), *one = malloc(g->bytes);
	ck_assert_uint_ge(room, g->bytes);
	all[room] = GUARD;
	ck_assert_int_eq(store_read_all_got(r->store, g, all, &bad), 0);
	for (size_t i = 0; i < g->count; i++) {
		ck_assert_int_eq(store_read_got(r->store, g, i, one, true), 0);
		ck_assert_mem_eq(all + at, one, (size_t)g->extents[i].bytes);
		at += (size_t)g->extents[i].bytes;
	}
	ck_assert_uint_eq(at, g->bytes);
	ck_assert_uint_eq(all[room], GUARD);
	free(all);
	free(one);
}

static struct rig *filled(uint64_t seed)
{
	struct lmi_rng_seeded rng;
	lmi_rng_seeded_init(&rng, seed);
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	int queues = 1 + (int)lmi_rng_below(&rng.rng, RIG_QUEUES);
	uint32_t body_max = seed % 3 ? RIG_BODY_MAX : 50;
	r->cfg.segment_bytes = seed % 2 ? 16384 : 1 << 20;
	g = calloc(1, sizeof(*g));
	rig_must_open(r);
	for (int i = 0; i < MESSAGES; i++) {
		int q = (int)lmi_rng_below(&rng.rng, (uint64_t)queues);
		size_t n = 1 + lmi_rng_below(&rng.rng, seed % 5 ? 1 : 4);
		RIG_CHECK(rig_append_n(r, q, n, 1 + (uint32_t)lmi_rng_below(&rng.rng, body_max), 0) == 0);
		store_turn_end(r->store);
	}
	return r;
}

static void done(struct rig *r)
{
	free(g);
	rig_free(r);
}

START_TEST(all_at_once_are_the_bytes_of_one_by_one)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct rig *r = filled(seed);
		for (int q = 0; q < RIG_QUEUES; q++)
			for (int64_t pos = 0;; pos = g->next_pos) {
				pull(r, q, pos, 1 + (int32_t)(seed * 7 % 64));
				if (g->status != STORE_FOUND)
					break;
				same_as_singly(r);
			}
		done(r);
	}
}
END_TEST

START_TEST(a_damaged_one_is_named_and_the_others_come_without_it)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	uint8_t room[8192];
	char path[64];
	size_t bad = 0;
	g = calloc(1, sizeof(*g));
	rig_must_open(r);
	rig_turn(r, 0, 10);
	pull(r, 0, 0, 10);
	ck_assert_uint_eq(g->count, 10);
	snprintf(path, sizeof(path), "commitlog/%020d", 0);
	ck_assert_int_eq(disk_crash_flip(r->crash, path, g->extents[6].log_pos + 100, 0x10), 0);
	ck_assert_int_eq(store_read_all_got(r->store, g, room, &bad), -LMQ_ECORRUPT);
	ck_assert_uint_eq(bad, 6);
	store_get_leave_out(g, bad);
	ck_assert_uint_eq(g->count, 9);
	same_as_singly(r);
	done(r);
}
END_TEST

START_TEST(what_is_not_in_memory_is_asked_of_a_worker)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	uint8_t room[8192];
	size_t bad = 1;
	g = calloc(1, sizeof(*g));
	rig_must_open(r);
	rig_turn(r, 0, 10);
	pull(r, 0, 0, 10);
	disk_crash_chill(r->crash);
	ck_assert_int_eq(store_read_all_got(r->store, g, room, &bad), -EAGAIN);
	ck_assert_uint_eq(bad, 0);
	done(r);
}
END_TEST

LMT_MAIN("store_read", all_at_once_are_the_bytes_of_one_by_one, a_damaged_one_is_named_and_the_others_come_without_it,
	 what_is_not_in_memory_is_asked_of_a_worker)

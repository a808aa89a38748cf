/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a queue's oldest position is the first whose record is kept, wherever holes lie; what a damaged unit or record says
 * is not believed: no record is looked for where none can be, and no position is taken over that cannot be right.
 * Shown: on logs written by hand on the simulated disk, recovered as after a crash.
 */
#include "store/consume_queue.h"
#include "tests/unit/store/store_rig.h"

#define LOG "commitlog/00000000000000000000"
#define UNITS "consumequeue/TopicA/0/00000000000000000000"

static void write_file(struct rig *r, const char *path, const void *src, size_t n, int64_t at, int64_t size)
{
	struct disk_file *f;

	ck_assert_int_eq(r->disk->ops->open(r->disk, path, DISK_READ | DISK_WRITE | DISK_CREATE, &f), 0);
	ck_assert_int_eq(f->ops->set_size(f, size), 0);
	ck_assert_int_eq(f->ops->pwrite(f, src, n, at), 0);
	disk_file_close(f);
}

/* A log that holds a record of TopicA, queue 0, for each of the queue positions. */
static void write_log(struct rig *r, const int64_t *queue_pos, size_t n)
{
	static uint8_t raw[16384];
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		struct lmi_record rec = { .queue_pos = queue_pos[i], .log_pos = (int64_t)at, .store_ms = RIG_START_MS,
					  .born_ms = RIG_START_MS, .body = LMI_SPAN_LIT("body"), .topic = LMI_SPAN_LIT("TopicA") };

		ck_assert_uint_le(at + lmi_record_bytes(&rec), sizeof(raw));
		at += lmi_record_encode(&rec, raw + at);
	}
	ck_assert_int_eq(r->disk->ops->mkdirs(r->disk, "commitlog"), 0);
	write_file(r, LOG, raw, at, 0, sizeof(raw));
	write_file(r, "abort", "1", 1, 0, 1);
}

static void bounds(struct rig *r, int64_t *min, int64_t *max)
{
	struct store_bounds b;

	ck_assert_int_eq(store_queue_bounds(r->store, LMI_SPAN_LIT("TopicA"), 0, &b), 0);
	*min = b.min_pos;
	*max = b.max_pos;
}

static void get(struct rig *r, struct store_get *g, int64_t queue_pos)
{
	*g = (struct store_get){ .topic = LMI_SPAN_LIT("TopicA"), .queue_pos = queue_pos, .max_messages = 32 };
	ck_assert_int_eq(store_get(r->store, g), 0);
}

START_TEST(a_hole_in_the_middle_hides_nothing_that_stands_before_it)
{
	static const int64_t positions[] = { 0, 1, 2, 3, 20, 21 };
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	struct store_get g;
	int64_t min, max;

	write_log(r, positions, 6);
	rig_must_open(r);
	bounds(r, &min, &max);
	ck_assert_int_eq(min, 0);
	ck_assert_int_eq(max, 22);
	get(r, &g, 0);
	ck_assert_int_eq(g.status, STORE_FOUND);
	ck_assert_uint_eq(g.count, 6); /* the hole is stepped over */
	ck_assert_int_eq(g.next_pos, 22);
	rig_free(r);
}
END_TEST

START_TEST(holes_at_the_beginning_are_not_the_queues)
{
	static const int64_t positions[] = { 47, 48, 130, 131 };
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	int64_t min, max;

	r->cfg.queue_file_bytes = 20 * 200;
	write_log(r, positions, 4);
	rig_must_open(r);
	bounds(r, &min, &max);
	ck_assert_int_eq(min, 47);
	ck_assert_int_eq(max, 132);
	rig_free(r);
}
END_TEST

START_TEST(a_position_that_no_queue_can_have_is_in_no_queue)
{
	static const int64_t positions[] = { 0, INT64_MAX / 20, 1, INT64_MAX, QUEUE_POS_MAX + 1 };
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	int64_t min, max;

	write_log(r, positions, 5);
	rig_must_open(r);
	bounds(r, &min, &max);
	ck_assert_int_eq(min, 0);
	ck_assert_int_eq(max, 2);
	ck_assert_ptr_nonnull(strstr(r->last_finding, "checked"));
	rig_free(r);
}
END_TEST

START_TEST(a_unit_whose_record_cannot_be_there_is_stepped_over)
{
	static const int64_t positions[] = { 0, 1, 2 };
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	struct queue_unit bad = { .log_pos = 10, .bytes = 0x2b2b2b2b };
	struct store_get g;
	uint8_t raw[QUEUE_UNIT_BYTES];

	write_log(r, positions, 3);
	rig_must_open(r);
	ck_assert_int_eq(rig_close(r), 0);
	queue_unit_put(raw, &bad);
	write_file(r, UNITS, raw, sizeof(raw), QUEUE_UNIT_BYTES, r->cfg.queue_file_bytes);
	ck_assert_int_eq(r->disk->ops->unlink(r->disk, "lightmq.queues"), 0); /* its checksum would tell, and the queue be rebuilt */
	rig_must_open(r);
	get(r, &g, 0);
	ck_assert_int_eq(g.status, STORE_FOUND);
	ck_assert_uint_eq(g.count, 2);
	ck_assert_int_eq(g.next_pos, 3);
	ck_assert_ptr_nonnull(strstr(r->last_finding, "cannot be where its queue says"));
	get(r, &g, 1);
	ck_assert_int_eq(g.status, STORE_FOUND);
	ck_assert_uint_eq(g.count, 1);
	rig_free(r);
}
END_TEST

START_TEST(a_file_whose_name_is_beyond_all_positions_is_not_the_queues)
{
	static const int64_t positions[] = { 0 };
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	int64_t min, max;

	write_log(r, positions, 1);
	ck_assert_int_eq(r->disk->ops->mkdirs(r->disk, "consumequeue/TopicA/0"), 0);
	write_file(r, "consumequeue/TopicA/0/09223372036854775000", "x", 1, 0, r->cfg.queue_file_bytes);
	rig_must_open(r);
	bounds(r, &min, &max);
	ck_assert_int_eq(min, 0);
	ck_assert_int_eq(max, 1);
	rig_free(r);
}
END_TEST

LMT_MAIN("consume_queue", a_hole_in_the_middle_hides_nothing_that_stands_before_it, holes_at_the_beginning_are_not_the_queues,
	 a_position_that_no_queue_can_have_is_in_no_queue, a_unit_whose_record_cannot_be_there_is_stepped_over,
	 a_file_whose_name_is_beyond_all_positions_is_not_the_queues)

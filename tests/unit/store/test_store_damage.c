/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: damage below what is known to be synced costs the messages in it and no other: those behind it stay, at their
 * positions, and no position is given out again; derived files that are lost or broken are made anew; a log file that is
 * missing is refused; each finding is told.
 * Shown: on the simulated disk, one store that is stopped or killed, one kind of damage a test.
 */
#include "tests/unit/store/store_rig.h"

#define MESSAGES 60 /* 20 in each of three queues of one topic */
#define MAX_MESSAGES 512

/* Which messages of the model are served, and how many are not. */
static bool served[MAX_MESSAGES];

/** Pull everything: what comes is a message of the model, whole and at its position. */
static size_t serve(struct rig *r)
{
	static uint8_t raw[65536];
	struct store_get *g = calloc(1, sizeof(*g));
	size_t lost = 0;
	memset(served, 0, sizeof(served));
	for (int q = 0; q < RIG_QUEUES; q++) {
		struct store_bounds b;
		g->topic = lmi_span_str(rig_topic(q));
		g->queue_id = rig_queue_id(q);
		g->max_messages = 32;
		store_queue_bounds(r->store, g->topic, g->queue_id, &b);
		for (g->queue_pos = b.min_pos; g->queue_pos < b.max_pos; g->queue_pos = g->next_pos) {
			RIG_CHECK(store_get(r->store, g) == 0);
			for (size_t i = 0; i < g->count; i++) {
				size_t m = 0;
				if (store_read_got(r->store, g, i, raw, true) != 0)
					continue;
				while (m < r->count && r->messages[m].ticket.log_pos != g->extents[i].log_pos)
					m++;
				RIG_CHECK(m < r->count && r->messages[m].queue == q);
				RIG_CHECK(g->extents[i].queue_pos == r->messages[m].ticket.queue_pos);
				rig_check_record(r, &r->messages[m]);
				served[m] = true;
			}
			RIG_CHECK(g->next_pos > g->queue_pos);
		}
	}
	free(g);
	for (size_t i = 0; i < r->count; i++)
		lost += r->messages[i].queued && !served[i];
	return lost;
}

/** New messages go behind all old ones. */
static void check_positions_stay_taken(struct rig *r)
{
	for (int q = 0; q < 3; q++) {
		int64_t end = rig_queue_end(r, q);
		rig_append(r, q);
		ck_assert_int_ge(r->messages[r->count - 1].ticket.queue_pos, end);
	}
	store_turn_end(r->store);
}

static struct rig *filled(void)
{
	struct rig *r = rig_new(STORE_SYNC_FLUSH);
	rig_must_open(r);
	for (int i = 0; i < MESSAGES; i++) {
		RIG_CHECK(rig_append_n(r, i % 3, 1, 100 + (uint32_t)i, 0) == 0);
		store_turn_end(r->store);
	}
	return r;
}

static void flip_at(struct rig *r, int64_t log_pos)
{
	char path[64];
	snprintf(path, sizeof(path), "commitlog/%020lld", (long long)(log_pos - log_pos % r->cfg.segment_bytes));
	ck_assert_int_eq(disk_crash_flip(r->crash, path, log_pos % r->cfg.segment_bytes, 0x10), 0);
}

static int64_t begin(const struct rig *r, size_t i) { return r->messages[i].ticket.log_pos; }
static int64_t end(const struct rig *r, size_t i) { return r->messages[i].ticket.log_end; }

static void stop(struct rig *r, bool cleanly)
{
	if (cleanly)
		ck_assert_int_eq(rig_close(r), 0);
	else
		rig_kill(r);
}

static void open_again(struct rig *r)
{
	r->findings = 0;
	rig_must_open(r);
}

static void second_start_changes_nothing(struct rig *r)
{
	rig_kill(r);
	uint64_t log = disk_crash_digest(r->crash, "commitlog");
	size_t lost_before = 0, lost_after;
	rig_must_open(r);
	lost_before = serve(r);
	rig_kill(r);
	rig_must_open(r);
	lost_after = serve(r);
	ck_assert_uint_eq(lost_before, lost_after);
	ck_assert_uint_eq(disk_crash_digest(r->crash, "commitlog"), log);
}

/* Kill, flip a byte, start: exactly the messages from first to last are lost. */
static void killed_and_flipped(int64_t at_offset, size_t first, size_t last, int64_t at_message)
{
	struct rig *r = filled();
	stop(r, false);
	flip_at(r, begin(r, (size_t)at_message) + at_offset);
	open_again(r);
	ck_assert_uint_eq(serve(r), last - first + 1);
	for (size_t i = first; i <= last; i++)
		ck_assert(!served[i]);
	ck_assert_uint_ge(r->findings, 1);
	check_positions_stay_taken(r);
	second_start_changes_nothing(r);
	rig_free(r);
}

START_TEST(a_flipped_bit_in_a_body_costs_that_message_only)
{
	killed_and_flipped(100, 20, 20, 20);
}
END_TEST

START_TEST(a_flipped_bit_in_a_magic_number_costs_that_message_only)
{
	killed_and_flipped(5, 20, 20, 20);
}
END_TEST

START_TEST(a_flipped_bit_in_a_size_costs_that_message_only)
{
	killed_and_flipped(2, 20, 20, 20);
}
END_TEST

START_TEST(a_flipped_bit_in_the_first_record_costs_that_message_only)
{
	killed_and_flipped(90, 0, 0, 0);
}
END_TEST

START_TEST(a_flipped_bit_in_the_last_record_of_the_log_keeps_its_position_taken)
{
	killed_and_flipped(100, MESSAGES - 1, MESSAGES - 1, MESSAGES - 1);
}
END_TEST

START_TEST(the_damaged_bytes_are_saved_aside)
{
	struct rig *r = filled();
	char path[64];
	struct disk_stat st;
	stop(r, false);
	flip_at(r, begin(r, 20) + 100);
	open_again(r);
	snprintf(path, sizeof(path), "lightmq-cut/%020lld", (long long)begin(r, 20));
	ck_assert_int_eq(r->disk->ops->stat(r->disk, path, &st), 0);
	ck_assert_int_eq(st.bytes, end(r, 20) - begin(r, 20));
	ck_assert_ptr_nonnull(strstr(r->last_finding, "did not stop cleanly"));
	rig_free(r);
}
END_TEST

START_TEST(several_damaged_places_and_messages_side_by_side_are_bridged)
{
	struct rig *r = filled();
	stop(r, false);
	for (size_t i = 10; i < 14; i++) /* one after the other, and no size to go by */
		for (int64_t at = begin(r, i); at < end(r, i); at++)
			flip_at(r, at);
	flip_at(r, begin(r, 30) + 1);
	flip_at(r, begin(r, 50) + 100);
	open_again(r);
	ck_assert_uint_eq(serve(r), 6);
	check_positions_stay_taken(r);
	second_start_changes_nothing(r);
	rig_free(r);
}
END_TEST

/* Damage from one log position to another. */
static struct rig *trampled(bool cleanly, int64_t (*from)(struct rig *r), int64_t (*to)(struct rig *r))
{
	struct rig *r = filled();
	for (int i = 0; i < 200; i++) {
		RIG_CHECK(rig_append_n(r, i % 3, 1, 300, 0) == 0);
		store_turn_end(r->store);
	}
	ck_assert_int_gt(r->messages[r->count - 1].ticket.log_pos, 4 * r->cfg.segment_bytes);
	stop(r, cleanly);
	for (int64_t at = from(r); at < to(r); at++)
		flip_at(r, at);
	return r;
}

static int64_t segment_1(struct rig *r) { return r->cfg.segment_bytes; }
static int64_t segment_2(struct rig *r) { return 2 * r->cfg.segment_bytes; }
static int64_t before_segment_2(struct rig *r) { return 2 * r->cfg.segment_bytes - 900; }
static int64_t behind_segment_2(struct rig *r) { return 2 * r->cfg.segment_bytes + 900; }

static void check_trampled(struct rig *r)
{
	open_again(r);
	size_t lost = serve(r);
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_lt(lost, 80);
	ck_assert(served[r->count - 1] && served[0]);
	check_positions_stay_taken(r);
	second_start_changes_nothing(r);
	rig_free(r);
}

START_TEST(damage_up_to_the_end_of_a_segment_is_closed_by_a_blank_record)
{
	check_trampled(trampled(false, before_segment_2, segment_2));
}
END_TEST

START_TEST(damage_over_the_border_of_two_segments_is_bridged_in_both)
{
	check_trampled(trampled(false, before_segment_2, behind_segment_2));
}
END_TEST

START_TEST(a_segment_that_is_damaged_as_a_whole_is_bridged)
{
	check_trampled(trampled(false, segment_1, segment_2));
}
END_TEST

START_TEST(after_a_clean_stop_a_damaged_last_record_is_bridged_and_its_unit_is_gone)
{
	struct rig *r = filled();
	stop(r, true);
	flip_at(r, begin(r, MESSAGES - 1) + 100);
	open_again(r);
	ck_assert_uint_eq(serve(r), 1);
	ck_assert(!served[MESSAGES - 1]);
	ck_assert_uint_ge(r->findings, 1);
	uint64_t told = r->findings;
	serve(r);
	ck_assert_uint_eq(r->findings, told); /* nothing damaged is met by readers any more */
	check_positions_stay_taken(r);
	rig_free(r);
}
END_TEST

START_TEST(after_a_clean_stop_damage_in_the_middle_is_left_out_of_answers_and_told_once)
{
	struct rig *r = filled();
	stop(r, true);
	flip_at(r, begin(r, 20) + 100);
	open_again(r);
	ck_assert_uint_eq(r->findings, 0); /* only the tail is looked at */
	ck_assert_uint_eq(serve(r), 1);
	ck_assert(!served[20]);
	ck_assert_uint_eq(r->findings, 1);
	serve(r);
	ck_assert_uint_eq(r->findings, 1);
	stop(r, true);
	open_again(r); /* the queue is not believed: it is built anew, and meets the damage */
	ck_assert_uint_eq(serve(r), 1);
	ck_assert_uint_ge(r->findings, 1);
	check_positions_stay_taken(r);
	rig_free(r);
}
END_TEST

START_TEST(queues_that_are_lost_beside_damage_come_back_with_their_positions)
{
	struct rig *r = filled();
	char path[64];
	for (int i = 0; i < 12; i++)
		rig_pass(r, 1000); /* queue files are written */
	for (int q = 0; q < 3; q++)
		rig_turn(r, q, 1);
	stop(r, false);
	flip_at(r, begin(r, 20) + 100);
	for (int q = 0; q < 3; q++) {
		snprintf(path, sizeof(path), "consumequeue/TopicA/%d/%020d", q, 0);
		ck_assert_int_eq(r->disk->ops->unlink(r->disk, path), 0);
	}
	open_again(r);
	ck_assert_uint_eq(serve(r), 1);
	ck_assert(!served[20]);
	check_positions_stay_taken(r);
	second_start_changes_nothing(r);
	rig_free(r);
}
END_TEST

/* ---- torn writes: what was not synced ---- */

static void zero(struct rig *r, int64_t from, int64_t to)
{
	static const uint8_t zeros[16384];
	struct disk_file *f;
	ck_assert_int_eq(r->disk->ops->open(r->disk, "commitlog/00000000000000000000", DISK_READ | DISK_WRITE, &f), 0);
	ck_assert_int_eq(f->ops->pwrite(f, zeros, (size_t)(to - from), from), 0);
	disk_file_close(f);
}

/** Of the last records one sector, or all from a sector on, never reached the disk. */
static void torn_at(int64_t edge, int64_t bytes)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	size_t whole = 0;
	rig_must_open(r);
	for (int i = 0; i < 40; i++)
		RIG_CHECK(rig_append_n(r, i % 3, 1, 100 + (uint32_t)i, 0) == 0);
	store_turn_end(r->store);
	int64_t log_end = end(r, 39);
	ck_assert_int_lt(log_end, r->cfg.segment_bytes);
	rig_kill(r);
	while (whole < 40 && end(r, whole) <= edge)
		whole++;
	zero(r, edge, edge + bytes < log_end ? edge + bytes : log_end);
	rig_must_open(r);
	rig_check_recovered(r, 0);
	ck_assert_uint_eq(r->count, whole);
	for (int i = 0; i < 3; i++)
		rig_turn(r, i, 1); /* nothing that was cut comes back behind them */
	rig_kill(r);
	rig_must_open(r);
	rig_check_all(r);
	rig_free(r);
}

START_TEST(a_torn_write_at_any_sector_of_512_or_4096_bytes_is_cut_at_a_record)
{
	for (int64_t sector = 512; sector <= 4096; sector *= 8)
		for (int64_t edge = 0; edge < 9000; edge += sector) {
			torn_at(edge, sector);
			torn_at(edge, 16384);
		}
}
END_TEST

/* ---- derived files after a clean stop ---- */

static void with_file(struct rig *r, const char *path, int64_t new_bytes)
{
	struct disk_file *f;
	ck_assert_int_eq(r->disk->ops->open(r->disk, path, DISK_READ | DISK_WRITE, &f), 0);
	ck_assert_int_eq(f->ops->set_size(f, new_bytes), 0);
	disk_file_close(f);
}

static void check_all_came_back(struct rig *r)
{
	open_again(r);
	ck_assert_uint_eq(serve(r), 0);
	ck_assert_uint_ge(r->findings, 1);
	check_positions_stay_taken(r);
	stop(r, true);
	open_again(r);
	ck_assert_uint_eq(serve(r), 0);
	ck_assert_uint_eq(r->findings, 0);
	rig_free(r);
}

#define QUEUE_1 "consumequeue/TopicA/1/00000000000000000000"

START_TEST(one_lost_queue_file_beside_healthy_ones_is_rebuilt)
{
	struct rig *r = filled();
	stop(r, true);
	ck_assert_int_eq(r->disk->ops->unlink(r->disk, QUEUE_1), 0);
	check_all_came_back(r);
}
END_TEST

START_TEST(one_lost_queue_folder_beside_healthy_ones_is_rebuilt)
{
	struct rig *r = filled();
	stop(r, true);
	ck_assert_int_eq(r->disk->ops->unlink(r->disk, QUEUE_1), 0);
	ck_assert_int_eq(r->disk->ops->rmdir(r->disk, "consumequeue/TopicA/1"), 0);
	check_all_came_back(r);
}
END_TEST

START_TEST(a_short_a_longer_and_an_empty_queue_file_are_rebuilt)
{
	static const int64_t sizes[] = { 500, 2000, 0 };
	for (size_t i = 0; i < 3; i++) {
		struct rig *r = filled();
		stop(r, true);
		with_file(r, QUEUE_1, sizes[i]);
		check_all_came_back(r);
	}
}
END_TEST

START_TEST(a_flipped_bit_anywhere_in_a_queue_file_is_noticed_and_the_queue_rebuilt)
{
	for (int64_t at = 0; at < 400; at += 7) {
		struct rig *r = filled();
		stop(r, true);
		ck_assert_int_eq(disk_crash_flip(r->crash, QUEUE_1, at, (uint8_t)(1u << (at % 8))), 0);
		check_all_came_back(r);
	}
}
END_TEST

START_TEST(a_middle_file_of_a_queue_that_is_lost_is_rebuilt)
{
	struct rig *r = filled();
	for (int i = 0; i < 200; i++)
		rig_turn(r, 1, 1);
	stop(r, true);
	ck_assert_int_eq(r->disk->ops->unlink(r->disk, "consumequeue/TopicA/1/00000000000000001000"), 0);
	check_all_came_back(r);
}
END_TEST

/* ---- checkpoint, mark, list ---- */

static void damaged_file(const char *path, int64_t new_bytes, bool cleanly, bool told)
{
	struct rig *r = filled();
	for (int i = 0; i < 12; i++)
		rig_pass(r, 1000);
	stop(r, cleanly);
	if (new_bytes < 0)
		ck_assert_int_eq(r->disk->ops->unlink(r->disk, path), 0);
	else
		with_file(r, path, new_bytes);
	open_again(r);
	ck_assert_uint_eq(serve(r), 0);
	if (told)
		ck_assert_uint_ge(r->findings, 1);
	check_positions_stay_taken(r);
	rig_free(r);
}

START_TEST(a_missing_or_short_checkpoint_loses_nothing_and_is_told)
{
	for (int cleanly = 0; cleanly < 2; cleanly++) {
		damaged_file("checkpoint", -1, cleanly, true);
		damaged_file("checkpoint", 17, cleanly, true);
		damaged_file("checkpoint", 0, cleanly, true);
	}
}
END_TEST

START_TEST(a_missing_or_short_mark_or_list_of_queues_loses_nothing)
{
	for (int cleanly = 0; cleanly < 2; cleanly++) {
		damaged_file("lightmq.mark", -1, cleanly, false);
		damaged_file("lightmq.mark", 100, cleanly, false);
	}
	damaged_file("lightmq.queues", -1, true, false);
	damaged_file("lightmq.queues", 60, true, false);
}
END_TEST

/* ---- log files ---- */

static void without_segment(int number, const char *said)
{
	struct rig *r = trampled(true, segment_1, segment_1);
	char path[64];
	int64_t size = r->cfg.segment_bytes, last = (end(r, r->count - 1) - 1) / size;
	for (int64_t i = number < 0 ? last : number; i <= (number < 0 ? last + 1 : number); i++) {
		snprintf(path, sizeof(path), "commitlog/%020lld", (long long)(i * size));
		r->disk->ops->unlink(r->disk, path);
	}
	ck_assert_int_eq(rig_open(r), -LMQ_ECORRUPT);
	ck_assert_ptr_nonnull(strstr(r->why, said));
	rig_free(r);
}

START_TEST(a_missing_middle_log_file_is_refused)
{
	without_segment(2, "is missing before");
}
END_TEST

START_TEST(missing_last_log_files_are_refused)
{
	without_segment(-1, "the last files of commitlog/ are missing");
}
END_TEST

LMT_MAIN("store_damage", a_flipped_bit_in_a_body_costs_that_message_only,
	 a_flipped_bit_in_a_magic_number_costs_that_message_only, a_flipped_bit_in_a_size_costs_that_message_only,
	 a_flipped_bit_in_the_first_record_costs_that_message_only,
	 a_flipped_bit_in_the_last_record_of_the_log_keeps_its_position_taken, the_damaged_bytes_are_saved_aside,
	 several_damaged_places_and_messages_side_by_side_are_bridged,
	 damage_up_to_the_end_of_a_segment_is_closed_by_a_blank_record,
	 damage_over_the_border_of_two_segments_is_bridged_in_both, a_segment_that_is_damaged_as_a_whole_is_bridged,
	 after_a_clean_stop_a_damaged_last_record_is_bridged_and_its_unit_is_gone,
	 after_a_clean_stop_damage_in_the_middle_is_left_out_of_answers_and_told_once,
	 queues_that_are_lost_beside_damage_come_back_with_their_positions,
	 a_torn_write_at_any_sector_of_512_or_4096_bytes_is_cut_at_a_record,
	 one_lost_queue_file_beside_healthy_ones_is_rebuilt, one_lost_queue_folder_beside_healthy_ones_is_rebuilt,
	 a_short_a_longer_and_an_empty_queue_file_are_rebuilt,
	 a_flipped_bit_anywhere_in_a_queue_file_is_noticed_and_the_queue_rebuilt,
	 a_middle_file_of_a_queue_that_is_lost_is_rebuilt, a_missing_or_short_checkpoint_loses_nothing_and_is_told,
	 a_missing_or_short_mark_or_list_of_queues_loses_nothing, a_missing_middle_log_file_is_refused,
	 missing_last_log_files_are_refused)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: rmq-store finds nothing in a store that is whole and names file and position of whatever is not; it lists what is
 * there; what it makes anew is whole and serves, and the old stays until that is complete; looking changes nothing.
 * Shown: on stores made by the store itself on the simulated disk, whole and with bytes flipped.
 */
#include "storetool/storetool.h"
#include "tests/unit/store/store_rig.h"

#define ROUNDS 60

struct told {
	int res;
	char *out, *err, *why;
};

static struct storetool_options options(const struct rig *r)
{
	return (struct storetool_options){ .to = INT64_MAX, .until_ms = INT64_MAX, .max = INT64_MAX, .index_slots = r->cfg.index_slots,
					   .index_entries = r->cfg.index_entries, .wall_ms = 1764000000000 };
}

static struct told run_with(struct rig *r, int (*command)(struct storetool *t), const struct storetool_options *opt)
{
	struct told told = { 0 };
	struct storetool t;
	size_t n, m;
	FILE *out = open_memstream(&told.out, &n), *err = open_memstream(&told.err, &m);
	told.res = storetool_open(&t, r->disk, opt, out, err, &told.why);
	if (!told.res) {
		told.res = command(&t);
		storetool_done(&t);
	}
	fclose(out);
	fclose(err);
	return told;
}

static struct told run(struct rig *r, int (*command)(struct storetool *t))
{
	struct storetool_options opt = options(r);
	return run_with(r, command, &opt);
}

static void told_done(struct told *t)
{
	free(t->out);
	free(t->err);
	free(t->why);
}

static void must_be_whole(struct rig *r)
{
	struct told t = run(r, storetool_check);
	ck_assert_msg(t.res == 0 && !*t.out, "check: %d %s%s", t.res, t.why ? t.why : "", t.out);
	ck_assert_ptr_nonnull(strstr(t.err, "no inconsistency"));
	told_done(&t);
}

static void must_tell(struct rig *r, const char *file, const char *what)
{
	struct told t = run(r, storetool_check);
	ck_assert_int_eq(t.res, 1);
	ck_assert_msg(strstr(t.out, file) && strstr(t.out, what), "looked for \"%s\" and \"%s\", told: %s", file, what, t.out);
	told_done(&t);
}

/** A closed store of some segments, queue files and index files. */
static struct rig *made(void)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	rig_must_open(r);
	for (int i = 0; i < ROUNDS; i++) {
		for (int q = 0; q < RIG_QUEUES; q++)
			ck_assert_int_eq(rig_append_n(r, q, 1 + (size_t)i % 3, 100, i % 7 == 3 ? LMI_SYSFLAG_PREPARED : 0), 0);
		store_turn_end(r->store);
		rig_pass(r, 500);
	}
	ck_assert_int_eq(rig_close(r), 0);
	return r;
}

static size_t lines_of(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

START_TEST(a_whole_store_has_no_inconsistency_and_stays_as_it_is)
{
	struct rig *r = made();
	uint64_t before = disk_crash_digest(r->crash, ".");
	must_be_whole(r);
	struct told t = run(r, storetool_dump);
	ck_assert_int_eq(t.res, 0);
	told_done(&t);
	ck_assert_uint_eq(disk_crash_digest(r->crash, "."), before);
	rig_free(r);
}
END_TEST

START_TEST(damage_of_the_log_is_told_with_its_place)
{
	struct rig *r = made();
	const struct rig_message *m = &r->messages[20];
	ck_assert_int_eq(disk_crash_flip(r->crash, "commitlog/00000000000000000000", m->ticket.log_pos + 91, 0x10), 0);
	char where[64];
	snprintf(where, sizeof(where), "at %lld: no whole record", (long long)m->ticket.log_pos);
	must_tell(r, "commitlog/00000000000000000000", where);
	rig_free(r);
}
END_TEST

START_TEST(units_that_are_wrong_are_told_with_file_and_position)
{
	struct rig *r = made();
	ck_assert_int_eq(disk_crash_flip(r->crash, "consumequeue/TopicA/0/00000000000000000000", 7 * 20 + 7, 1), 0); /* position in the log */
	must_tell(r, "consumequeue/TopicA/0/00000000000000000000", "at 140: position 7");
	ck_assert_int_eq(disk_crash_flip(r->crash, "consumequeue/TopicA/0/00000000000000000000", 7 * 20 + 7, 1), 0);
	ck_assert_int_eq(disk_crash_flip(r->crash, "consumequeue/TopicA/0/00000000000000000000", 8 * 20 + 19, 1), 0); /* tag */
	must_tell(r, "consumequeue/TopicA/0/00000000000000000000", "at 160: position 8: the unit's tag");
	ck_assert_int_eq(disk_crash_flip(r->crash, "consumequeue/TopicA/0/00000000000000000000", 8 * 20 + 19, 1), 0);
	must_be_whole(r);
	rig_free(r);
}
END_TEST

static int note_first(void *ctx, const char *name)
{
	snprintf(ctx, KEY_INDEX_PATH_MAX, "index/%s", name);
	return 1;
}

START_TEST(entries_and_slots_that_are_wrong_are_told)
{
	struct rig *r = made();
	char path[KEY_INDEX_PATH_MAX];
	ck_assert_int_eq(r->disk->ops->list(r->disk, "index", note_first, path), 1);
	struct key_index_shape shape = { .slots = r->cfg.index_slots, .entries = r->cfg.index_entries };
	ck_assert_int_eq(disk_crash_flip(r->crash, path, key_index_entry_at(&shape, 5) + 3, 1), 0); /* hash */
	must_tell(r, path, "entry");
	ck_assert_int_eq(disk_crash_flip(r->crash, path, key_index_entry_at(&shape, 5) + 3, 1), 0);
	ck_assert_int_eq(disk_crash_flip(r->crash, path, key_index_slot_at(3) + 3, 1), 0);
	must_tell(r, path, "slot 3 leads to entry");
	ck_assert_int_eq(disk_crash_flip(r->crash, path, key_index_slot_at(3) + 3, 1), 0);
	must_be_whole(r);
	rig_free(r);
}
END_TEST

START_TEST(a_configuration_file_that_is_no_json_is_told)
{
	struct rig *r = made();
	ck_assert_int_eq(r->disk->ops->mkdirs(r->disk, "config"), 0);
	ck_assert_int_eq(disk_replace(r->disk, "config/topics.json", LMI_SPAN_LIT("{\"topicConfigTable\":{")), 0);
	must_tell(r, "config/topics.json", "no whole JSON text");
	rig_free(r);
}
END_TEST

START_TEST(a_lost_checkpoint_and_a_lost_queue_are_told)
{
	struct rig *r = made();
	ck_assert_int_eq(r->disk->ops->unlink(r->disk, "checkpoint"), 0);
	must_tell(r, "checkpoint", "missing");
	ck_assert_int_eq(r->disk->ops->unlink(r->disk, "consumequeue/TopicA/0/00000000000000000000"), 0);
	must_tell(r, "consumequeue/TopicA/0/00000000000000000000", "no unit for a record of the log");
	rig_free(r);
}
END_TEST

START_TEST(inconsistencies_come_as_json_where_that_is_wanted)
{
	struct rig *r = made();
	struct storetool_options opt = options(r);
	opt.json = true;
	ck_assert_int_eq(r->disk->ops->unlink(r->disk, "checkpoint"), 0);
	struct told t = run_with(r, storetool_check, &opt);
	ck_assert_int_eq(t.res, 1);
	ck_assert_str_eq(t.out, "{\"file\":\"checkpoint\",\"what\":\"it is missing, short, or has a negative time\"}\n");
	told_done(&t);
	rig_free(r);
}
END_TEST

START_TEST(a_dump_lists_every_record_and_keeps_to_its_filters)
{
	struct rig *r = made();
	struct storetool_options opt = options(r);
	struct told t = run_with(r, storetool_dump, &opt);
	ck_assert_uint_eq(lines_of(t.out), r->count);
	told_done(&t);
	opt.topic = "TopicA";
	opt.max = 3;
	opt.json = opt.bodies = true;
	t = run_with(r, storetool_dump, &opt);
	ck_assert_uint_eq(lines_of(t.out), 3);
	ck_assert_ptr_nonnull(strstr(t.out, "{\"topic\":\"TopicA\",\"queueId\":0,\"queueOffset\":0,\"commitLogOffset\":"));
	ck_assert_ptr_nonnull(strstr(t.out, "\"body\":\""));
	told_done(&t);
	opt = options(r);
	opt.from = r->messages[10].ticket.log_pos;
	opt.to = r->messages[12].ticket.log_pos;
	t = run_with(r, storetool_dump, &opt);
	ck_assert_uint_eq(lines_of(t.out), 2);
	told_done(&t);
	rig_free(r);
}
END_TEST

START_TEST(a_dump_lists_units_and_entries)
{
	struct rig *r = made();
	struct storetool_options opt = options(r);
	opt.queue = "TopicA:0";
	opt.from = 5;
	opt.to = 8;
	struct told t = run_with(r, storetool_dump, &opt);
	ck_assert_int_eq(t.res, 0);
	ck_assert_uint_eq(lines_of(t.out), 3);
	ck_assert_int_eq(strncmp(t.out, "5: log position ", 16), 0);
	told_done(&t);
	opt.queue = "TopicA:77";
	t = run_with(r, storetool_dump, &opt);
	ck_assert_int_eq(t.res, 1);
	ck_assert_ptr_nonnull(strstr(t.err, "no such queue"));
	told_done(&t);
	opt = options(r);
	opt.index = opt.json = true;
	opt.max = 4;
	t = run_with(r, storetool_dump, &opt);
	ck_assert_int_eq(t.res, 0);
	ck_assert_uint_eq(lines_of(t.out), 4);
	ck_assert_ptr_nonnull(strstr(t.out, "\"entry\":1,"));
	told_done(&t);
	rig_free(r);
}
END_TEST

START_TEST(an_export_has_the_messages_of_queues_only)
{
	struct rig *r = made();
	size_t queued = 0;
	for (size_t i = 0; i < r->count; i++)
		queued += r->messages[i].queued;
	struct told t = run(r, storetool_export);
	ck_assert_int_eq(t.res, 0);
	ck_assert_uint_lt(queued, r->count);
	ck_assert_uint_eq(lines_of(t.out), queued);
	told_done(&t);
	rig_free(r);
}
END_TEST

static void must_serve(struct rig *r)
{
	r->rebuilt = 0;
	rig_must_open(r);
	rig_check_all(r);
	ck_assert_uint_eq(r->rebuilt, 0);
	ck_assert_int_eq(rig_close(r), 0);
}

START_TEST(what_is_made_anew_is_whole_and_serves)
{
	struct rig *r = made();
	ck_assert_int_eq(disk_crash_flip(r->crash, "consumequeue/TopicA/0/00000000000000000000", 7 * 20 + 7, 1), 0);
	ck_assert_int_eq(r->disk->ops->unlink(r->disk, "consumequeue/B/7/00000000000000000000"), 0);
	struct told t = run(r, storetool_rebuild);
	ck_assert_msg(t.res == 0, "%d %s", t.res, t.err);
	told_done(&t);
	must_be_whole(r);
	must_serve(r);
	must_be_whole(r);
	rig_free(r);
}
END_TEST

START_TEST(a_queue_without_records_keeps_its_next_position)
{
	struct rig *r = made();
	ck_assert_int_eq(r->disk->ops->mkdirs(r->disk, "consumequeue/Old/3"), 0);
	struct disk_file *f;
	ck_assert_int_eq(r->disk->ops->open(r->disk, "consumequeue/Old/3/00000000000000005000", DISK_WRITE | DISK_READ | DISK_CREATE, &f), 0);
	ck_assert_int_eq(f->ops->set_size(f, r->cfg.queue_file_bytes), 0);
	disk_file_close(f);
	struct told t = run(r, storetool_rebuild);
	ck_assert_int_eq(t.res, 0);
	ck_assert_ptr_nonnull(strstr(t.err, "1 queues without records keep their files"));
	told_done(&t);
	struct disk_stat st;
	ck_assert_int_eq(r->disk->ops->stat(r->disk, "consumequeue/Old/3/00000000000000005000", &st), 0);
	ck_assert_int_ne(r->disk->ops->stat(r->disk, "lightmq.rebuild", &st), 0);
	rig_free(r);
}
END_TEST

START_TEST(a_rebuild_that_dies_at_any_call_leaves_a_store_that_serves_and_can_be_rebuilt)
{
	for (uint64_t nth = 1;; nth += 7) {
		struct rig *r = made();
		disk_crash_die(r->crash, nth);
		struct told t = run(r, storetool_rebuild);
		bool died = disk_crash_is_dead(r->crash);
		told_done(&t);
		disk_crash_die(r->crash, 0);
		if (nth % 2) {
			rig_must_open(r); /* what is missing is made by the store, and it goes on */
			rig_check_all(r);
			for (int q = 0; q < RIG_QUEUES; q++)
				rig_turn(r, q, 3);
			ck_assert_int_eq(rig_close(r), 0);
		}
		t = run(r, storetool_rebuild);
		ck_assert_msg(t.res == 0, "after call %llu: %d %s", (unsigned long long)nth, t.res, t.err);
		told_done(&t);
		must_be_whole(r);
		must_serve(r);
		rig_free(r);
		if (!died)
			break;
	}
}
END_TEST

START_TEST(a_store_that_is_open_or_none_is_refused)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	struct told t = run(r, storetool_check);
	ck_assert_int_eq(t.res, -ENOENT);
	ck_assert_ptr_nonnull(strstr(t.why, "there is no commit log"));
	told_done(&t);
	rig_must_open(r);
	rig_turn(r, 0, 3);
	t = run(r, storetool_check);
	ck_assert_int_eq(t.res, -EAGAIN);
	ck_assert_ptr_nonnull(strstr(t.why, "a broker has the store open"));
	told_done(&t);
	rig_free(r);
}
END_TEST

START_TEST(the_disk_for_looking_refuses_to_write)
{
	struct rig *r = made();
	struct disk *d = storetool_disk_new(r->disk);
	struct disk_file *f;
	ck_assert_ptr_nonnull(d);
	ck_assert_int_eq(d->ops->mkdirs(d, "new"), -EROFS);
	ck_assert_int_eq(d->ops->rename(d, "checkpoint", "other"), -EROFS);
	ck_assert_int_eq(d->ops->rmdir(d, "index"), -EROFS);
	ck_assert_int_eq(d->ops->sync_all(d), -EROFS);
	ck_assert_int_eq(d->ops->unlink(d, "checkpoint"), 0);
	ck_assert_int_eq(d->ops->open(d, "none", DISK_READ | DISK_WRITE | DISK_CREATE, &f), -ENOENT);
	ck_assert_int_eq(d->ops->open(d, "checkpoint", DISK_READ | DISK_WRITE, &f), 0);
	disk_file_close(f);
	disk_free(d);
	rig_free(r);
}
END_TEST

LMT_MAIN("storetool", a_whole_store_has_no_inconsistency_and_stays_as_it_is, damage_of_the_log_is_told_with_its_place,
	 units_that_are_wrong_are_told_with_file_and_position, entries_and_slots_that_are_wrong_are_told,
	 a_configuration_file_that_is_no_json_is_told, a_lost_checkpoint_and_a_lost_queue_are_told,
	 inconsistencies_come_as_json_where_that_is_wanted, a_dump_lists_every_record_and_keeps_to_its_filters,
	 a_dump_lists_units_and_entries, an_export_has_the_messages_of_queues_only, what_is_made_anew_is_whole_and_serves,
	 a_queue_without_records_keeps_its_next_position,
	 a_rebuild_that_dies_at_any_call_leaves_a_store_that_serves_and_can_be_rebuilt, a_store_that_is_open_or_none_is_refused,
	 the_disk_for_looking_refuses_to_write)

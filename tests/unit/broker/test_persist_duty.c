/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: tables are saved when they should be, never twice at a time, and come back whole, from .bak when they must.
 * Shown by: a worker that is let go by hand, files broken by hand, a disk that fails.
 */
#include <errno.h>

#include "fixture.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	fx_pass(&f, 200); /* what start-up made is saved */
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

static char *read_file(const char *name)
{
	char path[128];
	static char text[65536];
	snprintf(path, sizeof(path), "%s/config/%s", f.root, name);
	FILE *file = fopen(path, "r");
	if (!file)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/config/%s", f.root, name);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void commit(int64_t pos)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	ck_assert_int_eq(offset_table_commit(&f.core.offsets, &at, pos), 0);
}

static void make_topic(const char *name)
{
	struct lmi_topic_config c;
	lmi_topic_config_init(&c, lmi_span_str(name));
	ck_assert_int_eq(topic_table_put(&f.core.topics, &c, 1), 0);
}

START_TEST(topics_and_groups_are_saved_at_the_next_tick)
{
	set_up();
	make_topic("T1");
	ck_assert_ptr_null(strstr(read_file("topics.json"), "\"T1\""));
	fx_pass(&f, 100);
	ck_assert_ptr_nonnull(strstr(read_file("topics.json"), "\"T1\""));
	group_table_find(&f.core.groups, LMI_SPAN_LIT("g1"), true, 1);
	fx_pass(&f, 100);
	ck_assert_ptr_nonnull(strstr(read_file("subscriptionGroup.json"), "\"g1\""));
	tear_down();
}
END_TEST

START_TEST(offsets_are_saved_every_5_s_only_when_they_changed)
{
	set_up();
	commit(7);
	fx_pass(&f, 4600);
	ck_assert_ptr_null(read_file("consumerOffset.json"));
	fx_pass(&f, 300);
	ck_assert_ptr_nonnull(strstr(read_file("consumerOffset.json"), "{0:7}"));
	write_file("consumerOffset.json", "mark");
	fx_pass(&f, 20000);
	ck_assert_str_eq(read_file("consumerOffset.json"), "mark");
	commit(8);
	fx_pass(&f, 5000);
	ck_assert_ptr_nonnull(strstr(read_file("consumerOffset.json"), "{0:8}"));
	tear_down();
}
END_TEST

START_TEST(a_clean_stop_saves_and_a_start_reads_it_back)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	set_up();
	commit(9);
	make_topic("T1");
	fx_close(&f);
	fx_open(&f);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), 9);
	ck_assert_ptr_nonnull(topic_table_get(&f.core.topics, LMI_SPAN_LIT("T1")));
	tear_down();
}
END_TEST

START_TEST(a_change_during_a_save_is_saved_after_it)
{
	set_up();
	f.executor.lazy = true;
	make_topic("T1");
	fx_pass(&f, 100);
	make_topic("T2");
	fx_pass(&f, 1000);
	ck_assert(persist_duty_busy(&f.core.persist));
	fx_run_jobs(&f);
	ck_assert_ptr_nonnull(strstr(read_file("topics.json"), "\"T1\""));
	ck_assert_ptr_null(strstr(read_file("topics.json"), "\"T2\""));
	fx_pass(&f, 100);
	fx_run_jobs(&f);
	ck_assert_ptr_nonnull(strstr(read_file("topics.json"), "\"T2\""));
	f.executor.lazy = false;
	tear_down();
}
END_TEST

START_TEST(a_broken_file_is_taken_from_its_copy_with_a_line)
{
	set_up();
	make_topic("T1");
	fx_pass(&f, 100);
	make_topic("T2"); /* topics.json.bak has T1 */
	fx_close(&f);
	write_file("topics.json", "{\"topicConfigTable\":");
	fx_open(&f);
	ck_assert_ptr_nonnull(topic_table_get(&f.core.topics, LMI_SPAN_LIT("T1")));
	ck_assert(fx_logged(&f, "config/topics.json cannot be read"));
	ck_assert(fx_logged(&f, ".bak"));
	tear_down();
}
END_TEST

START_TEST(an_empty_file_is_taken_from_its_copy_too)
{
	set_up();
	commit(3);
	fx_pass(&f, 5000);
	commit(4);
	fx_pass(&f, 5000);
	fx_close(&f);
	write_file("consumerOffset.json", "");
	fx_open(&f);
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), 3);
	tear_down();
}
END_TEST

START_TEST(a_broken_file_with_a_broken_copy_refuses_the_start_and_says_what_to_do)
{
	char *why = NULL;
	set_up();
	fx_close(&f);
	write_file("topics.json", "[]");
	write_file("topics.json.bak", "junk");
	ck_assert_int_eq(disk_posix_new(f.root, &f.cfg.store.disk), 0);
	ck_assert_int_eq(core_open(&f.core, &f.cfg, &why), -LMQ_ECORRUPT);
	ck_assert_ptr_nonnull(strstr(why, "config/topics.json"));
	ck_assert_ptr_nonnull(strstr(why, "move both away"));
	free(why);
	disk_free(f.cfg.store.disk);
	fx_remove(&f);
	fx_peer_done(&p);
}
END_TEST

/* The real disk, but renames fail while told so. */
struct failing_disk {
	struct disk disk;
	struct disk_ops ops;
	struct disk *real;
	bool fail;
};

static struct failing_disk bad;

static int bad_open(struct disk *d, const char *path, int flags, struct disk_file **out)
{
	(void)d;
	return bad.real->ops->open(bad.real, path, flags, out);
}

static int bad_rename(struct disk *d, const char *from, const char *to)
{
	(void)d;
	return bad.fail ? -EIO : bad.real->ops->rename(bad.real, from, to);
}

static int bad_unlink(struct disk *d, const char *path)
{
	(void)d;
	return bad.real->ops->unlink(bad.real, path);
}

static int bad_sync_folder(struct disk *d, const char *path)
{
	(void)d;
	return bad.real->ops->sync_folder(bad.real, path);
}

static int bad_stat(struct disk *d, const char *path, struct disk_stat *out)
{
	(void)d;
	return bad.real->ops->stat(bad.real, path, out);
}

START_TEST(a_failed_save_is_said_once_tried_every_second_and_its_end_is_said)
{
	set_up();
	bad = (struct failing_disk){ .real = f.cfg.store.disk, .fail = true };
	bad.ops = (struct disk_ops){ .open = bad_open, .rename = bad_rename, .unlink = bad_unlink, .sync_folder = bad_sync_folder,
				     .stat = bad_stat };
	bad.disk.ops = &bad.ops;
	f.core.persist.disk = &bad.disk;
	make_topic("T1");
	fx_pass(&f, 100);
	ck_assert(fx_logged(&f, "config/topics.json could not be saved"));
	f.log.n = 0;
	f.log.text[0] = '\0';
	fx_pass(&f, 3000);
	ck_assert(!fx_logged(&f, "could not be saved"));
	bad.fail = false;
	fx_pass(&f, 1100);
	ck_assert(fx_logged(&f, "config/topics.json is saved again"));
	ck_assert_ptr_nonnull(strstr(read_file("topics.json"), "\"T1\""));
	f.core.persist.disk = bad.real;
	tear_down();
}
END_TEST

LMT_MAIN("persist_duty", topics_and_groups_are_saved_at_the_next_tick, offsets_are_saved_every_5_s_only_when_they_changed,
	 a_clean_stop_saves_and_a_start_reads_it_back, a_change_during_a_save_is_saved_after_it,
	 a_broken_file_is_taken_from_its_copy_with_a_line, an_empty_file_is_taken_from_its_copy_too,
	 a_broken_file_with_a_broken_copy_refuses_the_start_and_says_what_to_do,
	 a_failed_save_is_said_once_tried_every_second_and_its_end_is_said)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: tables are saved when they should be, never twice at a time, and come back whole, from .bak when they must.
 * Shown by: a worker that is let go by hand, files broken by hand, a disk whose renames fail.
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

static const char *path_of(const char *name)
{
	static char path[64];
	snprintf(path, sizeof(path), "config/%s", name);
	return path;
}

static const char *read_file(const char *name)
{
	static char text[65536];
	uint8_t *bytes;
	size_t n;
	if (disk_read_all(f.cfg.store.disk, path_of(name), sizeof(text) - 1, &bytes, &n))
		return NULL;
	memcpy(text, bytes, n);
	text[n] = '\0';
	free(bytes);
	return text;
}

static void write_file(const char *name, const char *text)
{
	struct disk *d = f.cfg.store.disk;
	struct disk_file *file;
	ck_assert_int_eq(d->ops->open(d, path_of(name), DISK_WRITE | DISK_READ | DISK_CREATE, &file), 0);
	ck_assert_int_eq(file->ops->set_size(file, 0), 0);
	if (*text)
		ck_assert_int_eq(file->ops->pwrite(file, text, strlen(text), 0), 0);
	disk_file_close(file);
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
	ck_assert_int_eq(core_open(&f.core, &f.cfg, &why), -LMQ_ECORRUPT);
	ck_assert_ptr_nonnull(strstr(why, "config/topics.json"));
	ck_assert_ptr_nonnull(strstr(why, "move both away"));
	free(why);
	fx_free_disk(&f);
	fx_peer_done(&p);
}
END_TEST

START_TEST(a_failed_save_is_said_once_tried_every_second_and_its_end_is_said)
{
	set_up();
	disk_crash_fail(f.disk, DISK_CRASH_RENAME, 1, -EIO, true);
	make_topic("T1");
	fx_pass(&f, 100);
	ck_assert(fx_logged(&f, "config/topics.json could not be saved"));
	f.log.n = 0;
	f.log.text[0] = '\0';
	fx_pass(&f, 3000);
	ck_assert(!fx_logged(&f, "could not be saved"));
	disk_crash_fail(f.disk, DISK_CRASH_RENAME, 0, 0, false);
	fx_pass(&f, 1100);
	ck_assert(fx_logged(&f, "config/topics.json is saved again"));
	ck_assert_ptr_nonnull(strstr(read_file("topics.json"), "\"T1\""));
	tear_down();
}
END_TEST

LMT_MAIN("persist_duty", topics_and_groups_are_saved_at_the_next_tick, offsets_are_saved_every_5_s_only_when_they_changed,
	 a_clean_stop_saves_and_a_start_reads_it_back, a_change_during_a_save_is_saved_after_it,
	 a_broken_file_is_taken_from_its_copy_with_a_line, an_empty_file_is_taken_from_its_copy_too,
	 a_broken_file_with_a_broken_copy_refuses_the_start_and_says_what_to_do,
	 a_failed_save_is_said_once_tried_every_second_and_its_end_is_said)

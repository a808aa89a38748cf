/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever way a store was left, opening it gives every record that was written, in order, byte for byte, and queues
 * that equal the log; a torn tail is cut and kept aside; lost or damaged consume queues are rebuilt.
 * Shown: on a real disk below a temporary folder, over several small segments.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/support/lmt.h"

#define SEGMENT (1 << 20)
#define QUEUES 3

struct fixture {
	char root[64];
	struct disk *disk;
	struct lmi_clock_manual clock;
	struct store *store;
	int findings;
};

static void count_finding(void *user, enum lmi_log_level level, const char *text)
{
	struct fixture *f = user;

	(void)level;
	(void)text;
	f->findings++;
}

static void open_store(struct fixture *f)
{
	struct store_config c = {
		.disk = f->disk,
		.executor = &lmi_executor_inline,
		.clock = &f->clock.clock,
		.segment_bytes = SEGMENT,
		.queue_file_bytes = 20000,
		.flush_interval_ms = 500,
		.queue_flush_interval_ms = 1000,
		.sync_timeout_ms = 5000,
		.message_max_bytes = 65536,
		.check_crc = true,
		.store_host = { .addr = { 127, 0, 0, 1 }, .port = 10911 },
		.on_finding = count_finding,
		.user = f,
	};
	char *why = NULL;
	int r = store_open(&c, &f->store, &why);

	ck_assert_msg(r == 0, "store_open: %d %s", r, why ? why : "");
}

static void set_up(struct fixture *f)
{
	*f = (struct fixture){ .root = "/tmp/lightmq-test-XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(f->root));
	ck_assert_int_eq(disk_posix_new(f->root, &f->disk), 0);
	lmi_clock_manual_init(&f->clock, 1700000000000);
	open_store(f);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

static void tear_down(struct fixture *f)
{
	disk_free(f->disk);
	ck_assert_int_eq(nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Message number i: its queue, and a body that tells it. */
static struct store_message message(int i, char *body, size_t cap)
{
	int n = snprintf(body, cap, "message %d %*d", i, 20 + i % 700, i);

	return (struct store_message){
		.topic = LMI_SPAN_LIT("T"),
		.queue_id = i % QUEUES,
		.born_ms = 1,
		.born = { .addr = { 10, 0, 0, 1 }, .port = 5 },
		.body = lmi_span(body, (size_t)n),
		.props = LMI_SPAN_LIT("a\001b\002"),
		.tags_code = i,
	};
}

static void append_range(struct fixture *f, int from, int to)
{
	char body[1024];

	for (int i = from; i < to; i++) {
		struct store_message m = message(i, body, sizeof(body));
		struct store_ticket t;

		ck_assert_int_eq(store_append(f->store, &m, &t), 0);
		ck_assert_int_eq(t.queue_pos, i / QUEUES);
		if (i % 7 == 0) {
			store_turn_end(f->store);
			lmi_clock_manual_pass(&f->clock, 3);
		}
	}
	store_turn_end(f->store);
}

static void check_message(struct fixture *f, int i)
{
	static uint8_t bytes[70000];
	char body[1024];
	struct store_message m = message(i, body, sizeof(body));
	struct store_get g = { .topic = m.topic, .queue_id = m.queue_id, .queue_pos = i / QUEUES, .max_messages = 1 };
	struct lmi_record r;

	ck_assert_int_eq(store_get(f->store, &g), 0);
	ck_assert_msg(g.status == STORE_FOUND, "message %d: %s", i, store_get_status_name(g.status));
	ck_assert_int_eq(store_read(f->store, &g.extents[0], bytes, true), 0);
	ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, (size_t)g.extents[0].bytes), &r), 0);
	ck_assert(lmi_record_check_crc(&r));
	ck_assert(lmi_span_eq(r.body, m.body));
	ck_assert_int_eq(r.queue_pos, i / QUEUES);
}

static void check_all(struct fixture *f, int n)
{
	struct store_bounds b;
	struct store_marks marks;

	for (int i = 0; i < n; i++)
		check_message(f, i);
	for (int q = 0; q < QUEUES; q++) {
		ck_assert_int_eq(store_queue_bounds(f->store, LMI_SPAN_LIT("T"), q, &b), 0);
		ck_assert_int_eq(b.min_pos, 0);
		ck_assert_int_eq(b.max_pos, (n - q + QUEUES - 1) / QUEUES);
	}
	store_marks(f->store, &marks);
	ck_assert_int_eq(marks.dispatched, marks.written);
}

#define MANY 4000

START_TEST(a_clean_stop_loses_nothing_over_several_segments)
{
	struct fixture f;
	struct store_marks marks;

	set_up(&f);
	append_range(&f, 0, MANY);
	store_marks(f.store, &marks);
	ck_assert_int_gt(marks.written, SEGMENT);
	check_all(&f, MANY);
	ck_assert_int_eq(store_close(f.store), 0);
	open_store(&f);
	check_all(&f, MANY);
	append_range(&f, MANY, MANY + 100);
	check_all(&f, MANY + 100);
	ck_assert_int_eq(store_close(f.store), 0);
	ck_assert_int_eq(f.findings, 0);
	tear_down(&f);
}
END_TEST

START_TEST(a_kill_loses_nothing_that_was_written)
{
	struct fixture f;

	set_up(&f);
	append_range(&f, 0, MANY);
	store_tick(f.store, lmi_mono_ms(&f.clock.clock) + 600);
	append_range(&f, MANY, MANY + 50);
	store_abandon(f.store);
	open_store(&f);
	check_all(&f, MANY + 50);
	append_range(&f, MANY + 50, MANY + 80);
	store_abandon(f.store);
	open_store(&f);
	check_all(&f, MANY + 80);
	ck_assert_int_eq(store_close(f.store), 0);
	tear_down(&f);
}
END_TEST

START_TEST(a_torn_tail_is_cut_kept_aside_and_never_comes_back)
{
	struct fixture f;
	struct store_marks marks;
	struct disk_file *file;
	struct disk_stat st;
	char path[64];

	set_up(&f);
	append_range(&f, 0, 40);
	store_marks(f.store, &marks);
	store_abandon(f.store);
	/* Half a record: a right head and rubbish. */
	snprintf(path, sizeof(path), "commitlog/%020d", 0);
	ck_assert_int_eq(f.disk->ops->open(f.disk, path, DISK_READ | DISK_WRITE, &file), 0);
	ck_assert_int_eq(file->ops->pwrite(file, "\0\0\1\0\xDA\xA3\x20\xA7rubbish", 15, marks.written), 0);
	disk_file_close(file);
	open_store(&f);
	ck_assert_int_gt(f.findings, 0);
	snprintf(path, sizeof(path), "lightmq-cut/%020lld", (long long)marks.written);
	ck_assert_int_eq(f.disk->ops->stat(f.disk, path, &st), 0);
	ck_assert_int_eq(st.bytes, 15);
	check_all(&f, 40);
	append_range(&f, 40, 45);
	store_abandon(f.store);
	open_store(&f);
	check_all(&f, 45);
	ck_assert_int_eq(store_close(f.store), 0);
	tear_down(&f);
}
END_TEST

START_TEST(lost_consume_queues_are_rebuilt_from_the_log)
{
	struct fixture f;
	char folder[128];

	set_up(&f);
	append_range(&f, 0, MANY);
	ck_assert_int_eq(store_close(f.store), 0);
	snprintf(folder, sizeof(folder), "%s/consumequeue", f.root);
	ck_assert_int_eq(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	open_store(&f);
	check_all(&f, MANY);
	ck_assert_int_eq(store_close(f.store), 0);
	tear_down(&f);
}
END_TEST

START_TEST(a_second_broker_is_kept_out)
{
	struct fixture f;
	struct disk *other;
	struct store_config c = { .executor = &lmi_executor_inline, .segment_bytes = SEGMENT, .queue_file_bytes = 20000 };
	char *why = NULL;
	struct store *s;
	pid_t child;
	int status;

	set_up(&f);
	/* The lock is the process's own: another process must be refused. */
	child = fork();
	if (child == 0) {
		if (disk_posix_new(f.root, &other) != 0)
			_exit(3);
		c.disk = other;
		c.clock = &f.clock.clock;
		_exit(store_open(&c, &s, &why) == -EAGAIN && why ? 0 : 4);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_int_eq(store_close(f.store), 0);
	tear_down(&f);
}
END_TEST

START_TEST(a_foreign_store_is_refused_before_anything_is_touched)
{
	struct fixture f;
	struct store_config c = { .executor = &lmi_executor_inline, .segment_bytes = SEGMENT, .queue_file_bytes = 20000 };
	struct disk_stat st;
	char *why = NULL;
	struct store *s;

	set_up(&f);
	ck_assert_int_eq(store_close(f.store), 0);
	ck_assert_int_eq(f.disk->ops->mkdirs(f.disk, "dledger-n0"), 0);
	c.disk = f.disk;
	c.clock = &f.clock.clock;
	ck_assert_int_eq(store_open(&c, &s, &why), -LMQ_EUNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(why, "dledger-n0"));
	free(why);
	ck_assert_int_eq(f.disk->ops->stat(f.disk, "abort", &st), -ENOENT);
	tear_down(&f);
}
END_TEST

START_TEST(search_by_time_finds_the_boundaries)
{
	struct fixture f;
	int64_t first, pos;

	set_up(&f);
	append_range(&f, 0, 300);
	first = store_queue_time(f.store, LMI_SPAN_LIT("T"), 0, 0);
	ck_assert_int_eq(store_queue_search(f.store, LMI_SPAN_LIT("T"), 0, first - 1, false, &pos), 0);
	ck_assert_int_eq(pos, 0);
	ck_assert_int_eq(store_queue_search(f.store, LMI_SPAN_LIT("T"), 0, INT64_MAX, false, &pos), 0);
	ck_assert_int_eq(pos, 100);
	ck_assert_int_eq(store_queue_search(f.store, LMI_SPAN_LIT("T"), 0, INT64_MAX, true, &pos), 0);
	ck_assert_int_eq(pos, 99);
	ck_assert_int_eq(store_queue_search(f.store, LMI_SPAN_LIT("none"), 0, 0, false, &pos), -LMQ_ENOTFOUND);
	for (int q = 0; q < 100; q++) {
		int64_t t = store_queue_time(f.store, LMI_SPAN_LIT("T"), 1, q), lower, upper;

		ck_assert_int_eq(store_queue_search(f.store, LMI_SPAN_LIT("T"), 1, t, false, &lower), 0);
		ck_assert_int_eq(store_queue_search(f.store, LMI_SPAN_LIT("T"), 1, t, true, &upper), 0);
		ck_assert_int_le(lower, q);
		ck_assert_int_ge(upper, q);
		ck_assert_int_eq(store_queue_time(f.store, LMI_SPAN_LIT("T"), 1, lower), t);
		ck_assert_int_eq(store_queue_time(f.store, LMI_SPAN_LIT("T"), 1, upper), t);
	}
	ck_assert_int_eq(store_close(f.store), 0);
	tear_down(&f);
}
END_TEST

START_TEST(a_deleted_topic_is_gone_and_begins_again_at_0)
{
	struct fixture f;
	struct store_bounds b;
	struct store_message m;
	struct store_ticket t;
	char body[1024];

	set_up(&f);
	append_range(&f, 0, 60);
	ck_assert_int_eq(store_delete_topic(f.store, LMI_SPAN_LIT("T")), 0);
	ck_assert_int_eq(store_delete_topic(f.store, LMI_SPAN_LIT("T")), -LMQ_ENOTFOUND);
	ck_assert_int_eq(store_queue_bounds(f.store, LMI_SPAN_LIT("T"), 0, &b), -LMQ_ENOTFOUND);
	m = message(0, body, sizeof(body));
	ck_assert_int_eq(store_append(f.store, &m, &t), 0);
	ck_assert_int_eq(t.queue_pos, 0);
	store_turn_end(f.store);
	check_message(&f, 0);
	ck_assert_int_eq(store_close(f.store), 0);
	tear_down(&f);
}
END_TEST

LMT_MAIN("store_recover", a_clean_stop_loses_nothing_over_several_segments, a_kill_loses_nothing_that_was_written,
	 a_torn_tail_is_cut_kept_aside_and_never_comes_back, lost_consume_queues_are_rebuilt_from_the_log,
	 a_second_broker_is_kept_out, a_foreign_store_is_refused_before_anything_is_touched, search_by_time_finds_the_boundaries,
	 a_deleted_topic_is_gone_and_begins_again_at_0)

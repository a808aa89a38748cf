/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: index files are byte for byte what RocketMQ's IndexFile.putKey makes of the same keys, however batches are cut; what
 * is missing or damaged is made anew from the log; no damage makes a search endless.
 * Shown: beside a model that puts one key after the other into a file in memory, as the Java class does.
 */
#include "store/key_index_file.h"
#include "tests/unit/store/store_rig.h"

#define SLOTS 61
#define ENTRIES 150
#define FILE_BYTES (40 + SLOTS * 4 + ENTRIES * 20)
#define FILES_MAX 16

/* ---- the model: IndexFile.putKey, line by line ---- */

struct model {
	uint8_t files[FILES_MAX][FILE_BYTES];
	int count;
};

static int32_t model_count(const uint8_t *f)
{
	int32_t n = (int32_t)lmi_get32(f + 36);
	return n ? n : 1;
}

static uint8_t *model_file(struct model *m)
{
	if (m->count && model_count(m->files[m->count - 1]) < ENTRIES)
		return m->files[m->count - 1];
	ck_assert_int_lt(m->count, FILES_MAX);
	uint8_t *f = m->files[m->count++];
	memset(f, 0, FILE_BYTES);
	if (m->count > 1) {
		const uint8_t *before = f - FILE_BYTES;
		memcpy(f, before + 8, 8);       /* times begin with the end of the file before */
		memcpy(f + 8, before + 8, 8);
		memcpy(f + 16, before + 24, 8); /* and so do positions */
		memcpy(f + 24, before + 24, 8);
	}
	return f;
}

static void model_put(struct model *m, const char *text, int64_t log_pos, int64_t ms)
{
	uint8_t *f = model_file(m);
	int32_t count = model_count(f), hash = lmi_java_hash(lmi_span_str(text));
	hash = hash < 0 ? -hash : hash;
	uint8_t *slot = f + 40 + (hash % SLOTS) * 4, *entry = f + 40 + SLOTS * 4 + count * 20;
	int64_t begin = (int64_t)lmi_get64(f), diff = (ms - begin) / 1000;
	lmi_put32(entry, (uint32_t)hash);
	lmi_put64(entry + 4, (uint64_t)log_pos);
	lmi_put32(entry + 12, begin <= 0 || diff < 0 ? 0 : (uint32_t)diff);
	lmi_put32(entry + 16, lmi_get32(slot));
	if (!lmi_get32(slot))
		lmi_put32(f + 32, lmi_get32(f + 32) + 1);
	lmi_put32(slot, (uint32_t)count);
	if (count <= 1) {
		lmi_put64(f, (uint64_t)ms);
		lmi_put64(f + 16, (uint64_t)log_pos);
	}
	lmi_put64(f + 8, (uint64_t)ms);
	lmi_put64(f + 24, (uint64_t)log_pos);
	lmi_put32(f + 36, (uint32_t)count + 1);
}

/* ---- a store beside it ---- */

struct bed {
	struct rig *r;
	struct model *model;
	int sent;
};

static struct bed bed_new(void)
{
	struct bed b = { .r = rig_new(STORE_ASYNC_FLUSH), .model = calloc(1, sizeof(*b.model)) };
	b.r->cfg.index_slots = SLOTS;
	b.r->cfg.index_entries = ENTRIES;
	b.r->cfg.segment_bytes = 65536;
	rig_must_open(b.r);
	return b;
}

static void bed_free(struct bed *b)
{
	rig_free(b->r);
	free(b->model);
}

static struct store_ticket put(struct bed *b, const char *topic, const char *props, int32_t sysflag)
{
	struct store_ticket t;
	struct store_message m = { .topic = lmi_span_str(topic), .body = LMI_SPAN_LIT("body"), .props = lmi_span_str(props),
				   .sysflag = sysflag };
	RIG_CHECK(store_append(b->r->store, &m, &t) == 0);
	return t;
}

/** One message with a unique id, two keys and a tag; the model gets the same. */
static void send_one(struct bed *b)
{
	char props[200], text[100];
	int i = b->sent++;
	snprintf(props, sizeof(props), "KEYS\1k%d  common\2UNIQ_KEY\1id%d\2TAGS\1T%d\2other\1x\2", i, i, i % 3);
	struct store_ticket t = put(b, "Topic", props, 0);
	snprintf(text, sizeof(text), "Topic#id%d", i);
	model_put(b->model, text, t.log_pos, t.store_ms);
	snprintf(text, sizeof(text), "Topic#k%d", i);
	model_put(b->model, text, t.log_pos, t.store_ms);
	model_put(b->model, "Topic#common", t.log_pos, t.store_ms);
	snprintf(text, sizeof(text), "Topic#T#T%d", i % 3);
	model_put(b->model, text, t.log_pos, t.store_ms);
}

static void send_n(struct bed *b, int n)
{
	while (n--) {
		send_one(b);
		if (n % 5 == 0) {
			store_turn_end(b->r->store);
			rig_pass(b->r, 700);
		}
	}
	store_turn_end(b->r->store);
}

struct names {
	char path[FILES_MAX][KEY_INDEX_PATH_MAX];
	int count;
};

static int note(void *ctx, const char *name)
{
	struct names *n = ctx;
	RIG_CHECK(n->count < FILES_MAX);
	snprintf(n->path[n->count++], KEY_INDEX_PATH_MAX, "index/%s", name);
	return 0;
}

static struct names files_of(struct bed *b)
{
	struct names n = { .count = 0 };
	int err = b->r->disk->ops->list(b->r->disk, "index", note, &n);
	RIG_CHECK(err == 0 || err == -ENOENT);
	return n;
}

static void write_at(struct bed *b, const char *path, int64_t at, const void *p, size_t n)
{
	struct disk_file *f;
	RIG_CHECK(b->r->disk->ops->open(b->r->disk, path, DISK_READ | DISK_WRITE, &f) == 0);
	RIG_CHECK(f->ops->pwrite(f, p, n, at) == 0);
	disk_file_close(f);
}

/** The files are the model's. */
static void check_files(struct bed *b)
{
	struct names n = files_of(b);
	static uint8_t raw[FILE_BYTES + 1];
	ck_assert_int_eq(n.count, b->model->count);
	for (int i = 0; i < n.count; i++) {
		struct disk_file *f;
		RIG_CHECK(b->r->disk->ops->open(b->r->disk, n.path[i], DISK_READ, &f) == 0);
		ck_assert_int_eq(f->ops->pread(f, raw, sizeof(raw), 0), FILE_BYTES);
		disk_file_close(f);
		for (int at = 0; at < FILE_BYTES; at++)
			if (raw[at] != b->model->files[i][at])
				ck_abort_msg("%s differs at byte %d", n.path[i], at);
	}
}

/* ---- looking ---- */

struct got {
	int err;
	size_t count;
	int64_t pos[64], last_ms, last_pos;
};

static void on_got(void *arg, const struct store_query_result *r)
{
	struct got *g = arg;
	struct lmi_span s = r->records;
	g->err = r->err;
	g->last_ms = r->last_ms;
	g->last_pos = r->last_pos;
	for (g->count = 0; s.n; g->count++) {
		struct lmi_record rec;
		RIG_CHECK(g->count < 64 && lmi_record_decode(s, &rec) == 0);
		g->pos[g->count] = rec.log_pos;
		RIG_CHECK(g->count == 0 || rec.log_pos > g->pos[g->count - 1]);
		s = lmi_span(s.p + rec.total, s.n - rec.total);
	}
	RIG_CHECK(g->count == r->count);
}

static struct got look(struct bed *b, struct store_query q)
{
	struct got g = { .err = -1 };
	if (!q.topic.p)
		q.topic = LMI_SPAN_LIT("Topic");
	if (!q.end_ms)
		q.end_ms = INT64_MAX;
	if (!q.max)
		q.max = 32;
	if (!q.max_bytes)
		q.max_bytes = 1 << 20;
	ck_assert_int_eq(store_query(b->r->store, &q, on_got, &g), 0);
	rig_run_all(&b->r->later);
	return g;
}

#define LOOK(b, text, ...) look(b, (struct store_query){ .key = LMI_SPAN_LIT(text), __VA_ARGS__ })

static void check_found(struct bed *b)
{
	for (int i = 0; i < b->sent; i++) {
		char id[20];
		snprintf(id, sizeof(id), "id%d", i);
		struct got g = look(b, (struct store_query){ .key = lmi_span_str(id) });
		if (g.err || g.count != 1)
			ck_abort_msg("%s: %d, %zu found", id, g.err, g.count);
	}
}

/* ---- tests ---- */

START_TEST(files_are_what_java_makes_of_the_same_keys)
{
	struct bed b = bed_new();
	send_n(&b, 200); /* 800 entries: six files */
	check_found(&b);
	ck_assert_int_eq(rig_close(b.r), 0);
	check_files(&b);
	rig_must_open(b.r);
	ck_assert_uint_eq(b.r->findings, 0);
	send_n(&b, 30);
	ck_assert_int_eq(rig_close(b.r), 0);
	check_files(&b);
	bed_free(&b);
}
END_TEST

START_TEST(after_a_kill_and_after_a_power_cut_the_files_are_the_same)
{
	for (uint64_t seed = 1; seed < 40; seed++) {
		struct bed b = bed_new();
		send_n(&b, 60 + (int)seed * 3);
		store_want_sync(b.r->store, INT64_MAX / 2); /* so that the log keeps all, and the model with it */
		store_turn_end(b.r->store);
		rig_kill(b.r);
		if (seed % 2)
			disk_crash_power_cut(b.r->crash, seed);
		rig_must_open(b.r);
		check_found(&b);
		send_n(&b, 10);
		ck_assert_int_eq(rig_close(b.r), 0);
		check_files(&b);
		bed_free(&b);
	}
}
END_TEST

START_TEST(a_lost_folder_is_made_anew_and_said_so)
{
	struct bed b = bed_new();
	send_n(&b, 100);
	ck_assert_int_eq(rig_close(b.r), 0);
	struct names n = files_of(&b);
	for (int i = 0; i < n.count; i++)
		ck_assert_int_eq(b.r->disk->ops->unlink(b.r->disk, n.path[i]), 0);
	rig_must_open(b.r);
	ck_assert_uint_eq(b.r->findings, 1);
	ck_assert_ptr_nonnull(strstr(b.r->last_finding, "index"));
	check_found(&b);
	ck_assert_int_eq(rig_close(b.r), 0);
	check_files(&b);
	bed_free(&b);
}
END_TEST

static void with_damage(const char *words, void (*damage)(struct bed *b, const struct names *n))
{
	struct bed b = bed_new();
	send_n(&b, 100);
	ck_assert_int_eq(rig_close(b.r), 0);
	struct names n = files_of(&b);
	damage(&b, &n);
	rig_must_open(b.r);
	ck_assert_uint_eq(b.r->findings, 1);
	ck_assert_msg(strstr(b.r->last_finding, words) != NULL, "%s", b.r->last_finding);
	check_found(&b);
	ck_assert_int_eq(rig_close(b.r), 0);
	check_files(&b);
	bed_free(&b);
}

static void cut_short(struct bed *b, const struct names *n)
{
	struct disk_file *f;
	RIG_CHECK(b->r->disk->ops->open(b->r->disk, n->path[1], DISK_READ | DISK_WRITE, &f) == 0);
	RIG_CHECK(f->ops->set_size(f, 1000) == 0);
	disk_file_close(f);
}

static void wrong_count(struct bed *b, const struct names *n)
{
	write_at(b, n->path[n->count - 1], 36, "\0\0\0\7", 4);
}

static void wrong_end(struct bed *b, const struct names *n)
{
	write_at(b, n->path[n->count - 1], 24, "\0\0\0\0\0\1\0\0", 8);
}

static void huge_count(struct bed *b, const struct names *n)
{
	write_at(b, n->path[0], 36, "\x7f\0\0\0", 4);
}

static void beyond_the_log(struct bed *b, const struct names *n)
{
	uint8_t far[8];
	struct key_index_entry e = { .hash = 1, .log_pos = 1 << 30 };
	uint8_t raw[20];
	lmi_put64(far, 1 << 30);
	key_index_entry_put(raw, &e);
	write_at(b, n->path[0], 24, far, 8);
	write_at(b, n->path[0], 40 + SLOTS * 4 + (ENTRIES - 1) * 20, raw, 20);
}

static void last_is_gone(struct bed *b, const struct names *n)
{
	RIG_CHECK(b->r->disk->ops->unlink(b->r->disk, n->path[n->count - 1]) == 0);
}

START_TEST(a_damaged_or_missing_file_is_made_anew_and_said_so)
{
	with_damage("size", cut_short);
	with_damage("more used slots", wrong_count);
	with_damage("not where the header says", wrong_end);
	with_damage("more entries", huge_count);
	with_damage("no record", beyond_the_log);
	with_damage("not those of the last stop", last_is_gone);
}
END_TEST

START_TEST(other_sizes_make_the_index_anew)
{
	struct bed b = bed_new();
	send_n(&b, 100);
	ck_assert_int_eq(rig_close(b.r), 0);
	b.r->cfg.index_entries = ENTRIES * 2;
	rig_must_open(b.r);
	ck_assert_uint_eq(b.r->findings, 1);
	check_found(&b);
	bed_free(&b);
}
END_TEST

START_TEST(an_index_turned_on_late_is_made_of_the_whole_log)
{
	struct bed b = bed_new();
	b.r->cfg.message_index = false;
	ck_assert_int_eq(rig_close(b.r), 0);
	rig_must_open(b.r);
	send_n(&b, 100);
	ck_assert_int_eq(LOOK(&b, "id1").err, -LMQ_EUNSUPPORTED);
	ck_assert_int_eq(rig_close(b.r), 0);
	b.r->cfg.message_index = true;
	rig_must_open(b.r);
	ck_assert_ptr_nonnull(strstr(b.r->last_finding, "there was no key index"));
	check_found(&b);
	ck_assert_int_eq(rig_close(b.r), 0);
	check_files(&b);
	bed_free(&b);
}
END_TEST

START_TEST(without_our_mark_a_crash_costs_the_files_after_the_checkpoint)
{
	struct bed b = bed_new();
	send_n(&b, 100);
	rig_kill(b.r);
	ck_assert_int_eq(b.r->disk->ops->unlink(b.r->disk, "lightmq.mark"), 0);
	rig_must_open(b.r);
	ck_assert_ptr_nonnull(strstr(b.r->last_finding, "not stop cleanly"));
	check_found(&b);
	ck_assert_int_eq(rig_close(b.r), 0);
	check_files(&b);
	bed_free(&b);
}
END_TEST

START_TEST(damaged_chains_never_loop)
{
	struct bed b = bed_new();
	send_n(&b, 30);
	ck_assert_int_eq(rig_close(b.r), 0);
	struct names n = files_of(&b);
	rig_must_open(b.r);
	for (int i = 1; i < ENTRIES; i++) { /* each entry leads to itself or up, each slot to the last one */
		uint8_t raw[4];
		lmi_put32(raw, (uint32_t)(i + i % 2));
		write_at(&b, n.path[0], 40 + SLOTS * 4 + i * 20 + 16, raw, 4);
	}
	for (int i = 0; i < SLOTS; i++)
		write_at(&b, n.path[0], 40 + i * 4, i % 2 ? "\0\0\0\x40" : "\x7f\xff\xff\xff", 4);
	for (int i = 0; i < b.sent; i++) {
		char id[20];
		snprintf(id, sizeof(id), "id%d", i);
		ck_assert_uint_le(look(&b, (struct store_query){ .key = lmi_span_str(id) }).count, 1);
	}
	bed_free(&b);
}
END_TEST

START_TEST(a_search_keeps_to_its_range_its_number_and_its_key)
{
	struct bed b = bed_new();
	send_n(&b, 100);
	struct got g = LOOK(&b, "common");
	ck_assert_uint_eq(g.count, 32);
	int64_t newest = g.pos[31];
	ck_assert_uint_eq(LOOK(&b, "common", .max = 1000).count, 64);
	g = LOOK(&b, "common", .max = 1);
	ck_assert_uint_eq(g.count, 1);
	ck_assert_int_eq(g.pos[0], newest);
	ck_assert_int_eq(g.last_pos, newest);
	ck_assert_int_ge(g.last_ms, RIG_START_MS);
	ck_assert_uint_eq(LOOK(&b, "common", .begin_ms = RIG_START_MS, .end_ms = RIG_START_MS, .max = 64).count, 10); /* to the second */
	ck_assert_uint_eq(LOOK(&b, "common", .end_ms = RIG_START_MS - 1).count, 0);
	ck_assert_uint_eq(LOOK(&b, "common", .begin_ms = RIG_START_MS + 3600000).count, 0);
	ck_assert_uint_eq(LOOK(&b, "T1", .by_tag = true, .max = 64).count, 33);
	ck_assert_uint_eq(LOOK(&b, "T1").count, 0);
	ck_assert_uint_eq(LOOK(&b, "common", .topic = LMI_SPAN_LIT("Other")).count, 0);
	ck_assert_uint_eq(LOOK(&b, "comm").count, 0);
	ck_assert_uint_ge(LOOK(&b, "common", .max_bytes = 1).count, 1);
	struct store_query none = { .topic = LMI_SPAN_LIT("T"), .key = LMI_SPAN_LIT("k"), .max = -1 };
	ck_assert_int_eq(store_query(b.r->store, &none, on_got, &g), -LMQ_EILLEGAL);
	bed_free(&b);
}
END_TEST

START_TEST(keys_with_equal_hashes_are_told_apart)
{
	struct bed b = bed_new();
	struct store_ticket one = put(&b, "Topic", "KEYS\1Aa\2", 0), two = put(&b, "Topic", "KEYS\1BB\2", 0);
	store_turn_end(b.r->store);
	struct got g = LOOK(&b, "Aa");
	ck_assert_uint_eq(g.count, 1);
	ck_assert_int_eq(g.pos[0], one.log_pos);
	ck_assert_int_eq(rig_close(b.r), 0);
	rig_must_open(b.r);
	g = LOOK(&b, "BB");
	ck_assert_uint_eq(g.count, 1);
	ck_assert_int_eq(g.pos[0], two.log_pos);
	bed_free(&b);
}
END_TEST

START_TEST(rolled_back_messages_have_no_keys_and_prepared_ones_do)
{
	struct bed b = bed_new();
	put(&b, "Topic", "KEYS\1a\2", LMI_SYSFLAG_ROLLBACK);
	put(&b, "Topic", "KEYS\1b\2", LMI_SYSFLAG_PREPARED);
	put(&b, "Topic", "KEYS\1c\2", LMI_SYSFLAG_COMMIT);
	store_turn_end(b.r->store);
	ck_assert_uint_eq(LOOK(&b, "a").count, 0);
	ck_assert_uint_eq(LOOK(&b, "b").count, 1);
	ck_assert_uint_eq(LOOK(&b, "c").count, 1);
	bed_free(&b);
}
END_TEST

START_TEST(what_is_being_written_is_found_once)
{
	struct bed b = bed_new();
	b.r->cfg.executor = &b.r->later.executor;
	ck_assert_int_eq(rig_close(b.r), 0);
	rig_must_open(b.r);
	send_n(&b, 20);
	for (int i = 0; i < 12; i++)
		rig_pass(b.r, 1000);
	while (rig_run_one(&b.r->later)) /* written, and not taken over yet */
		;
	send_n(&b, 10);
	struct got g = { .err = -1 };
	struct store_query q = { .topic = LMI_SPAN_LIT("Topic"), .key = LMI_SPAN_LIT("common"), .max = 64, .end_ms = INT64_MAX,
				 .max_bytes = 1 << 20 };
	ck_assert_int_eq(store_query(b.r->store, &q, on_got, &g), 0);
	while (g.err == -1)
		RIG_CHECK(rig_run_one(&b.r->later) || rig_done_one(&b.r->later));
	ck_assert_uint_eq(g.count, 30);
	check_found(&b);
	bed_free(&b);
}
END_TEST

START_TEST(a_full_disk_is_waited_out_and_nothing_is_put_twice)
{
	for (uint64_t nth = 1; nth < 60; nth++) {
		struct bed b = bed_new();
		send_n(&b, 20);
		enum disk_crash_call kind = nth % 2 ? DISK_CRASH_WRITE : DISK_CRASH_SET_SIZE;
		disk_crash_fail(b.r->crash, kind, nth / 2 + 1, -ENOSPC, false);
		for (int i = 0; i < 25; i++)
			rig_pass(b.r, 1000);
		disk_crash_fail(b.r->crash, kind, 0, 0, false);
		ck_assert_uint_eq(b.r->readonly, 0);
		check_found(&b);
		send_n(&b, 20);
		ck_assert_int_eq(rig_close(b.r), 0);
		check_files(&b);
		bed_free(&b);
	}
}
END_TEST

START_TEST(only_so_many_queries_wait)
{
	struct bed b = bed_new();
	struct got g[300];
	int taken = 0, err = 0;
	b.r->cfg.executor = &b.r->later.executor;
	ck_assert_int_eq(rig_close(b.r), 0);
	rig_must_open(b.r);
	struct store_query q = { .topic = LMI_SPAN_LIT("Topic"), .key = LMI_SPAN_LIT("k"), .max = 1 };
	while (taken < 300 && !(err = store_query(b.r->store, &q, on_got, &g[taken])))
		taken++;
	ck_assert_int_eq(err, -LMQ_EFULL);
	ck_assert_int_ge(taken, 200);
	rig_run_all(&b.r->later);
	for (int i = 0; i < taken; i++)
		ck_assert_int_eq(g[i].err, 0);
	bed_free(&b);
}
END_TEST

START_TEST(names_and_hashes_are_java_s)
{
	int64_t name;
	ck_assert_int_eq(key_index_name_parse("20251125101122333", &name), 0);
	ck_assert_int_eq(name, 20251125101122333);
	ck_assert_int_eq(key_index_name_parse("2025112510112233", &name), -LMQ_EMALFORMED);
	ck_assert_int_eq(key_index_name_parse("2025112510112233x", &name), -LMQ_EMALFORMED);
	ck_assert_uint_eq(key_index_hash(INT32_MIN), 0);
	ck_assert_uint_eq(key_index_hash(-5), 5);
	ck_assert_int_eq(key_index_seconds(0, 5000), 0);
	ck_assert_int_eq(key_index_seconds(6000, 5000), 0);
	ck_assert_int_eq(key_index_seconds(1, 1 + 1000ll * INT32_MAX + 5000), INT32_MAX);
	struct key_index_shape java = { .slots = 5000000, .entries = 20000000 };
	ck_assert_int_eq(key_index_file_bytes(&java), 420000040);
}
END_TEST

LMT_MAIN("key_index", names_and_hashes_are_java_s, files_are_what_java_makes_of_the_same_keys,
	 after_a_kill_and_after_a_power_cut_the_files_are_the_same, a_lost_folder_is_made_anew_and_said_so,
	 a_damaged_or_missing_file_is_made_anew_and_said_so, other_sizes_make_the_index_anew,
	 an_index_turned_on_late_is_made_of_the_whole_log, without_our_mark_a_crash_costs_the_files_after_the_checkpoint,
	 damaged_chains_never_loop, a_search_keeps_to_its_range_its_number_and_its_key, keys_with_equal_hashes_are_told_apart,
	 rolled_back_messages_have_no_keys_and_prepared_ones_do, what_is_being_written_is_found_once,
	 a_full_disk_is_waited_out_and_nothing_is_put_twice, only_so_many_queries_wait)

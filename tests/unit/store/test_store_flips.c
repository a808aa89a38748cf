/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: one bit flipped anywhere in a stopped store makes it serve no wrong message and no wrong position, ends in no crash,
 * loses at most the messages that it hit, says so, and gives no position out again.
 * Shown: 2,000 random flips over all files; LIGHTMQ_BUDGET multiplies them.  What the format protects by nothing (properties
 * and times in a record) is not looked at.
 */
#include "tests/unit/store/store_rig.h"

#define FLIPS LMT_ROUNDS(2000)
#define LOST_MAX 1

struct file {
	char path[128];
	int64_t bytes;
};

/* What was done, for the failures' text. */
static char flipped[256];

struct files {
	struct disk *disk;
	const char *folder;
	struct file v[64];
	size_t count;
};

static int add_file(void *ctx, const char *name)
{
	struct files *fs = ctx;
	struct file *f = &fs->v[fs->count];
	struct disk_stat st;
	RIG_CHECK(fs->count < 64);
	snprintf(f->path, sizeof(f->path), "%s%s%s", fs->folder, *fs->folder ? "/" : "", name);
	RIG_CHECK(fs->disk->ops->stat(fs->disk, f->path, &st) == 0);
	if (st.is_folder) {
		char folder[128];
		snprintf(folder, sizeof(folder), "%s", f->path);
		const char *up = fs->folder;
		fs->folder = folder;
		int err = fs->disk->ops->list(fs->disk, folder, add_file, fs);
		fs->folder = up;
		return err;
	}
	f->bytes = st.bytes;
	fs->count += st.bytes > 0;
	return 0;
}

static bool same_message(const struct rig_message *m, const struct lmi_record *rec)
{
	uint8_t body[RIG_BODY_MAX];
	rig_body(m->seed, body, m->body_bytes);
	return lmi_span_eq(rec->body, lmi_span(body, m->body_bytes)) && rec->queue_pos == m->ticket.queue_pos &&
	       rec->queue_id == rig_queue_id(m->queue) && lmi_span_is(rec->topic, rig_topic(m->queue));
}

/** Pull everything; how many of the model's messages did not come. */
static size_t serve(struct rig *r)
{
	static uint8_t raw[65536];
	struct store_get *g = calloc(1, sizeof(*g));
	size_t served = 0, queued = 0;
	for (int q = 0; q < RIG_QUEUES; q++) {
		struct store_bounds b;
		g->topic = lmi_span_str(rig_topic(q));
		g->queue_id = rig_queue_id(q);
		g->max_messages = 32;
		store_queue_bounds(r->store, g->topic, g->queue_id, &b);
		for (g->queue_pos = b.min_pos; g->queue_pos < b.max_pos; g->queue_pos = g->next_pos) {
			RIG_CHECK(store_get(r->store, g) == 0);
			for (size_t i = 0; i < g->count; i++) {
				struct lmi_record rec;
				size_t m = 0;
				if (store_read_got(r->store, g, i, raw, true) != 0)
					continue;
				RIG_CHECK(lmi_record_decode(lmi_span(raw, (size_t)g->extents[i].bytes), &rec) == 0);
				while (m < r->count && !same_message(&r->messages[m], &rec))
					m++;
				if (m == r->count)
					ck_abort_msg("%s: what nobody sent at %lld", flipped, (long long)rec.log_pos);
				served++;
			}
			RIG_CHECK(g->next_pos > g->queue_pos);
		}
	}
	free(g);
	for (size_t i = 0; i < r->count; i++)
		queued += r->messages[i].queued;
	RIG_CHECK(served <= queued);
	return queued - served;
}

static void positions_stay_taken(struct rig *r)
{
	for (int q = 0; q < RIG_QUEUES; q++) {
		int64_t end = rig_queue_end(r, q);
		RIG_CHECK(rig_append(r, q) == 0);
		RIG_CHECK(r->messages[r->count - 1].ticket.queue_pos >= end);
	}
	store_turn_end(r->store);
}

/** Where in a file: mostly where its data are. */
static int64_t pick_byte(struct lmi_rng *rng, const struct file *f)
{
	int64_t within = lmi_rng_below(rng, 4) && f->bytes > 400 ? 400 : f->bytes;
	if (strncmp(f->path, "commitlog", 9) == 0 && lmi_rng_below(rng, 4))
		within = 8000;
	return (int64_t)lmi_rng_below(rng, (uint64_t)(within < f->bytes ? within : f->bytes));
}

static void one_flip(uint64_t seed, size_t *out_lost)
{
	struct lmi_rng_seeded rng;
	struct rig *r = rig_new(STORE_SYNC_FLUSH);
	struct files fs = { .disk = r->disk, .folder = "" };
	lmi_rng_seeded_init(&rng, seed);
	rig_must_open(r);
	for (int i = 0; i < 40; i++) {
		RIG_CHECK(rig_append_n(r, (int)lmi_rng_below(&rng.rng, RIG_QUEUES), 1, 100, 0) == 0);
		store_turn_end(r->store);
		rig_pass(r, 1000);
	}
	RIG_CHECK(rig_close(r) == 0);
	RIG_CHECK(r->disk->ops->list(r->disk, ".", add_file, &fs) == 0);
	const struct file *f = &fs.v[lmi_rng_below(&rng.rng, fs.count)];
	int64_t at = pick_byte(&rng.rng, f);
	RIG_CHECK(disk_crash_flip(r->crash, f->path, at, (uint8_t)(1u << lmi_rng_below(&rng.rng, 8))) == 0);
	snprintf(flipped, sizeof(flipped), "seed %llu: %s at %lld", (unsigned long long)seed, f->path, (long long)at);
	r->findings = 0;
	int err = rig_open(r);
	if (err)
		ck_abort_msg("%s: refused: %s", flipped, r->why);
	size_t lost = serve(r);
	if (lost > LOST_MAX || (lost && !r->findings))
		ck_abort_msg("%s: %zu lost, %llu findings", flipped, lost, (unsigned long long)r->findings);
	positions_stay_taken(r);
	RIG_CHECK(rig_close(r) == 0);
	rig_must_open(r);
	RIG_CHECK(serve(r) <= lost);
	*out_lost += lost;
	rig_free(r);
}

START_TEST(a_flipped_bit_anywhere_serves_nothing_wrong_and_loses_nothing_silently)
{
	uint64_t n = FLIPS * rig_env("LIGHTMQ_BUDGET", 1), one = rig_env("LIGHTMQ_SEED", 0);
	size_t lost = 0;
	for (uint64_t seed = one ? one : 1; seed <= (one ? one : n); seed++)
		one_flip(seed, &lost);
	ck_assert(one || lost > 0); /* some hit a message */
	fprintf(stderr, "# %llu flips, %zu messages lost, each told\n", (unsigned long long)n, lost);
}
END_TEST

LMT_MAIN("store_flips", a_flipped_bit_anywhere_serves_nothing_wrong_and_loses_nothing_silently)

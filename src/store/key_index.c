/* SPDX-License-Identifier: Apache-2.0 */
#include "store/key_index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "wire/props.h"

#define RUN_FIRST 1024
/* Rule: MessageConst.INDEX_TAG_TYPE. */
#define TAG_MARK "T#"

void key_index_init(struct key_index *ix, struct disk *d, bool enabled, const struct key_index_shape *shape)
{
	*ix = (struct key_index){ .disk = d, .enabled = enabled, .shape = *shape, .end_pos = -1 };
}

static void run_done(struct key_index_run *r)
{
	free(r->hash);
	free(r->log_pos);
	free(r->ms);
	*r = (struct key_index_run){ 0 };
}

static void batch_free(struct key_index_batch *b)
{
	if (!b)
		return;
	run_done(&b->keys);
	free(b->prev);
	free(b->files);
	free(b->expired);
	free(b);
}

void key_index_done(struct key_index *ix)
{
	run_done(&ix->tail);
	batch_free(ix->fly);
	free(ix->files);
	*ix = (struct key_index){ 0 };
}

/* ---- taking keys ---- */

static int run_reserve(struct key_index_run *r, size_t n)
{
	if (n <= r->cap)
		return 0;
	size_t cap = r->cap ? r->cap : RUN_FIRST;
	while (cap < n)
		cap *= 2;
	uint32_t *hash = realloc(r->hash, cap * sizeof(*hash));
	if (hash)
		r->hash = hash;
	int64_t *log_pos = realloc(r->log_pos, cap * sizeof(*log_pos));
	if (log_pos)
		r->log_pos = log_pos;
	int64_t *ms = realloc(r->ms, cap * sizeof(*ms));
	if (ms)
		r->ms = ms;
	if (!hash || !log_pos || !ms)
		return -ENOMEM;
	r->cap = cap;
	return 0;
}

int key_index_reserve(struct key_index *ix, size_t props_bytes)
{
	if (!ix->enabled)
		return 0;
	size_t most = props_bytes / 2 + 1; /* a key takes at least itself and what separates it */
	int err = run_reserve(&ix->tail, ix->tail.n + ix->reserved + most);
	if (!err)
		ix->reserved += most;
	return err;
}

/* What of a record's properties is indexed. */
struct keyed {
	struct lmi_span unique, keys, tags;
};

static struct keyed keyed_of(struct lmi_span props)
{
	struct keyed k = { 0 };
	struct lmi_span name, value;
	for (size_t at = 0; lmi_props_next(props, &at, &name, &value);) {
		if (name.n == sizeof(LMI_PROP_UNIQ_KEY) - 1 && lmi_span_is(name, LMI_PROP_UNIQ_KEY))
			k.unique = value;
		else if (name.n == sizeof(LMI_PROP_KEYS) - 1 && lmi_span_is(name, LMI_PROP_KEYS))
			k.keys = value;
		else if (name.n == sizeof(LMI_PROP_TAGS) - 1 && lmi_span_is(name, LMI_PROP_TAGS))
			k.tags = value;
	}
	return k;
}

static int32_t hash_of_topic(struct key_index *ix, struct lmi_span topic)
{
	if (ix->topic_bytes == topic.n && topic.n && memcmp(ix->topic, topic.p, topic.n) == 0)
		return ix->topic_hash;
	int32_t h = lmi_java_hash_on(lmi_java_hash(topic), LMI_SPAN_LIT("#"));
	if (topic.n <= sizeof(ix->topic)) {
		memcpy(ix->topic, topic.p, topic.n);
		ix->topic_bytes = topic.n;
		ix->topic_hash = h;
	}
	return h;
}

/* One record on its way in. */
struct adding {
	struct key_index *ix;
	int32_t topic_hash;
	int64_t log_pos, ms;
	size_t skip; /* of its first keys, as they are there */
};

static void add_key(struct adding *a, int32_t hash)
{
	struct key_index *ix = a->ix;
	struct key_index_run *r = &ix->tail;
	if (a->skip) {
		a->skip--;
		return;
	}
	assert(r->n < r->cap);
	r->hash[r->n] = key_index_hash(hash);
	r->log_pos[r->n] = a->log_pos;
	r->ms[r->n++] = a->ms;
	if (ix->end_pos != a->log_pos)
		ix->end_keys = 0;
	ix->end_keys++;
	ix->end_pos = a->log_pos;
	ix->end_ms = a->ms;
}

/** Rule: String.split by one blank, empty words are no keys. */
static void add_words(struct adding *a, struct lmi_span keys)
{
	const uint8_t *p = keys.p, *end = p + keys.n;
	while (p < end) {
		const uint8_t *blank = memchr(p, ' ', (size_t)(end - p));
		const uint8_t *stop = blank ? blank : end;
		if (stop > p)
			add_key(a, lmi_java_hash_on(a->topic_hash, lmi_span(p, (size_t)(stop - p))));
		p = stop + 1;
	}
}

/* Rule: IndexService.buildIndex. */
void key_index_add(struct key_index *ix, struct lmi_span topic, struct lmi_span props, int32_t sysflag, int64_t log_pos,
		   int64_t ms)
{
	if (!ix->enabled || log_pos < ix->end_pos || (sysflag & LMI_SYSFLAG_TRANSACTION_MASK) == LMI_SYSFLAG_ROLLBACK)
		return;
	struct keyed k = keyed_of(props);
	struct adding a = { .ix = ix, .topic_hash = hash_of_topic(ix, topic), .log_pos = log_pos, .ms = ms };
	a.skip = log_pos == ix->end_pos ? ix->end_keys : 0;
	if (k.unique.p)
		add_key(&a, lmi_java_hash_on(a.topic_hash, k.unique));
	if (k.keys.p)
		add_words(&a, k.keys);
	if (k.tags.p)
		add_key(&a, lmi_java_hash_on(lmi_java_hash_on(a.topic_hash, LMI_SPAN_LIT(TAG_MARK)), k.tags));
}

uint32_t key_index_hash_of(struct lmi_span topic, struct lmi_span key, bool by_tag)
{
	int32_t h = lmi_java_hash_on(lmi_java_hash(topic), LMI_SPAN_LIT("#"));
	if (by_tag)
		h = lmi_java_hash_on(h, LMI_SPAN_LIT(TAG_MARK));
	return key_index_hash(lmi_java_hash_on(h, key));
}

size_t key_index_buffered(const struct key_index *ix)
{
	return (ix->tail.n + (ix->fly ? ix->fly->keys.n : 0)) * KEY_INDEX_KEY_BYTES;
}

/* ---- batches ---- */

/** Local time as Java names files: UtilAll.timeMillisToHumanString. */
static int64_t name_of_time(int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;
	if (!localtime_r(&t, &tm))
		return 0;
	int64_t day = ((tm.tm_year + 1900) * 100ll + tm.tm_mon + 1) * 100 + tm.tm_mday;
	int64_t second = (tm.tm_hour * 100ll + tm.tm_min) * 100 + tm.tm_sec;
	return (day * 1000000 + second) * 1000 + wall_ms % 1000;
}

/** Rule: IndexService.deleteExpiredFile. */
static size_t count_expired(const struct key_index *ix, int64_t log_min)
{
	size_t n = 0;
	while (n + 1 < ix->count && ix->files[n].header.end_pos < log_min)
		n++;
	return n;
}

static int fill_batch(const struct key_index *ix, struct key_index_batch *b, size_t expired)
{
	b->cap = 4;
	b->files = calloc(b->cap, sizeof(*b->files));
	b->expired = calloc(expired + 1, sizeof(*b->expired));
	if (!b->files || !b->expired)
		return -ENOMEM;
	if (ix->count)
		b->files[b->count++] = ix->files[ix->count - 1];
	for (; b->expired_count < expired; b->expired_count++)
		b->expired[b->expired_count] = ix->files[b->expired_count].name;
	return 0;
}

struct key_index_reach key_index_reach(const struct key_index *ix)
{
	struct key_index_reach r = { 0 };
	for (size_t i = 0; i < ix->count; i++) {
		r.name = ix->files[i].name;
		r.count = ix->files[i].header.count;
		if (r.count >= ix->shape.entries)
			r.full_ms = ix->files[i].header.end_ms;
	}
	return r;
}

static struct key_index_batch *batch_new(struct key_index *ix, int64_t wall_ms, int64_t log_min)
{
	size_t expired = count_expired(ix, log_min);
	struct key_index_batch *b = ix->tail.n || expired ? calloc(1, sizeof(*b)) : NULL;
	if (!b)
		return NULL;
	if (fill_batch(ix, b, expired)) {
		batch_free(b);
		return NULL;
	}
	b->disk = ix->disk;
	b->shape = ix->shape;
	b->now_name = name_of_time(wall_ms);
	b->reach = key_index_reach(ix);
	b->keys = ix->tail;
	ix->tail = (struct key_index_run){ 0 };
	return b;
}

struct key_index_batch *key_index_collect(struct key_index *ix, int64_t wall_ms, int64_t log_min, bool *out_missed)
{
	if (!ix->enabled)
		return NULL;
	assert(!ix->flying);
	ix->reserved = 0; /* no turn is open */
	if (!ix->fly)
		ix->fly = batch_new(ix, wall_ms, log_min);
	if (ix->tail.n)
		*out_missed = true;
	if (ix->fly) {
		ix->flying = true;
		ix->fly->err = 0;
	}
	return ix->fly;
}

/** The list of files as the batch left it.  Its memory was reserved before anything was written. */
static void take_over(struct key_index *ix, const struct key_index_batch *b)
{
	size_t kept = ix->count ? ix->count - 1 : 0; /* the batch's first file is our last */
	if (kept + b->count > ix->cap) {
		struct key_index_info *grown = realloc(ix->files, (kept + b->count + 16) * sizeof(*grown));
		assert(grown); /* some hundred bytes; without them files would be forgotten */
		ix->files = grown;
		ix->cap = kept + b->count + 16;
	}
	if (b->count) /* memcpy takes no NULL */
		memcpy(ix->files + kept, b->files, b->count * sizeof(*b->files));
	ix->count = kept + b->count;
	memmove(ix->files, ix->files + b->expired_count, (ix->count - b->expired_count) * sizeof(*ix->files));
	ix->count -= b->expired_count;
}

void key_index_settle(struct key_index *ix, struct key_index_batch *b)
{
	assert(b == ix->fly && ix->flying);
	ix->flying = false;
	if (b->err)
		return;
	take_over(ix, b);
	batch_free(b);
	ix->fly = NULL;
}

int key_index_flush(struct key_index *ix, int64_t wall_ms, int64_t log_min)
{
	for (;;) {
		bool missed = false;
		struct key_index_batch *b = key_index_collect(ix, wall_ms, log_min, &missed);
		if (!b)
			return missed ? -ENOMEM : 0;
		key_index_write(b);
		int err = b->err;
		key_index_settle(ix, b);
		if (err || !missed)
			return err;
	}
}

/* ---- finding ---- */

static void find_in(const struct key_index *ix, const struct key_index_run *r, struct key_index_find *q)
{
	const struct key_index_info *last = ix->count ? &ix->files[ix->count - 1] : NULL;
	for (size_t i = r->n; i-- > 0 && q->count < q->max;) {
		if (r->hash[i] != q->hash)
			continue;
		int64_t begin = last && last->header.count > 1 ? last->header.begin_ms : r->ms[i];
		if (key_index_in_range(q, begin, key_index_seconds(begin, r->ms[i])))
			key_index_found(q, r->log_pos[i]);
	}
}

void key_index_find_waiting(const struct key_index *ix, struct key_index_find *q)
{
	find_in(ix, &ix->tail, q);
	if (ix->fly)
		find_in(ix, &ix->fly->keys, q);
}

/** Rule: IndexFile.isTimeMatched, which asks whether the ranges overlap. */
static bool overlaps(const struct key_index_header *h, const struct key_index_find *q)
{
	return q->begin_ms <= h->end_ms && q->end_ms >= h->begin_ms;
}

int key_index_files_for(const struct key_index *ix, const struct key_index_find *q, struct key_index_info **out,
			size_t *out_count)
{
	*out = NULL;
	*out_count = 0;
	if (!ix->count || q->count >= q->max)
		return 0;
	struct key_index_info *files = calloc(ix->count, sizeof(*files));
	if (!files)
		return -ENOMEM;
	size_t n = 0;
	for (size_t i = ix->count; i-- > 0;) {
		if (ix->files[i].header.count > 1 && overlaps(&ix->files[i].header, q))
			files[n++] = ix->files[i];
		if (ix->files[i].header.begin_ms < q->begin_ms)
			break;
	}
	*out = files;
	*out_count = n;
	return 0;
}

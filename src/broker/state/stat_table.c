/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/stat_table.h"

#include <stdlib.h>

#include "rules/name.h"

#define KEY_MAX (2 + 2 * LMI_NAME_MAX)

enum { MINUTE_BUCKETS = 6, HOUR_BUCKETS = 6, DAY_BUCKETS = 24, BUCKETS_MAX = 25 };

/* One bucket more than the window has, which is being filled. */
static const struct {
	int64_t bucket_ms;
	int buckets, first;
} windows[STAT_WINDOWS] = {
	[STAT_MINUTE] = { 10000, MINUTE_BUCKETS + 1, 0 },
	[STAT_HOUR] = { 600000, HOUR_BUCKETS + 1, MINUTE_BUCKETS + 1 },
	[STAT_DAY] = { 3600000, DAY_BUCKETS + 1, MINUTE_BUCKETS + HOUR_BUCKETS + 2 },
};

#define BUCKETS (MINUTE_BUCKETS + HOUR_BUCKETS + DAY_BUCKETS + 3)

struct stat_bucket {
	uint32_t count, times;
	int64_t bytes;
};

struct stat_item {
	int64_t born_ms;
	int64_t count, bytes;
	int64_t newest[STAT_WINDOWS]; /* number of the newest bucket since 1970 */
	struct stat_bucket buckets[BUCKETS];
};

static struct stat_bucket *bucket(struct stat_item *it, enum stat_window w, int64_t number)
{
	return &it->buckets[windows[w].first + (int)(number % windows[w].buckets)];
}

/* Buckets between the newest and now are empty.  A clock that was set back counts into the newest. */
static void grow_old(struct stat_item *it, int64_t now_ms)
{
	for (int w = 0; w < STAT_WINDOWS; w++) {
		int64_t now = now_ms / windows[w].bucket_ms, first = now - windows[w].buckets + 1;
		if (first < it->newest[w] + 1)
			first = it->newest[w] + 1;
		for (int64_t i = first; i <= now; i++)
			*bucket(it, (enum stat_window)w, i) = (struct stat_bucket){ 0 };
		if (now > it->newest[w])
			it->newest[w] = now;
	}
}

static struct lmi_span key_text(const struct stat_key *k, uint8_t text[KEY_MAX])
{
	size_t n = 0;
	if (k->topic.n + k->group.n + 2 > KEY_MAX)
		return LMI_SPAN_NULL;
	text[n++] = (uint8_t)('a' + (int)k->kind);
	memcpy(text + n, k->topic.p, k->topic.n);
	n += k->topic.n;
	text[n++] = '@'; /* in no name of a topic */
	if (k->group.n)
		memcpy(text + n, k->group.p, k->group.n);
	return lmi_span(text, n + k->group.n);
}

static struct stat_item *item(struct stat_table *t, struct lmi_span key, int64_t now_ms)
{
	struct stat_item *it = lmi_map_get(&t->map, key);
	if (it || lmi_map_count(&t->map) >= STAT_ITEMS_MAX)
		return it;
	it = calloc(1, sizeof(*it));
	if (!it)
		return NULL;
	it->born_ms = now_ms;
	if (lmi_map_put(&t->map, key, it, NULL)) {
		free(it);
		return NULL;
	}
	return it;
}

void stat_add(struct stat_table *t, const struct stat_key *k, int64_t count, int64_t bytes, int64_t now_ms)
{
	uint8_t text[KEY_MAX];
	struct lmi_span key = key_text(k, text);
	struct stat_item *it = key.n ? item(t, key, now_ms) : NULL;
	if (!it)
		return;
	grow_old(it, now_ms);
	it->count += count;
	it->bytes += bytes;
	for (int w = 0; w < STAT_WINDOWS; w++) {
		struct stat_bucket *b = bucket(it, (enum stat_window)w, it->newest[w]);
		b->count += (uint32_t)count;
		b->bytes += bytes;
		b->times++;
	}
}

/* The window begins with a whole bucket, but not before the item. */
static int64_t covered_ms(const struct stat_item *it, enum stat_window w, int64_t now_ms)
{
	int64_t from = (now_ms / windows[w].bucket_ms - windows[w].buckets + 1) * windows[w].bucket_ms;
	int64_t ms = now_ms - (from > it->born_ms ? from : it->born_ms);
	return ms > 0 ? ms : 1;
}

bool stat_sum(const struct stat_table *t, const struct stat_key *k, enum stat_window w, int64_t now_ms, struct stat_sum *out)
{
	uint8_t text[KEY_MAX];
	struct lmi_span key = key_text(k, text);
	struct stat_item *it = key.n ? lmi_map_get(&t->map, key) : NULL;
	*out = (struct stat_sum){ .ms = 1 };
	if (!it)
		return false;
	grow_old(it, now_ms);
	out->ms = covered_ms(it, w, now_ms);
	for (int i = 0; i < windows[w].buckets; i++) {
		const struct stat_bucket *b = &it->buckets[windows[w].first + i];
		out->count += b->count;
		out->bytes += b->bytes;
		out->times += b->times;
	}
	return true;
}

double stat_rate(int64_t amount, const struct stat_sum *sum)
{
	return sum->ms < 1000 ? (double)amount : (double)amount * 1000 / (double)sum->ms;
}

bool stat_next(const struct stat_table *t, size_t *iter, struct stat_total *out)
{
	struct lmi_span key;
	void *value;
	if (!lmi_map_next(&t->map, iter, &key, &value))
		return false;
	const struct stat_item *it = value;
	const uint8_t *at = memchr(key.p + 1, '@', key.n - 1);
	out->key.kind = (enum stat_kind)(key.p[0] - 'a');
	out->key.topic = lmi_span(key.p + 1, (size_t)(at - key.p) - 1);
	out->key.group = lmi_span(at + 1, key.n - out->key.topic.n - 2);
	out->count = it->count;
	out->bytes = it->bytes;
	return true;
}

void stat_drop_topic(struct stat_table *t, struct lmi_span topic)
{
	struct lmi_span key;
	for (size_t i = 0; lmi_map_next(&t->map, &i, &key, NULL);)
		if (key.n > topic.n + 1 && key.p[topic.n + 1] == '@' && memcmp(key.p + 1, topic.p, topic.n) == 0)
			free(lmi_map_del(&t->map, key));
}

static bool is_idle(struct stat_item *it, int64_t now_ms)
{
	grow_old(it, now_ms);
	for (int i = 0; i < windows[STAT_DAY].buckets; i++)
		if (it->buckets[windows[STAT_DAY].first + i].times)
			return false;
	return true;
}

void stat_table_tick(struct stat_table *t, int64_t now_ms)
{
	struct lmi_span key;
	void *it;
	if (now_ms < t->clean_ms && t->clean_ms - now_ms <= STAT_CLEAN_MS)
		return;
	t->clean_ms = now_ms + STAT_CLEAN_MS;
	for (size_t i = 0; lmi_map_next(&t->map, &i, &key, &it);)
		if (is_idle(it, now_ms))
			free(lmi_map_del(&t->map, key));
}

void stat_table_done(struct stat_table *t)
{
	lmi_map_done(&t->map, free);
}

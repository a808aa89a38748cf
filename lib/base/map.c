/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>

#define MAP_MIN 16u

/* Key of a slot whose entry was removed: probing goes on behind it. */
static uint8_t removed_key;

void lmi_map_done(struct lmi_map *m, void (*free_value)(void *))
{
	for (size_t i = 0; i < m->cap; i++) {
		if (!m->slots[i].live)
			continue;
		if (free_value)
			free_value(m->slots[i].value);
		free(m->slots[i].key);
	}
	free(m->slots);
	*m = (struct lmi_map){ 0 };
}

static struct lmi_map_slot *find(const struct lmi_map *m, struct lmi_span key, uint64_t hash)
{
	size_t mask = m->cap - 1;

	if (m->cap == 0)
		return NULL;
	for (size_t i = hash & mask; m->slots[i].key; i = (i + 1) & mask) {
		struct lmi_map_slot *s = &m->slots[i];

		if (s->live && s->hash == hash && lmi_span_eq(lmi_span(s->key, s->key_len), key))
			return s;
	}
	return NULL;
}

void *lmi_map_get(const struct lmi_map *m, struct lmi_span key)
{
	struct lmi_map_slot *s = find(m, key, lmi_hash64(key.p, key.n));

	return s ? s->value : NULL;
}

/* The first slot on the key's way that may be filled. */
static struct lmi_map_slot *free_slot(struct lmi_map_slot *slots, size_t cap, uint64_t hash)
{
	size_t i = hash & (cap - 1);

	while (slots[i].live)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

/* Into fresh memory, at most half full and without removed slots. */
static int rehash(struct lmi_map *m)
{
	size_t cap = MAP_MIN;
	struct lmi_map_slot *slots;

	while (cap < (m->live + 1) * 2)
		cap *= 2;
	slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].live)
			*free_slot(slots, cap, m->slots[i].hash) = m->slots[i];
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
	m->used = m->live;
	return 0;
}

int lmi_map_put(struct lmi_map *m, struct lmi_span key, void *value, void **out_old)
{
	uint64_t hash = lmi_hash64(key.p, key.n);
	struct lmi_map_slot *s = find(m, key, hash);
	uint8_t *copy;

	if (out_old)
		*out_old = s ? s->value : NULL;
	if (s) {
		s->value = value;
		return 0;
	}
	if (key.n > UINT32_MAX)
		return -ENOMEM;
	copy = malloc(key.n ? key.n : 1);
	if (!copy || ((m->used + 1) * 4 > m->cap * 3 && rehash(m) < 0)) {
		free(copy);
		return -ENOMEM;
	}
	if (key.n > 0)
		memcpy(copy, key.p, key.n);
	s = free_slot(m->slots, m->cap, hash);
	m->used += s->key == NULL;
	m->live++;
	*s = (struct lmi_map_slot){ hash, copy, (uint32_t)key.n, true, value };
	return 0;
}

void *lmi_map_del(struct lmi_map *m, struct lmi_span key)
{
	struct lmi_map_slot *s = find(m, key, lmi_hash64(key.p, key.n));
	void *value;

	if (!s)
		return NULL;
	value = s->value;
	free(s->key);
	*s = (struct lmi_map_slot){ .key = &removed_key };
	m->live--;
	return value;
}

bool lmi_map_next(const struct lmi_map *m, size_t *iter, struct lmi_span *out_key, void **out_value)
{
	for (; *iter < m->cap; ++*iter) {
		const struct lmi_map_slot *s = &m->slots[*iter];

		if (!s->live)
			continue;
		if (out_key)
			*out_key = lmi_span(s->key, s->key_len);
		if (out_value)
			*out_value = s->value;
		++*iter;
		return true;
	}
	return false;
}

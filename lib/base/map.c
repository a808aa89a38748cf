/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>

#define CAP_MIN 16u

static size_t probe(const struct lmi_map *m, uint64_t hash, struct lmi_span key)
{
	size_t mask = m->cap - 1, i = hash & mask;

	for (;; i = (i + 1) & mask) {
		const struct lmi_map_slot *s = &m->slots[i];

		if (!s->key && !s->live && s->hash == 0)
			return SIZE_MAX; /* never used: the chain ends */
		if (s->live && s->hash == hash && s->key_len == key.n && memcmp(s->key, key.p ? key.p : s->key, key.n) == 0)
			return i;
	}
}

static uint64_t hash_of(struct lmi_span key)
{
	uint64_t h = lmi_hash64(key.p, key.n);

	return h ? h : 1; /* 0 marks a slot that was never used */
}

void lmi_map_done(struct lmi_map *m, void (*free_value)(void *))
{
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].live) {
			if (free_value)
				free_value(m->slots[i].value);
			free(m->slots[i].key);
		}
	free(m->slots);
	*m = (struct lmi_map){ 0 };
}

void *lmi_map_get(const struct lmi_map *m, struct lmi_span key)
{
	size_t i;

	if (!m->live)
		return NULL;
	i = probe(m, hash_of(key), key);
	return i == SIZE_MAX ? NULL : m->slots[i].value;
}

static void place(struct lmi_map *m, const struct lmi_map_slot *s)
{
	size_t mask = m->cap - 1, i = s->hash & mask;

	while (m->slots[i].hash)
		i = (i + 1) & mask;
	m->slots[i] = *s;
	m->used++;
	m->live++;
}

static int rehash(struct lmi_map *m, size_t cap)
{
	struct lmi_map n = { .cap = cap };

	n.slots = calloc(cap, sizeof(*n.slots));
	if (!n.slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].live)
			place(&n, &m->slots[i]);
	free(m->slots);
	*m = n;
	return 0;
}

int lmi_map_put(struct lmi_map *m, struct lmi_span key, void *value, void **out_old)
{
	struct lmi_map_slot s = { .hash = hash_of(key), .key_len = (uint32_t)key.n, .live = true, .value = value };
	size_t i = m->cap ? probe(m, s.hash, key) : SIZE_MAX;
	int r;

	if (i != SIZE_MAX) {
		if (out_old)
			*out_old = m->slots[i].value;
		m->slots[i].value = value;
		return 0;
	}
	if (key.n > UINT32_MAX)
		return -EINVAL;
	if ((m->used + 1) * 4 > m->cap * 3) { /* at most three quarters in use, dead ones counted */
		size_t cap = m->cap ? m->cap : CAP_MIN;

		while ((m->live + 1) * 2 > cap)
			cap *= 2;
		r = rehash(m, cap);
		if (r < 0)
			return r;
	}
	s.key = malloc(key.n ? key.n : 1);
	if (!s.key)
		return -ENOMEM;
	if (key.n)
		memcpy(s.key, key.p, key.n);
	place(m, &s);
	if (out_old)
		*out_old = NULL;
	return 0;
}

void *lmi_map_del(struct lmi_map *m, struct lmi_span key)
{
	size_t i = m->live ? probe(m, hash_of(key), key) : SIZE_MAX;
	void *v;

	if (i == SIZE_MAX)
		return NULL;
	v = m->slots[i].value;
	free(m->slots[i].key);
	m->slots[i].key = NULL;
	m->slots[i].live = false; /* hash stays: the chain goes on over it */
	m->slots[i].value = NULL;
	m->live--;
	return v;
}

bool lmi_map_next(const struct lmi_map *m, size_t *iter, struct lmi_span *out_key, void **out_value)
{
	for (; *iter < m->cap; (*iter)++) {
		const struct lmi_map_slot *s = &m->slots[*iter];

		if (!s->live)
			continue;
		if (out_key)
			*out_key = lmi_span(s->key, s->key_len);
		if (out_value)
			*out_value = s->value;
		(*iter)++;
		return true;
	}
	return false;
}

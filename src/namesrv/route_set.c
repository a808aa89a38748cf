/* SPDX-License-Identifier: Apache-2.0 */
#include "namesrv/route_set.h"

#include <stdlib.h>

#define SET_MIN 8u

void route_set_done(struct route_set *s)
{
	free(s->slots);
	*s = (struct route_set){ .moves = s->moves + 1 };
}

void route_set_reserve(struct route_set *s, size_t n)
{
	size_t cap = SET_MIN;

	while (cap - cap / 4 < n)
		cap *= 2;
	if (s->cap || n < SET_MIN)
		return;
	s->slots = calloc(cap, sizeof(*s->slots));
	s->cap = s->slots ? cap : 0;
}

struct route_slot *route_set_find(const struct route_set *s, uint32_t hash, struct lmi_span name)
{
	if (s->count == 0)
		return NULL;
	for (size_t i = hash & (s->cap - 1); s->slots[i].topic; i = (i + 1) & (s->cap - 1))
		if (s->slots[i].hash == hash && lmi_span_eq(route_topic_name(s->slots[i].topic), name))
			return &s->slots[i];
	return NULL;
}

static struct route_slot *free_slot(struct route_slot *slots, size_t cap, uint32_t hash)
{
	size_t i = hash & (cap - 1);

	while (slots[i].topic)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

/* Filled to three quarters at most. */
static bool make_room(struct route_set *s)
{
	size_t cap = s->cap ? s->cap * 2 : SET_MIN;
	struct route_slot *slots;

	if (s->cap && s->count < s->cap - s->cap / 4)
		return true;
	slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i].topic)
			*free_slot(slots, cap, s->slots[i].hash) = s->slots[i];
	free(s->slots);
	s->slots = slots;
	s->cap = cap;
	s->moves++;
	return true;
}

struct route_slot *route_set_add(struct route_set *s, struct route_topic *topic, uint32_t hash)
{
	struct route_slot *slot;

	if (!make_room(s))
		return NULL;
	slot = free_slot(s->slots, s->cap, hash);
	*slot = (struct route_slot){ .topic = topic, .hash = hash };
	s->count++;
	return slot;
}

void route_set_del(struct route_set *s, struct route_slot *slot)
{
	size_t mask = s->cap - 1, hole = (size_t)(slot - s->slots);

	/* Whoever stands behind the hole and would have preferred it, or a place before it, moves up. */
	for (size_t i = (hole + 1) & mask; s->slots[i].topic; i = (i + 1) & mask) {
		size_t home = s->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		s->slots[hole] = s->slots[i];
		hole = i;
	}
	s->slots[hole] = (struct route_slot){ 0 };
	s->moves++;
	if (--s->count == 0)
		route_set_done(s);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/client_table.h"

/* FNV-1a; whoever makes two subscriptions collide only hides a warning from himself. */
static uint64_t mix(uint64_t h, struct lmi_span s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 1099511628211u;
	return (h ^ 0xff) * 1099511628211u;
}

/* In whatever order; what a client adds for its retries is its group's in any case. */
void client_differ_heard(struct client_member *m, const struct lmi_subscription *subs, size_t n)
{
	uint64_t sum = 0;
	if (!m)
		return;
	for (size_t i = 0; i < n; i++) {
		uint64_t h = mix(14695981039346656037u, subs[i].topic);
		if (subs[i].topic.n > 7 && memcmp(subs[i].topic.p, "%RETRY%", 7) == 0)
			continue;
		h = mix(h, subs[i].expression);
		sum += mix(h, lmi_tags_is_tag_type(subs[i].expression_type) ? LMI_SPAN_NULL : subs[i].expression_type);
	}
	sum = sum ? sum : 1;
	m->subs_new = m->subs_new || m->subs_hash != sum;
	m->subs_hash = sum;
}

static const struct client_member *other_than(const struct client_member *m)
{
	const struct client_group *g = m->group;
	for (struct lmi_list *it = g->members.next; it != &g->members; it = it->next) {
		const struct client_member *o = client_member_at(it);
		if (m->subs_hash && o->subs_hash && o->subs_hash != m->subs_hash &&
		    !lmi_span_eq(client_member_id(o), client_member_id(m)))
			return o;
	}
	return NULL;
}

/* Any two that differ. */
static bool pair_of(const struct client_group *g, const struct client_member **out_a, const struct client_member **out_b)
{
	const struct client_member *first = NULL, *o;
	for (struct lmi_list *it = g->members.next; it != &g->members && !first; it = it->next)
		first = client_member_at(it)->subs_hash ? client_member_at(it) : NULL;
	o = first ? other_than(first) : NULL;
	if (!o)
		return false;
	*out_a = first;
	*out_b = o;
	return true;
}

enum client_differ_news client_differ_check(struct client_table *t, struct client_member *m,
					    const struct client_member **out_other)
{
	struct client_group *g = m->group;
	const struct client_member *a, *b, *other;
	if (!g->differs) {
		other = m->subs_new ? other_than(m) : NULL;
		m->subs_new = false;
		if (!other)
			return CLIENT_DIFFER_SAME;
		g->differs = true;
		t->differing++;
		*out_other = other;
		return CLIENT_DIFFER_FOUND;
	}
	if (pair_of(g, &a, &b))
		return CLIENT_DIFFER_SAME;
	g->differs = false;
	t->differing--;
	return CLIENT_DIFFER_OVER;
}

bool client_differ_first(const struct client_table *t, const struct client_member **out_a, const struct client_member **out_b)
{
	void *value;
	struct lmi_span key;
	for (size_t i = 0; t->differing && lmi_map_next(&t->consumers, &i, &key, &value);)
		if (((struct client_group *)value)->differs && pair_of(value, out_a, out_b))
			return true;
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations by what has changed. */
#include <errno.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"

/* The only broker of a connection. */
static int of_conn(struct route_table *t, uint64_t conn_id, struct route_member **out_member, struct route_addr **out_addr)
{
	struct route_conn *c = route_conn_get(t, conn_id);

	if (!c || c->count != 1)
		return -LMQ_ENOTFOUND;
	*out_member = c->members[0];
	for (size_t i = 0; i < c->members[0]->addr_count; i++)
		if (c->members[0]->addrs[i].conn_id == conn_id) {
			*out_addr = &c->members[0]->addrs[i];
			return 0;
		}
	return -LMQ_ENOTFOUND;
}

int route_table_digest(struct route_table *t, const struct route_registration *r, uint64_t conn_id, const struct lmi_sync_digest *d,
		       int64_t now_ms, struct route_registered *out, bool *out_changed, size_t *out_topics)
{
	struct route_member *m;
	struct route_addr *a;
	int err;

	*out = (struct route_registered){ 0 };
	*out_changed = false;
	*out_topics = 0;
	err = r ? route_settle(t, r, &d->version, now_ms, &m, &a, out) : of_conn(t, conn_id, &m, &a);
	if (err < 0 || out->ignored)
		return err;
	a->last_ms = now_ms;
	if (!route_gives_topics(m, a, m->acting_master ? 1 : r ? r->acting_master : -1)) {
		a->version = d->version;
		return 0;
	}
	*out_topics = route_member_announced(m);
	*out_changed = m->digest != d->digest || *out_topics != d->topics;
	if (!*out_changed)
		a->version = d->version;
	return 0;
}

int route_table_ranges_begin(struct route_table *t, uint64_t conn_id, unsigned int bits, const uint8_t *digests, int64_t now_ms,
			     uint8_t *bitmap, struct route_task *k)
{
	struct route_member *m;
	struct route_addr *a;
	int err = of_conn(t, conn_id, &m, &a);

	*k = (struct route_task){ .kind = ROUTE_TASK_RANGES };
	if (err < 0)
		return err;
	a->last_ms = now_ms;
	k->mine = calloc((size_t)1 << bits, sizeof(*k->mine));
	if (!k->mine)
		return -ENOMEM;
	route_task_begin(t, k, ROUTE_TASK_RANGES, m, a);
	k->stage = ROUTE_STAGE_RANGES;
	k->bits = bits;
	k->theirs = digests;
	k->bitmap = bitmap;
	k->moves = m->topics.moves;
	return 0;
}

int route_table_ranges(struct route_table *t, uint64_t conn_id, unsigned int bits, const uint8_t *digests, int64_t now_ms,
		       uint8_t *bitmap)
{
	struct route_task k;
	int err = route_table_ranges_begin(t, conn_id, bits, digests, now_ms, bitmap, &k);

	if (err == 0)
		err = route_table_step(t, &k, SIZE_MAX);
	route_table_task_end(t, &k);
	return err;
}

static int begin(struct route_member *m, const struct lmi_sync_topics *s)
{
	uint8_t *copy = malloc(lmi_sync_bitmap_bytes(s->bits));

	if (!copy)
		return -ENOMEM;
	memcpy(copy, s->bitmap, lmi_sync_bitmap_bytes(s->bits));
	free(m->sync_bitmap);
	m->sync_bitmap = copy;
	m->sync_bits = s->bits;
	route_member_next_stamp(m);
	return 0;
}

static int take(struct route_table *t, struct route_member *m, const struct lmi_sync_topics *s)
{
	struct lmi_span rest = s->rest, name;
	struct lmi_topic_config c;
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < s->puts; i++) {
		err = lmi_sync_next_put(&rest, &c);
		if (err == 0)
			err = route_member_put(t, m, &c, m->stamp ? m->stamp : route_member_next_stamp(m));
		if (err == -LMQ_EILLEGAL)
			err = 0; /* the digest will say that it is missing */
	}
	for (uint32_t i = 0; err == 0 && i < s->dels; i++) {
		struct route_slot *slot;

		err = lmi_sync_next_del(&rest, &name);
		slot = err == 0 ? route_set_find(&m->topics, route_hash(name), name) : NULL;
		if (slot)
			route_member_remove(t, m, slot);
	}
	return err;
}

int route_table_topics_begin(struct route_table *t, uint64_t conn_id, const struct lmi_sync_topics *s, int64_t now_ms,
			     struct route_task *k)
{
	struct route_member *m;
	struct route_addr *a;
	int err = of_conn(t, conn_id, &m, &a);

	*k = (struct route_task){ .kind = ROUTE_TASK_SYNC };
	if (err < 0)
		return err;
	a->last_ms = now_ms;
	if (!route_gives_topics(m, a, m->acting_master ? 1 : -1))
		return 0;
	if ((s->flags & LMI_SYNC_DELTA) && m->digest != s->base) {
		k->changed = true;
		return 0;
	}
	if (s->flags & LMI_SYNC_BEGIN)
		err = begin(m, s);
	else if (!(s->flags & LMI_SYNC_DELTA) && !m->sync_bitmap)
		return -LMQ_ENOTFOUND; /* in the middle of a transfer that was begun with another process, or ended */
	if (err == 0)
		err = take(t, m, s);
	if (err < 0 || !(s->flags & (LMI_SYNC_END | LMI_SYNC_DELTA)))
		return err;
	route_task_begin(t, k, ROUTE_TASK_SYNC, m, a);
	k->version = s->version;
	k->digest = s->digest;
	k->sweep = s->flags & LMI_SYNC_END;
	k->stage = ROUTE_STAGE_SWEEP;
	return 0;
}

int route_table_topics_in(struct route_table *t, uint64_t conn_id, const struct lmi_sync_topics *s, int64_t now_ms, bool *out_changed)
{
	struct route_task k;
	int err = route_table_topics_begin(t, conn_id, s, now_ms, &k);

	if (err == 0)
		err = route_table_step(t, &k, SIZE_MAX);
	*out_changed = k.changed;
	route_table_task_end(t, &k);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table as bytes, big-endian: magic, then each registered broker: name, cluster, zone, whether its slaves act as master,
 * number of addresses (id, address, ha address, timeout), number of topics (as in wire/topic_sync.h); a CRC-32 of all before.
 * Texts have a length of 2 bytes.  A file of another magic or checksum is not used.
 */
#include <errno.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"

#define MAGIC 0x4C4D5231u /* LMR1 */

static void put_text(struct lmi_buf *b, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	lmi_buf_put16(b, (uint16_t)n);
	lmi_buf_put(b, text, n);
}

static void put_topics(const struct route_member *m, struct lmi_buf *b)
{
	lmi_buf_put32(b, (uint32_t)route_member_announced(m));
	for (size_t i = 0; i < m->topics.cap; i++) {
		struct lmi_topic_config c;

		if (route_member_topic(m, i, &c))
			lmi_sync_put_topic(b, &c);
	}
}

void route_table_save(struct route_table *t, struct lmi_buf *b)
{
	size_t start = lmi_buf_len(b);
	void *v;

	lmi_buf_put32(b, MAGIC);
	for (size_t at = 0; lmi_map_next(&t->members, &at, NULL, &v);) {
		const struct route_member *m = v;

		if (!route_member_live(m))
			continue;
		put_text(b, m->name);
		put_text(b, m->cluster);
		put_text(b, m->zone);
		lmi_buf_put8(b, m->acting_master);
		lmi_buf_put8(b, (uint8_t)m->addr_count);
		for (size_t i = 0; i < m->addr_count; i++) {
			lmi_buf_put64(b, (uint64_t)m->addrs[i].id);
			put_text(b, m->addrs[i].addr);
			put_text(b, m->addrs[i].ha_addr);
			lmi_buf_put64(b, (uint64_t)m->addrs[i].timeout_ms);
		}
		put_topics(m, b);
	}
	if (!b->failed)
		lmi_buf_put32(b, lmi_crc32(0, lmi_buf_data(b) + start, lmi_buf_len(b) - start));
}

/* ---- reading ---- */

static const uint8_t *take(struct lmi_span *s, size_t n)
{
	const uint8_t *p = s->p;

	if (s->n < n)
		return NULL;
	*s = lmi_span(p + n, s->n - n);
	return p;
}

static int take_text(struct lmi_span *s, struct lmi_span *out)
{
	const uint8_t *n = take(s, 2), *p = n ? take(s, lmi_get16(n)) : NULL;

	if (!p)
		return -LMQ_EMALFORMED;
	*out = lmi_span(p, lmi_get16(n));
	return 0;
}

static int load_addr(struct route_table *t, struct lmi_span *s, struct route_registration *r, int64_t now_ms, struct route_member **out)
{
	static const struct lmi_data_version none;
	struct route_registered res = { 0 };
	struct route_addr *a;
	const uint8_t *p = take(s, 8);

	if (!p || take_text(s, &r->addr) < 0 || take_text(s, &r->ha_addr) < 0)
		return -LMQ_EMALFORMED;
	r->broker_id = (int64_t)lmi_get64(p);
	p = take(s, 8);
	if (!p)
		return -LMQ_EMALFORMED;
	r->timeout_ms = (int64_t)lmi_get64(p);
	return route_settle(t, r, &none, now_ms, out, &a, &res);
}

static int load_topics(struct route_table *t, struct lmi_span *s, struct route_member *m)
{
	const uint8_t *p = take(s, 4);
	uint32_t stamp = route_member_next_stamp(m);
	int err = p ? 0 : -LMQ_EMALFORMED;

	for (uint32_t i = 0; err == 0 && i < lmi_get32(p); i++) {
		struct lmi_topic_config c;

		err = lmi_sync_next_put(s, &c);
		if (err == 0)
			err = route_member_put(t, m, &c, stamp);
	}
	return err;
}

static int load_member(struct route_table *t, struct lmi_span *s, int64_t now_ms)
{
	struct route_registration r = { .acting_master = 0 };
	struct route_member *m = NULL;
	const uint8_t *p;
	int err = 0;

	if (take_text(s, &r.broker_name) < 0 || take_text(s, &r.cluster) < 0 || take_text(s, &r.zone_name) < 0)
		return -LMQ_EMALFORMED;
	if (r.zone_name.n == 0)
		r.zone_name = LMI_SPAN_NULL;
	p = take(s, 2);
	if (!p || p[1] == 0)
		return -LMQ_EMALFORMED;
	r.acting_master = p[0] == 1;
	for (unsigned int i = 0; err == 0 && i < p[1]; i++)
		err = load_addr(t, s, &r, now_ms, &m);
	if (err == 0)
		err = load_topics(t, s, m);
	if (err == 0)
		m->stale = true;
	return err;
}

int route_table_load(struct route_table *t, struct lmi_span text, int64_t now_ms)
{
	int err = 0;

	if (text.n < 8 || lmi_get32(text.p) != MAGIC || lmi_get32(text.p + text.n - 4) != lmi_crc32(0, text.p, text.n - 4))
		return -LMQ_EMALFORMED;
	text = lmi_span(text.p + 4, text.n - 8);
	while (err == 0 && text.n > 0)
		err = load_member(t, &text, now_ms);
	t->epoch++;
	return err;
}

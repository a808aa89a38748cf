/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/topic_sync.h"

#include <assert.h>

#include "base/hash.h"
#include "base/error.h"

#define PROTOCOL 1u
#define VERSION_BYTES 24u
#define DIGEST_BODY_BYTES (1 + VERSION_BYTES + 4 + 8)
#define TOPIC_FIXED_BYTES 13u /* behind the name: read queues, write queues, perm, sysflag */

#define MIX_A 0x9E3779B97F4A7C15u
#define MIX_B 0xD1B54A32D192ED03u
/* Others than those, so that no factor becomes zero by design. */
#define MIX_C 0xA0761D6478BD642Fu
#define MIX_D 0xE7037ED1A0B428DBu

/* ---- digests ---- */

static uint64_t fold(uint64_t a, uint64_t b)
{
	return lmi_fold(a ^ MIX_C, b ^ MIX_D);
}

uint64_t lmi_topic_name_digest(struct lmi_span name)
{
	const uint8_t *at = name.p;
	size_t n = name.n;
	uint64_t h = n * MIX_A, last = 0;

	for (; n >= 8; n -= 8, at += 8)
		h = fold(h ^ lmi_get64(at), MIX_B);
	for (; n > 0; n--)
		last = last << 8 | *at++;
	return fold(fold(h ^ last, MIX_A), h + MIX_B);
}

uint64_t lmi_topic_digest(const struct lmi_topic_config *c)
{
	uint64_t queues = (uint64_t)(uint32_t)c->read_queues << 32 | (uint32_t)c->write_queues;
	uint64_t flags = (uint64_t)(uint8_t)c->perm << 32 | (uint32_t)c->sysflag;

	return fold(fold(lmi_topic_name_digest(c->name), queues + 1), flags + 1);
}

unsigned int lmi_sync_range_bits(size_t topics)
{
	unsigned int bits = 0;

	while (bits < LMI_SYNC_RANGE_BITS_MAX && topics > (size_t)LMI_SYNC_RANGE_TOPICS << bits)
		bits++;
	return bits;
}

/* ---- small parts ---- */

static void put_version(struct lmi_buf *b, const struct lmi_data_version *v)
{
	lmi_buf_put64(b, (uint64_t)v->counter);
	lmi_buf_put64(b, (uint64_t)v->timestamp_ms);
	lmi_buf_put64(b, (uint64_t)v->state_version);
}

static void get_version(const uint8_t *p, struct lmi_data_version *v)
{
	v->counter = (int64_t)lmi_get64(p);
	v->timestamp_ms = (int64_t)lmi_get64(p + 8);
	v->state_version = (int64_t)lmi_get64(p + 16);
}

/* The first n bytes of what is left, or NULL. */
static const uint8_t *take(struct lmi_span *s, size_t n)
{
	const uint8_t *p = s->p;

	if (s->n < n)
		return NULL;
	*s = lmi_span(p + n, s->n - n);
	return p;
}

static int check_protocol(struct lmi_span *s)
{
	const uint8_t *p = take(s, 1);

	return !p ? -LMQ_EMALFORMED : *p != PROTOCOL ? -LMQ_EUNSUPPORTED : 0;
}

/* ---- REGISTER_DIGEST ---- */

void lmi_sync_digest_put(struct lmi_buf *b, const struct lmi_sync_digest *d)
{
	lmi_buf_put8(b, PROTOCOL);
	put_version(b, &d->version);
	lmi_buf_put32(b, d->topics);
	lmi_buf_put64(b, d->digest);
}

int lmi_sync_digest_decode(struct lmi_span body, struct lmi_sync_digest *out)
{
	int r = check_protocol(&body);

	if (r < 0)
		return r;
	if (body.n != DIGEST_BODY_BYTES - 1)
		return -LMQ_EMALFORMED;
	get_version(body.p, &out->version);
	out->topics = lmi_get32(body.p + VERSION_BYTES);
	out->digest = lmi_get64(body.p + VERSION_BYTES + 4);
	return 0;
}

/* ---- REGISTER_RANGES ---- */

void lmi_sync_ranges_put(struct lmi_buf *b, unsigned int bits, const uint64_t *digests)
{
	assert(bits <= LMI_SYNC_RANGE_BITS_MAX);
	lmi_buf_put8(b, PROTOCOL);
	lmi_buf_put8(b, (uint8_t)bits);
	for (size_t i = 0; i < (size_t)1 << bits; i++)
		lmi_buf_put64(b, digests[i]);
}

int lmi_sync_ranges_decode(struct lmi_span body, unsigned int *out_bits, const uint8_t **out_digests)
{
	const uint8_t *bits;
	int r = check_protocol(&body);

	if (r < 0)
		return r;
	bits = take(&body, 1);
	if (!bits || *bits > LMI_SYNC_RANGE_BITS_MAX || body.n != (size_t)8 << *bits)
		return -LMQ_EMALFORMED;
	*out_bits = *bits;
	*out_digests = body.p;
	return 0;
}

/* ---- REGISTER_TOPICS ---- */

void lmi_sync_topics_begin(struct lmi_buf *b, const struct lmi_sync_topics *t)
{
	assert(!t->bitmap == !(t->flags & LMI_SYNC_BEGIN));
	lmi_buf_put8(b, PROTOCOL);
	lmi_buf_put8(b, t->flags);
	put_version(b, &t->version);
	lmi_buf_put64(b, t->base);
	lmi_buf_put64(b, t->digest);
	if (t->bitmap) {
		lmi_buf_put8(b, (uint8_t)t->bits);
		lmi_buf_put(b, t->bitmap, lmi_sync_bitmap_bytes(t->bits));
	}
	lmi_buf_put32(b, t->puts);
	lmi_buf_put32(b, t->dels);
}

void lmi_sync_put_name(struct lmi_buf *b, struct lmi_span name)
{
	assert(name.n > 0 && name.n <= LMI_SYNC_NAME_MAX);
	lmi_buf_put8(b, (uint8_t)name.n);
	lmi_buf_put_span(b, name);
}

void lmi_sync_put_topic(struct lmi_buf *b, const struct lmi_topic_config *c)
{
	lmi_sync_put_name(b, c->name);
	lmi_buf_put32(b, (uint32_t)c->read_queues);
	lmi_buf_put32(b, (uint32_t)c->write_queues);
	lmi_buf_put8(b, (uint8_t)c->perm);
	lmi_buf_put32(b, (uint32_t)c->sysflag);
}

int lmi_sync_next_del(struct lmi_span *rest, struct lmi_span *out_name)
{
	const uint8_t *n = take(rest, 1), *name;

	if (!n || *n == 0)
		return -LMQ_EMALFORMED;
	name = take(rest, *n);
	if (!name)
		return -LMQ_EMALFORMED;
	*out_name = lmi_span(name, *n);
	return 0;
}

int lmi_sync_next_put(struct lmi_span *rest, struct lmi_topic_config *out)
{
	struct lmi_span name;
	const uint8_t *p;
	int r = lmi_sync_next_del(rest, &name);

	if (r < 0)
		return r;
	p = take(rest, TOPIC_FIXED_BYTES);
	if (!p)
		return -LMQ_EMALFORMED;
	lmi_topic_config_init(out, name);
	out->read_queues = (int32_t)lmi_get32(p);
	out->write_queues = (int32_t)lmi_get32(p + 4);
	out->perm = p[8];
	out->sysflag = (int32_t)lmi_get32(p + 9);
	return 0;
}

static int check_topics(const struct lmi_sync_topics *t)
{
	struct lmi_span rest = t->rest, name;
	struct lmi_topic_config c;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < t->puts; i++)
		r = lmi_sync_next_put(&rest, &c);
	for (uint32_t i = 0; r == 0 && i < t->dels; i++)
		r = lmi_sync_next_del(&rest, &name);
	return r == 0 && rest.n > 0 ? -LMQ_EMALFORMED : r;
}

static int take_bitmap(struct lmi_span *s, struct lmi_sync_topics *t)
{
	const uint8_t *bits = take(s, 1);

	if (!bits || *bits > LMI_SYNC_RANGE_BITS_MAX)
		return -LMQ_EMALFORMED;
	t->bits = *bits;
	t->bitmap = take(s, lmi_sync_bitmap_bytes(*bits));
	return t->bitmap ? 0 : -LMQ_EMALFORMED;
}

int lmi_sync_topics_decode(struct lmi_span body, struct lmi_sync_topics *out)
{
	struct lmi_sync_topics t = { 0 };
	const uint8_t *p;
	int r = check_protocol(&body);

	if (r < 0)
		return r;
	p = take(&body, 1 + VERSION_BYTES + 16);
	if (!p || *p > (LMI_SYNC_BEGIN | LMI_SYNC_END | LMI_SYNC_DELTA) || ((*p & LMI_SYNC_DELTA) && *p != LMI_SYNC_DELTA))
		return -LMQ_EMALFORMED;
	t.flags = *p;
	get_version(p + 1, &t.version);
	t.base = lmi_get64(p + 1 + VERSION_BYTES);
	t.digest = lmi_get64(p + 1 + VERSION_BYTES + 8);
	if ((t.flags & LMI_SYNC_BEGIN) && take_bitmap(&body, &t) < 0)
		return -LMQ_EMALFORMED;
	p = take(&body, 8);
	if (!p)
		return -LMQ_EMALFORMED;
	t.puts = lmi_get32(p);
	t.dels = lmi_get32(p + 4);
	if (t.puts > LMI_SYNC_TOPICS_MAX || t.dels > LMI_SYNC_TOPICS_MAX)
		return -LMQ_ETOOBIG;
	t.rest = body;
	r = check_topics(&t);
	if (r == 0)
		*out = t;
	return r;
}

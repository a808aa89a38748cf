/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/record.h"

#include <assert.h>
#include <errno.h>

#define BLANK_MIN 8u       /* bytes of a blank record: its total and magic */
#define TOPIC_MAX_V1 127u

/* A reader that cannot pass the end. */
struct cursor {
	const uint8_t *p, *end;
	bool short_;
};

static const uint8_t *take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (c->short_ || (size_t)(c->end - p) < n) {
		c->short_ = true;
		return NULL;
	}
	c->p += n;
	return p;
}

static uint32_t take32(struct cursor *c)
{
	const uint8_t *p = take(c, 4);

	return p ? lmi_get32(p) : 0;
}

static uint64_t take64(struct cursor *c)
{
	const uint8_t *p = take(c, 8);

	return p ? lmi_get64(p) : 0;
}

static void take_host(struct cursor *c, bool v6, struct lmi_host *h)
{
	const uint8_t *p = take(c, v6 ? 16 : 4);

	*h = (struct lmi_host){ .v6 = v6 };
	if (p)
		memcpy(h->addr, p, v6 ? 16 : 4);
	h->port = take32(c);
}

static struct lmi_span take_span(struct cursor *c, size_t n)
{
	const uint8_t *p = take(c, n);

	return p ? lmi_span(p, n) : LMI_SPAN_NULL;
}

static size_t topic_max(uint32_t magic)
{
	return magic == LMI_RECORD_MAGIC_V2 ? INT16_MAX : TOPIC_MAX_V1;
}

int lmi_record_decode(struct lmi_span in, struct lmi_record *out_rec)
{
	struct lmi_record r = { 0 };
	struct cursor c;
	const uint8_t *p;

	if (in.n < 8)
		return -EAGAIN;
	r.total = lmi_get32(in.p);
	r.magic = lmi_get32(in.p + 4);
	if (r.magic == LMI_RECORD_MAGIC_BLANK) {
		if (r.total < BLANK_MIN || r.total > INT32_MAX)
			return -LMQ_ECORRUPT;
		*out_rec = r;
		return 1;
	}
	if ((r.magic != LMI_RECORD_MAGIC_V1 && r.magic != LMI_RECORD_MAGIC_V2) || r.total < LMI_RECORD_FIXED_V4 ||
	    r.total > INT32_MAX)
		return -LMQ_ECORRUPT;
	if (in.n < r.total)
		return -EAGAIN;
	c = (struct cursor){ in.p + 8, in.p + r.total, false };
	r.body_crc = take32(&c);
	r.queue_id = (int32_t)take32(&c);
	r.flag = (int32_t)take32(&c);
	r.queue_pos = (int64_t)take64(&c);
	r.log_pos = (int64_t)take64(&c);
	r.sysflag = (int32_t)take32(&c);
	r.born_ms = (int64_t)take64(&c);
	take_host(&c, r.sysflag & LMI_SYSFLAG_BORNHOST_V6, &r.born);
	r.store_ms = (int64_t)take64(&c);
	take_host(&c, r.sysflag & LMI_SYSFLAG_STOREHOST_V6, &r.store);
	r.reconsume_times = (int32_t)take32(&c);
	r.prepared_pos = (int64_t)take64(&c);
	r.body = take_span(&c, take32(&c));
	p = take(&c, r.magic == LMI_RECORD_MAGIC_V2 ? 2 : 1);
	if (p)
		r.topic = take_span(&c, r.magic == LMI_RECORD_MAGIC_V2 ? lmi_get16(p) : *p);
	p = take(&c, 2);
	if (p)
		r.props = take_span(&c, lmi_get16(p));
	if (c.short_ || c.p != c.end || r.topic.n > topic_max(r.magic) || r.props.n > INT16_MAX)
		return -LMQ_ECORRUPT; /* Java's lengths are signed */
	*out_rec = r;
	return 0;
}

static uint32_t body_crc(struct lmi_span body)
{
	return body.n ? lmi_crc32(0, body.p, body.n) & 0x7FFFFFFF : 0;
}

bool lmi_record_check_crc(const struct lmi_record *r)
{
	return r->body.n == 0 || r->body_crc == body_crc(r->body);
}

static bool is_v2(const struct lmi_record *r)
{
	return r->topic.n > TOPIC_MAX_V1;
}

size_t lmi_record_bytes(const struct lmi_record *r)
{
	return LMI_RECORD_FIXED_V4 + (r->born.v6 ? 12 : 0) + (r->store.v6 ? 12 : 0) + (is_v2(r) ? 1 : 0) + r->body.n +
	       r->topic.n + r->props.n;
}

static uint8_t *put_host(uint8_t *p, const struct lmi_host *h)
{
	size_t n = h->v6 ? 16 : 4;

	memcpy(p, h->addr, n);
	lmi_put32(p + n, h->port);
	return p + n + 4;
}

static uint8_t *put_bytes(uint8_t *p, struct lmi_span s)
{
	if (s.n)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

size_t lmi_record_encode(const struct lmi_record *r, uint8_t *dst)
{
	size_t total = lmi_record_bytes(r);
	int32_t sysflag = r->sysflag & ~(LMI_SYSFLAG_BORNHOST_V6 | LMI_SYSFLAG_STOREHOST_V6);
	uint8_t *p = dst;

	assert(total <= INT32_MAX && r->topic.n <= INT16_MAX && r->props.n <= INT16_MAX);
	sysflag |= (r->born.v6 ? LMI_SYSFLAG_BORNHOST_V6 : 0) | (r->store.v6 ? LMI_SYSFLAG_STOREHOST_V6 : 0);
	lmi_put32(p, (uint32_t)total);
	lmi_put32(p + 4, is_v2(r) ? LMI_RECORD_MAGIC_V2 : LMI_RECORD_MAGIC_V1);
	lmi_put32(p + 8, body_crc(r->body));
	lmi_put32(p + 12, (uint32_t)r->queue_id);
	lmi_put32(p + 16, (uint32_t)r->flag);
	lmi_put64(p + LMI_RECORD_AT_QUEUE_POS, (uint64_t)r->queue_pos);
	lmi_put64(p + LMI_RECORD_AT_LOG_POS, (uint64_t)r->log_pos);
	lmi_put32(p + LMI_RECORD_AT_SYSFLAG, (uint32_t)sysflag);
	lmi_put64(p + 40, (uint64_t)r->born_ms);
	p = put_host(p + 48, &r->born);
	lmi_put64(p, (uint64_t)r->store_ms);
	p = put_host(p + 8, &r->store);
	lmi_put32(p, (uint32_t)r->reconsume_times);
	lmi_put64(p + 4, (uint64_t)r->prepared_pos);
	lmi_put32(p + 12, (uint32_t)r->body.n);
	p = put_bytes(p + 16, r->body);
	if (is_v2(r)) {
		lmi_put16(p, (uint16_t)r->topic.n);
		p += 2;
	} else {
		*p++ = (uint8_t)r->topic.n;
	}
	p = put_bytes(p, r->topic);
	lmi_put16(p, (uint16_t)r->props.n);
	p = put_bytes(p + 2, r->props);
	assert((size_t)(p - dst) == total);
	return total;
}

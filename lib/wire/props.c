/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/props.h"

bool lmi_props_next(struct lmi_span props, size_t *at, struct lmi_span *out_key, struct lmi_span *out_value)
{
	while (*at < props.n) {
		const uint8_t *p = props.p + *at;
		const uint8_t *end = memchr(p, 2, props.n - *at), *sep;
		size_t n = end ? (size_t)(end - p) : props.n - *at;

		*at += n + 1;
		if (n < 3)
			continue;
		sep = memchr(p, 1, n);
		if (!sep || sep == p || (size_t)(sep - p) + 1 == n)
			continue;
		*out_key = lmi_span(p, (size_t)(sep - p));
		*out_value = lmi_span(sep + 1, n - (size_t)(sep - p) - 1);
		return true;
	}
	return false;
}

struct lmi_span lmi_props_get(struct lmi_span props, struct lmi_span key)
{
	struct lmi_span k, v, found = LMI_SPAN_NULL;

	for (size_t at = 0; lmi_props_next(props, &at, &k, &v);)
		if (lmi_span_eq(k, key))
			found = v;
	return found;
}

static bool clean(struct lmi_span s)
{
	return s.n > 0 && !memchr(s.p, 1, s.n) && !memchr(s.p, 2, s.n);
}

int lmi_props_put(struct lmi_buf *b, struct lmi_span key, struct lmi_span value)
{
	if (!clean(key) || !clean(value))
		return -LMQ_EILLEGAL;
	lmi_buf_put_span(b, key);
	lmi_buf_put8(b, 1);
	lmi_buf_put_span(b, value);
	lmi_buf_put8(b, 2);
	return 0;
}

static bool listed(struct lmi_span key, const char *const *names)
{
	for (; *names; names++)
		if (lmi_span_is(key, *names))
			return true;
	return false;
}

void lmi_props_copy_without(struct lmi_buf *b, struct lmi_span props, const char *const *drop)
{
	struct lmi_span k, v;

	for (size_t at = 0; lmi_props_next(props, &at, &k, &v);)
		if (!listed(k, drop)) {
			/* A value may hold 0x01 (Java splits at the first): copy as it stands. */
			lmi_buf_put_span(b, k);
			lmi_buf_put8(b, 1);
			lmi_buf_put_span(b, v);
			lmi_buf_put8(b, 2);
		}
}

int lmi_batch_next(struct lmi_span body, size_t *at, struct lmi_batch_item *out)
{
	const uint8_t *p = body.p + *at;
	size_t left = body.n - *at;
	uint32_t total, body_bytes;
	uint16_t props_bytes;

	if (left == 0)
		return 0;
	if (left < 22)
		return -LMQ_EMALFORMED;
	total = lmi_get32(p);
	body_bytes = lmi_get32(p + 16);
	if (total < 22 || total > left || body_bytes > total - 22)
		return -LMQ_EMALFORMED;
	props_bytes = lmi_get16(p + 20 + body_bytes);
	if (props_bytes > LMI_PROPS_MAX || 22 + (size_t)body_bytes + props_bytes != total)
		return -LMQ_EMALFORMED;
	out->flag = (int32_t)lmi_get32(p + 12);
	out->body = lmi_span(p + 20, body_bytes);
	out->props = lmi_span(p + 22 + body_bytes, props_bytes);
	*at += total;
	return 1;
}

void lmi_batch_put(struct lmi_buf *b, const struct lmi_batch_item *item)
{
	lmi_buf_put32(b, (uint32_t)(22 + item->body.n + item->props.n));
	lmi_buf_put32(b, 0);
	lmi_buf_put32(b, 0);
	lmi_buf_put32(b, (uint32_t)item->flag);
	lmi_buf_put32(b, (uint32_t)item->body.n);
	lmi_buf_put_span(b, item->body);
	lmi_buf_put16(b, (uint16_t)item->props.n);
	lmi_buf_put_span(b, item->props);
}

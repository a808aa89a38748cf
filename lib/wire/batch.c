/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of SEND_BATCH_MESSAGE; declared in props.h.  Rule: MessageDecoder.encodeMessage, decodeMessage. */
#include <assert.h>

#include "wire/props.h"

/* total 4, magic 4, body CRC 4, flag 4, body length 4, body, properties length 2, properties */
#define FLAG_AT 12u
#define BODY_BYTES_AT 16u
#define BODY_AT 20u
#define FIXED_BYTES 22u

int lmi_batch_next(struct lmi_span body, size_t *at, struct lmi_batch_item *out)
{
	size_t left = body.n - *at;
	const uint8_t *p;
	uint32_t total, body_bytes;
	uint16_t props_bytes;

	assert(*at <= body.n);
	if (left == 0)
		return 0;
	if (left < FIXED_BYTES)
		return -LMQ_EMALFORMED;
	p = body.p + *at;
	total = lmi_get32(p);
	body_bytes = lmi_get32(p + BODY_BYTES_AT);
	if (total < FIXED_BYTES || total > left || body_bytes > total - FIXED_BYTES)
		return -LMQ_EMALFORMED;
	props_bytes = lmi_get16(p + BODY_AT + body_bytes);
	if (props_bytes > LMI_PROPS_MAX || FIXED_BYTES + (size_t)body_bytes + props_bytes != total)
		return -LMQ_EMALFORMED;
	out->flag = (int32_t)lmi_get32(p + FLAG_AT);
	out->body = lmi_span(p + BODY_AT, body_bytes);
	out->props = lmi_span(p + FIXED_BYTES + body_bytes, props_bytes);
	*at += total;
	return 1;
}

void lmi_batch_put(struct lmi_buf *b, const struct lmi_batch_item *item)
{
	assert(item->props.n <= LMI_PROPS_MAX && item->body.n <= INT32_MAX - FIXED_BYTES - LMI_PROPS_MAX);
	lmi_buf_put32(b, (uint32_t)(FIXED_BYTES + item->body.n + item->props.n));
	lmi_buf_put32(b, 0); /* magic and CRC: the broker makes them */
	lmi_buf_put32(b, 0);
	lmi_buf_put32(b, (uint32_t)item->flag);
	lmi_buf_put32(b, (uint32_t)item->body.n);
	lmi_buf_put_span(b, item->body);
	lmi_buf_put16(b, (uint16_t)item->props.n);
	lmi_buf_put_span(b, item->props);
}

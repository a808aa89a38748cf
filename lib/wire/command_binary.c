/* SPDX-License-Identifier: Apache-2.0 */
/* The ROCKETMQ header.  Rule: RocketMQSerializable.rocketMQProtocolDecode, mapDeserialize, readStr. */
#include "wire/command_internal.h"

/* Take n bytes from the front; false when there are fewer. */
static bool take(struct lmi_span *in, size_t n, struct lmi_span *out)
{
	if (n > in->n)
		return false;
	*out = lmi_span(in->p, n);
	in->p += n;
	in->n -= n;
	return true;
}

static int exts(struct lmi_span in, struct command_exts *e)
{
	struct lmi_span length, key, value;

	while (in.n > 0) {
		int r;

		if (!take(&in, 2, &length) || !take(&in, lmi_get16(length.p), &key))
			return -LMQ_EMALFORMED;
		if (!take(&in, 4, &length) || !take(&in, lmi_get32(length.p), &value))
			return -LMQ_EMALFORMED;
		if (key.n == 0 || value.n == 0) /* Java reads these as null */
			continue;
		r = command_ext_add(e, key, value);
		if (r < 0)
			return r;
	}
	return 0;
}

int command_decode_binary(struct lmi_span header, struct lmi_arena *arena, struct lmi_command *c)
{
	struct command_exts e = { .arena = arena };
	struct lmi_span fixed, length, text;
	int r;

	/* Up to the remark's length. */
	if (!take(&header, 17, &fixed))
		return -LMQ_EMALFORMED;
	c->code = (int16_t)lmi_get16(fixed.p);
	c->language = fixed.p[2] < LMI_LANGUAGE_LAST ? fixed.p[2] : LMI_LANGUAGE_OTHER;
	c->version = (int16_t)lmi_get16(fixed.p + 3);
	c->opaque = (int32_t)lmi_get32(fixed.p + 5);
	c->flag = (int32_t)lmi_get32(fixed.p + 9);
	if (!take(&header, lmi_get32(fixed.p + 13), &text))
		return -LMQ_EMALFORMED;
	if (text.n > 0)
		c->remark = text;
	if (!take(&header, 4, &length) || lmi_get32(length.p) != header.n)
		return -LMQ_EMALFORMED;
	r = exts(header, &e);
	if (r < 0)
		return r;
	c->ext = e.list;
	c->ext_count = (uint32_t)e.count;
	return 0;
}

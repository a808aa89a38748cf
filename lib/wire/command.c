/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "wire/command_internal.h"

#define PREFIX_BYTES 8u /* length, serialize type and header length */
#define EXT_FIRST 16u

int command_ext_add(struct command_exts *e, struct lmi_span name, struct lmi_span value)
{
	if (e->count == LMI_COMMAND_EXT_MAX)
		return -LMQ_ETOOBIG;
	if (e->count == e->cap) {
		size_t cap = e->cap ? e->cap * 2 : EXT_FIRST;
		struct lmi_ext *list = lmi_arena_alloc(e->arena, cap * sizeof(*list));

		if (!list)
			return -ENOMEM;
		if (e->count > 0)
			memcpy(list, e->list, e->count * sizeof(*list));
		e->list = list;
		e->cap = cap;
	}
	e->list[e->count++] = (struct lmi_ext){ lmi_ext_key_find(name), name, value };
	return 0;
}

int lmi_command_decode(struct lmi_span frame, struct lmi_arena *arena, struct lmi_command *out_cmd)
{
	struct lmi_command c = { .language = LMI_LANGUAGE_OTHER };
	struct lmi_span header;
	uint32_t word;
	int r;

	if (frame.n < PREFIX_BYTES || lmi_get32(frame.p) != frame.n - 4)
		return -LMQ_EMALFORMED;
	word = lmi_get32(frame.p + 4);
	header = lmi_span(frame.p + PREFIX_BYTES, word & 0xFFFFFF);
	if (header.n > frame.n - PREFIX_BYTES)
		return -LMQ_EMALFORMED;
	if (header.n > LMI_COMMAND_HEADER_MAX)
		return -LMQ_ETOOBIG;
	switch (word >> 24) {
	case LMI_SERIALIZE_JSON:
		c.serialize = LMI_SERIALIZE_JSON;
		r = command_decode_json(header, arena, &c);
		break;
	case LMI_SERIALIZE_ROCKETMQ:
		c.serialize = LMI_SERIALIZE_ROCKETMQ;
		r = command_decode_binary(header, arena, &c);
		break;
	default:
		r = -LMQ_EMALFORMED;
	}
	if (r < 0)
		return r;
	c.body = lmi_span(header.p + header.n, frame.n - PREFIX_BYTES - header.n);
	*out_cmd = c;
	return 0;
}

/* ---- reading extFields ---- */

struct lmi_span lmi_command_ext(const struct lmi_command *c, enum lmi_ext_key key)
{
	for (uint32_t i = c->ext_count; i-- > 0;)
		if (c->ext[i].key == key)
			return c->ext[i].value;
	return LMI_SPAN_NULL;
}

int lmi_command_ext_i64(const struct lmi_command *c, enum lmi_ext_key key, int64_t *out)
{
	struct lmi_span text = lmi_command_ext(c, key);

	if (!text.p)
		return -LMQ_ENOTFOUND;
	return lmi_span_to_i64(text, out) < 0 ? -LMQ_EMALFORMED : 0;
}

int lmi_command_ext_i32(const struct lmi_command *c, enum lmi_ext_key key, int32_t *out)
{
	struct lmi_span text = lmi_command_ext(c, key);

	if (!text.p)
		return -LMQ_ENOTFOUND;
	return lmi_span_to_i32(text, out) < 0 ? -LMQ_EMALFORMED : 0;
}

int lmi_command_ext_bool(const struct lmi_command *c, enum lmi_ext_key key, bool *out)
{
	static const char yes[4] = "true";
	struct lmi_span text = lmi_command_ext(c, key);
	bool is = text.n == sizeof(yes);

	if (!text.p)
		return -LMQ_ENOTFOUND;
	for (size_t i = 0; is && i < sizeof(yes); i++)
		is = (text.p[i] | 0x20) == yes[i];
	*out = is;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding of commands: the header grows in place, lengths are patched at the end. */
#include <assert.h>

#include "wire/command.h"
#include "wire/json.h"

#define FIXED_BINARY 17 /* up to the remark */

void lmi_command_begin(struct lmi_command_out *o, struct lmi_buf *buf, enum lmi_serialize type, int32_t code, int32_t opaque,
		       int32_t flag)
{
	if (code > INT16_MAX || code < INT16_MIN)
		type = LMI_SERIALIZE_JSON; /* the binary header has 16 bits for it */
	*o = (struct lmi_command_out){ .buf = buf, .serialize = type, .code = code, .opaque = opaque, .flag = flag };
	o->version = LMI_VERSION_OURS;
	o->language = LMI_LANGUAGE_JAVA;
	o->start = lmi_buf_len(buf);
	lmi_buf_put64(buf, 0);
	if (type == LMI_SERIALIZE_JSON) {
		lmi_buf_put_str(buf, "{\"code\":");
		lmi_buf_put_i64_text(buf, code);
	} else if (lmi_buf_reserve(buf, FIXED_BINARY + 64)) {
		/* The remark's place is not known yet: extFields gather after the fixed part and are moved at the end if needed. */
		lmi_buf_commit(buf, FIXED_BINARY + 4);
	}
	o->ext_at = lmi_buf_len(buf);
}

static void json_name(struct lmi_command_out *o, struct lmi_span name)
{
	lmi_buf_put_str(o->buf, o->ext_count ? ",\"" : ",\"extFields\":{\"");
	lmi_buf_put_span(o->buf, name);
	lmi_buf_put_str(o->buf, "\":");
	o->ext_count++;
}

void lmi_command_put_name(struct lmi_command_out *o, struct lmi_span name, struct lmi_span value)
{
	if (o->serialize == LMI_SERIALIZE_JSON) {
		json_name(o, name);
		lmi_json_put_quoted(o->buf, value, false);
		return;
	}
	o->ext_count++;
	lmi_buf_put16(o->buf, (uint16_t)name.n);
	lmi_buf_put_span(o->buf, name);
	lmi_buf_put32(o->buf, (uint32_t)value.n);
	lmi_buf_put_span(o->buf, value);
}

void lmi_command_put(struct lmi_command_out *o, enum lmi_ext_key key, struct lmi_span value)
{
	lmi_command_put_name(o, lmi_ext_key_name(key), value);
}

void lmi_command_put_i64(struct lmi_command_out *o, enum lmi_ext_key key, int64_t value)
{
	uint8_t digits[LMI_I64_CHARS];

	lmi_command_put(o, key, lmi_span(digits, lmi_i64_to_chars(value, digits)));
}

void lmi_command_put_bool(struct lmi_command_out *o, enum lmi_ext_key key, bool value)
{
	lmi_command_put(o, key, value ? LMI_SPAN_LIT("true") : LMI_SPAN_LIT("false"));
}

static void end_json(struct lmi_command_out *o)
{
	struct lmi_buf *b = o->buf;

	if (o->ext_count)
		lmi_buf_put8(b, '}');
	lmi_buf_put_str(b, ",\"flag\":");
	lmi_buf_put_i64_text(b, o->flag);
	lmi_buf_put_str(b, ",\"language\":\"");
	lmi_buf_put_span(b, lmi_language_name(o->language));
	lmi_buf_put_str(b, "\",\"opaque\":");
	lmi_buf_put_i64_text(b, o->opaque);
	if (o->remark.p) {
		lmi_buf_put_str(b, ",\"remark\":");
		lmi_json_put_quoted(b, o->remark, false);
	}
	lmi_buf_put_str(b, ",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":");
	lmi_buf_put_i64_text(b, o->version);
	lmi_buf_put8(b, '}');
}

static void end_binary(struct lmi_command_out *o)
{
	struct lmi_buf *b = o->buf;
	size_t ext_bytes = lmi_buf_len(b) - o->ext_at, remark = o->remark.n;
	uint8_t *p;

	if (!lmi_buf_reserve(b, remark + 1))
		return;
	lmi_buf_commit(b, remark);
	p = lmi_buf_data(b) + o->start + 8;
	if (remark) {
		memmove(p + FIXED_BINARY + remark + 4, p + FIXED_BINARY + 4, ext_bytes);
		memcpy(p + FIXED_BINARY, o->remark.p, remark);
	}
	lmi_put16(p, (uint16_t)o->code);
	p[2] = o->language;
	lmi_put16(p + 3, (uint16_t)o->version);
	lmi_put32(p + 5, (uint32_t)o->opaque);
	lmi_put32(p + 9, (uint32_t)o->flag);
	lmi_put32(p + 13, (uint32_t)remark);
	lmi_put32(p + FIXED_BINARY + remark, (uint32_t)ext_bytes);
}

void lmi_command_end(struct lmi_command_out *o, size_t body_bytes)
{
	struct lmi_buf *b = o->buf;
	size_t header;
	uint8_t *p;

	if (o->serialize == LMI_SERIALIZE_JSON)
		end_json(o);
	else
		end_binary(o);
	if (b->failed)
		return;
	header = lmi_buf_len(b) - o->start - 8;
	assert(header <= 0xFFFFFF);
	p = lmi_buf_data(b) + o->start;
	lmi_put32(p, (uint32_t)(4 + header + body_bytes));
	lmi_put32(p + 4, (uint32_t)o->serialize << 24 | (uint32_t)header);
}

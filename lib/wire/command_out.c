/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers written where they will be sent from.  JSON members come in the order in which fastjson writes them (code,
 * extFields, flag, language, opaque, remark, serializeTypeCurrentRPC, version), so the last ones wait for the end.
 */
#include <assert.h>

#include "wire/command_internal.h"
#include "wire/json.h"

#define PREFIX_BYTES 8u
#define HEADER_LENGTH_MAX 0xFFFFFFu
#define REMARK_AT (PREFIX_BYTES + 17u) /* of a binary header's remark, in its frame */

void lmi_command_begin(struct lmi_command_out *o, struct lmi_buf *buf, enum lmi_serialize type, int32_t code,
		       int32_t opaque, int32_t flag)
{
	*o = (struct lmi_command_out){
		.buf = buf,
		.start = lmi_buf_len(buf),
		/* A code that the binary header cannot carry travels in JSON. */
		.serialize = code > INT16_MAX || code < INT16_MIN ? LMI_SERIALIZE_JSON : type,
		.code = code,
		.opaque = opaque,
		.flag = flag,
		.version = LMI_VERSION_OURS,
		.language = LMI_LANGUAGE_JAVA,
	};
	if (o->serialize == LMI_SERIALIZE_JSON) {
		uint8_t *to = lmi_buf_reserve(buf, PREFIX_BYTES + 8 + LMI_I64_CHARS);

		if (!to)
			return;
		memcpy(to + PREFIX_BYTES, "{\"code\":", 8);
		lmi_buf_commit(buf, PREFIX_BYTES + 8 + lmi_i64_to_chars(code, to + PREFIX_BYTES + 8));
	} else if (lmi_buf_reserve(buf, PREFIX_BYTES + COMMAND_BINARY_FIXED)) {
		lmi_buf_commit(buf, PREFIX_BYTES + COMMAND_BINARY_FIXED);
	}
	o->ext_at = lmi_buf_len(buf);
}

/* ---- extFields ---- */

static uint8_t *append(uint8_t *to, const void *p, size_t n)
{
	memcpy(to, p, n);
	return to + n;
}

/* Room for a JSON entry; writes what stands before the name's first letter.  NULL without memory. */
static uint8_t *json_entry(struct lmi_command_out *o, size_t n)
{
	static const char first[] = ",\"extFields\":{\"", next[] = ",\"";
	uint8_t *to = lmi_buf_reserve(o->buf, n + sizeof(first));

	if (!to)
		return NULL;
	if (o->ext_count++ == 0)
		return append(to, first, sizeof(first) - 1);
	return append(to, next, sizeof(next) - 1);
}

/* Name and value are known to need no escapes. */
static void put_json_plain(struct lmi_command_out *o, struct lmi_span name, struct lmi_span value)
{
	uint8_t *to = json_entry(o, name.n + value.n + 4);

	if (!to)
		return;
	to = append(to, name.p, name.n);
	to = append(to, "\":\"", 3);
	to = append(to, value.p, value.n);
	*to++ = '"';
	lmi_buf_commit(o->buf, (size_t)(to - (o->buf->mem + o->buf->tail)));
}

static void put_json(struct lmi_command_out *o, struct lmi_span name, struct lmi_span value)
{
	uint8_t *to = json_entry(o, name.n + 2);

	if (!to)
		return;
	to = append(to, name.p, name.n);
	to = append(to, "\":", 2);
	lmi_buf_commit(o->buf, (size_t)(to - (o->buf->mem + o->buf->tail)));
	lmi_json_put_quoted(o->buf, value, false);
}

static void put_binary(struct lmi_command_out *o, struct lmi_span name, struct lmi_span value)
{
	uint8_t *to;

	assert(name.n <= INT16_MAX && value.n <= INT32_MAX);
	to = lmi_buf_reserve(o->buf, 2 + name.n + 4 + value.n);
	if (!to)
		return;
	o->ext_count++;
	lmi_put16(to, (uint16_t)name.n);
	to = append(to + 2, name.p, name.n);
	lmi_put32(to, (uint32_t)value.n);
	if (value.n > 0)
		memcpy(to + 4, value.p, value.n);
	lmi_buf_commit(o->buf, 2 + name.n + 4 + value.n);
}

void lmi_command_put(struct lmi_command_out *o, enum lmi_ext_key key, struct lmi_span value)
{
	if (o->serialize == LMI_SERIALIZE_JSON)
		put_json(o, lmi_ext_key_name(key), value);
	else
		put_binary(o, lmi_ext_key_name(key), value);
}

void lmi_command_put_name(struct lmi_command_out *o, struct lmi_span name, struct lmi_span value)
{
	if (o->serialize != LMI_SERIALIZE_JSON) {
		put_binary(o, name, value);
		return;
	}
	if (o->ext_count++ == 0)
		lmi_buf_put_str(o->buf, ",\"extFields\":{");
	else
		lmi_buf_put8(o->buf, ',');
	lmi_json_put_quoted(o->buf, name, false);
	lmi_buf_put8(o->buf, ':');
	lmi_json_put_quoted(o->buf, value, false);
}

static void put_plain(struct lmi_command_out *o, enum lmi_ext_key key, struct lmi_span value)
{
	if (o->serialize == LMI_SERIALIZE_JSON)
		put_json_plain(o, lmi_ext_key_name(key), value);
	else
		put_binary(o, lmi_ext_key_name(key), value);
}

void lmi_command_put_i64(struct lmi_command_out *o, enum lmi_ext_key key, int64_t value)
{
	uint8_t text[LMI_I64_CHARS];

	put_plain(o, key, lmi_span(text, lmi_i64_to_chars(value, text)));
}

void lmi_command_put_bool(struct lmi_command_out *o, enum lmi_ext_key key, bool value)
{
	put_plain(o, key, value ? LMI_SPAN_LIT("true") : LMI_SPAN_LIT("false"));
}

/* ---- end ---- */

static uint8_t *append_i64(uint8_t *to, int64_t v)
{
	return to + lmi_i64_to_chars(v, to);
}

#define JSON_END_MAX 192u /* bytes of the members behind extFields, without the remark */

static void end_json(struct lmi_command_out *o)
{
	static const char flag[] = "},\"flag\":", language[] = ",\"language\":\"", opaque[] = "\",\"opaque\":";
	static const char tail[] = ",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":";
	struct lmi_span name = lmi_language_name(o->language);
	uint8_t *from, *to;

	from = to = lmi_buf_reserve(o->buf, JSON_END_MAX);
	if (!to)
		return;
	to = o->ext_count ? append(to, flag, sizeof(flag) - 1) : append(to, flag + 1, sizeof(flag) - 2);
	to = append_i64(to, o->flag);
	to = append(to, language, sizeof(language) - 1);
	to = append(to, name.p, name.n);
	to = append(to, opaque, sizeof(opaque) - 1);
	to = append_i64(to, o->opaque);
	if (o->remark.p) {
		to = append(to, ",\"remark\":", 10);
		lmi_buf_commit(o->buf, (size_t)(to - from));
		lmi_json_put_quoted(o->buf, o->remark, false);
		from = to = lmi_buf_reserve(o->buf, JSON_END_MAX);
		if (!to)
			return;
	}
	to = append(to, tail, sizeof(tail) - 1);
	to = append_i64(to, o->version);
	*to++ = '}';
	assert(to - from <= (ptrdiff_t)JSON_END_MAX);
	lmi_buf_commit(o->buf, (size_t)(to - from));
}

/* Fill the fixed part, and move the extFields up to let the remark in. */
static void end_binary(struct lmi_command_out *o)
{
	size_t ext_bytes = lmi_buf_len(o->buf) - o->ext_at;
	uint8_t *frame, *header;

	assert(o->remark.n <= HEADER_LENGTH_MAX && ext_bytes <= HEADER_LENGTH_MAX);
	if (o->remark.n > 0 && !lmi_buf_reserve(o->buf, o->remark.n))
		return;
	frame = lmi_buf_data(o->buf) + o->start;
	header = frame + PREFIX_BYTES;
	lmi_put16(header, (uint16_t)o->code);
	header[2] = o->language;
	lmi_put16(header + 3, (uint16_t)o->version);
	lmi_put32(header + 5, (uint32_t)o->opaque);
	lmi_put32(header + 9, (uint32_t)o->flag);
	lmi_put32(header + 13, (uint32_t)o->remark.n);
	if (o->remark.n > 0) {
		memmove(frame + REMARK_AT + o->remark.n, frame + REMARK_AT, 4 + ext_bytes);
		memcpy(frame + REMARK_AT, o->remark.p, o->remark.n);
		lmi_buf_commit(o->buf, o->remark.n);
	}
	lmi_put32(frame + REMARK_AT + o->remark.n, (uint32_t)ext_bytes);
}

void lmi_command_end(struct lmi_command_out *o, size_t body_bytes)
{
	size_t header_bytes;
	uint8_t *frame;

	if (o->buf->failed)
		return;
	if (o->serialize == LMI_SERIALIZE_JSON)
		end_json(o);
	else
		end_binary(o);
	if (o->buf->failed)
		return;
	frame = lmi_buf_data(o->buf) + o->start;
	header_bytes = lmi_buf_len(o->buf) - o->start - PREFIX_BYTES;
	assert(header_bytes <= HEADER_LENGTH_MAX && body_bytes <= INT32_MAX - 4 - header_bytes);
	lmi_put32(frame, (uint32_t)(4 + header_bytes + body_bytes));
	lmi_put32(frame + 4, (uint32_t)o->serialize << 24 | (uint32_t)header_bytes);
}

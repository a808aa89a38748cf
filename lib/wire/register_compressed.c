/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A zlib stream of: length and DataVersion JSON; number of topics; each with length and text line; length and JSON list of
 * filter servers; and, since 5.0.0, number of queue mappings, each with length and JSON.
 * Rule: RegisterBrokerBody.encode, decode.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <zlib.h>

#include "wire/register_internal.h"
#include "wire/topic_list.h"

#define CHUNK_BYTES 16384u
#define LEVEL 9 /* rule: Deflater.BEST_COMPRESSION */

/* ---- inflating ---- */

/* One step into the buffer.  Returns 1 to go on, 0 at the stream's end, or an error. */
static int inflate_some(z_stream *z, struct lmi_buf *to)
{
	uint8_t *room;
	int r;

	if (lmi_buf_len(to) >= LMI_REGISTER_INFLATE_MAX)
		return -LMQ_ETOOBIG;
	room = lmi_buf_reserve(to, CHUNK_BYTES);
	if (!room)
		return -ENOMEM;
	z->next_out = room;
	z->avail_out = CHUNK_BYTES;
	r = inflate(z, Z_NO_FLUSH);
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	if (r != Z_OK && r != Z_STREAM_END)
		return -LMQ_EMALFORMED;
	if (r == Z_OK && z->avail_out == CHUNK_BYTES)
		return -LMQ_EMALFORMED; /* the stream stops before its end */
	lmi_buf_commit(to, CHUNK_BYTES - z->avail_out);
	return r == Z_OK;
}

/* Inflate a whole stream into the arena. */
static int inflate_all(struct lmi_span in, struct lmi_arena *arena, struct lmi_span *out)
{
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf plain = { 0 };
	z_stream z = { 0 };
	void *copy;
	int r;

	if (in.n > UINT_MAX)
		return -LMQ_ETOOBIG;
	if (inflateInit(&z) != Z_OK)
		return -ENOMEM;
	z.next_in = (Bytef *)(uintptr_t)in.p; /* zlib reads only */
	z.avail_in = (uInt)in.n;
	do
		r = inflate_some(&z, &plain);
	while (r > 0);
	inflateEnd(&z);
	if (r < 0)
		return r;
	copy = lmi_arena_dup(arena, lmi_buf_data(&plain), lmi_buf_len(&plain));
	if (!copy)
		return -ENOMEM;
	*out = lmi_span(copy, lmi_buf_len(&plain));
	return 0;
}

/* ---- the inflated form ---- */

static int take_count(struct lmi_span *in, uint32_t *out)
{
	if (in->n < 4 || lmi_get32(in->p) > INT32_MAX)
		return -LMQ_EMALFORMED;
	*out = lmi_get32(in->p);
	in->p += 4;
	in->n -= 4;
	return 0;
}

static int take_text(struct lmi_span *in, struct lmi_span *out)
{
	uint32_t n;

	if (take_count(in, &n) < 0 || n > in->n)
		return -LMQ_EMALFORMED;
	*out = lmi_span(in->p, n);
	in->p += n;
	in->n -= n;
	return 0;
}

static int topics_section(struct lmi_span *in, struct register_topics *topics)
{
	struct lmi_topic_config t;
	struct lmi_span line;
	uint32_t count;
	int r = take_count(in, &count);

	for (; r == 0 && count > 0; count--) {
		r = take_text(in, &line);
		if (r == 0)
			r = lmi_topic_config_decode_line(line, &t);
		if (r == 0)
			r = register_add_topic(topics, &t);
	}
	return r;
}

static int filter_servers_section(struct lmi_span *in, struct lmi_arena *arena, struct lmi_register *out)
{
	struct lmi_span text;
	struct lmi_json j;
	int r = take_text(in, &text);

	if (r < 0 || text.n == 0)
		return r;
	lmi_json_init(&j, text);
	r = register_read_filter_servers(&j, arena, out);
	return r < 0 ? r : lmi_json_finish(&j);
}

int register_decode_compressed(struct lmi_span body, struct register_topics *topics, struct lmi_register *out)
{
	struct lmi_span in, text;
	int r = inflate_all(body, topics->arena, &in);

	if (r == 0)
		r = take_text(&in, &text);
	if (r == 0)
		r = lmi_data_version_decode(text, &out->version);
	if (r == 0)
		r = topics_section(&in, topics);
	if (r == 0)
		r = filter_servers_section(&in, topics->arena, out);
	/* What a 5.x broker adds behind this, queue mappings of static topics, is not looked at. */
	return r;
}

/* ---- encoding ---- */

/* Write the length of what was put since @at, which is behind its place. */
static void patch_length(struct lmi_buf *b, size_t at)
{
	if (!b->failed)
		lmi_put32(lmi_buf_data(b) + at - 4, (uint32_t)(lmi_buf_len(b) - at));
}

static void put_plain(struct lmi_buf *b, const struct lmi_register *r)
{
	struct lmi_json_out o;
	size_t at;

	lmi_buf_put32(b, 0);
	at = lmi_buf_len(b);
	lmi_json_out_init(&o, b);
	lmi_data_version_put(&o, &r->version);
	patch_length(b, at);
	lmi_buf_put32(b, (uint32_t)r->topic_count);
	for (size_t i = 0; i < r->topic_count; i++) {
		lmi_buf_put32(b, 0);
		at = lmi_buf_len(b);
		lmi_topic_config_put_line(b, &r->topics[i]);
		patch_length(b, at);
	}
	lmi_buf_put32(b, 0);
	at = lmi_buf_len(b);
	lmi_json_out_init(&o, b);
	lmi_text_list_put_items(&o, r->filter_servers, r->filter_server_count);
	patch_length(b, at);
	lmi_buf_put32(b, 0); /* queue mappings */
}

int lmi_register_put_compressed(struct lmi_buf *b, const struct lmi_register *r)
{
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf plain = { 0 };
	uLongf bytes;
	uint8_t *to;
	int z;

	assert(r->topic_count <= LMI_REGISTER_TOPICS_MAX);
	put_plain(&plain, r);
	if (plain.failed)
		return -ENOMEM;
	bytes = compressBound(lmi_buf_len(&plain));
	to = lmi_buf_reserve(b, bytes);
	if (!to)
		return -ENOMEM;
	z = compress2(to, &bytes, lmi_buf_data(&plain), lmi_buf_len(&plain), LEVEL);
	if (z != Z_OK)
		return -ENOMEM;
	lmi_buf_commit(b, bytes);
	return 0;
}

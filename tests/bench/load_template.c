/* SPDX-License-Identifier: Apache-2.0 */
#include "load_template.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "wire/command.h"
#include "wire/props.h"
#include "wire/record.h"

#define BINARY_OPAQUE_AT 13         /* length 4, header length 4, code 2, language 1, version 2 */
#define BORN_MARK "1111111111111"   /* 13 digits, as the present has */
#define DUE_MARK "2222222222222"
#define ID_MARK "0123456789ABCDEF"  /* the part of an id that counts */
#define ID_CHARS 16

static void put_props(struct lmi_buf *b, const struct load_options *o)
{
	char id[64];
	const char *property = o->property, *value = property ? strchr(property, '=') : NULL;

	snprintf(id, sizeof(id), "7F000001%08X%s", (unsigned int)getpid(), ID_MARK);
	(void)lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY), lmi_span_str(id));
	(void)lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_WAIT), LMI_SPAN_LIT("true"));
	(void)lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_TAGS), LMI_SPAN_LIT("bench"));
	if (value)
		(void)lmi_props_put(b, lmi_span(property, (size_t)(value - property)), lmi_span_str(value + 1));
	if (o->due)
		(void)lmi_props_put(b, LMI_SPAN_LIT("TIMER_DELIVER_MS"), LMI_SPAN_LIT(DUE_MARK));
	if (o->mode != LOAD_TRANSACTION)
		return;
	(void)lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_TRAN_MSG), LMI_SPAN_LIT("true"));
	(void)lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_PGROUP), lmi_span_str(o->group));
}

static void make_body(struct lmi_buf *out, const struct load_options *o, struct lmi_span props)
{
	struct lmi_buf one = { 0 };
	uint8_t *fill = lmi_buf_reserve(&one, (size_t)o->size);
	struct lmi_batch_item item;

	if (!fill) {
		out->failed = true;
		return;
	}
	memset(fill, 'x', (size_t)o->size);
	lmi_buf_commit(&one, (size_t)o->size);
	item = (struct lmi_batch_item){ .body = lmi_buf_span(&one), .props = props };
	if (o->mode != LOAD_BATCH)
		lmi_buf_put_span(out, lmi_buf_span(&one));
	for (int64_t i = 0; o->mode == LOAD_BATCH && i < o->batch; i++)
		lmi_batch_put(out, &item);
	lmi_buf_done(&one);
}

static void encode(struct load_template *t, const struct load_options *o, const struct load_target *target,
		   struct lmi_span props, struct lmi_span body)
{
	bool batch = o->mode == LOAD_BATCH;
	struct lmi_command_out c;

	lmi_command_begin(&c, &t->frame, o->binary ? LMI_SERIALIZE_ROCKETMQ : LMI_SERIALIZE_JSON,
			  batch ? LMI_REQ_SEND_BATCH_MESSAGE : LMI_REQ_SEND_MESSAGE_V2, LOAD_OPAQUE_BASE,
			  o->mode == LOAD_ONEWAY ? LMI_FLAG_ONEWAY : 0);
	c.language = LMI_LANGUAGE_CPP;
	lmi_command_put(&c, LMI_EXT_A, lmi_span_str(o->group));
	lmi_command_put(&c, LMI_EXT_B, lmi_span_str(o->topic));
	lmi_command_put(&c, LMI_EXT_C, LMI_SPAN_LIT("TBW102"));
	lmi_command_put_i64(&c, LMI_EXT_D, 4);
	lmi_command_put_i64(&c, LMI_EXT_E, target->queue_id);
	lmi_command_put_i64(&c, LMI_EXT_F, o->mode == LOAD_TRANSACTION ? LMI_SYSFLAG_PREPARED : 0);
	lmi_command_put(&c, LMI_EXT_G, LMI_SPAN_LIT(BORN_MARK));
	lmi_command_put_i64(&c, LMI_EXT_H, 0);
	lmi_command_put(&c, LMI_EXT_I, batch ? LMI_SPAN_LIT("WAIT\001true\002") : props);
	lmi_command_put_i64(&c, LMI_EXT_J, 0);
	lmi_command_put_bool(&c, LMI_EXT_K, false);
	lmi_command_put_bool(&c, LMI_EXT_M, batch);
	lmi_command_put(&c, LMI_EXT_N, lmi_span_str(target->broker));
	lmi_command_end(&c, body.n);
	lmi_buf_put_span(&t->frame, body);
}

static bool find(const struct load_template *t, size_t from, const char *mark, size_t *out_at)
{
	const uint8_t *begin = lmi_buf_data(&t->frame), *at;

	at = memmem(begin + from, lmi_buf_len(&t->frame) - from, mark, strlen(mark));
	if (at)
		*out_at = (size_t)(at - begin);
	return at != NULL;
}

static bool find_marks(struct load_template *t)
{
	char opaque[32];
	size_t at;

	snprintf(opaque, sizeof(opaque), "%d", LOAD_OPAQUE_BASE);
	t->at_opaque = BINARY_OPAQUE_AT;
	if ((!t->binary && !find(t, 0, opaque, &t->at_opaque)) || !find(t, 0, BORN_MARK, &t->at_born))
		return false;
	if (t->due && !find(t, 0, DUE_MARK, &t->at_due))
		return false;
	for (size_t from = 0; t->ids < LOAD_IDS_MAX && find(t, from, ID_MARK, &at); from = at + ID_CHARS)
		t->at_id[t->ids++] = at;
	return t->ids > 0;
}

bool load_template_make(struct load_template *t, const struct load_options *o, const struct load_target *target)
{
	struct lmi_buf props = { 0 }, body = { 0 };
	bool good;

	t->binary = o->binary;
	t->due = o->due;
	t->due_span = o->due_span;
	put_props(&props, o);
	make_body(&body, o, lmi_buf_span(&props));
	encode(t, o, target, lmi_buf_span(&props), lmi_buf_span(&body));
	good = !props.failed && !body.failed && !t->frame.failed && find_marks(t);
	if (!good)
		load_complain("the request could not be encoded");
	lmi_buf_done(&props);
	lmi_buf_done(&body);
	return good;
}

void load_template_done(struct load_template *t)
{
	lmi_buf_done(&t->frame);
}

static void put_id(uint8_t *at, uint64_t n)
{
	uint8_t raw[8];
	char hex[ID_CHARS];

	lmi_put64(raw, n);
	lmi_hex_upper(raw, sizeof(raw), hex);
	memcpy(at, hex, sizeof(hex));
}

/* Looks like chance, but is even. */
static int64_t spread(uint64_t id, int64_t span)
{
	return span ? (int64_t)(id * 0x9e3779b97f4a7c15u >> 20) % span : 0;
}

void load_template_put(const struct load_template *t, struct lmi_buf *out, int32_t opaque, int64_t born_ms, uint64_t *id)
{
	size_t n = lmi_buf_len(&t->frame);
	uint8_t *at = lmi_buf_reserve(out, n);

	if (!at)
		return;
	memcpy(at, lmi_buf_data(&t->frame), n);
	if (t->binary)
		lmi_put32(at + t->at_opaque, (uint32_t)opaque);
	else
		(void)lmi_i64_to_chars(opaque, at + t->at_opaque);
	(void)lmi_i64_to_chars(born_ms, at + t->at_born);
	if (t->due)
		(void)lmi_i64_to_chars(t->due + spread(*id, t->due_span), at + t->at_due);
	for (size_t i = 0; i < t->ids; i++)
		put_id(at + t->at_id[i], (*id)++);
	lmi_buf_commit(out, n);
}

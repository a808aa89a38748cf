/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: a decoded command, encoded in either header type, is decoded to the same values. */
#include "wire/command.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena, again;
static struct lmi_buf buf;

static void encode(const struct lmi_command *c, enum lmi_serialize type)
{
	struct lmi_command_out o;

	lmi_buf_reset(&buf, FUZZ_KEEP_BYTES);
	lmi_command_begin(&o, &buf, type, c->code, c->opaque, c->flag);
	o.language = c->language;
	o.version = c->version;
	for (uint32_t i = 0; i < c->ext_count; i++) {
		if (c->ext[i].key != LMI_EXT_UNKNOWN)
			lmi_command_put(&o, c->ext[i].key, c->ext[i].value);
		else
			lmi_command_put_name(&o, c->ext[i].name, c->ext[i].value);
	}
	lmi_command_remark(&o, c->remark);
	lmi_command_end(&o, c->body.n);
	lmi_buf_put_span(&buf, c->body);
	FUZZ_CHECK(!buf.failed);
}

/* What the binary header cannot carry. */
static bool fits_binary(const struct lmi_command *c)
{
	for (uint32_t i = 0; i < c->ext_count; i++)
		if (c->ext[i].name.n == 0 || c->ext[i].name.n > INT16_MAX || c->ext[i].value.n == 0)
			return false;
	return c->version == (int16_t)c->version && (!c->remark.p || c->remark.n > 0);
}

static void check_same(const struct lmi_command *a, const struct lmi_command *b)
{
	FUZZ_CHECK(a->code == b->code && a->opaque == b->opaque && a->flag == b->flag && a->version == b->version);
	FUZZ_CHECK(a->language == b->language);
	FUZZ_CHECK(!a->remark.p == !b->remark.p && lmi_span_eq(a->remark, b->remark));
	FUZZ_CHECK(lmi_span_eq(a->body, b->body));
	FUZZ_CHECK(a->ext_count == b->ext_count);
	for (uint32_t i = 0; i < a->ext_count; i++) {
		FUZZ_CHECK(a->ext[i].key == b->ext[i].key);
		FUZZ_CHECK(lmi_span_eq(a->ext[i].name, b->ext[i].name) && lmi_span_eq(a->ext[i].value, b->ext[i].value));
	}
}

static void check_reads(const struct lmi_command *c)
{
	for (int key = 1; key < LMI_EXT_LAST; key++) {
		int32_t narrow;
		int64_t wide;
		bool truth;

		(void)lmi_command_ext_i32(c, (enum lmi_ext_key)key, &narrow);
		(void)lmi_command_ext_i64(c, (enum lmi_ext_key)key, &wide);
		(void)lmi_command_ext_bool(c, (enum lmi_ext_key)key, &truth);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_command c, back;

	fuzz_reset(&arena);
	fuzz_reset(&again);
	if (lmi_command_decode(lmi_span(data, size), &arena, &c) < 0)
		return 0;
	check_reads(&c);
	for (int type = LMI_SERIALIZE_JSON; type <= LMI_SERIALIZE_ROCKETMQ; type++) {
		int r;

		if (type == LMI_SERIALIZE_ROCKETMQ && !fits_binary(&c))
			continue;
		encode(&c, (enum lmi_serialize)type);
		r = lmi_command_decode(lmi_buf_span(&buf), &again, &back);
		if (r == -LMQ_ETOOBIG && lmi_buf_len(&buf) > LMI_COMMAND_HEADER_MAX)
			continue; /* escapes have made it longer than what is taken */
		FUZZ_CHECK(r == 0);
		check_same(&c, &back);
	}
	return 0;
}

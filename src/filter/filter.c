/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/filter.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "filter/filter_internal.h"

_Static_assert(FILTER_TEXT_MAX < UINT16_MAX, "constants are counted in 16 bits, and each takes a byte of text");

/* ---- packing: one piece of memory that nobody changes any more ---- */

static size_t names_bytes(const struct filter_build *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->prop_count; i++)
		n += b->props[i].n;
	return n;
}

static void pack_consts(const struct filter_build *b, struct filter_value *consts, uint8_t *strings)
{
	if (b->const_count)
		memcpy(consts, b->consts, b->const_count * sizeof(*consts));
	if (b->string_bytes)
		memcpy(strings, b->strings, b->string_bytes);
	for (size_t i = 0; i < b->const_count; i++)
		if (consts[i].kind == FILTER_STRING)
			consts[i].s.p = strings + (consts[i].s.p - b->strings);
}

static void pack_names(const struct filter_build *b, struct filter *f, struct lmi_span *names, uint8_t *to)
{
	for (size_t i = 0; i < FILTER_BUCKETS; i++)
		f->bucket[i] = FILTER_NONE;
	for (size_t i = 0; i < b->prop_count; i++) {
		memcpy(to, b->props[i].p, b->props[i].n);
		names[i] = lmi_span(to, b->props[i].n);
		to += b->props[i].n;
		uint16_t *bucket = &f->bucket[filter_bucket(names[i])];
		f->chain[i] = *bucket;
		*bucket = (uint16_t)i;
	}
}

static struct filter *pack(const struct filter_build *b)
{
	size_t consts = b->const_count * sizeof(struct filter_value), names = b->prop_count * sizeof(struct lmi_span);
	size_t ops = b->op_count * sizeof(struct filter_op);
	size_t bytes = sizeof(struct filter) + consts + names + ops + b->string_bytes + names_bytes(b);
	struct filter *f = malloc(bytes);
	if (!f)
		return NULL;
	*f = (struct filter){ .refs = 1, .op_count = (uint32_t)b->op_count, .const_count = (uint32_t)b->const_count,
			      .prop_count = (uint32_t)b->prop_count, .searches = b->searches, .bytes = bytes };
	struct filter_value *c = (struct filter_value *)(f + 1);
	struct lmi_span *n = (struct lmi_span *)(c + b->const_count);
	struct filter_op *o = (struct filter_op *)(n + b->prop_count);
	uint8_t *strings = (uint8_t *)(o + b->op_count);
	memcpy(o, b->ops, ops);
	pack_consts(b, c, strings);
	pack_names(b, f, n, strings + b->string_bytes);
	f->consts = c;
	f->props = n;
	f->ops = o;
	return f;
}

/* ---- life ---- */

static int compile(struct filter_build *b, struct filter **out)
{
	int rc = filter_parse(b);
	if (rc == 2 && !b->err)
		filter_fail(b, -LMQ_EDEPTH, FILTER_TOO_DEEP, b->last_at, "the expression is nested too deeply");
	if (rc || b->err)
		return b->err ? b->err : -ENOMEM;
	assert(b->depth == 1);
	*out = pack(b);
	return *out ? 0 : -ENOMEM;
}

int filter_compile(struct lmi_span text, struct filter **out, struct filter_error *out_error)
{
	struct filter_build b = { .lexer = { .text = text.p ? text : LMI_SPAN_LIT("") }, .error = out_error };
	if (text.n > FILTER_TEXT_MAX) {
		filter_fail(&b, -LMQ_ETOOBIG, FILTER_TOO_LONG, FILTER_TEXT_MAX, "the expression is longer than %u bytes", FILTER_TEXT_MAX);
		return b.err;
	}
	b.strings = malloc(text.n + 1);
	int err = b.strings ? compile(&b, out) : -ENOMEM;
	free(b.strings);
	free(b.ops);
	free(b.consts);
	return err;
}

struct filter *filter_ref(struct filter *f)
{
	f->refs++;
	return f;
}

void filter_unref(struct filter *f)
{
	if (f && --f->refs == 0)
		free(f);
}

size_t filter_bytes(const struct filter *f)
{
	return f->bytes;
}

uint64_t filter_cost(const struct filter *f, size_t props_bytes)
{
	return (uint64_t)props_bytes * (1 + f->searches) + f->op_count + f->const_count;
}

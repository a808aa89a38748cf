/* SPDX-License-Identifier: Apache-2.0 */
/* The rules about operands, and the program as it grows.  Rule: the create methods of rocketmq-filter's expressions. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter/filter_internal.h"

/* Characters before a byte, plus one. */
static uint32_t column_of(struct lmi_span text, uint32_t at)
{
	uint32_t column = 1;
	for (uint32_t i = 0; i < at && i < text.n; i++)
		column += (text.p[i] & 0xC0) != 0x80;
	return column;
}

void filter_fail(struct filter_build *b, int err, enum filter_fault fault, uint32_t at, const char *fmt, ...)
{
	va_list ap;
	if (b->err)
		return;
	b->err = err;
	b->error->fault = fault;
	b->error->column = column_of(b->lexer.text, at);
	va_start(ap, fmt);
	vsnprintf(b->error->text, sizeof(b->error->text), fmt, ap);
	va_end(ap);
}

/* ---- the program ---- */

/* How many values a step leaves more. */
static int effect(enum filter_code code)
{
	switch (code) {
	case OP_CONST:
	case OP_PROP:
	case OP_DUP:
		return 1;
	case OP_EQ:
	case OP_GT:
	case OP_GE:
	case OP_LT:
	case OP_LE:
	case OP_AND:
	case OP_OR:
	case OP_NIP:
		return -1;
	default:
		return 0;
	}
}

static bool grow(struct filter_build *b, void **array, size_t count, size_t *cap, size_t element)
{
	if (count < *cap)
		return true;
	size_t n = *cap ? *cap * 2 : 32;
	void *more = realloc(*array, n * element);
	if (!more) {
		b->err = b->err ? b->err : -ENOMEM;
		return false;
	}
	*array = more;
	*cap = n;
	return true;
}

bool filter_emit(struct filter_build *b, enum filter_code code, uint32_t n)
{
	if (b->op_count == FILTER_OPS_MAX) {
		filter_fail(b, -LMQ_ETOOBIG, FILTER_TOO_MANY, b->last_at, "the expression has more than %u steps", FILTER_OPS_MAX);
		return false;
	}
	if (!grow(b, (void **)&b->ops, b->op_count, &b->op_cap, sizeof(*b->ops)))
		return false;
	b->ops[b->op_count++] = (struct filter_op){ .code = (uint8_t)code, .n = n };
	b->depth = (uint32_t)((int)b->depth + effect(code));
	if (b->depth > b->depth_max)
		b->depth_max = b->depth;
	if (b->depth_max > FILTER_STACK_MAX) {
		filter_fail(b, -LMQ_EDEPTH, FILTER_TOO_DEEP, b->last_at, "the expression is nested too deeply");
		return false;
	}
	return true;
}

void filter_land(struct filter_build *b, uint32_t jump)
{
	b->ops[jump].n = (uint32_t)b->op_count;
}

/* ---- literals and properties ---- */

static bool put_const(struct filter_build *b, struct filter_value v, uint32_t *out)
{
	if (!grow(b, (void **)&b->consts, b->const_count, &b->const_cap, sizeof(*b->consts)))
		return false;
	*out = (uint32_t)b->const_count;
	b->consts[b->const_count++] = v;
	return true;
}

/* Rule: ConstantExpression.createFromDecimal: an int when it fits, else a long. */
static bool decimal(struct filter_build *b, const struct filter_token *t, struct filter_value *out)
{
	struct lmi_span s = t->text;
	if ((s.p[s.n - 1] | 0x20) == 'l')
		s.n--;
	if (lmi_span_to_i64(s, &out->i)) {
		filter_fail(b, -LMQ_EILLEGAL, FILTER_BAD_NUMBER, t->at, "the number is above 9223372036854775807");
		return false;
	}
	out->kind = out->i <= INT32_MAX ? FILTER_INT : FILTER_LONG;
	return true;
}

/* Rule: ConstantExpression.createFloat, which refuses what is not above 0. */
static bool floating(struct filter_build *b, const struct filter_token *t, struct filter_value *out)
{
	out->kind = FILTER_DOUBLE;
	if (filter_number_double(t->text, &out->d) && out->d > 0 && !__builtin_isinf(out->d))
		return true;
	filter_fail(b, -LMQ_EILLEGAL, FILTER_BAD_NUMBER, t->at,
		    "a number with a point or exponent must be above 0 and at most 1.7976931348623157E308");
	return false;
}

bool filter_string(struct filter_build *b, const struct filter_token *t, uint32_t *out_constant)
{
	uint8_t *to = b->strings + b->string_bytes;
	size_t n = 0;
	for (size_t i = 1; i + 1 < t->text.n; i++) {
		to[n++] = t->text.p[i];
		if (t->text.p[i] == '\'')
			i++; /* the second of two */
	}
	b->string_bytes += n;
	return put_const(b, (struct filter_value){ .kind = FILTER_STRING, .s = lmi_span(to, n) }, out_constant);
}

bool filter_literal(struct filter_build *b, const struct filter_token *t, struct filter_part *out)
{
	struct filter_value v = { .kind = FILTER_NULL };
	*out = (struct filter_part){ .is = OPERAND_NUMBER, .at = t->at, .from = (uint32_t)b->op_count };
	switch (t->word) {
	case W_STRING:
		out->is = OPERAND_STRING;
		return filter_string(b, t, &out->constant) && filter_emit(b, OP_CONST, out->constant);
	case W_DECIMAL:
		if (!decimal(b, t, &v))
			return false;
		break;
	case W_FLOAT:
		if (!floating(b, t, &v))
			return false;
		break;
	case W_NULL:
		out->is = OPERAND_NULL;
		break;
	default:
		out->is = OPERAND_BOOL;
		v = (struct filter_value){ .kind = FILTER_BOOL, .b = t->word == W_TRUE };
	}
	return put_const(b, v, &out->constant) && filter_emit(b, OP_CONST, out->constant);
}

bool filter_property(struct filter_build *b, const struct filter_token *t, struct filter_part *out)
{
	size_t i = 0;
	*out = (struct filter_part){ .is = OPERAND_PROPERTY, .at = t->at, .from = (uint32_t)b->op_count };
	while (i < b->prop_count && !lmi_span_eq(b->props[i], t->text))
		i++;
	if (i == FILTER_PROPS_MAX) {
		filter_fail(b, -LMQ_ETOOBIG, FILTER_TOO_MANY, t->at, "the expression names more than %u properties", FILTER_PROPS_MAX);
		return false;
	}
	if (i == b->prop_count)
		b->props[b->prop_count++] = t->text;
	return filter_emit(b, OP_PROP, (uint32_t)i);
}

/* ---- what may stand where ---- */

/* Rule: SelectorParser.asBooleanExpression. */
bool filter_truth(struct filter_build *b, const struct filter_part *p)
{
	switch (p->is) {
	case OPERAND_BOOL:
	case OPERAND_NULL:
	case OPERAND_TRUTH:
		return true;
	case OPERAND_PROPERTY:
		return filter_emit(b, OP_CAST, 0);
	default:
		filter_fail(b, -LMQ_EILLEGAL, FILTER_NOT_BOOLEAN, p->at, "a condition is expected, and this is a value");
		return false;
	}
}

/* Rule: checkLessThanOperand. */
bool filter_ordered(struct filter_build *b, const struct filter_part *p)
{
	if (p->is == OPERAND_PROPERTY || p->is == OPERAND_NUMBER || p->is == OPERAND_NEGATIVE)
		return true;
	filter_fail(b, -LMQ_EILLEGAL, FILTER_NOT_COMPARABLE, p->at,
		    "only properties and numbers can be compared by >, >=, <, <= and BETWEEN");
	return false;
}

/* Rule: checkEqualOperand, checkEqualOperandCompatability. */
bool filter_equal(struct filter_build *b, const struct filter_part *left, const struct filter_part *right)
{
	bool literal = right->is == OPERAND_NUMBER || right->is == OPERAND_STRING;
	if (left->is == OPERAND_NULL || right->is == OPERAND_NULL)
		filter_fail(b, -LMQ_EILLEGAL, FILTER_NOT_COMPARABLE, left->is == OPERAND_NULL ? left->at : right->at,
			    "nothing is equal to NULL: write IS NULL or IS NOT NULL");
	else if (left->is == OPERAND_BOOL && literal)
		filter_fail(b, -LMQ_EILLEGAL, FILTER_NOT_COMPARABLE, right->at, "TRUE and FALSE are not compared with this literal");
	return !b->err && filter_emit(b, OP_EQ, 0);
}

/* Rule: createBetween, which compares its ends when both are literals. */
bool filter_range(struct filter_build *b, const struct filter_part *low, const struct filter_part *high)
{
	int order;
	if (low->is != OPERAND_NUMBER || high->is != OPERAND_NUMBER)
		return true;
	if (filter_number_order(&b->consts[high->constant], &b->consts[low->constant], &order) && order >= 0)
		return true;
	filter_fail(b, -LMQ_EILLEGAL, FILTER_BAD_RANGE, low->at, "the lower end of BETWEEN is above the upper");
	return false;
}

/* Rule: createContains and its like: an empty text is FALSE, and what it would be looked for in is not evaluated. */
static bool empty_search(struct filter_build *b, const struct filter_part *left)
{
	uint32_t constant;
	b->op_count = left->from;
	b->depth--;
	return put_const(b, (struct filter_value){ .kind = FILTER_BOOL }, &constant) && filter_emit(b, OP_CONST, constant);
}

bool filter_search(struct filter_build *b, const struct filter_part *left, enum filter_code code, uint32_t constant)
{
	if (b->consts[constant].s.n == 0)
		return empty_search(b, left);
	b->searches++;
	return filter_emit(b, code, constant);
}

/* Rule: createInFilter.  The list is the constants from first on. */
bool filter_in(struct filter_build *b, const struct filter_part *left, enum filter_code code, uint32_t first)
{
	if (left->is != OPERAND_PROPERTY) {
		filter_fail(b, -LMQ_EILLEGAL, FILTER_NOT_PROPERTY, left->at, "IN is for a property");
		return false;
	}
	b->searches++;
	if (!filter_emit(b, code, (uint32_t)(b->const_count - first)))
		return false;
	b->ops[b->op_count - 1].at = (uint16_t)first;
	return true;
}

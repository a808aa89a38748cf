/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program over a record's properties.  Rule: the evaluate methods of rocketmq-filter's expressions. */
#include <assert.h>

#include "filter/filter_internal.h"
#include "wire/props.h"

struct run {
	const struct filter *f;
	struct filter_value stack[FILTER_STACK_MAX];
	size_t n;
	struct lmi_span props[FILTER_PROPS_MAX];
};

/* One pass over the record for all properties that the program names. */
static void find_props(struct run *r, struct lmi_span props)
{
	const struct filter *f = r->f;
	struct lmi_span key, value;
	for (uint32_t i = 0; i < f->prop_count; i++)
		r->props[i] = LMI_SPAN_NULL;
	for (size_t at = 0; f->prop_count && lmi_props_next(props, &at, &key, &value);)
		for (uint16_t i = f->bucket[filter_bucket(key)]; i != FILTER_NONE; i = f->chain[i])
			if (lmi_span_eq(f->props[i], key))
				r->props[i] = value;
}

static struct filter_value *top(struct run *r)
{
	return &r->stack[r->n - 1];
}

static void push(struct run *r, struct filter_value v)
{
	assert(r->n < FILTER_STACK_MAX);
	r->stack[r->n++] = v;
}

static void push_prop(struct run *r, uint32_t i)
{
	struct lmi_span s = r->props[i];
	push(r, (struct filter_value){ .kind = s.p ? FILTER_STRING : FILTER_NULL, .s = s });
}

static void set_bool(struct filter_value *v, bool b)
{
	*v = (struct filter_value){ .kind = FILTER_BOOL, .b = b };
}

static void set_null(struct filter_value *v)
{
	v->kind = FILTER_NULL;
}

static bool is(const struct filter_value *v, bool b)
{
	return v->kind == FILTER_BOOL && v->b == b;
}

static void negate(struct filter_value *v)
{
	if (v->kind == FILTER_DOUBLE)
		v->d = -v->d;
	else if (v->kind == FILTER_INT || v->kind == FILTER_LONG)
		v->i = -v->i; /* a literal is never the lowest long */
	else
		set_null(v);
}

static void negate_truth(struct filter_value *v)
{
	if (v->kind == FILTER_BOOL)
		v->b = !v->b;
}

static void cast(struct filter_value *v)
{
	if (v->kind != FILTER_NULL)
		set_bool(v, is(v, true));
}

/* ---- comparing the two on top ---- */

static bool holds(enum filter_code code, int order)
{
	switch (code) {
	case OP_GT:
		return order > 0;
	case OP_GE:
		return order >= 0;
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	default:
		return order == 0;
	}
}

static bool order(struct run *r, enum filter_code code)
{
	struct filter_value *right = top(r), *left = right - 1, a, b;
	int o;
	r->n--;
	if (left->kind == FILTER_NULL || right->kind == FILTER_NULL) {
		set_null(left);
		return true;
	}
	if (left->kind == FILTER_STRING && right->kind == FILTER_STRING) {
		/* Two strings are ordered as numbers or not at all. */
		a.kind = b.kind = FILTER_DOUBLE;
		if (!filter_number_double(left->s, &a.d) || !filter_number_double(right->s, &b.d))
			return false;
		left[0] = a;
		right[0] = b;
	}
	if (!filter_number_order(left, right, &o))
		return false;
	set_bool(left, holds(code, o));
	return true;
}

/* Absent and absent are equal; something is not equal to nothing; of nothing and something nobody knows. */
static bool equal(struct run *r)
{
	struct filter_value *right = top(r), *left = right - 1;
	int o;
	r->n--;
	if (left->kind == FILTER_NULL || right->kind == FILTER_NULL) {
		if (left->kind != FILTER_NULL || right->kind == FILTER_NULL)
			set_bool(left, left->kind == right->kind);
		return true;
	}
	if (!filter_number_order(left, right, &o))
		return false;
	set_bool(left, o == 0);
	return true;
}

/* ---- strings ---- */

static bool in_list(const struct filter *f, const struct filter_op *op, struct lmi_span s)
{
	for (uint32_t i = 0; i < op->n; i++)
		if (lmi_span_eq(f->consts[op->at + i].s, s))
			return true;
	return false;
}

static void in(struct run *r, const struct filter_op *op)
{
	struct filter_value *v = top(r);
	if (v->kind == FILTER_STRING)
		set_bool(v, in_list(r->f, op, v->s) == (op->code == OP_IN));
	else
		set_null(v);
}

static bool ends(struct lmi_span s, struct lmi_span with)
{
	return s.n >= with.n && memcmp(s.p + s.n - with.n, with.p, with.n) == 0;
}

static void search(struct run *r, const struct filter_op *op)
{
	struct filter_value *v = top(r);
	struct lmi_span what = r->f->consts[op->n].s, s = v->s;
	bool found, wanted = true;
	if (v->kind != FILTER_STRING) {
		set_bool(v, false);
		return;
	}
	switch (op->code) {
	case OP_NOT_CONTAINS:
		wanted = false;
		/* fall through */
	case OP_CONTAINS:
		found = memmem(s.p, s.n, what.p, what.n) != NULL;
		break;
	case OP_NOT_STARTS:
		wanted = false;
		/* fall through */
	case OP_STARTS:
		found = lmi_span_starts(s, what);
		break;
	default:
		wanted = op->code == OP_ENDS;
		found = ends(s, what);
	}
	set_bool(v, found == wanted);
}

/* ---- logic ---- */

static void join(struct run *r, bool decisive)
{
	struct filter_value *right = top(r), *left = right - 1;
	r->n--;
	if (is(left, decisive) || is(right, decisive))
		set_bool(left, decisive);
	else if (left->kind == FILTER_NULL || right->kind == FILTER_NULL)
		set_null(left);
	else
		set_bool(left, !decisive);
}

static void swap(struct run *r)
{
	struct filter_value v = *top(r);
	*top(r) = top(r)[-1];
	top(r)[-1] = v;
}

static void nip(struct run *r)
{
	top(r)[-1] = *top(r);
	r->n--;
}

static bool jumps(struct run *r, enum filter_code code)
{
	switch (code) {
	case OP_IF_NULL:
		return top(r)->kind == FILTER_NULL;
	case OP_IF_FALSE:
		return is(top(r), false);
	case OP_IF_TRUE:
		return is(top(r), true);
	default:
		return true;
	}
}

/* A table: one line for each step.  False: the evaluation fails. */
static bool step(struct run *r, const struct filter_op *op)
{
	switch ((enum filter_code)op->code) {
	case OP_CONST: push(r, r->f->consts[op->n]); return true;
	case OP_PROP: push_prop(r, op->n); return true;
	case OP_DUP: push(r, *top(r)); return true;
	case OP_SWAP: swap(r); return true;
	case OP_NIP: nip(r); return true;
	case OP_NEGATE: negate(top(r)); return true;
	case OP_NOT: negate_truth(top(r)); return true;
	case OP_CAST: cast(top(r)); return true;
	case OP_EQ: return equal(r);
	case OP_GT: case OP_GE: case OP_LT: case OP_LE: return order(r, op->code);
	case OP_IN: case OP_NOT_IN: in(r, op); return true;
	case OP_CONTAINS: case OP_NOT_CONTAINS: case OP_STARTS: case OP_NOT_STARTS: case OP_ENDS: case OP_NOT_ENDS:
		search(r, op); return true;
	case OP_AND: join(r, false); return true;
	case OP_OR: join(r, true); return true;
	case OP_IF_NULL: case OP_IF_FALSE: case OP_IF_TRUE: case OP_GO: break;
	}
	return true;
}

static bool run(struct run *r)
{
	for (uint32_t at = 0; at < r->f->op_count;) {
		const struct filter_op *op = &r->f->ops[at];
		if (op->code >= OP_IF_NULL) {
			at = jumps(r, op->code) ? op->n : at + 1;
			continue;
		}
		if (!step(r, op))
			return false;
		at++;
	}
	return true;
}

enum filter_verdict filter_eval(const struct filter *f, struct lmi_span props)
{
	struct run r;
	r.f = f;
	r.n = 0;
	find_props(&r, props);
	if (!run(&r))
		return FILTER_FAILED;
	assert(r.n == 1 && (top(&r)->kind == FILTER_BOOL || top(&r)->kind == FILTER_NULL));
	if (top(&r)->kind == FILTER_NULL)
		return FILTER_UNKNOWN;
	return top(&r)->b ? FILTER_TRUE : FILTER_FALSE;
}

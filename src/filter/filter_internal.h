/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of src/filter only. */
#ifndef LIGHTMQ_FILTER_FILTER_INTERNAL_H
#define LIGHTMQ_FILTER_FILTER_INTERNAL_H

#include "filter/filter.h"

#define FILTER_BUCKETS 64u     /* of the table of property names */
#define FILTER_STACK_MAX 512u  /* values */
#define FILTER_NONE UINT16_MAX /* end of a bucket's chain */

/* ---- values ---- */

enum filter_kind { FILTER_NULL, FILTER_BOOL, FILTER_INT, FILTER_LONG, FILTER_DOUBLE, FILTER_STRING };

struct filter_value {
	enum filter_kind kind;
	union {
		bool b;
		int64_t i; /* INT and LONG */
		double d;
		struct lmi_span s;
	};
};

/* ---- programs: a stack machine ---- */

enum filter_code {
	OP_CONST, /* push constant n */
	OP_PROP,  /* push property n */
	OP_DUP,
	OP_SWAP,
	OP_NIP,     /* drop the second */
	OP_NEGATE,
	OP_NOT,
	OP_CAST,    /* a property where a boolean is needed */
	OP_EQ, OP_GT, OP_GE, OP_LT, OP_LE,
	OP_IN, OP_NOT_IN, /* n constants from at */
	OP_CONTAINS, OP_NOT_CONTAINS, OP_STARTS, OP_NOT_STARTS, OP_ENDS, OP_NOT_ENDS, /* constant n */
	OP_AND, OP_OR,
	OP_IF_NULL,  /* go to n when the top is NULL */
	OP_IF_FALSE, /* go to n when the top is FALSE */
	OP_IF_TRUE,
	OP_GO
};

struct filter_op {
	uint8_t code; /* enum filter_code */
	uint16_t at;
	uint32_t n;
};

/* One piece of memory, in this order. */
struct filter {
	uint32_t refs;
	uint32_t op_count, const_count, prop_count, searches;
	size_t bytes;
	const struct filter_op *ops;
	const struct filter_value *consts;
	const struct lmi_span *props; /* names */
	uint16_t bucket[FILTER_BUCKETS];  /* first property, or FILTER_NONE */
	uint16_t chain[FILTER_PROPS_MAX]; /* the next in the same bucket */
};

static inline uint32_t filter_bucket(struct lmi_span name)
{
	return (uint32_t)(name.n * 31 + name.p[0] * 7u + name.p[name.n - 1]) % FILTER_BUCKETS;
}

/* ---- filter_number.c: numbers as Java reads them ---- */

/** Rule: Double.valueOf.  False when it would throw. */
bool filter_number_double(struct lmi_span text, double *out);
/** Rule: Double.compareTo: -0.0 is below 0.0, NaN above everything. */
int filter_number_compare(double a, double b);

/**
 * Compare two values that are not NULL; strings are turned into what the other is.  False: the evaluation fails.
 *
 * @out  below, at or above 0
 *
 * Rule: ComparisonExpression.__compare with convertStringExpressions.
 */
bool filter_number_order(const struct filter_value *a, const struct filter_value *b, int *out);

/* ---- filter_lex.c: words ---- */

enum filter_word { /* filter_parse.y names the same numbers */
	W_END = 0,
	W_NOT = 258, W_AND, W_OR, W_BETWEEN, W_IN, W_TRUE, W_FALSE, W_NULL, W_IS, W_CONTAINS, W_STARTSWITH, W_ENDSWITH,
	W_NE, W_GE, W_LE, W_DECIMAL, W_FLOAT, W_STRING, W_ID
};

struct filter_token {
	int word; /* enum filter_word, or a character */
	struct lmi_span text;
	uint32_t at; /* byte */
};

struct filter_lexer {
	struct lmi_span text;
	size_t at;
};

/** The next word.  0, or an enum filter_fault with out->at at the culprit. */
int filter_lex(struct filter_lexer *l, struct filter_token *out);

/* ---- filter_build.c: what the parser does with what it finds ---- */

/* What an operand is, as far as the rules ask. */
enum filter_operand {
	OPERAND_PROPERTY,
	OPERAND_NUMBER,  /* literal */
	OPERAND_STRING,  /* literal */
	OPERAND_BOOL,    /* TRUE, FALSE */
	OPERAND_NULL,    /* NULL */
	OPERAND_TRUTH,   /* a condition */
	OPERAND_NEGATIVE /* -x */
};

struct filter_part {
	enum filter_operand is;
	uint32_t constant; /* of a literal */
	uint32_t at;       /* byte where it begins */
	uint32_t from;     /* its first step */
};

struct filter_build {
	struct filter_lexer lexer;
	struct filter_error *error;
	int err; /* first failure */
	uint32_t last_at; /* of the last word */
	struct filter_op *ops;
	size_t op_count, op_cap;
	struct filter_value *consts;
	size_t const_count, const_cap;
	struct lmi_span props[FILTER_PROPS_MAX];
	size_t prop_count;
	uint8_t *strings; /* decoded; as long as the text */
	size_t string_bytes;
	uint32_t depth, depth_max, searches;
};

void filter_fail(struct filter_build *b, int err, enum filter_fault fault, uint32_t at, const char *fmt, ...)
	LMI_PRINTF(5, 6);

/* Each returns false after filter_fail. */
bool filter_emit(struct filter_build *b, enum filter_code code, uint32_t n);
void filter_land(struct filter_build *b, uint32_t jump); /* the jump goes to here */
bool filter_literal(struct filter_build *b, const struct filter_token *t, struct filter_part *out);
bool filter_string(struct filter_build *b, const struct filter_token *t, uint32_t *out_constant);
bool filter_property(struct filter_build *b, const struct filter_token *t, struct filter_part *out);
bool filter_truth(struct filter_build *b, const struct filter_part *p); /* make a condition of the top */
bool filter_ordered(struct filter_build *b, const struct filter_part *p);
bool filter_equal(struct filter_build *b, const struct filter_part *left, const struct filter_part *right);
bool filter_range(struct filter_build *b, const struct filter_part *low, const struct filter_part *high);
bool filter_search(struct filter_build *b, const struct filter_part *left, enum filter_code code, uint32_t constant);
bool filter_in(struct filter_build *b, const struct filter_part *left, enum filter_code code, uint32_t first);

/* ---- filter_parse.y ---- */

/** 0, or bison's: 1 an error that was noted or a word out of place, 2 too deep or no memory. */
int filter_parse(struct filter_build *b);

#endif

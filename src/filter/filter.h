/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/filter, L1: SQL92 expressions over message properties: text -> program -> verdict.  Uses lib/base, lib/wire and
 * lib/rules; whoever selects messages uses it.  Pure; a compiled filter is not changed any more, so any thread may
 * evaluate it, while references are taken and dropped by one.
 *
 * The language and its verdicts are those of RocketMQ's rocketmq-filter.  In short:
 *
 *     color = 'red' AND size BETWEEN 3 AND 5 OR NOT (a IS NULL) AND name STARTSWITH 'x'
 *
 * Comparisons are = <> > >= < <= BETWEEN IN CONTAINS STARTSWITH ENDSWITH "IS NULL", most with a NOT form; literals are
 * 'text', 12, 12L, 1.5, TRUE, FALSE, NULL; keywords in any case; -- and block comments.  A property is a string or absent.
 * Three values: what compares with an absent property is unknown; AND, OR and NOT work on that as in SQL.
 * A string compared with a number is read as a number of that type (an int from -2^31, else a long, or a double); when
 * it is none, the evaluation fails, and a message whose evaluation fails is not selected whatever the rest says.
 * Text that follows a whole expression is ignored, as RocketMQ's parser does.
 *
 * Ours: the limits below; columns in errors; digits other than 0 to 9 are no digits; a property of more than
 * FILTER_NUMBER_MAX bytes is no number.
 */
#ifndef LIGHTMQ_FILTER_FILTER_H
#define LIGHTMQ_FILTER_FILTER_H

#include "base/bytes.h"
#include "base/error.h"

#define FILTER_TEXT_MAX 32768u  /* bytes of an expression */
#define FILTER_DEPTH_MAX 1000u  /* symbols that the parser may have open: about 200 parentheses */
#define FILTER_OPS_MAX 16384u   /* steps of a program */
#define FILTER_PROPS_MAX 128u   /* different properties in one expression */
#define FILTER_NUMBER_MAX 1000u /* bytes of a property that is read as a number */

struct filter;

enum filter_fault {
	FILTER_SYNTAX = 1,     /* this word cannot stand here */
	FILTER_BAD_CHARACTER,  /* no word begins so */
	FILTER_OPEN_STRING,    /* a ' without its end */
	FILTER_OPEN_COMMENT,   /* slash and star without their end */
	FILTER_BAD_NUMBER,     /* out of range; 0.0 counts, as in RocketMQ */
	FILTER_NOT_COMPARABLE, /* the operands of this comparison can never be compared */
	FILTER_NOT_BOOLEAN,    /* TRUE or FALSE is needed, and this gives neither */
	FILTER_NOT_PROPERTY,   /* IN is for properties */
	FILTER_BAD_RANGE,      /* BETWEEN with a lower end above the upper */
	FILTER_TOO_LONG,
	FILTER_TOO_DEEP,
	FILTER_TOO_MANY        /* properties or steps */
};

struct filter_error {
	enum filter_fault fault;
	uint32_t column; /* of the culprit, in characters, from 1 */
	char text[192];  /* a sentence without column */
};

/**
 * Compile an expression.
 *
 * @text       UTF-8; not needed any more after the call
 * @out        gives one reference (filter_unref)
 * @out_error  set on every failure but -ENOMEM
 *
 * Returns 0; -LMQ_EILLEGAL for what is wrong in the text; -LMQ_ETOOBIG (FILTER_TOO_LONG, FILTER_TOO_MANY);
 * -LMQ_EDEPTH; -ENOMEM.
 * Rule: SelectorParser, ComparisonExpression.
 */
int filter_compile(struct lmi_span text, struct filter **out, struct filter_error *out_error);

struct filter *filter_ref(struct filter *f);
/** Accepts NULL. */
void filter_unref(struct filter *f);

enum filter_verdict {
	FILTER_FALSE,
	FILTER_TRUE,
	FILTER_UNKNOWN, /* NULL of SQL: not selected */
	FILTER_FAILED   /* a string that is no number, or a boolean against a string: not selected */
};

/**
 * Evaluate against a record's properties (wire/props.h: the last of a name counts).
 * Takes time in proportion to filter_cost; allocates nothing.
 */
enum filter_verdict filter_eval(const struct filter *f, struct lmi_span props);

/** Bytes that an evaluation over so many bytes of properties may have to look at, roughly and at most. */
uint64_t filter_cost(const struct filter *f, size_t props_bytes);

/** Bytes of memory that a filter takes. */
size_t filter_bytes(const struct filter *f);

#endif

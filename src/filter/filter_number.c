/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and comparisons as Java does them. */
#include <math.h>
#include <stdlib.h>

#include "filter/filter_internal.h"

/* ---- Double.valueOf ---- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* String.trim: everything up to the blank. */
static struct lmi_span trim(struct lmi_span s)
{
	while (s.n && s.p[0] <= ' ')
		s = lmi_span(s.p + 1, s.n - 1);
	while (s.n && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

static size_t run(struct lmi_span s, size_t at, bool (*in)(uint8_t c))
{
	size_t from = at;
	while (at < s.n && in(s.p[at]))
		at++;
	return at - from;
}

/* Where an exponent that begins here ends; 0: there is none. */
static size_t exponent(struct lmi_span s, size_t at, char letter)
{
	if (at >= s.n || (s.p[at] | 0x20) != letter)
		return 0;
	at++;
	if (at < s.n && (s.p[at] == '+' || s.p[at] == '-'))
		at++;
	size_t digits = run(s, at, is_digit);
	return digits ? at + digits : 0;
}

/* The end of digits with a point among them, of which there must be some; 0: there are none. */
static size_t mantissa(struct lmi_span s, size_t at, bool (*in)(uint8_t c))
{
	size_t before = run(s, at, in), after = 0;
	at += before;
	if (at < s.n && s.p[at] == '.') {
		after = run(s, at + 1, in);
		at += 1 + after;
	}
	return before + after ? at : 0;
}

/* Whether an unsigned number has the form that Java reads.  A suffix was cut. */
static bool well_formed(struct lmi_span s)
{
	bool hex = s.n > 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x';
	size_t at = mantissa(s, hex ? 2 : 0, hex ? is_hex : is_digit);
	if (!at)
		return false;
	size_t end = exponent(s, at, hex ? 'p' : 'e');
	if (hex && !end)
		return false;
	return (end ? end : at) == s.n;
}

static bool is_suffix(uint8_t c)
{
	return (c | 0x20) == 'f' || (c | 0x20) == 'd';
}

static double as_double(struct lmi_span s)
{
	char text[FILTER_NUMBER_MAX + 1];
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return strtod(text, NULL);
}

/* Without its sign. */
static bool magnitude(struct lmi_span s, double *out)
{
	if (lmi_span_is(s, "NaN")) {
		*out = NAN;
		return true;
	}
	if (lmi_span_is(s, "Infinity")) {
		*out = INFINITY;
		return true;
	}
	if (s.n && is_suffix(s.p[s.n - 1]))
		s.n--; /* a hexadecimal digit there makes no number either: the exponent is decimal, and must be there */
	if (s.n == 0 || s.n > FILTER_NUMBER_MAX || !well_formed(s))
		return false;
	*out = as_double(s);
	return true;
}

bool filter_number_double(struct lmi_span text, double *out)
{
	struct lmi_span s = trim(text);
	bool minus = s.n && s.p[0] == '-';
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = lmi_span(s.p + 1, s.n - 1);
	double d;
	if (!magnitude(s, &d))
		return false;
	*out = minus ? -d : d;
	return true;
}

int filter_number_compare(double a, double b)
{
	if (a < b)
		return -1;
	if (a > b)
		return 1;
	if (isnan(a) || isnan(b))
		return !!isnan(a) - !!isnan(b);
	return !!signbit(b) - !!signbit(a);
}

/* ---- values ---- */

static int compare_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_text(struct lmi_span a, struct lmi_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n ? memcmp(a.p, b.p, n) : 0;
	return r ? r : compare_i64((int64_t)a.n, (int64_t)b.n);
}

static bool equals_true(struct lmi_span s)
{
	static const char word[] = "true";
	if (s.n != sizeof(word) - 1)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] | 0x20) != word[i])
			return false;
	return true;
}

/* Read a string as a value of another's kind.  Rule: Boolean, Integer, Long, Double.valueOf. */
static bool read_as(struct lmi_span s, enum filter_kind kind, struct filter_value *out)
{
	int32_t i32;
	out->kind = kind;
	switch (kind) {
	case FILTER_BOOL:
		out->b = equals_true(s);
		return true;
	case FILTER_INT:
		if (lmi_span_to_i32(s, &i32))
			return false;
		out->i = i32;
		return true;
	case FILTER_LONG:
		return lmi_span_to_i64(s, &out->i) == 0;
	case FILTER_DOUBLE:
		return filter_number_double(s, &out->d);
	case FILTER_NULL:
	case FILTER_STRING:
		break;
	}
	return false;
}

static bool is_number(const struct filter_value *v)
{
	return v->kind == FILTER_INT || v->kind == FILTER_LONG || v->kind == FILTER_DOUBLE;
}

static double to_double(const struct filter_value *v)
{
	return v->kind == FILTER_DOUBLE ? v->d : (double)v->i;
}

static int compare_numbers(const struct filter_value *a, const struct filter_value *b)
{
	if (a->kind == FILTER_DOUBLE || b->kind == FILTER_DOUBLE)
		return filter_number_compare(to_double(a), to_double(b));
	return compare_i64(a->i, b->i);
}

bool filter_number_order(const struct filter_value *a, const struct filter_value *b, int *out)
{
	struct filter_value made;
	if (a->kind == FILTER_STRING && b->kind != FILTER_STRING) {
		if (!read_as(a->s, b->kind, &made))
			return false;
		a = &made;
	} else if (b->kind == FILTER_STRING && is_number(a)) {
		if (!read_as(b->s, a->kind, &made))
			return false;
		b = &made;
	} else if (b->kind == FILTER_STRING && a->kind == FILTER_BOOL) {
		return false; /* rule: the cast that RocketMQ attempts here throws */
	}
	if (is_number(a) && is_number(b))
		*out = compare_numbers(a, b);
	else if (a->kind != b->kind)
		*out = -1;
	else if (a->kind == FILTER_BOOL)
		*out = a->b - b->b;
	else
		*out = compare_text(a->s, b->s);
	return true;
}

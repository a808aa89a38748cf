/* SPDX-License-Identifier: Apache-2.0 */
/* Words of an expression, each the longest that fits.  Rule: the tokens of SelectorParser. */
#include "filter/filter_internal.h"

static const struct keyword {
	const char *text;
	int word;
} keywords[] = {
	{ "not", W_NOT }, { "and", W_AND }, { "or", W_OR }, { "between", W_BETWEEN }, { "in", W_IN },
	{ "true", W_TRUE }, { "false", W_FALSE }, { "null", W_NULL }, { "is", W_IS }, { "contains", W_CONTAINS },
	{ "startswith", W_STARTSWITH }, { "endswith", W_ENDSWITH },
};

static int peek(const struct filter_lexer *l, size_t ahead)
{
	return l->at + ahead < l->text.n ? l->text.p[l->at + ahead] : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool begins_name(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static size_t digits(const struct filter_lexer *l, size_t ahead)
{
	size_t n = 0;
	while (is_digit(peek(l, ahead + n)))
		n++;
	return n;
}

/* ---- what is passed over ---- */

/* A comment to the end of the line; one without a line's end is none, but two minus signs.  0: none. */
static size_t line_comment(const struct filter_lexer *l)
{
	if (peek(l, 0) != '-' || peek(l, 1) != '-')
		return 0;
	for (size_t n = 2; peek(l, n) >= 0; n++)
		if (peek(l, n) == '\n' || peek(l, n) == '\r')
			return n + 1;
	return 0;
}

static size_t block_comment(const struct filter_lexer *l)
{
	if (peek(l, 0) != '/' || peek(l, 1) != '*')
		return 0;
	for (size_t n = 2; peek(l, n + 1) >= 0; n++)
		if (peek(l, n) == '*' && peek(l, n + 1) == '/')
			return n + 2;
	return 0;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void pass_over(struct filter_lexer *l)
{
	for (;;) {
		size_t n = is_blank(peek(l, 0)) ? 1 : line_comment(l);
		if (!n)
			n = block_comment(l);
		if (!n)
			return;
		l->at += n;
	}
}

/* ---- words: each gives its length, 0 for none ---- */

static size_t exponent(const struct filter_lexer *l, size_t ahead)
{
	size_t n = 1;
	if ((peek(l, ahead) | 0x20) != 'e')
		return 0;
	if (peek(l, ahead + n) == '+' || peek(l, ahead + n) == '-')
		n++;
	size_t d = digits(l, ahead + n);
	return d ? n + d : 0;
}

static size_t number(const struct filter_lexer *l, int *out_word)
{
	size_t n = digits(l, 0), e;
	*out_word = W_FLOAT;
	if (peek(l, n) == '.') {
		size_t after = digits(l, n + 1);
		if (n + after == 0)
			return 0;
		n += 1 + after;
		return n + exponent(l, n);
	}
	e = exponent(l, n);
	if (e)
		return n + e;
	*out_word = W_DECIMAL;
	if (peek(l, 0) == '0')
		return 1;
	return n + ((peek(l, n) | 0x20) == 'l');
}

static size_t name(const struct filter_lexer *l)
{
	size_t n = 1;
	while (begins_name(peek(l, n)) || is_digit(peek(l, n)))
		n++;
	return n;
}

/* With both quotes; two together stand for one, unless the string could not end otherwise. */
static size_t string(const struct filter_lexer *l)
{
	size_t last = 0;
	for (size_t n = 1; peek(l, n) >= 0; n++) {
		if (peek(l, n) != '\'')
			continue;
		last = n + 1;
		if (peek(l, n + 1) != '\'')
			break;
		n++;
	}
	return last;
}

static bool same_word(struct lmi_span s, const char *lower)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] | 0x20) != lower[i])
			return false; /* also at the keyword's end */
	return lower[s.n] == '\0';
}

static int word_of_name(struct lmi_span s)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (same_word(s, keywords[i].text))
			return keywords[i].word;
	return W_ID;
}

static size_t operator_word(const struct filter_lexer *l, int *out_word)
{
	int c = peek(l, 0), next = peek(l, 1);
	*out_word = c;
	if (c == '<' && (next == '>' || next == '=')) {
		*out_word = next == '>' ? W_NE : W_LE;
		return 2;
	}
	if (c == '>' && next == '=') {
		*out_word = W_GE;
		return 2;
	}
	return c > 0 && strchr("=<>(),+-", c) ? 1 : 0;
}

int filter_lex(struct filter_lexer *l, struct filter_token *out)
{
	size_t n;
	pass_over(l);
	int c = peek(l, 0);
	*out = (struct filter_token){ .word = W_END, .text = lmi_span(l->text.p + l->at, 0), .at = (uint32_t)l->at };
	if (c < 0)
		return 0;
	if (begins_name(c))
		n = name(l);
	else if (c == '\'')
		n = string(l);
	else if (is_digit(c) || c == '.')
		n = number(l, &out->word);
	else
		n = operator_word(l, &out->word);
	if (!n)
		return c == '\'' ? FILTER_OPEN_STRING : c == '/' && peek(l, 1) == '*' ? FILTER_OPEN_COMMENT : FILTER_BAD_CHARACTER;
	out->text.n = n;
	if (begins_name(c))
		out->word = word_of_name(out->text);
	else if (c == '\'')
		out->word = W_STRING;
	l->at += n;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf_properties.h"

#include <errno.h>

#define REPLACEMENT 0xFFFDu

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\f';
}

static bool is_end(uint8_t c)
{
	return c == '\n' || c == '\r';
}

static bool at_end(const struct conf_properties *p)
{
	return p->at >= p->text.n;
}

static uint8_t here(const struct conf_properties *p)
{
	return p->text.p[p->at];
}

/* Over a line's end, which may have two characters. */
static void pass_end(struct conf_properties *p)
{
	bool cr = here(p) == '\r';

	p->at++;
	if (cr && !at_end(p) && here(p) == '\n')
		p->at++;
	p->line++;
}

static void pass_blanks(struct conf_properties *p)
{
	while (!at_end(p) && is_blank(here(p)))
		p->at++;
}

/* A backslash before a line's end: the line goes on behind the blanks of the next one.  False when it is another one. */
static bool pass_continuation(struct conf_properties *p)
{
	if (p->at + 1 >= p->text.n || here(p) != '\\' || !is_end(p->text.p[p->at + 1]))
		return false;
	p->at++;
	pass_end(p);
	pass_blanks(p);
	return true;
}

/* Blanks inside an entry, over continued lines. */
static void pass_gap(struct conf_properties *p)
{
	do
		pass_blanks(p);
	while (!at_end(p) && pass_continuation(p));
}

static void put_character(struct lmi_buf *b, uint32_t c)
{
	if (c == 0 || (c >= 0xD800 && c < 0xE000))
		c = REPLACEMENT;
	if (c < 0x80) {
		lmi_buf_put8(b, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		lmi_buf_put8(b, (uint8_t)(0xC0 | c >> 6));
	} else {
		if (c < 0x10000) {
			lmi_buf_put8(b, (uint8_t)(0xE0 | c >> 12));
		} else {
			lmi_buf_put8(b, (uint8_t)(0xF0 | c >> 18));
			lmi_buf_put8(b, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
		}
		lmi_buf_put8(b, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
	}
	lmi_buf_put8(b, (uint8_t)(0x80 | (c & 0x3F)));
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number behind \u, which has been passed. */
static int read_unit(struct conf_properties *p, uint32_t *out)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++, p->at++) {
		int digit = at_end(p) ? -1 : hex_digit(here(p));

		if (digit < 0)
			return -LMQ_EMALFORMED;
		v = v << 4 | (uint32_t)digit;
	}
	*out = v;
	return 0;
}

/* A character of Java's that is written in two escapes. */
static int put_unicode(struct conf_properties *p, struct lmi_buf *b)
{
	uint32_t high, low;
	int r = read_unit(p, &high);

	if (r < 0)
		return r;
	if (high >= 0xD800 && high < 0xDC00 && p->at + 1 < p->text.n && here(p) == '\\' && p->text.p[p->at + 1] == 'u') {
		size_t before = p->at;

		p->at += 2;
		r = read_unit(p, &low);
		if (r < 0)
			return r;
		if (low >= 0xDC00 && low < 0xE000)
			high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
		else
			p->at = before;
	}
	put_character(b, high);
	return 0;
}

/* What stands behind a backslash. */
static int put_escape(struct conf_properties *p, struct lmi_buf *b)
{
	uint8_t c;

	if (at_end(p))
		return 0;
	c = here(p);
	p->at++;
	switch (c) {
	case 'u': return put_unicode(p, b);
	case 't': c = '\t'; break;
	case 'n': c = '\n'; break;
	case 'r': c = '\r'; break;
	case 'f': c = '\f'; break;
	default: break;
	}
	put_character(b, c);
	return 0;
}

/* Up to the end of the line, or of the key. */
static int take(struct conf_properties *p, bool key, struct lmi_buf *b)
{
	while (!at_end(p) && !is_end(here(p))) {
		uint8_t c = here(p);
		int r = 0;

		if (pass_continuation(p))
			continue;
		if (key && (c == '=' || c == ':' || is_blank(c)))
			return 0;
		p->at++;
		if (c == '\\')
			r = put_escape(p, b);
		else
			put_character(b, c);
		if (r < 0)
			return r;
	}
	return 0;
}

/* To the next line that holds an entry. */
static void pass_rest(struct conf_properties *p)
{
	for (;;) {
		pass_blanks(p);
		if (at_end(p))
			return;
		if (is_end(here(p))) {
			pass_end(p);
		} else if (here(p) == '#' || here(p) == '!') {
			while (!at_end(p) && !is_end(here(p)))
				p->at++;
		} else {
			return;
		}
	}
}

/* A NUL behind it, which does not count. */
static void close_text(struct lmi_buf *b)
{
	uint8_t *nul = lmi_buf_reserve(b, 1);

	if (nul)
		*nul = 0;
}

int conf_properties_next(struct conf_properties *p)
{
	int r;

	pass_rest(p);
	if (at_end(p))
		return 0;
	lmi_buf_reset(&p->key, 4096);
	lmi_buf_reset(&p->value, 4096);
	p->entry_line = p->line + 1;
	r = take(p, true, &p->key);
	if (r < 0)
		return r;
	pass_gap(p);
	if (!at_end(p) && (here(p) == '=' || here(p) == ':')) {
		p->at++;
		pass_gap(p);
	}
	r = take(p, false, &p->value);
	if (r < 0)
		return r;
	close_text(&p->key);
	close_text(&p->value);
	return p->key.failed || p->value.failed ? -ENOMEM : 1;
}

void conf_properties_done(struct conf_properties *p)
{
	lmi_buf_done(&p->key);
	lmi_buf_done(&p->value);
}

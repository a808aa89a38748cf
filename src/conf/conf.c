/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "conf/conf_internal.h"

static const struct {
	const char *suffix;
	enum conf_type type;
	int64_t factor;
} units[] = {
	{ "KiB", CONF_BYTES, 1 << 10 }, { "MiB", CONF_BYTES, 1 << 20 }, { "GiB", CONF_BYTES, 1 << 30 }, { "B", CONF_BYTES, 1 },
	{ "ms", CONF_MS, 1 },           { "s", CONF_MS, 1000 },         { "m", CONF_MS, 60000 },        { "h", CONF_MS, 3600000 },
	{ "s", CONF_SECONDS, 1 },       { "m", CONF_SECONDS, 60 },      { "h", CONF_SECONDS, 3600 },
	{ "s", CONF_HOURS, 1 },         { "m", CONF_HOURS, 60 },        { "h", CONF_HOURS, 3600 },
};

/* What the bounds of a key are counted in, in units of its value. */
static int64_t bound_factor(const struct conf_key *k)
{
	return k->type == CONF_HOURS ? 3600 : 1;
}

int conf_parse_number(enum conf_type type, struct lmi_span text, int64_t *out)
{
	size_t digits = 0;
	int64_t v, factor = 0;
	int r;

	while (digits < text.n && (text.p[digits] == '-' || (text.p[digits] >= '0' && text.p[digits] <= '9')))
		digits++;
	r = lmi_span_to_i64(lmi_span(text.p, digits), &v);
	if (r < 0)
		return r;
	if (digits == text.n) {
		if (__builtin_mul_overflow(v, type == CONF_HOURS ? 3600 : 1, &v))
			return -ERANGE;
		*out = v;
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].type == type && lmi_span_is(lmi_span(text.p + digits, text.n - digits), units[i].suffix))
			factor = units[i].factor;
	if (factor == 0)
		return -LMQ_EMALFORMED;
	if (__builtin_mul_overflow(v, factor, &v))
		return -ERANGE;
	*out = v;
	return 0;
}

size_t conf_find(const struct conf_table *t, const char *name)
{
	for (size_t i = 0; t->keys[i].name; i++)
		if (strcmp(t->keys[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

/* A complaint is one line, whatever it quotes. */
static void keep_on_one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

void conf_complain(struct conf *c, const char *fmt, ...)
{
	va_list ap;
	char *line;

	if (c->error_count == CONF_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) >= 0) {
		keep_on_one_line(line);
		c->errors[c->error_count++] = line;
	}
	va_end(ap);
}

const char *conf_error(const struct conf *c, size_t i)
{
	return i < c->error_count ? c->errors[i] : NULL;
}

/* Edits between two names, for the nearest known key; names are short. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[128];
	size_t n = strlen(b);

	if (n >= 127)
		return 127;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned int up = row[j], best = diagonal + ((a[i - 1] | 32) != (b[j - 1] | 32));

			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = up;
			row[j] = best;
		}
	}
	return row[n];
}

static const char *nearest(const struct conf_table *t, const char *name)
{
	const char *found = NULL;
	unsigned int best = (unsigned int)strlen(name) / 2 + 2;

	if (strlen(name) >= 127)
		return NULL;
	for (size_t i = 0; t->keys[i].name; i++) {
		unsigned int d = distance(name, t->keys[i].name);

		if (d < best) {
			best = d;
			found = t->keys[i].name;
		}
	}
	return found;
}

static int unknown_key(struct conf *c, const char *origin, const char *name)
{
	const char *near;

	for (size_t i = 0; c->table->hints && c->table->hints[i].name; i++)
		if (strcmp(c->table->hints[i].name, name) == 0) {
			conf_complain(c, "%s: %s: %s", origin, name, c->table->hints[i].hint);
			return -LMQ_EBADCONFIG;
		}
	near = nearest(c->table, name);
	if (near)
		conf_complain(c, "%s: unknown key %s; did you mean %s?", origin, name, near);
	else
		conf_complain(c, "%s: unknown key %s; %s --list-keys shows them all", origin, name, c->table->program);
	return -LMQ_EBADCONFIG;
}

static bool is_choice(const char *choices, const char *text)
{
	size_t n = strlen(text);

	for (const char *p = choices; *p;) {
		size_t word = strcspn(p, " ");

		if (word == n && memcmp(p, text, n) == 0)
			return true;
		p += word + (p[word] == ' ');
	}
	return false;
}

static int parse_bool(const char *text, int64_t *out)
{
	if (strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "on") == 0)
		*out = 1;
	else if (strcmp(text, "false") == 0 || strcmp(text, "no") == 0 || strcmp(text, "off") == 0)
		*out = 0;
	else
		return -LMQ_EMALFORMED;
	return 0;
}

static const char *type_words(enum conf_type t)
{
	switch (t) {
	case CONF_INT: return "a whole number";
	case CONF_BOOL: return "true or false";
	case CONF_BYTES: return "a size such as 1048576 or 64MiB";
	case CONF_MS: return "a time such as 500 (milliseconds), 30s or 2h";
	case CONF_SECONDS: return "a time such as 120 (seconds), 2m or 1h";
	case CONF_HOURS: return "a time such as 72 (hours), 30m or 90s";
	case CONF_TEXT:
	case CONF_CHOICE: break;
	}
	return "text";
}

/* Bytes of the UTF-8 character at p when YAML keeps it as it is on one line; 0 for a control, a line break, or no UTF-8. */
static size_t plain_character(const unsigned char *p)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t v = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	static const uint32_t least[] = { 0, ' ', 0xa0, 0x800, 0x10000 };

	if ((p[0] & 0xc0) == 0x80 || p[0] >= 0xf8)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[n] || v == 127 || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	return v == 0x2028 || v == 0x2029 || v == 0xfeff || v == 0xfffe || v == 0xffff ? 0 : n;
}

static bool is_one_line(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		size_t n = plain_character(p);

		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

static int check_value(struct conf *c, const struct conf_key *k, const char *origin, const char *text, int64_t *number)
{
	int r = 0;

	*number = 0;
	if (!is_one_line(text)) {
		conf_complain(c, "%s: %s: must be one line of UTF-8 text without control characters", origin, k->name);
		return -LMQ_EBADCONFIG;
	}
	if (k->type == CONF_TEXT)
		return 0;
	if (k->type == CONF_CHOICE) {
		if (is_choice(k->choices, text))
			return 0;
		conf_complain(c, "%s: %s: must be one of %s, not \"%s\"", origin, k->name, k->choices, text);
		return -LMQ_EBADCONFIG;
	}
	r = k->type == CONF_BOOL ? parse_bool(text, number) : conf_parse_number(k->type, lmi_span_str(text), number);
	if (r < 0 && r != -ERANGE) {
		conf_complain(c, "%s: %s: must be %s, not \"%s\"", origin, k->name, type_words(k->type), text);
		return -LMQ_EBADCONFIG;
	}
	if (r == -ERANGE || (k->type != CONF_BOOL && (*number < k->min * bound_factor(k) || *number > k->max * bound_factor(k)))) {
		conf_complain(c, "%s: %s: must be from %" PRId64 " to %" PRId64 ", not %s", origin, k->name, k->min, k->max, text);
		return -LMQ_EBADCONFIG;
	}
	return 0;
}

int conf_assign(struct conf *c, const char *origin, const char *name, const char *text, bool quoted)
{
	size_t i = conf_find(c->table, name);
	struct conf_value *v;
	int64_t number;
	char *copy, *from;
	int r;

	(void)quoted;
	if (i == SIZE_MAX)
		return unknown_key(c, origin, name);
	v = &c->values[i];
	if (c->files && v->file == c->files && strcmp(origin, "command line") != 0) {
		conf_complain(c, "%s: %s is set twice in this file, first at %s", origin, name, v->origin);
		return -LMQ_EBADCONFIG;
	}
	if (c->changes && !c->table->keys[i].live) {
		conf_complain(c, "%s: %s cannot be set here, as it cannot change while running: set it in the configuration file", origin, name);
		return -LMQ_EBADCONFIG;
	}
	r = check_value(c, &c->table->keys[i], origin, text, &number);
	if (r < 0)
		return r;
	if (c->changes && strcmp(v->origin, "command line") == 0)
		return 0;
	copy = strdup(text);
	from = strdup(origin);
	if (!copy || !from) {
		free(copy);
		free(from);
		conf_complain(c, "%s: out of memory", origin);
		return -LMQ_EBADCONFIG;
	}
	free(v->text);
	free(v->origin);
	*v = (struct conf_value){ copy, number, from, c->files };
	return 0;
}

struct conf *conf_new(const struct conf_table *table)
{
	struct conf *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->table = table;
	while (table->keys[c->key_count].name)
		c->key_count++;
	c->values = calloc(c->key_count, sizeof(*c->values));
	if (!c->values) {
		free(c);
		return NULL;
	}
	for (size_t i = 0; i < c->key_count; i++)
		if (conf_assign(c, "default", table->keys[i].name, table->keys[i].def, false) < 0) {
			conf_free(c);
			return NULL;
		}
	return c;
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->values && i < c->key_count; i++) {
		free(c->values[i].text);
		free(c->values[i].origin);
	}
	for (size_t i = 0; i < c->error_count; i++)
		free(c->errors[i]);
	free(c->values);
	free(c);
}

int conf_set(struct conf *c, const char *assignment)
{
	const char *eq = strchr(assignment, '=');
	char *name;
	int r;

	if (!eq || eq == assignment) {
		conf_complain(c, "command line: \"%s\" is not KEY=VALUE", assignment);
		return -LMQ_EBADCONFIG;
	}
	name = strndup(assignment, (size_t)(eq - assignment));
	if (!name)
		return -LMQ_EBADCONFIG;
	r = conf_assign(c, "command line", name, eq + 1, false);
	free(name);
	return r;
}

static const struct conf_value *value_of(const struct conf *c, const char *name)
{
	size_t i = conf_find(c->table, name);

	assert(i != SIZE_MAX);
	return &c->values[i];
}

int64_t conf_i64(const struct conf *c, const char *name) { return value_of(c, name)->number; }
bool conf_bool(const struct conf *c, const char *name) { return value_of(c, name)->number != 0; }
const char *conf_text(const struct conf *c, const char *name) { return value_of(c, name)->text; }
const char *conf_origin(const struct conf *c, const char *name) { return value_of(c, name)->origin; }

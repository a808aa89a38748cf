/* SPDX-License-Identifier: Apache-2.0 */
#include "client/config_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/namespace.h"

static const char *const kind_names[] = { "text", "choice", "bool", "count", "time", "size" };

#define KIB INT64_C(1024)
#define MIB (KIB * KIB)
#define TEXT_MAX 4096 /* bytes of a text setting */

static void *value_at(const struct lmq_config *cfg, const struct config_property *p)
{
	return (char *)(uintptr_t)cfg + p->at;
}

void config_say(char *errbuf, size_t errbuf_bytes, const char *fmt, ...)
{
	va_list ap;

	if (!errbuf || errbuf_bytes == 0)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(errbuf, errbuf_bytes, fmt, ap);
	va_end(ap);
}

void config_log(const struct lmq_config *cfg, enum lmq_log_level level, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (!cfg->log || level > cfg->log_max)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	cfg->log(cfg->log_user, level, line);
}

const char *config_wrap(const struct lmq_config *cfg, const char *name, struct config_name *room)
{
	if (!name || !*cfg->namespace_v1)
		return name;
	if (lmi_namespace_wrap(lmi_span_str(cfg->namespace_v1), lmi_span_str(name), room->text) < 0)
		room->text[0] = '\0';
	return room->text;
}

const char *config_strip(const struct lmq_config *cfg, const char *name)
{
	return lmi_namespace_strip(lmi_span_str(cfg->namespace_v1), name);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits between two names, case aside (Levenshtein); names longer than a row count as far away. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b);

	if (n + 1 > sizeof(row) / sizeof(row[0]))
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			size_t differs = (a[i - 1] | 0x20) != (b[j - 1] | 0x20);

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + differs);
			diagonal = above;
		}
	}
	return row[n];
}

static const struct config_property *nearest(const char *name)
{
	const struct config_property *best = &config_table[0];
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; i < config_table_rows; i++) {
		size_t d = distance(name, config_table[i].name);

		if (d < best_distance) {
			best_distance = d;
			best = &config_table[i];
		}
	}
	return best;
}

static const struct config_property *find(const char *name)
{
	for (size_t i = 0; i < config_table_rows; i++)
		if (strcmp(config_table[i].name, name) == 0)
			return &config_table[i];
	return NULL;
}

/* Factor of a unit, 0 when it is none of this kind. */
static int64_t unit_factor(const struct config_property *p, const char *unit)
{
	static const struct {
		enum config_kind kind;
		const char *unit;
		int64_t factor;
	} units[] = {
		{ KIND_TIME, "ms", 1 },      { KIND_TIME, "s", 1000 },   { KIND_TIME, "min", 60000 },
		{ KIND_TIME, "h", 3600000 }, { KIND_SIZE, "B", 1 },      { KIND_SIZE, "KiB", KIB },
		{ KIND_SIZE, "MiB", MIB },   { KIND_SIZE, "GiB", 1024 * MIB },
	};

	if (*unit == '\0')
		return p->plain;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].kind == p->kind && strcmp(units[i].unit, unit) == 0)
			return units[i].factor;
	return 0;
}

static int parse_number(const struct config_property *p, const char *text, int64_t *out)
{
	size_t digits = strspn(text, "+-0123456789");
	int64_t n, factor = unit_factor(p, text + digits);

	if (factor == 0 || lmi_span_to_i64(lmi_span(text, digits), &n) < 0)
		return -LMQ_EBADCONFIG;
	/* -1 stands for "none" where it is allowed, and has no unit */
	if (n == -1 && text[digits] == '\0')
		factor = 1;
	if (__builtin_mul_overflow(n, factor, &n) || n < p->min || n > p->max)
		return -LMQ_EBADCONFIG;
	*out = n;
	return 0;
}

/* The n-th word of a choice; p == NULL behind the last. */
static struct lmi_span choice_word(const char *words, int64_t n)
{
	for (; n > 0 && words; n--) {
		words = strchr(words, ' ');
		if (words)
			words++;
	}
	return words ? lmi_span(words, strcspn(words, " ")) : LMI_SPAN_NULL;
}

static int parse_choice(const struct config_property *p, const char *text, int64_t *out)
{
	for (int64_t i = 0;; i++) {
		struct lmi_span word = choice_word(p->choices, i);

		if (!word.p)
			return -LMQ_EBADCONFIG;
		if (lmi_span_is(word, text)) {
			*out = i;
			return 0;
		}
	}
}

static bool text_is_clean(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return n <= TEXT_MAX;
}

static int assign(struct lmq_config *cfg, const struct config_property *p, const char *text)
{
	char *copy, **slot;

	if (p->choices)
		return parse_choice(p, text, value_at(cfg, p));
	if (p->kind != KIND_TEXT)
		return parse_number(p, text, value_at(cfg, p));
	if (!text_is_clean(text))
		return -LMQ_EBADCONFIG;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	slot = value_at(cfg, p);
	free(*slot);
	*slot = copy;
	return 0;
}

struct lmq_config *lmq_config_new(void)
{
	struct lmq_config *cfg = calloc(1, sizeof(*cfg));

	for (size_t i = 0; cfg && i < config_table_rows; i++) {
		if (assign(cfg, &config_table[i], config_table[i].initial) < 0) {
			lmq_config_free(cfg);
			return NULL;
		}
	}
	return cfg;
}

struct lmq_config *lmq_config_dup(const struct lmq_config *cfg)
{
	struct lmq_config *copy = calloc(1, sizeof(*copy));
	bool failed = false;

	if (!copy)
		return NULL;
	*copy = *cfg;
	for (size_t i = 0; i < config_table_rows; i++) {
		char **slot = value_at(copy, &config_table[i]);

		if (config_table[i].kind != KIND_TEXT)
			continue;
		*slot = failed ? NULL : strdup(*slot);
		failed |= *slot == NULL;
	}
	if (failed) {
		lmq_config_free(copy);
		return NULL;
	}
	return copy;
}

void lmq_config_free(struct lmq_config *cfg)
{
	for (size_t i = 0; cfg && i < config_table_rows; i++)
		if (config_table[i].kind == KIND_TEXT)
			free(*(char **)value_at(cfg, &config_table[i]));
	free(cfg);
}

int lmq_config_set(struct lmq_config *cfg, const char *name, const char *value, char *errbuf, size_t errbuf_bytes)
{
	const struct config_property *p = find(name);
	int r;

	if (!p) {
		config_say(errbuf, errbuf_bytes, "unknown setting \"%s\"; the nearest is \"%s\"", name, nearest(name)->name);
		return -LMQ_ENOTFOUND;
	}
	r = assign(cfg, p, value);
	if (r == -LMQ_EBADCONFIG)
		config_say(errbuf, errbuf_bytes, "%s: \"%s\" is refused; allowed: %s", name, value, p->allowed);
	else if (r < 0)
		config_say(errbuf, errbuf_bytes, "%s: %s", name, lmi_strerror(r));
	return r;
}

int lmq_config_get(const struct lmq_config *cfg, const char *name, char *buf, size_t bytes)
{
	const struct config_property *p = find(name);
	struct lmi_span word;

	if (!p)
		return -LMQ_ENOTFOUND;
	if (p->kind == KIND_TEXT)
		return snprintf(buf, bytes, "%s", *(char **)value_at(cfg, p));
	if (!p->choices)
		return snprintf(buf, bytes, "%" PRId64, *(int64_t *)value_at(cfg, p));
	word = choice_word(p->choices, *(int64_t *)value_at(cfg, p));
	return snprintf(buf, bytes, "%.*s", (int)word.n, (const char *)word.p);
}

int lmq_config_each(int (*each)(void *user, const char *name, const char *kind, const char *default_value,
				const char *allowed, const char *meaning),
		    void *user)
{
	int r = 0;

	for (size_t i = 0; i < config_table_rows && r == 0; i++)
		r = each(user, config_table[i].name, kind_names[config_table[i].kind], config_table[i].initial, config_table[i].allowed,
			 config_table[i].meaning);
	return r;
}

void lmq_config_on_log(struct lmq_config *cfg, enum lmq_log_level max_level, lmq_log_fn *fn, void *user)
{
	cfg->log = fn;
	cfg->log_user = user;
	cfg->log_max = max_level;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf_import.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "conf/conf_import_internal.h"
#include "conf/conf_internal.h"
#include "conf/conf_properties.h"

static const struct conf_key *our_key(const struct conf_table *t, const char *name)
{
	size_t i = conf_find(t, name);

	return i == SIZE_MAX ? NULL : &t->keys[i];
}

static const char *hint_of(const struct conf_table *t, const char *name)
{
	for (const struct conf_hint *h = t->hints; h && h->name; h++)
		if (strcmp(h->name, name) == 0)
			return h->hint;
	return NULL;
}

/* ---- values as Java takes them ---- */

static bool is_number(enum conf_type type)
{
	return type == CONF_INT || type == CONF_BYTES || type == CONF_MS || type == CONF_SECONDS || type == CONF_HOURS;
}

/* What Java's parseInt and parseLong read; everything else is passed over there without a word. */
static bool is_java_number(const char *text)
{
	size_t n = strlen(text), sign = *text == '-' || *text == '+';

	return n > sign && n < 20 && strspn(text + sign, "0123456789") == n - sign;
}

static void trim(char *text)
{
	size_t begin = strspn(text, " \t\r\n\f"), n = strlen(text);

	while (n > begin && strchr(" \t\r\n\f", text[n - 1]))
		n--;
	memmove(text, text + begin, n - begin);
	text[n - begin] = 0;
}

static int set_text(char **at, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

/* As Java's Boolean: true is true, in any case, and all else is false. */
static int take_bool(struct conf_import_item *it)
{
	bool on = strcasecmp(it->value, "true") == 0;

	if (!on && strcasecmp(it->value, "false") != 0 && asprintf(&it->why, "RocketMQ takes \"%s\" for false", it->value) < 0) {
		it->why = NULL;
		return -ENOMEM;
	}
	return set_text(&it->value, on ? "true" : "false");
}

/* The value as we would take it, or why not. */
static int take_value(const struct conf_table *t, const struct conf_key *k, struct conf_import_item *it)
{
	struct conf *trial;
	int r;

	if (k->type == CONF_BOOL) {
		r = take_bool(it);
		if (r < 0)
			return r;
	} else if (is_number(k->type) && !is_java_number(it->value)) {
		it->what = CONF_IMPORT_VALUE;
		return set_text(&it->why, "RocketMQ reads no number here, and uses its default");
	} else {
		trim(it->value);
		if (*it->value == '+')
			memmove(it->value, it->value + 1, strlen(it->value));
	}
	trial = conf_new(t);
	if (!trial)
		return -ENOMEM;
	r = 0;
	if (conf_assign(trial, "here", it->key, it->value, true) < 0) {
		const char *said = conf_error(trial, 0);
		/* "here: KEY: must be ...": the place and the key are told elsewhere. */
		const char *rest = said ? strstr(said, ": must") : NULL;

		it->what = CONF_IMPORT_VALUE;
		r = set_text(&it->why, rest ? rest + 2 : said ? said : "out of memory");
	}
	conf_free(trial);
	return r;
}

/* ---- what becomes of an entry ---- */

static const char *value_of(const struct conf_import *im, const char *key)
{
	const char *found = NULL;

	for (size_t i = 0; i < im->count; i++)
		if (strcmp(im->items[i].key, key) == 0)
			found = im->items[i].value;
	return found;
}

/* The one folder that it may name. */
static bool is_own_log_folder(const struct conf_import *im, const char *path)
{
	const char *root = value_of(im, "storePathRootDir");
	size_t n = root ? strlen(root) : 0;

	while (n > 1 && root[n - 1] == '/')
		n--;
	return n > 0 && strncmp(path, root, n) == 0 && strcmp(path + n, "/commitlog") == 0;
}

static int left_out(const struct conf_import *im, const struct conf_java_key *j, struct conf_import_item *it)
{
	const char *hint = hint_of(im->table, it->key);

	it->what = CONF_IMPORT_NEEDLESS;
	if (j->why == JAVA_PATHS && is_own_log_folder(im, it->value))
		return set_text(&it->why, "it is where the commit log lies anyway");
	if (conf_java_is_loss(j->why) && j->def && strcasecmp(it->value, j->def) == 0)
		return set_text(&it->why, "it is RocketMQ's default");
	if (conf_java_is_loss(j->why))
		it->what = hint ? CONF_IMPORT_REFUSED : CONF_IMPORT_UNSUPPORTED;
	return set_text(&it->why, hint ? hint : conf_java_reason(j->why));
}

static int not_known(const struct conf_import *im, struct conf_import_item *it)
{
	it->what = CONF_IMPORT_UNKNOWN;
	for (const struct conf_java_key *j = conf_java_keys(im->table); j->name; j++)
		if (strcasecmp(j->name, it->key) == 0) {
			if (asprintf(&it->why, "RocketMQ passes it over: it is written %s", j->name) < 0) {
				it->why = NULL;
				return -ENOMEM;
			}
			return 0;
		}
	return set_text(&it->why, im->table == &conf_namesrv_table ? "a Java name server has no such key" : "a Java broker has no such key");
}

static int judge(const struct conf_import *im, struct conf_import_item *it)
{
	const struct conf_java_key *j = conf_java_find(im->table, it->key);
	const struct conf_key *k = our_key(im->table, it->key);

	if (!j)
		return not_known(im, it);
	if (!k || j->why == JAVA_STORE)
		return left_out(im, j, it);
	it->what = CONF_IMPORT_CARRIED;
	return take_value(im->table, k, it);
}

/* Of several entries with one key Java takes the last. */
static int judge_all(struct conf_import *im)
{
	for (size_t i = 0; i < im->count; i++) {
		struct conf_import_item *it = &im->items[i], *later = NULL;
		int r;

		for (size_t n = i + 1; n < im->count && !later; n++)
			if (strcmp(im->items[n].key, it->key) == 0)
				later = &im->items[n];
		if (later) {
			it->what = CONF_IMPORT_NEEDLESS;
			r = asprintf(&it->why, "line %u sets it again", later->line) < 0 ? -ENOMEM : 0;
			if (r < 0)
				it->why = NULL;
		} else {
			r = judge(im, it);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- reading ---- */

static int add(struct conf_import *im, const struct conf_properties *p)
{
	struct conf_import_item *it;

	if (im->count == CONF_IMPORT_ENTRIES_MAX)
		return -LMQ_ETOOBIG;
	if (im->count == im->cap) {
		size_t cap = im->cap ? 2 * im->cap : 64;

		it = reallocarray(im->items, cap, sizeof(*it));
		if (!it)
			return -ENOMEM;
		im->items = it;
		im->cap = cap;
	}
	it = &im->items[im->count++];
	*it = (struct conf_import_item){ .line = p->entry_line,
					 .key = strdup((const char *)lmi_buf_data(&p->key)),
					 .value = strdup((const char *)lmi_buf_data(&p->value)) };
	return it->key && it->value ? 0 : -ENOMEM;
}

int conf_import_new(const struct conf_table *t, struct lmi_span text, struct conf_import **out)
{
	struct conf_properties p = { .text = text };
	struct conf_import *im;
	int r = 1;

	if (text.n > CONF_FILE_MAX)
		return -LMQ_ETOOBIG;
	im = calloc(1, sizeof(*im));
	if (!im)
		return -ENOMEM;
	im->table = t;
	while (r > 0) {
		r = conf_properties_next(&p);
		if (r > 0) {
			int err = add(im, &p);

			r = err < 0 ? err : 1;
		}
	}
	conf_properties_done(&p);
	if (r == 0)
		r = judge_all(im);
	if (r < 0) {
		conf_import_free(im);
		return r;
	}
	*out = im;
	return 0;
}

void conf_import_free(struct conf_import *im)
{
	if (!im)
		return;
	for (size_t i = 0; i < im->count; i++) {
		free(im->items[i].key);
		free(im->items[i].value);
		free(im->items[i].why);
	}
	free(im->items);
	free(im);
}

const struct conf_table *conf_import_table(struct lmi_span text)
{
	struct conf_properties p = { .text = text };
	unsigned int broker = 0, namesrv = 0;

	while (conf_properties_next(&p) > 0) {
		const char *key = (const char *)lmi_buf_data(&p.key);

		broker += conf_java_find(&conf_broker_table, key) != NULL;
		namesrv += conf_java_find(&conf_namesrv_table, key) != NULL;
	}
	conf_properties_done(&p);
	return namesrv > broker ? &conf_namesrv_table : &conf_broker_table;
}

const struct conf_import_item *conf_import_item(const struct conf_import *im, size_t i)
{
	return i < im->count ? &im->items[i] : NULL;
}

bool conf_import_is_whole(const struct conf_import *im)
{
	for (size_t i = 0; i < im->count; i++)
		if (im->items[i].what != CONF_IMPORT_CARRIED && im->items[i].what != CONF_IMPORT_NEEDLESS)
			return false;
	return true;
}

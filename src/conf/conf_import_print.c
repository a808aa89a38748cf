/* SPDX-License-Identifier: Apache-2.0 */
/* What was read from a Java configuration, in its printed forms. */
#include "conf/conf_import_internal.h"
#include "conf/conf_internal.h"
#include "wire/json.h"

const char *conf_import_what_name(enum conf_import_what what)
{
	switch (what) {
	case CONF_IMPORT_CARRIED: return "carried";
	case CONF_IMPORT_NEEDLESS: return "not needed";
	case CONF_IMPORT_UNKNOWN: return "unknown";
	case CONF_IMPORT_UNSUPPORTED: return "not supported";
	case CONF_IMPORT_REFUSED: return "refused";
	case CONF_IMPORT_VALUE: return "value";
	}
	return "";
}

/* In comments and lines for people: nothing that could end the line or mean something to a terminal. */
static void put_plain(struct lmi_buf *b, const char *text)
{
	for (; *text; text++)
		lmi_buf_put8(b, *text < ' ' || *text > '~' ? '?' : (uint8_t)*text);
}

/* A value that our parser takes; text in YAML's double quotes. */
static void put_value(struct lmi_buf *b, enum conf_type type, const char *text)
{
	if (type != CONF_TEXT) {
		lmi_buf_put_str(b, text);
		return;
	}
	lmi_buf_put8(b, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			lmi_buf_put8(b, '\\');
		lmi_buf_put8(b, (uint8_t)*text);
	}
	lmi_buf_put8(b, '"');
}

static void put_carried(const struct conf_import *im, struct lmi_buf *b)
{
	for (size_t i = 0; i < im->count; i++) {
		const struct conf_import_item *it = &im->items[i];

		if (it->what != CONF_IMPORT_CARRIED)
			continue;
		lmi_buf_printf(b, "%s: ", it->key);
		put_value(b, im->table->keys[conf_find(im->table, it->key)].type, it->value);
		if (it->why) {
			lmi_buf_put_str(b, "  # ");
			put_plain(b, it->why);
		}
		lmi_buf_put8(b, '\n');
	}
}

static void put_left_out(const struct conf_import *im, struct lmi_buf *b)
{
	bool any = false;

	for (size_t i = 0; i < im->count; i++) {
		const struct conf_import_item *it = &im->items[i];

		if (it->what == CONF_IMPORT_CARRIED)
			continue;
		if (!any)
			lmi_buf_put_str(b, "\n# Left out:\n");
		any = true;
		lmi_buf_put_str(b, "# ");
		put_plain(b, it->key);
		lmi_buf_put8(b, '=');
		put_plain(b, it->value);
		lmi_buf_printf(b, "  (line %u, %s: ", it->line, conf_import_what_name(it->what));
		put_plain(b, it->why ? it->why : "");
		lmi_buf_put_str(b, ")\n");
	}
}

static bool is_set(const struct conf_import *im, const char *key)
{
	for (size_t i = 0; i < im->count; i++)
		if (strcmp(im->items[i].key, key) == 0)
			return true;
	return false;
}

/* Whether our default says the same as Java's, which has no units. */
static bool same_default(const struct conf_key *k, const char *java)
{
	int64_t ours, theirs;

	if (strcmp(k->def, java) == 0)
		return true;
	if (k->type == CONF_TEXT || k->type == CONF_CHOICE || k->type == CONF_BOOL)
		return false;
	return conf_parse_number(k->type, lmi_span_str(k->def), &ours) == 0 &&
	       conf_parse_number(k->type, lmi_span_str(java), &theirs) == 0 && ours == theirs;
}

/* The next default that differs and counts, as the file does not set it; NULL behind the last. */
static const struct conf_java_key *next_default(const struct conf_import *im, size_t *at, const struct conf_key **out_key)
{
	const struct conf_java_key *keys = conf_java_keys(im->table);

	for (; keys[*at].name; ++*at) {
		const struct conf_java_key *j = &keys[*at];
		size_t i = conf_find(im->table, j->name);

		if (i == SIZE_MAX || !j->def || is_set(im, j->name) || same_default(&im->table->keys[i], j->def))
			continue;
		*out_key = &im->table->keys[i];
		++*at;
		return j;
	}
	return NULL;
}

static void put_defaults(const struct conf_import *im, struct lmi_buf *b)
{
	const struct conf_java_key *j;
	const struct conf_key *k;

	for (size_t at = 0, n = 0; (j = next_default(im, &at, &k)); n++) {
		if (n == 0)
			lmi_buf_put_str(b, "\n# Not set, with another default than RocketMQ's:\n");
		lmi_buf_printf(b, "# %s: ", k->name);
		put_value(b, k->type, j->def);
		lmi_buf_put_str(b, "  (here ");
		put_value(b, k->type, k->def);
		lmi_buf_put_str(b, ")\n");
	}
}

void conf_import_put_yaml(const struct conf_import *im, const char *source, struct lmi_buf *b)
{
	size_t carried = 0;

	for (size_t i = 0; i < im->count; i++)
		carried += im->items[i].what == CONF_IMPORT_CARRIED;
	lmi_buf_put_str(b, "# Made from ");
	put_plain(b, source);
	lmi_buf_printf(b, " for %s: %zu keys carried over, %zu left out; see lightmq-migration(7).\n", im->table->program, carried,
		       im->count - carried);
	put_carried(im, b);
	put_left_out(im, b);
	put_defaults(im, b);
}

void conf_import_put_report(const struct conf_import *im, const char *source, struct lmi_buf *b)
{
	for (size_t i = 0; i < im->count; i++) {
		const struct conf_import_item *it = &im->items[i];

		if (it->what == CONF_IMPORT_CARRIED)
			continue;
		put_plain(b, source);
		lmi_buf_printf(b, ":%u: ", it->line);
		put_plain(b, it->key);
		lmi_buf_printf(b, ": %s: ", conf_import_what_name(it->what));
		put_plain(b, it->why ? it->why : "");
		lmi_buf_put8(b, '\n');
	}
}

static void put_member(struct lmi_json_out *o, const char *key, const char *text)
{
	lmi_json_put_key(o, key);
	lmi_json_put_str(o, text);
}

static void put_item(struct lmi_json_out *o, const struct conf_import_item *it)
{
	lmi_json_put_object(o);
	put_member(o, "key", it->key);
	put_member(o, "value", it->value);
	lmi_json_put_key(o, "line");
	lmi_json_put_i64(o, it->line);
	put_member(o, "what", conf_import_what_name(it->what));
	if (it->why)
		put_member(o, "why", it->why);
	lmi_json_put_object_end(o);
}

void conf_import_put_json(const struct conf_import *im, const char *source, struct lmi_buf *b)
{
	const struct conf_java_key *j;
	const struct conf_key *k;
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	put_member(&o, "source", source);
	put_member(&o, "program", im->table->program);
	lmi_json_put_key(&o, "whole");
	lmi_json_put_bool(&o, conf_import_is_whole(im));
	lmi_json_put_key(&o, "keys");
	lmi_json_put_array(&o);
	for (size_t i = 0; i < im->count; i++)
		put_item(&o, &im->items[i]);
	lmi_json_put_array_end(&o);
	lmi_json_put_key(&o, "defaults");
	lmi_json_put_array(&o);
	for (size_t at = 0; (j = next_default(im, &at, &k));) {
		lmi_json_put_object(&o);
		put_member(&o, "key", k->name);
		put_member(&o, "rocketmq", j->def);
		put_member(&o, "here", k->def);
		lmi_json_put_object_end(&o);
	}
	lmi_json_put_array_end(&o);
	lmi_json_put_object_end(&o);
	lmi_buf_put8(b, '\n');
}

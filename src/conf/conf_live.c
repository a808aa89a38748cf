/* SPDX-License-Identifier: Apache-2.0 */
/* Settings over the wire: read all, change those that may change while running. */
#include <inttypes.h>
#include <stdlib.h>

#include "conf/conf_internal.h"

void conf_put_properties(const struct conf *c, struct lmi_buf *b)
{
	for (size_t i = 0; i < c->key_count; i++) {
		const struct conf_key *k = &c->table->keys[i];

		lmi_buf_printf(b, "%s=", k->name);
		if (k->type == CONF_TEXT || k->type == CONF_CHOICE)
			lmi_buf_put_str(b, c->values[i].text);
		else if (k->type == CONF_BOOL)
			lmi_buf_put_str(b, c->values[i].number ? "true" : "false");
		else /* RocketMQ's unit */
			lmi_buf_put_i64_text(b, k->type == CONF_HOURS ? c->values[i].number / 3600 : c->values[i].number);
		lmi_buf_put8(b, '\n');
	}
}

static bool from_changes(const char *origin, const char *path)
{
	size_t n = strlen(path);

	return strcmp(origin, "request") == 0 || (strncmp(origin, path, n) == 0 && origin[n] == ':');
}

void conf_put_changes(const struct conf *c, const char *path, struct lmi_buf *b)
{
	lmi_buf_put_str(b, "# Settings changed by requests.  They win over the configuration file; remove a line to have that again.\n");
	for (size_t i = 0; i < c->key_count; i++) {
		if (!from_changes(c->values[i].origin, path))
			continue;
		lmi_buf_printf(b, "%s: \"", c->table->keys[i].name);
		for (const char *p = c->values[i].text; *p; p++) {
			if (*p == '"' || *p == '\\')
				lmi_buf_put8(b, '\\');
			lmi_buf_put8(b, (uint8_t)*p);
		}
		lmi_buf_put_str(b, "\"\n");
	}
}

/* The complaints since @from, the first of them in @why; all of them are taken back. */
static void take_complaint(struct conf *c, size_t from, char *why, size_t cap)
{
	if (c->error_count > from)
		snprintf(why, cap, "%s", c->errors[from]);
	while (c->error_count > from)
		free(c->errors[--c->error_count]);
}

/* A value is tried on a configuration of its own. */
static int try_value(const struct conf *c, const char *name, const char *value, char *why, size_t cap)
{
	struct conf *trial = conf_new(c->table);
	int r = trial ? conf_assign(trial, "request", name, value, true) : -LMQ_EBADCONFIG;

	if (r < 0)
		snprintf(why, cap, "%s", trial && conf_error(trial, 0) ? conf_error(trial, 0) : "out of memory");
	conf_free(trial);
	return r;
}

int conf_change(struct conf *c, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap)
{
	char *name = strndup((const char *)key.p, key.n), *text = strndup((const char *)value.p, value.n);
	size_t i = name ? conf_find(c->table, name) : SIZE_MAX, errors = c->error_count;
	int r = -LMQ_EBADCONFIG;

	snprintf(why, cap, "out of memory");
	if (!name || !text)
		goto out;
	if (i != SIZE_MAX && !c->table->keys[i].live) {
		snprintf(why, cap, "%s cannot change while running: set it in the file and restart", name);
		r = -LMQ_EILLEGAL;
	} else {
		r = try_value(c, name, text, why, cap);
		c->files++;
		if (r == 0 && change)
			r = conf_assign(c, "request", name, text, true); /* of no file */
		take_complaint(c, errors, why, cap);
		if (i == SIZE_MAX)
			r = -LMQ_ENOTFOUND;
	}
out:
	free(name);
	free(text);
	return r;
}

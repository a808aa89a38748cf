/* SPDX-License-Identifier: Apache-2.0 */
/* Reading YAML through libyaml's events: one flat map of scalars. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "conf/conf_internal.h"

struct reader {
	struct conf *c;
	const char *path;
	unsigned int depth;
	char *key; /* waiting for its value */
	unsigned int documents;
	bool bad;
};

static void complain_at(struct reader *r, size_t line, const char *what)
{
	conf_complain(r->c, "%s:%zu: %s", r->path, line + 1, what);
	r->bad = true;
}

static void take_scalar(struct reader *r, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	char *origin;

	if (strlen(text) != ev->data.scalar.length) {
		complain_at(r, ev->start_mark.line, "a NUL character is not allowed");
		return;
	}
	if (r->depth == 0) {
		if (ev->data.scalar.length)
			complain_at(r, ev->start_mark.line, "the file must hold lines of the form KEY: VALUE");
		return;
	}
	if (r->depth > 1)
		return; /* complained about when it began */
	if (!r->key) {
		r->key = strdup(text);
		r->bad |= !r->key;
		return;
	}
	if (asprintf(&origin, "%s:%zu", r->path, ev->start_mark.line + 1) < 0) {
		r->bad = true;
		return;
	}
	if (conf_assign(r->c, origin, r->key, text, ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) < 0)
		r->bad = true;
	free(origin);
	free(r->key);
	r->key = NULL;
}

static void begin_collection(struct reader *r, const yaml_event_t *ev, bool map)
{
	if (++r->depth > CONF_DEPTH_MAX) {
		complain_at(r, ev->start_mark.line, "nested too deeply");
		return;
	}
	if (r->depth == 1 && map)
		return;
	if (r->depth == 2 && !r->key)
		complain_at(r, ev->start_mark.line, "a key must be plain text");
	if (r->depth == 1)
		complain_at(r, ev->start_mark.line, "the file must hold lines of the form KEY: VALUE, not a list");
	else if (r->depth == 2 && r->key)
		conf_complain(r->c, "%s:%zu: %s: a list or map is not a value here; write it on one line", r->path,
			      ev->start_mark.line + 1, r->key);
	r->bad = true;
}

static void end_collection(struct reader *r)
{
	if (--r->depth == 1) {
		free(r->key);
		r->key = NULL;
	}
}

static void take_event(struct reader *r, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++r->documents == 2)
			complain_at(r, ev->start_mark.line, "a second document is not allowed");
		break;
	case YAML_SCALAR_EVENT:
		take_scalar(r, ev);
		break;
	case YAML_ALIAS_EVENT:
		complain_at(r, ev->start_mark.line, "aliases are not allowed");
		break;
	case YAML_MAPPING_START_EVENT:
		begin_collection(r, ev, true);
		break;
	case YAML_SEQUENCE_START_EVENT:
		begin_collection(r, ev, false);
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		end_collection(r);
		break;
	default:
		break;
	}
}

static int parse_text(struct conf *c, const char *path, const unsigned char *text, size_t n)
{
	struct reader r = { .c = c, .path = path };
	yaml_parser_t parser;
	bool end = false;

	if (!yaml_parser_initialize(&parser))
		return -LMQ_EBADCONFIG;
	yaml_parser_set_input_string(&parser, text, n);
	c->files++;
	while (!end && r.depth <= CONF_DEPTH_MAX) {
		yaml_event_t ev;

		if (!yaml_parser_parse(&parser, &ev)) {
			conf_complain(c, "%s:%zu:%zu: not YAML: %s", path, parser.problem_mark.line + 1,
				      parser.problem_mark.column + 1, parser.problem ? parser.problem : "cannot be read");
			r.bad = true;
			break;
		}
		take_event(&r, &ev);
		end = ev.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&parser);
	free(r.key);
	return r.bad ? -LMQ_EBADCONFIG : 0;
}

static int load_one(struct conf *c, const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned char *text;
	size_t n;
	int r = -LMQ_EBADCONFIG;

	if (!f) {
		conf_complain(c, "%s: %s", path, lmi_strerror(-errno));
		return r;
	}
	text = malloc(CONF_FILE_MAX + 1);
	n = text ? fread(text, 1, CONF_FILE_MAX + 1, f) : 0;
	if (!text || ferror(f))
		conf_complain(c, "%s: cannot be read: %s", path, lmi_strerror(text ? -errno : -ENOMEM));
	else if (n > CONF_FILE_MAX)
		conf_complain(c, "%s: longer than 1 MiB", path);
	else
		r = parse_text(c, path, text, n);
	free(text);
	fclose(f);
	return r;
}

static int is_yaml(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int conf_load_changes(struct conf *c, const char *path)
{
	int r;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 0;
	c->changes = true;
	r = load_one(c, path);
	c->changes = false;
	return r;
}

int conf_load(struct conf *c, const char *path)
{
	struct dirent **names = NULL;
	char *folder = NULL, *file;
	int r = load_one(c, path), n;

	if (asprintf(&folder, "%s.d", path) < 0)
		return -LMQ_EBADCONFIG;
	n = scandir(folder, &names, is_yaml, by_bytes);
	for (int i = 0; i < n; i++) {
		if (asprintf(&file, "%s/%s", folder, names[i]->d_name) < 0) {
			r = -LMQ_EBADCONFIG;
		} else {
			if (load_one(c, file) < 0)
				r = -LMQ_EBADCONFIG;
			free(file);
		}
		free(names[i]);
	}
	free(names);
	free(folder);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rmqctl.yaml: the host's, then the user's own; what the command line says, and NAMESRV_ADDR, wins over both. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl_conf.h"

#define HOST_FILE "/etc/lightmq/rmqctl.yaml"

/* $XDG_CONFIG_HOME/lightmq/rmqctl.yaml, or below ~/.config. */
static bool users_file(char *path, size_t cap)
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n = -1;
	if (folder && *folder == '/')
		n = snprintf(path, cap, "%s/lightmq/rmqctl.yaml", folder);
	else if (home && *home == '/')
		n = snprintf(path, cap, "%s/.config/lightmq/rmqctl.yaml", home);
	return n > 0 && (size_t)n < cap;
}

static int load(struct conf *c, const char *path, bool must)
{
	return must || access(path, F_OK) == 0 ? conf_load(c, path) : 0;
}

struct conf *ctl_conf_read(const char *only, FILE *err)
{
	char path[PATH_MAX];
	struct conf *c = conf_new(&conf_ctl_table);
	int r;
	if (!c) {
		fprintf(err, "rmqctl: out of memory\n");
		return NULL;
	}
	if (only)
		r = load(c, only, true);
	else if ((r = load(c, HOST_FILE, false)) == 0 && users_file(path, sizeof(path)))
		r = load(c, path, false);
	if (r == 0)
		return c;
	for (size_t i = 0; conf_error(c, i); i++)
		fprintf(err, "rmqctl: %s\n", conf_error(c, i));
	conf_free(c);
	return NULL;
}

void ctl_conf_fill(const struct conf *c, struct ctl_options *o)
{
	const char *env = getenv("NAMESRV_ADDR");
	if (!o->namesrv)
		o->namesrv = env && *env ? env : conf_text(c, "namesrvAddr");
	if (!o->cluster && *conf_text(c, "cluster"))
		o->cluster = conf_text(c, "cluster");
	if (o->timeout_ms < 0)
		o->timeout_ms = conf_i64(c, "timeout") * 1000;
	if (!o->format_said)
		(void)ctl_format_parse(conf_text(c, "output"), &o->format);
}

bool ctl_format_parse(const char *text, enum ctl_format *out)
{
	static const char *const names[] = { "table", "wide", "json", "jsonl", "yaml", "name" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*out = (enum ctl_format)i;
		return true;
	}
	return false;
}

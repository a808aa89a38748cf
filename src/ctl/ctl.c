/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

int ctl_open(struct ctl *c)
{
	lmi_arena_init(&c->arena, CTL_ARENA_MAX);
	c->loop = lmi_loop_new();
	c->executor = c->loop ? lmi_executor_threads_new(c->loop, 1) : NULL;
	if (!c->executor)
		return -ENOMEM;
	c->rpc = lmi_rpc_new(&(struct lmi_rpc_config){ .loop = c->loop,
						       .resolver = c->executor,
						       .limits = lmi_conn_limits_default,
						       .connect_timeout_ms = c->opt.timeout_ms });
	return c->rpc ? 0 : -ENOMEM;
}

void ctl_done(struct ctl *c)
{
	lmi_rpc_free(c->rpc);
	if (c->executor)
		lmi_executor_threads_free(c->executor);
	if (c->loop)
		lmi_loop_free(c->loop);
	lmi_buf_done(&c->frame);
	lmi_arena_done(&c->arena);
}

void ctl_say(struct ctl *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("rmqctl: ", c->err);
	vfprintf(c->err, fmt, ap);
	fputc('\n', c->err);
	va_end(ap);
}

const char *ctl_operand(const struct ctl *c, size_t i, const char *option)
{
	return i < c->opt.arg_count ? c->opt.args[i] : option;
}

bool ctl_confirm(struct ctl *c, const char *what, const char *name)
{
	char line[512];
	if (c->opt.yes || !c->ask_before)
		return true;
	fprintf(c->err, "This deletes %s for good. Type its name to go on: ", what);
	fflush(c->err);
	if (!fgets(line, sizeof(line), c->in))
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	if (strcmp(line, name) == 0)
		return true;
	ctl_say(c, "nothing was deleted");
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "ctl/ctl.h"

struct waiting {
	struct ctl *c;
	struct lmi_command *out;
	int err;
	bool over;
};

static struct lmi_span keep(struct lmi_arena *a, struct lmi_span s)
{
	return s.p ? lmi_span(lmi_arena_dup(a, s.p, s.n), s.n) : s;
}

/* The answer is borrowed: what is used later is copied. */
static int copy(struct lmi_arena *a, const struct lmi_command *from, struct lmi_command *out)
{
	*out = *from;
	out->remark = keep(a, from->remark);
	out->body = keep(a, from->body);
	out->ext = lmi_arena_alloc(a, (from->ext_count + 1) * sizeof(*out->ext));
	if (!out->ext || !out->body.p != !from->body.p)
		return -ENOMEM;
	for (uint32_t i = 0; i < from->ext_count; i++)
		out->ext[i] = (struct lmi_ext){ from->ext[i].key, keep(a, from->ext[i].name), keep(a, from->ext[i].value) };
	return 0;
}

static void on_answer(void *arg, int err, const struct lmi_command *answer)
{
	struct waiting *w = arg;
	w->err = err ? err : copy(&w->c->arena, answer, w->out);
	w->over = true;
	lmi_loop_stop(w->c->loop);
}

static int encode(struct ctl *c, const struct ctl_question *q, int32_t opaque)
{
	struct lmi_command_out o;
	lmi_buf_reset(&c->frame, 0);
	lmi_command_begin(&o, &c->frame, LMI_SERIALIZE_JSON, q->code, opaque, 0);
	for (const struct ctl_field *f = q->fields; f && f->key != LMI_EXT_UNKNOWN; f++)
		if (f->value)
			lmi_command_put(&o, f->key, lmi_span_str(f->value));
	lmi_command_end(&o, q->body.n);
	lmi_buf_put_span(&c->frame, q->body);
	return c->frame.failed ? -ENOMEM : 0;
}

static int ask(struct ctl *c, const char *address, const struct ctl_question *q, struct lmi_command *out)
{
	struct waiting w = { .c = c, .out = out };
	int32_t opaque = lmi_rpc_next_opaque(c->rpc);
	int err = encode(c, q, opaque);
	if (!err)
		err = lmi_rpc_send(c->rpc, address, opaque, lmi_buf_span(&c->frame), c->opt.timeout_ms, on_answer, &w);
	if (err)
		return err;
	while (!w.over)
		lmi_loop_run(c->loop);
	return w.err;
}

enum ctl_exit ctl_ask(struct ctl *c, const char *address, const struct ctl_question *q, struct lmi_command *out)
{
	int err = ask(c, address, q, out);
	if (!err)
		return CTL_DONE;
	ctl_say(c, "%s: %s", address, lmi_strerror(err));
	return CTL_UNREACHABLE;
}

/* The next address of the list into @text; false at its end. */
static bool next_address(const char **list, char text[300])
{
	*list += strspn(*list, "; ");
	size_t n = strcspn(*list, "; ");
	if (!n || n >= 300)
		return false;
	memcpy(text, *list, n);
	text[n] = '\0';
	*list += n;
	return true;
}

enum ctl_exit ctl_ask_namesrv(struct ctl *c, const struct ctl_question *q, struct lmi_command *out)
{
	const char *list = c->opt.namesrv;
	char address[300];
	bool any = false;
	for (; next_address(&list, address); any = true)
		if (ctl_ask(c, address, q, out) == CTL_DONE)
			return CTL_DONE;
	if (!any)
		ctl_say(c, "no name server is named in \"%s\"", c->opt.namesrv);
	return any ? CTL_UNREACHABLE : CTL_USAGE;
}

enum ctl_exit ctl_tell_namesrvs(struct ctl *c, const struct ctl_question *q)
{
	const char *list = c->opt.namesrv;
	char address[300];
	enum ctl_exit all = CTL_DONE;
	for (bool first = true; next_address(&list, address); first = false) {
		struct lmi_command a;
		enum ctl_exit r = ctl_ask(c, address, q, &a);
		if (r == CTL_DONE)
			r = ctl_judge(c, &a, address);
		all = first ? r : ctl_both(all, r);
	}
	return all;
}

enum ctl_exit ctl_code_exit(int32_t code)
{
	switch (code) {
	case LMI_RSP_SUCCESS:
		return CTL_DONE;
	case LMI_RSP_TOPIC_NOT_EXIST:
	case LMI_RSP_QUERY_NOT_FOUND:
	case LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST:
	case LMI_RSP_CONSUMER_NOT_ONLINE:
		return CTL_NOT_FOUND;
	default:
		return CTL_REFUSED;
	}
}

enum ctl_exit ctl_judge(struct ctl *c, const struct lmi_command *a, const char *what)
{
	enum ctl_exit r = ctl_code_exit(a->code);
	if (r != CTL_DONE)
		ctl_say(c, "%s: %.*s (code %d)", what, (int)a->remark.n, a->remark.p ? (const char *)a->remark.p : "", a->code);
	return r;
}

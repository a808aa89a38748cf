/* SPDX-License-Identifier: Apache-2.0 */
/* Brokers and name servers: how they are and what they are set to. */
#include <string.h>

#include "ctl/ctl.h"

struct lmi_span ctl_kv(const struct lmi_kv_table *t, const char *key)
{
	for (size_t i = 0; i < t->count; i++)
		if (lmi_span_is(t->items[i].key, key))
			return t->items[i].value;
	return LMI_SPAN_NULL;
}

static int runtime(struct ctl *c, const struct lmi_command *a, struct lmi_kv_table *out)
{
	int err = lmi_kv_table_decode(a->body, &c->arena, out);
	if (err)
		ctl_say(c, "the broker's answer: %s", lmi_strerror(err));
	return err;
}

static struct lmi_span first_word(struct lmi_span s)
{
	const uint8_t *end = s.n ? memchr(s.p, ' ', s.n) : NULL;
	return end ? lmi_span(s.p, (size_t)(end - s.p)) : s;
}

static enum ctl_exit put_broker(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	struct ctl_rows *r = arg;
	struct lmi_kv_table t;
	if (runtime(r->c, a, &t))
		return CTL_REFUSED;
	ctl_cell_str(r, b->name);
	ctl_cell_str(r, b->cluster);
	ctl_cell_str(r, b->address);
	ctl_cell(r, ctl_kv(&t, "brokerVersionDesc"));
	ctl_cell(r, first_word(ctl_kv(&t, "putTps")));
	ctl_cell(r, first_word(ctl_kv(&t, "getTransferredTps")));
	ctl_cell(r, ctl_kv(&t, "commitLogDiskRatio"));
	ctl_cell(r, ctl_kv(&t, "msgPutTotalTodayNow"));
	ctl_cell(r, ctl_kv(&t, "msgGetTotalTodayNow"));
	ctl_cell_i64(r, b->replicas);
	return CTL_DONE;
}

static const struct ctl_question ask_runtime = { .code = LMI_REQ_GET_BROKER_RUNTIME_INFO };

enum ctl_exit ctl_cluster_show(struct ctl *c)
{
	static const char *const columns[] = { "broker", "cluster", "address", "version", "#putTps", "#getTps", "#diskRatio", "+#put", "+#got",
					       "+#members", NULL };
	struct ctl_brokers b;
	struct ctl_rows r;
	enum ctl_exit e = ctl_brokers(c, &b);
	if (e != CTL_DONE)
		return e;
	ctl_rows_begin(&r, c, columns);
	e = ctl_each(c, &b, &ask_runtime, put_broker, &r);
	enum ctl_exit printed = ctl_rows_end(&r);
	return e ? e : printed;
}

static enum ctl_exit put_status(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	struct ctl_rows *r = arg;
	struct lmi_kv_table t;
	if (runtime(r->c, a, &t))
		return CTL_REFUSED;
	for (size_t i = 0; i < t.count; i++) {
		ctl_cell(r, t.items[i].key);
		ctl_cell(r, t.items[i].value);
		ctl_cell_str(r, b->name);
	}
	return CTL_DONE;
}

static enum ctl_exit each_broker(struct ctl *c, const struct ctl_question *q, const char *const *columns,
				 enum ctl_exit (*take)(void *arg, const struct ctl_broker *b, const struct lmi_command *answer))
{
	struct ctl_brokers b;
	struct ctl_rows r;
	enum ctl_exit e = ctl_brokers(c, &b);
	if (e != CTL_DONE)
		return e;
	ctl_rows_begin(&r, c, columns);
	e = ctl_each(c, &b, q, take, &r);
	enum ctl_exit printed = ctl_rows_end(&r);
	return e ? e : printed;
}

static const char *const settings[] = { "key", "value", "server", NULL };

enum ctl_exit ctl_broker_status(struct ctl *c)
{
	c->opt.broker = ctl_operand(c, 0, c->opt.broker);
	return each_broker(c, &ask_runtime, settings, put_status);
}

enum ctl_exit ctl_properties(struct ctl_rows *r, const char *server, struct lmi_span text)
{
	while (text.n) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		const uint8_t *sign = memchr(text.p, '=', n);
		if (sign) {
			ctl_cell(r, lmi_span(text.p, (size_t)(sign - text.p)));
			ctl_cell(r, lmi_span(sign + 1, n - (size_t)(sign - text.p) - 1));
			ctl_cell_str(r, server);
		}
		text = end ? lmi_span(end + 1, text.n - n - 1) : LMI_SPAN_NULL;
	}
	return CTL_DONE;
}

static enum ctl_exit put_config(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	return ctl_properties(arg, b->name, a->body);
}

enum ctl_exit ctl_config_list(struct ctl *c)
{
	c->opt.broker = ctl_operand(c, 0, c->opt.broker);
	return each_broker(c, &(struct ctl_question){ .code = LMI_REQ_GET_BROKER_CONFIG }, settings, put_config);
}

/* "key=value", or NULL when it was not given. */
static const char *assignment(struct ctl *c)
{
	const char *key = ctl_operand(c, 0, c->opt.key), *value = ctl_operand(c, 1, c->opt.value);
	if (!key || !value) {
		ctl_say(c, "a key and a value are needed");
		return NULL;
	}
	return lmi_arena_printf(&c->arena, "%s=%s\n", key, value);
}

enum ctl_exit ctl_config_set(struct ctl *c)
{
	const char *text = assignment(c);
	struct ctl_brokers b;
	if (!text)
		return CTL_USAGE;
	enum ctl_exit e = ctl_brokers(c, &b);
	if (e != CTL_DONE)
		return e;
	if (c->opt.dry_run) {
		for (size_t i = 0; i < b.count; i++)
			fprintf(c->out, "would set on %s: %s", b.items[i].name, text);
		return CTL_DONE;
	}
	return ctl_each(c, &b, &(struct ctl_question){ .code = LMI_REQ_UPDATE_BROKER_CONFIG, .body = lmi_span_str(text) }, NULL, NULL);
}

enum ctl_exit ctl_namesrv_config(struct ctl *c)
{
	struct lmi_command a;
	struct ctl_rows r;
	enum ctl_exit e = ctl_ask_namesrv(c, &(struct ctl_question){ .code = LMI_REQ_GET_NAMESRV_CONFIG }, &a);
	if (e == CTL_DONE)
		e = ctl_judge(c, &a, "the name server");
	if (e != CTL_DONE)
		return e;
	ctl_rows_begin(&r, c, settings);
	ctl_properties(&r, c->opt.namesrv, a.body);
	return ctl_rows_end(&r);
}

enum ctl_exit ctl_namesrv_set(struct ctl *c)
{
	const char *text = assignment(c);
	if (!text)
		return CTL_USAGE;
	if (c->opt.dry_run) {
		fprintf(c->out, "would set on %s: %s", c->opt.namesrv, text);
		return CTL_DONE;
	}
	return ctl_tell_namesrvs(c, &(struct ctl_question){ .code = LMI_REQ_UPDATE_NAMESRV_CONFIG, .body = lmi_span_str(text) });
}

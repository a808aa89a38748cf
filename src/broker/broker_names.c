/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name servers as RocketMQ's address server tells them: asked on a worker at start and every updateNameServerAddrPeriod.
 * Rule: BrokerOuterAPI.fetchNameServerAddr, DefaultTopAddressing.
 */
#include <errno.h>
#include <stdlib.h>

#include "broker/broker_internal.h"
#include "io/http_get.h"

#define FETCH_MS 3000       /* rule: DefaultTopAddressing.fetchNSAddr */
#define FETCH_AGAIN_MS 2000 /* after a failure */

struct names_fetch {
	struct lmi_job job; /* first */
	struct broker *broker; /* the loop's; NULL: it has gone */
	char *server, *path;   /* the worker's */
	struct lmi_buf text;
	int err;
	bool busy, failed; /* failed: the last one did, and that was said */
	int64_t next_ms;
};

static void fetch(struct lmi_job *j)
{
	struct names_fetch *f = (struct names_fetch *)j;
	f->err = lmi_http_get(f->server, f->path, FETCH_MS, &f->text);
}

static void fetch_free(struct names_fetch *f)
{
	lmi_buf_done(&f->text);
	free(f->server);
	free(f->path);
	free(f);
}

/* Lines and blanks are separators too: people edit that file.  NUL-terminated. */
static bool tidy(struct lmi_buf *b)
{
	uint8_t *p = lmi_buf_data(b);
	for (size_t i = 0; i < lmi_buf_len(b); i++) {
		if (p[i] == '\r' || p[i] == '\n' || p[i] == ' ' || p[i] == '\t')
			p[i] = ';';
		else if (p[i] < ' ' || p[i] > '~')
			return false;
	}
	lmi_buf_put8(b, 0);
	return !b->failed;
}

static void take(struct broker *b, struct names_fetch *f)
{
	bool changed = false;
	if (!f->err && !tidy(&f->text))
		f->err = -LMQ_EMALFORMED;
	if (!f->err)
		f->err = broker_register_servers(b, (const char *)lmi_buf_data(&f->text), &changed);
	if (f->err && !f->failed)
		lmi_log(b->cfg.core.log, LMI_LOG_WARNING, "the address server http://%s%s does not tell the name servers: %s; asked again every few seconds",
			b->cfg.address_server, b->cfg.address_path, lmi_strerror(f->err));
	else if (changed)
		lmi_log(b->cfg.core.log, LMI_LOG_NOTICE, "the address server tells these name servers: %s", (const char *)lmi_buf_data(&f->text));
	f->failed = f->err != 0;
	f->next_ms = lmi_loop_now_ms(b->cfg.loop) + (f->err ? FETCH_AGAIN_MS : b->cfg.address_period_ms);
}

static void fetched(struct lmi_job *j)
{
	struct names_fetch *f = (struct names_fetch *)j;
	struct broker *b = f->broker;
	f->busy = false;
	if (!b) { /* it has gone meanwhile */
		fetch_free(f);
		return;
	}
	take(b, f);
	lmi_buf_reset(&f->text, 0);
}

int broker_names_open(struct broker *b)
{
	if (!b->cfg.address_server || !*b->cfg.address_server)
		return 0;
	b->names = calloc(1, sizeof(*b->names));
	if (!b->names)
		return -ENOMEM;
	*b->names = (struct names_fetch){ .job = { .run = fetch, .done = fetched },
					  .broker = b,
					  .server = strdup(b->cfg.address_server),
					  .path = strdup(b->cfg.address_path) };
	return b->names->server && b->names->path ? 0 : -ENOMEM;
}

void broker_names_run(struct broker *b)
{
	struct names_fetch *f = b->names;
	if (!f || f->busy || b->stopping || lmi_loop_now_ms(b->cfg.loop) < f->next_ms)
		return;
	f->busy = true;
	lmi_executor_submit(b->cfg.executor, &f->job);
}

void broker_names_close(struct broker *b)
{
	struct names_fetch *f = b->names;
	b->names = NULL;
	if (!f)
		return;
	f->broker = NULL;
	if (!f->busy)
		fetch_free(f); /* else when the worker is done */
}

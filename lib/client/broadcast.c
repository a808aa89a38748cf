/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A consumer that gets everything: where its positions are kept.  They are written by the client's helping thread, at the end by
 * who stops the consumer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/consumer_impl.h"

#define NAME_OF_NOBODY "DEFAULT" /* rule: ClientConfig.instanceName */

/* The client's id would be another one each time, unless it has a name.  Rule: LocalFileOffsetStore.storePath. */
int broadcast_open(struct lmq_consumer *c)
{
	const char *home = getenv("HOME"), *folder = c->cfg->offset_folder, *id = c->client->id;
	const char *name = *c->client->cfg->instance_name ? c->client->cfg->instance_name : NAME_OF_NOBODY;
	int ip = (int)strcspn(id, "@");
	char *path;
	int r;

	if (strchr(name, '/'))
		name = NAME_OF_NOBODY;
	if (*folder)
		r = asprintf(&path, "%s/%.*s@%s/%s/offsets.json", folder, ip, id, name, c->group);
	else
		r = asprintf(&path, "%s/.rocketmq_offsets/%.*s@%s/%s/offsets.json", home ? home : "/", ip, id, name, c->group);
	if (r < 0)
		return -ENOMEM;
	return local_offsets_open(&c->local, path);
}

struct writing {
	struct lmi_job job;
	struct lmq_consumer *consumer;
	struct lmi_buf text;
	int result;
};

static void run(struct lmi_job *j)
{
	struct writing *w = lmi_container_of(j, struct writing, job);

	w->result = local_offsets_write(w->consumer->local.path, lmi_buf_span(&w->text));
}

static void written(struct lmi_job *j)
{
	struct writing *w = lmi_container_of(j, struct writing, job);
	struct lmq_consumer *c = w->consumer;

	c->writing = false;
	c->backs--;
	if (c->stopping)
		round_close(c->stopping);
	if (w->result < 0) {
		c->local.changed = true;
		config_log(c->cfg, LMQ_LOG_WARNING, "group %s: positions cannot be written to %s: %s", c->group, c->local.path,
			   lmi_strerror(w->result));
	}
	lmi_buf_done(&w->text);
	free(w);
	consumer_unref(c);
}

void broadcast_persist(struct lmq_consumer *c)
{
	struct writing *w;

	if (c->writing || !c->local.changed)
		return;
	w = calloc(1, sizeof(*w));
	if (!w)
		return;
	local_offsets_put(&c->local, &w->text);
	if (w->text.failed) {
		lmi_buf_done(&w->text);
		free(w);
		return;
	}
	w->job = (struct lmi_job){ .run = run, .done = written };
	w->consumer = c;
	c->writing = true;
	c->backs++; /* who stops waits: there is one file */
	c->local.changed = false;
	consumer_ref(c);
	lmi_executor_submit(c->client->resolver, &w->job);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Forgetting a topic: its queues and their files.  Its records stay in the log until the segment goes. */
#include <errno.h>
#include <stdio.h>

#include "store/store_internal.h"

int store_delete_topic(struct store *s, struct lmi_span topic)
{
	struct disk *d = s->cfg.disk;
	struct queue_topic *t = lmi_map_get(&s->queues.topics, topic);
	char path[QUEUE_PATH_MAX];
	int err = 0;

	if (!t)
		return -LMQ_ENOTFOUND;
	err = store_write_out(s);
	if (err)
		return err;
	store_show(s);
	if (s->queue_work)
		work_finish(s->queue_work); /* it may be writing these files */
	for (uint32_t i = 0; i < t->count && !err; i++) {
		err = consume_queue_wipe(t->queues[i]);
		consume_queue_folder(t->queues[i], path);
		if (!err)
			err = d->ops->rmdir(d, path);
		if (err == -ENOENT)
			err = 0;
	}
	if (err)
		return err;
	snprintf(path, sizeof(path), QUEUE_FOLDER "/%.*s", (int)topic.n, (const char *)topic.p);
	d->ops->rmdir(d, path); /* may hold what is not ours: left alone */
	err = queue_table_drop(&s->queues, topic);
	store_forget_dead(s);
	return err;
}

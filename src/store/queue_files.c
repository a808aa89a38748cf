/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queue_files.h"

#include <errno.h>
#include <stdlib.h>

#include "base/list.h"
#include "store/consume_queue.h"

#define BUCKETS 512 /* a power of two, above QUEUE_FILES_OPEN_MAX */

struct open_file {
	struct lmi_list age;       /* oldest use first */
	struct open_file *chain;   /* in its bucket */
	const struct consume_queue *queue;
	int64_t start;
	struct disk_file *file;
};

struct queue_files {
	struct disk *disk;
	struct lmi_list age;
	unsigned int count;
	struct open_file *buckets[BUCKETS];
};

struct queue_files *queue_files_new(struct disk *d)
{
	struct queue_files *qf = calloc(1, sizeof(*qf));
	if (!qf)
		return NULL;
	qf->disk = d;
	lmi_list_init(&qf->age);
	return qf;
}

static struct open_file **bucket(struct queue_files *qf, const struct consume_queue *q, int64_t start)
{
	uint64_t h = ((uint64_t)(uintptr_t)q >> 4) * 0x9E3779B97F4A7C15u + (uint64_t)start * 0xC2B2AE3D27D4EB4Fu;
	return &qf->buckets[(h >> 40) % BUCKETS];
}

static void close_one(struct queue_files *qf, struct open_file *o)
{
	struct open_file **p = bucket(qf, o->queue, o->start);
	while (*p != o)
		p = &(*p)->chain;
	*p = o->chain;
	lmi_list_del(&o->age);
	disk_file_close(o->file);
	free(o);
	qf->count--;
}

void queue_files_free(struct queue_files *qf)
{
	if (!qf)
		return;
	while (!lmi_list_empty(&qf->age))
		close_one(qf, lmi_container_of(qf->age.next, struct open_file, age));
	free(qf);
}

void queue_files_forget(struct queue_files *qf, const struct consume_queue *q)
{
	LMI_LIST_FOREACH_SAFE(&qf->age, it, tmp) {
		struct open_file *o = lmi_container_of(it, struct open_file, age);
		if (o->queue == q)
			close_one(qf, o);
	}
}

static int open_new(struct queue_files *qf, const struct consume_queue *q, int64_t start, bool wait, struct open_file **out)
{
	struct open_file *o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	char path[QUEUE_PATH_MAX];
	consume_queue_path(q, start, path);
	int err = qf->disk->ops->open(qf->disk, path, DISK_READ | (wait ? 0 : DISK_NOWAIT), &o->file);
	if (err) {
		free(o);
		return err;
	}
	o->queue = q;
	o->start = start;
	*out = o;
	return 0;
}

int queue_files_get(struct queue_files *qf, struct consume_queue *q, int64_t file_start, bool wait, struct disk_file **out)
{
	struct open_file **b = bucket(qf, q, file_start);
	struct open_file *o = *b;
	while (o && (o->queue != q || o->start != file_start))
		o = o->chain;
	if (!o) {
		int err = open_new(qf, q, file_start, wait, &o);
		if (err)
			return err;
		if (qf->count == QUEUE_FILES_OPEN_MAX)
			close_one(qf, lmi_container_of(qf->age.next, struct open_file, age));
		o->chain = *b;
		*b = o;
		qf->count++;
	} else {
		lmi_list_del(&o->age);
	}
	lmi_list_add_tail(&qf->age, &o->age);
	*out = o->file;
	return 0;
}

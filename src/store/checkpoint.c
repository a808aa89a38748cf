/* SPDX-License-Identifier: Apache-2.0 */
#include "store/checkpoint.h"

#include <errno.h>

enum {
	AT_LOG = 0,
	AT_QUEUES = 8,
	AT_INDEX = 16,
	AT_MASTER_FLUSHED = 24,
	AT_CONFIRM = 32,
	AT_END = 40
};

int checkpoint_read(struct disk *d, struct checkpoint *out, bool *out_found)
{
	*out = (struct checkpoint){ 0 };
	*out_found = false;
	struct disk_file *f;
	int err = d->ops->open(d, CHECKPOINT_FILE, DISK_READ, &f);
	if (err)
		return err == -ENOENT || err == -EISDIR || err == -ELOOP || err == -EINVAL ? 0 : err;
	uint8_t raw[AT_END];
	ssize_t n = f->ops->pread(f, raw, sizeof(raw), 0);
	disk_file_close(f);
	if (n < 0)
		return (int)n;
	if (n < AT_END)
		return 0;
	struct checkpoint c = {
		.log_ms = (int64_t)lmi_get64(raw + AT_LOG),
		.queues_ms = (int64_t)lmi_get64(raw + AT_QUEUES),
		.index_ms = (int64_t)lmi_get64(raw + AT_INDEX),
		.master_flushed_pos = (int64_t)lmi_get64(raw + AT_MASTER_FLUSHED),
		.confirm_pos = (int64_t)lmi_get64(raw + AT_CONFIRM),
	};
	*out_found = c.log_ms >= 0 && c.queues_ms >= 0 && c.index_ms >= 0;
	if (*out_found)
		*out = c;
	return 0;
}

int checkpoint_write(struct disk *d, const struct checkpoint *c)
{
	uint8_t raw[AT_END];
	lmi_put64(raw + AT_LOG, (uint64_t)c->log_ms);
	lmi_put64(raw + AT_QUEUES, (uint64_t)c->queues_ms);
	lmi_put64(raw + AT_INDEX, (uint64_t)c->index_ms);
	lmi_put64(raw + AT_MASTER_FLUSHED, (uint64_t)c->master_flushed_pos);
	lmi_put64(raw + AT_CONFIRM, (uint64_t)c->confirm_pos);
	struct disk_file *f;
	int err = d->ops->open(d, CHECKPOINT_FILE, DISK_READ | DISK_WRITE | DISK_CREATE, &f);
	if (err)
		return err;
	int64_t size = 0;
	err = f->ops->size(f, &size);
	if (!err && size != CHECKPOINT_BYTES)
		err = f->ops->set_size(f, CHECKPOINT_BYTES);
	if (!err)
		err = f->ops->pwrite(f, raw, sizeof(raw), 0); /* within one sector: old or new, never mixed */
	if (!err)
		err = f->ops->sync_data(f);
	disk_file_close(f);
	return err;
}

int64_t checkpoint_min_ms(const struct checkpoint *c)
{
	int64_t min = c->log_ms < c->queues_ms ? c->log_ms : c->queues_ms;
	min -= CHECKPOINT_SLACK_MS;
	return min > 0 ? min : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_mark.h"

#include <errno.h>

static const char mark_magic[8] = { 'L', 'M', 'Q', 'M', 'A', 'R', 'K', '1' };
#define MARK_FORMAT 1u

enum {
	AT_CRC = 8,
	AT_FORMAT = 12,
	AT_SEQUENCE = 16,
	AT_SYNCED = 24,
	AT_QUEUES = 32,
	AT_LAST = 40,
	AT_LOG_MS = 48,
	AT_QUEUES_MS = 56,
	AT_OLD_LOG_MS = 64,
	AT_OLD_QUEUES_MS = 72,
	AT_CLEAN = 80,
	AT_INDEX_ON = 81,
	AT_INDEX_COUNT = 84,
	AT_INDEX_NAME = 88
};

static void encode(const struct store_mark *m, uint64_t sequence, uint8_t slot[STORE_MARK_SLOT_BYTES])
{
	memset(slot, 0, STORE_MARK_SLOT_BYTES);
	memcpy(slot, mark_magic, sizeof(mark_magic));
	lmi_put32(slot + AT_FORMAT, MARK_FORMAT);
	lmi_put64(slot + AT_SEQUENCE, sequence);
	lmi_put64(slot + AT_SYNCED, (uint64_t)m->synced);
	lmi_put64(slot + AT_QUEUES, (uint64_t)m->queues_pos);
	lmi_put64(slot + AT_LAST, (uint64_t)m->last_pos);
	lmi_put64(slot + AT_LOG_MS, (uint64_t)m->log_ms);
	lmi_put64(slot + AT_QUEUES_MS, (uint64_t)m->queues_ms);
	lmi_put64(slot + AT_OLD_LOG_MS, (uint64_t)m->old_log_ms);
	lmi_put64(slot + AT_OLD_QUEUES_MS, (uint64_t)m->old_queues_ms);
	slot[AT_CLEAN] = m->clean;
	slot[AT_INDEX_ON] = m->index.on;
	lmi_put32(slot + AT_INDEX_COUNT, (uint32_t)m->index.count);
	lmi_put64(slot + AT_INDEX_NAME, (uint64_t)m->index.name);
	lmi_put32(slot + AT_CRC, lmi_crc32(0, slot + AT_FORMAT, STORE_MARK_SLOT_BYTES - AT_FORMAT));
}

static bool decode(const uint8_t slot[STORE_MARK_SLOT_BYTES], struct store_mark *out, uint64_t *out_sequence)
{
	if (memcmp(slot, mark_magic, sizeof(mark_magic)) != 0 || lmi_get32(slot + AT_FORMAT) != MARK_FORMAT)
		return false;
	if (lmi_get32(slot + AT_CRC) != lmi_crc32(0, slot + AT_FORMAT, STORE_MARK_SLOT_BYTES - AT_FORMAT))
		return false;
	struct store_mark m = {
		.synced = (int64_t)lmi_get64(slot + AT_SYNCED),
		.queues_pos = (int64_t)lmi_get64(slot + AT_QUEUES),
		.last_pos = (int64_t)lmi_get64(slot + AT_LAST),
		.log_ms = (int64_t)lmi_get64(slot + AT_LOG_MS),
		.queues_ms = (int64_t)lmi_get64(slot + AT_QUEUES_MS),
		.old_log_ms = (int64_t)lmi_get64(slot + AT_OLD_LOG_MS),
		.old_queues_ms = (int64_t)lmi_get64(slot + AT_OLD_QUEUES_MS),
		.clean = slot[AT_CLEAN] != 0,
		.index = {
			.on = slot[AT_INDEX_ON] != 0,
			.name = (int64_t)lmi_get64(slot + AT_INDEX_NAME),
			.count = (int32_t)lmi_get32(slot + AT_INDEX_COUNT),
		},
	};
	if (m.synced < 0 || m.queues_pos < 0 || m.last_pos < -1)
		return false;
	*out = m;
	*out_sequence = lmi_get64(slot + AT_SEQUENCE);
	return true;
}

int store_mark_read(struct disk *d, struct store_mark *out, uint64_t *out_sequence)
{
	*out = (struct store_mark){ .last_pos = -1 };
	*out_sequence = 0;
	struct disk_file *f;
	int err = d->ops->open(d, STORE_MARK_FILE, DISK_READ, &f);
	if (err)
		return err == -ENOENT || err == -EISDIR || err == -ELOOP || err == -EINVAL ? 0 : err;
	for (int i = 0; i < 2 && !err; i++) {
		uint8_t slot[STORE_MARK_SLOT_BYTES];
		struct store_mark m;
		uint64_t sequence;
		ssize_t n = f->ops->pread(f, slot, sizeof(slot), i * STORE_MARK_SLOT_BYTES);
		if (n < 0)
			err = (int)n;
		else if (n == sizeof(slot) && decode(slot, &m, &sequence) && sequence > *out_sequence) {
			*out = m;
			*out_sequence = sequence;
		}
	}
	disk_file_close(f);
	return err;
}

bool store_mark_fits(const struct store_mark *m, int64_t log_ms, int64_t queues_ms)
{
	return (m->log_ms == log_ms && m->queues_ms == queues_ms) ||
	       (m->old_log_ms == log_ms && m->old_queues_ms == queues_ms);
}

/** With the lock held. */
static int write_slot(struct store_mark_file *m)
{
	uint8_t slot[STORE_MARK_SLOT_BYTES];
	m->sequence++;
	encode(&m->mark, m->sequence, slot);
	return m->file->ops->pwrite(m->file, slot, sizeof(slot), (int64_t)(m->sequence % 2) * STORE_MARK_SLOT_BYTES);
}

int store_mark_open(struct store_mark_file *m, struct disk *d, const struct store_mark *start, uint64_t sequence)
{
	*m = (struct store_mark_file){ .mark = *start, .sequence = sequence };
	int err = d->ops->open(d, STORE_MARK_FILE, DISK_READ | DISK_WRITE | DISK_CREATE, &m->file);
	if (!err)
		pthread_mutex_init(&m->lock, NULL);
	return err;
}

void store_mark_close(struct store_mark_file *m)
{
	if (!m->file)
		return;
	disk_file_close(m->file);
	pthread_mutex_destroy(&m->lock);
	m->file = NULL;
}

int store_mark_synced(struct store_mark_file *m, int64_t synced, int64_t last_pos)
{
	pthread_mutex_lock(&m->lock);
	m->mark.synced = synced;
	m->mark.last_pos = last_pos;
	int err = write_slot(m);
	pthread_mutex_unlock(&m->lock);
	return err;
}

int store_mark_queues(struct store_mark_file *m, int64_t queues_pos, int64_t log_ms, int64_t queues_ms,
		      const struct store_mark_index *index)
{
	pthread_mutex_lock(&m->lock);
	m->mark.queues_pos = queues_pos;
	m->mark.index = *index;
	m->mark.old_log_ms = m->mark.log_ms;
	m->mark.old_queues_ms = m->mark.queues_ms;
	m->mark.log_ms = log_ms;
	m->mark.queues_ms = queues_ms;
	int err = write_slot(m);
	if (!err)
		err = m->file->ops->sync_data(m->file);
	pthread_mutex_unlock(&m->lock);
	return err;
}

/** Both slots get the new state, one after the other, so that the older one cannot speak up again. */
static int write_both(struct store_mark_file *m)
{
	int err = write_slot(m);
	if (!err)
		err = m->file->ops->sync_data(m->file);
	if (!err)
		err = write_slot(m);
	return err ? err : m->file->ops->sync_data(m->file);
}

int store_mark_clean(struct store_mark_file *m)
{
	pthread_mutex_lock(&m->lock);
	m->mark.clean = true;
	int err = write_both(m);
	pthread_mutex_unlock(&m->lock);
	return err;
}

int store_mark_start(struct store_mark_file *m, const struct store_mark *mark)
{
	pthread_mutex_lock(&m->lock);
	m->mark = *mark;
	m->mark.clean = false;
	int err = write_both(m);
	pthread_mutex_unlock(&m->lock);
	return err;
}

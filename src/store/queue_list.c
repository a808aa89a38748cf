/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queue_list.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"

static const char list_magic[8] = { 'L', 'M', 'Q', 'Q', 'U', 'E', 'U', 'E' };
#define LIST_FORMAT 2u
#define CRC_UNITS 512

enum {
	AT_FORMAT = 8,
	AT_CRC = 12,
	AT_LOG_END = 16,
	AT_COUNT = 24,
	AT_ENTRIES = 28,
	ENTRY_FIXED = 1 + 4 + 8 + 8 + 8 + 4
};

static bool is_whole(const uint8_t *p, size_t n)
{
	return n >= AT_ENTRIES && memcmp(p, list_magic, sizeof(list_magic)) == 0 && lmi_get32(p + AT_FORMAT) == LIST_FORMAT &&
	       lmi_get32(p + AT_CRC) == lmi_crc32(0, p + AT_LOG_END, n - AT_LOG_END);
}

int queue_list_read(struct disk *d, struct queue_list *out)
{
	*out = (struct queue_list){ 0 };
	uint8_t *mem;
	size_t n;
	int err = disk_read_all(d, QUEUE_LIST_FILE, QUEUE_LIST_MAX, &mem, &n);
	if (err)
		return err == -ENOENT || err == -EFBIG || err == -EISDIR || err == -ELOOP || err == -EINVAL ? 0 : err;
	if (!is_whole(mem, n)) {
		free(mem);
		return 0;
	}
	*out = (struct queue_list){
		.mem = mem,
		.bytes = n,
		.log_end = (int64_t)lmi_get64(mem + AT_LOG_END),
		.count = lmi_get32(mem + AT_COUNT),
	};
	return 0;
}

void queue_list_done(struct queue_list *l)
{
	free(l->mem);
	*l = (struct queue_list){ 0 };
}

bool queue_list_next(const struct queue_list *l, size_t *at, struct queue_list_entry *out)
{
	if (*at == 0)
		*at = AT_ENTRIES;
	if (!l->mem || *at >= l->bytes)
		return false;
	const uint8_t *p = l->mem + *at;
	size_t name = p[0];
	if (l->bytes - *at < ENTRY_FIXED + name)
		return false;
	out->topic = lmi_span(p + 1, name);
	p += 1 + name;
	out->queue_id = (int32_t)lmi_get32(p);
	out->first = (int64_t)lmi_get64(p + 4);
	out->end = (int64_t)lmi_get64(p + 12);
	out->log_end = (int64_t)lmi_get64(p + 20);
	out->crc = lmi_get32(p + 28);
	*at += ENTRY_FIXED + name;
	return out->first >= 0 && out->end >= out->first && out->end <= QUEUE_POS_MAX;
}

int queue_list_crc(struct consume_queue *q, uint32_t *out)
{
	uint8_t raw[CRC_UNITS * QUEUE_UNIT_BYTES];
	uint32_t crc = 0;
	for (int64_t at = q->first; at < q->end;) {
		int n = consume_queue_read(q, at, raw, CRC_UNITS, true);
		if (n <= 0)
			return n < 0 ? n : -EIO;
		crc = lmi_crc32(crc, raw, (size_t)n * QUEUE_UNIT_BYTES);
		at += n;
	}
	*out = crc;
	return 0;
}

struct put {
	struct lmi_buf buf;
	int64_t units;
	bool with_crc;
};

static int count_units(void *ctx, struct consume_queue *q)
{
	struct put *p = ctx;
	p->units += q->end - q->first;
	return 0;
}

static int put_entry(void *ctx, struct consume_queue *q)
{
	struct put *put = ctx;
	struct lmi_buf *b = &put->buf;
	uint32_t crc = 0;
	if (put->with_crc && queue_list_crc(q, &crc) != 0)
		crc = 0;
	struct lmi_span topic = queue_topic_span(q->topic);
	lmi_buf_put8(b, (uint8_t)topic.n);
	lmi_buf_put_span(b, topic);
	lmi_buf_put32(b, (uint32_t)q->queue_id);
	lmi_buf_put64(b, (uint64_t)q->first);
	lmi_buf_put64(b, (uint64_t)q->end);
	lmi_buf_put64(b, q->damaged ? UINT64_MAX : (uint64_t)q->log_end);
	lmi_buf_put32(b, crc);
	return 0;
}

int queue_list_write(struct queue_table *t, int64_t log_end)
{
	struct put put = { .with_crc = false };
	struct lmi_buf b = { 0 };
	queue_table_each(t, count_units, &put);
	put.with_crc = put.units <= QUEUE_LIST_CRC_MAX;
	lmi_buf_put(&b, list_magic, sizeof(list_magic));
	lmi_buf_put32(&b, LIST_FORMAT);
	lmi_buf_put32(&b, 0);
	lmi_buf_put64(&b, (uint64_t)log_end);
	lmi_buf_put32(&b, (uint32_t)t->queue_count);
	put.buf = b;
	queue_table_each(t, put_entry, &put);
	b = put.buf;
	int err = b.failed ? -ENOMEM : 0;
	if (!err) {
		uint8_t *p = lmi_buf_data(&b);
		lmi_put32(p + AT_CRC, lmi_crc32(0, p + AT_LOG_END, lmi_buf_len(&b) - AT_LOG_END));
		err = disk_replace(t->shared.disk, QUEUE_LIST_FILE, lmi_buf_span(&b));
	}
	lmi_buf_done(&b);
	return err;
}

int queue_list_forget(struct disk *d)
{
	int err = d->ops->unlink(d, QUEUE_LIST_FILE);
	if (err)
		return err == -ENOENT ? 0 : err;
	return d->ops->sync_folder(d, ".");
}

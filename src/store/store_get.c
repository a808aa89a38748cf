/* SPDX-License-Identifier: Apache-2.0 */
/* Pulling by queue position, reading records, bringing them into memory.  Rule: DefaultMessageStore.getMessage. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store_internal.h"

/* Rule: MessageStoreConfig.maxTransferBytes/CountOnMessageInMemory, …InDisk, accessMessageInMemoryMaxRatio. */
#define MEMORY_BYTES (256 * 1024)
#define MEMORY_COUNT 32
#define DISK_BYTES (64 * 1024)
#define DISK_COUNT 8
#define MEMORY_PERCENT 40
/* Units looked at in one call.  Rule: max(16000, maxMsgNums * 20) bytes. */
#define SCAN_UNITS 800
#define CHUNK_UNITS 64

const char *store_get_status_name(enum store_get_status st)
{
	switch (st) {
	case STORE_FOUND: return "FOUND";
	case STORE_NO_MATCHED_MESSAGE: return "NO_MATCHED_MESSAGE";
	case STORE_MESSAGE_WAS_REMOVING: return "MESSAGE_WAS_REMOVING";
	case STORE_OFFSET_FOUND_NULL: return "OFFSET_FOUND_NULL";
	case STORE_OFFSET_OVERFLOW_BADLY: return "OFFSET_OVERFLOW_BADLY";
	case STORE_OFFSET_OVERFLOW_ONE: return "OFFSET_OVERFLOW_ONE";
	case STORE_OFFSET_TOO_SMALL: return "OFFSET_TOO_SMALL";
	case STORE_NO_MATCHED_LOGIC_QUEUE: return "NO_MATCHED_LOGIC_QUEUE";
	case STORE_NO_MESSAGE_IN_QUEUE: return "NO_MESSAGE_IN_QUEUE";
	}
	return "UNKNOWN";
}

/* 40 % of the machine's memory: what is nearer to the tail counts as cached. */
static int64_t memory_reach(void)
{
	static int64_t reach;

	if (!reach)
		reach = (int64_t)sysconf(_SC_PHYS_PAGES) / 100 * MEMORY_PERCENT * (int64_t)sysconf(_SC_PAGESIZE);
	return reach;
}

static bool in_memory(const struct store *s, int64_t log_pos)
{
	return s->log.written - log_pos <= memory_reach();
}

/* Rule: DefaultMessageStore.isTheBatchFull. */
static bool is_full(const struct store *s, const struct store_get *g, const struct queue_unit *u)
{
	bool memory = in_memory(s, u->log_pos);
	int64_t bytes = memory ? MEMORY_BYTES : DISK_BYTES;

	if (g->count == 0)
		return false;
	if (g->max_bytes > 0 && g->max_bytes < bytes)
		bytes = g->max_bytes;
	return g->count >= STORE_GET_MAX || (int64_t)g->count >= g->max_messages || (int64_t)g->bytes + u->bytes > bytes ||
	       g->count >= (memory ? MEMORY_COUNT : DISK_COUNT);
}

/* False: the answer is full, and this unit is not in it. */
static bool take_unit(struct store *s, struct store_get *g, const struct queue_unit *u)
{
	if (queue_unit_hole(u))
		return true;
	if (u->log_pos < commit_log_min(&s->log)) {
		if (g->count == 0)
			g->status = STORE_MESSAGE_WAS_REMOVING;
		return true;
	}
	if (is_full(s, g, u))
		return false;
	if (g->match_tags && !g->match_tags(g->match_ctx, u->tags_code)) {
		if (g->count == 0)
			g->status = STORE_NO_MATCHED_MESSAGE;
		return true;
	}
	g->extents[g->count++] = (struct store_extent){ u->log_pos, u->bytes };
	g->bytes += (size_t)u->bytes;
	g->status = STORE_FOUND;
	return true;
}

static int scan(struct store *s, struct store_get *g, struct consume_queue *q)
{
	uint8_t chunk[CHUNK_UNITS * QUEUE_UNIT_BYTES];
	int64_t scan_end = q->visible;

	if (scan_end - g->queue_pos > SCAN_UNITS)
		scan_end = g->queue_pos + SCAN_UNITS;
	g->status = STORE_NO_MATCHED_MESSAGE;
	g->next_pos = g->queue_pos;
	while (g->next_pos < scan_end) {
		int64_t left = scan_end - g->next_pos;
		int n = consume_queue_read(q, g->next_pos, chunk, left < CHUNK_UNITS ? (size_t)left : CHUNK_UNITS, true);

		if (n < 0)
			return n;
		if (n == 0) {
			int64_t per_file = consume_queue_units_per_file(q);

			if (g->count == 0)
				g->status = STORE_OFFSET_FOUND_NULL;
			if (g->count == 0)
				g->next_pos += per_file - g->next_pos % per_file;
			return 0;
		}
		for (int i = 0; i < n; i++) {
			struct queue_unit u = queue_unit_get(chunk + (size_t)i * QUEUE_UNIT_BYTES);

			if (!take_unit(s, g, &u))
				return 0;
			g->next_pos++;
		}
	}
	return 0;
}

static int bounds_of(struct store *s, struct consume_queue *q, struct store_bounds *out)
{
	int64_t min = 0;
	int err = consume_queue_min(q, commit_log_min(&s->log), true, &min);

	if (err)
		return err;
	*out = (struct store_bounds){ min < q->visible ? min : q->visible, q->visible };
	return 0;
}

int store_queue_bounds(struct store *s, struct lmi_span topic, int32_t queue_id, struct store_bounds *out)
{
	struct consume_queue *q = queue_table_get(&s->queues, topic, queue_id);

	*out = (struct store_bounds){ 0 };
	return q ? bounds_of(s, q, out) : -LMQ_ENOTFOUND;
}

int store_get(struct store *s, struct store_get *g)
{
	struct consume_queue *q = queue_table_get(&s->queues, g->topic, g->queue_id);
	struct store_bounds b;
	int err;

	g->count = 0;
	g->bytes = 0;
	g->suggest_slave = false;
	g->next_pos = g->min_pos = g->max_pos = 0;
	g->status = STORE_NO_MATCHED_LOGIC_QUEUE;
	if (!q)
		return 0;
	err = bounds_of(s, q, &b);
	if (err)
		return err;
	g->min_pos = b.min_pos;
	g->max_pos = b.max_pos;
	if (b.max_pos == 0) {
		g->status = STORE_NO_MESSAGE_IN_QUEUE;
	} else if (g->queue_pos < b.min_pos) {
		g->status = STORE_OFFSET_TOO_SMALL;
		g->next_pos = b.min_pos;
	} else if (g->queue_pos == b.max_pos) {
		g->status = STORE_OFFSET_OVERFLOW_ONE;
		g->next_pos = g->queue_pos;
	} else if (g->queue_pos > b.max_pos) {
		g->status = STORE_OFFSET_OVERFLOW_BADLY;
		g->next_pos = b.max_pos;
	} else {
		err = scan(s, g, q);
		if (!err && g->count)
			g->suggest_slave = !in_memory(s, g->extents[g->count - 1].log_pos);
	}
	return err;
}

/* ---- records ---- */

#define HEAD_BYTES 80 /* up to the store time, whatever the hosts */

int store_read(struct store *s, const struct store_extent *e, uint8_t *dst, bool wait)
{
	int err;

	if (e->bytes < (int32_t)LMI_RECORD_FIXED_V4)
		return -LMQ_ECORRUPT;
	err = commit_log_read(&s->log, e->log_pos, dst, (size_t)e->bytes, wait);
	if (err)
		return err;
	return lmi_get32(dst) == (uint32_t)e->bytes && (int64_t)lmi_get64(dst + LMI_RECORD_AT_LOG_POS) == e->log_pos ? 0 : -LMQ_ECORRUPT;
}

/* The head of the record at a position, checked to be one. */
static int read_head(struct store *s, int64_t log_pos, uint8_t head[HEAD_BYTES])
{
	uint32_t magic;
	int err = commit_log_read(&s->log, log_pos, head, HEAD_BYTES, true);

	if (err)
		return err;
	magic = lmi_get32(head + 4);
	if ((magic != LMI_RECORD_MAGIC_V1 && magic != LMI_RECORD_MAGIC_V2) ||
	    (int64_t)lmi_get64(head + LMI_RECORD_AT_LOG_POS) != log_pos || lmi_get32(head) < LMI_RECORD_FIXED_V4)
		return -LMQ_ENOTFOUND;
	return 0;
}

int store_record_at(struct store *s, int64_t log_pos, int32_t *out_bytes)
{
	uint8_t head[HEAD_BYTES];
	int err = read_head(s, log_pos, head);

	if (err)
		return err;
	if (lmi_get32(head) > s->log.written - log_pos)
		return -LMQ_ENOTFOUND;
	*out_bytes = (int32_t)lmi_get32(head);
	return 0;
}

static int64_t store_ms_at(struct store *s, int64_t log_pos)
{
	uint8_t head[HEAD_BYTES];

	if (read_head(s, log_pos, head))
		return -1;
	return (int64_t)lmi_get64(head + (lmi_get32(head + LMI_RECORD_AT_SYSFLAG) & LMI_SYSFLAG_BORNHOST_V6 ? 68 : 56));
}

static int64_t unit_ms(struct store *s, struct consume_queue *q, int64_t queue_pos)
{
	struct queue_unit u;

	if (consume_queue_unit(q, queue_pos, &u, true) != 1 || queue_unit_hole(&u))
		return -1;
	return store_ms_at(s, u.log_pos);
}

int64_t store_queue_time(struct store *s, struct lmi_span topic, int32_t queue_id, int64_t queue_pos)
{
	struct consume_queue *q = queue_table_get(&s->queues, topic, queue_id);

	return q && queue_pos >= 0 && queue_pos < q->visible ? unit_ms(s, q, queue_pos) : -1;
}

int store_queue_search(struct store *s, struct lmi_span topic, int32_t queue_id, int64_t ms, bool upper, int64_t *out)
{
	struct store_bounds b;
	struct consume_queue *q = queue_table_get(&s->queues, topic, queue_id);
	int64_t lo, hi;
	int err;

	*out = 0;
	if (!q)
		return -LMQ_ENOTFOUND;
	err = bounds_of(s, q, &b);
	if (err)
		return err;
	/* The first unit that is younger than wanted; for LOWER one at the wanted time counts as younger. */
	for (lo = b.min_pos, hi = b.max_pos; lo < hi;) {
		int64_t mid = lo + (hi - lo) / 2, t = unit_ms(s, q, mid);

		if (t < 0 || t < ms || (upper && t == ms))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!upper)
		*out = lo;
	else
		*out = lo > b.min_pos ? lo - 1 : 0;
	return 0;
}

int store_each_queue(struct store *s, int (*each)(void *ctx, struct lmi_span topic, int32_t queue_id), void *ctx)
{
	struct lmi_span name;
	void *value;

	for (size_t i = 0; lmi_map_next(&s->queues.topics, &i, &name, &value);) {
		struct queue_topic *t = value;

		for (uint32_t k = 0; k < t->count; k++) {
			int r = each(ctx, name, t->queues[k]->queue_id);

			if (r)
				return r;
		}
	}
	return 0;
}

/* ---- warming ---- */

struct warm {
	struct work work;
	struct store *store;
	void (*done)(void *arg);
	void *arg;
	size_t count;
	struct {
		struct segment *segment;
		struct disk_file *file;
		int64_t at;
		int32_t bytes;
	} items[];
};

static struct warm *warm_of(struct work *w)
{
	return lmi_container_of(w, struct warm, work);
}

/* On a worker: reading is what brings pages in; the bytes are thrown away, and errors show when the loop reads. */
static void warm_run(struct work *w)
{
	struct warm *x = warm_of(w);
	uint8_t sink[16384];

	for (size_t i = 0; i < x->count; i++)
		for (int64_t at = 0; at < x->items[i].bytes; at += (int64_t)sizeof(sink)) {
			int64_t left = x->items[i].bytes - at;
			size_t n = left < (int64_t)sizeof(sink) ? (size_t)left : sizeof(sink);

			if (x->items[i].file->ops->pread(x->items[i].file, sink, n, x->items[i].at + at) <= 0)
				break;
		}
}

static void warm_done(struct work *w)
{
	struct warm *x = warm_of(w);

	for (size_t i = 0; i < x->count; i++)
		x->items[i].segment->refs--;
	x->count = 0;
	x->done(x->arg);
}

static void warm_free(struct work *w)
{
	free(warm_of(w));
}

int store_warm(struct store *s, const struct store_extent *e, size_t n, void (*done)(void *arg), void *arg)
{
	struct warm *x = calloc(1, sizeof(*x) + n * sizeof(x->items[0]));

	if (!x)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct segment *seg = commit_log_segment(&s->log, e[i].log_pos);
		struct disk_file *f;

		if (!seg || commit_log_file(&s->log, seg, true, &f))
			continue; /* the reader will find out */
		seg->refs++;
		x->items[x->count].segment = seg;
		x->items[x->count].file = f;
		x->items[x->count].at = e[i].log_pos - seg->start;
		x->items[x->count++].bytes = e[i].bytes;
	}
	x->work.run = warm_run;
	x->work.done = warm_done;
	x->work.free = warm_free;
	x->store = s;
	x->done = done;
	x->arg = arg;
	work_submit(&s->crew, &x->work);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/log_damage.h"

#include <errno.h>
#include <stdlib.h>

#include "store/log_cut.h"

#define WINDOW_BYTES (1024 * 1024)
#define MAGIC_AT 4
/* Larger damage gets several records. */
#define FILLER_MAX 65536
#define FILLER_MIN ((int64_t)LMI_RECORD_FIXED_V4 + 1)

/* ---- where records go on ---- */

/** True when a whole record begins at the position, or a blank one that closes its segment. */
static int begins_at(struct log_scan *scan, int64_t pos, bool *out)
{
	struct lmi_record rec;
	*out = false;
	int r = log_scan_one(scan, pos, &rec);
	if (r < 0)
		return r;
	*out = r == LOG_SCAN_RECORD;
	if (*out)
		return 0;
	uint8_t head[COMMIT_LOG_BLANK_BYTES];
	int64_t left = scan->log->segment_bytes - pos % scan->log->segment_bytes;
	if (left < COMMIT_LOG_BLANK_BYTES)
		return 0;
	r = commit_log_read(scan->log, pos, head, sizeof(head), true);
	*out = r == 0 && lmi_get32(head + MAGIC_AT) == LMI_RECORD_MAGIC_BLANK && lmi_get32(head) == left;
	return r;
}

/** The record's own length leads to something that begins: the damage is in its body or close to its end. */
static int by_length(struct log_scan *scan, int64_t bad, int64_t end, int64_t *out)
{
	uint8_t raw[4];
	bool begins = false;
	*out = -1;
	if (end - bad < (int64_t)LMI_RECORD_FIXED_V4)
		return 0;
	int err = commit_log_read(scan->log, bad, raw, sizeof(raw), true);
	int64_t next = bad + lmi_get32(raw);
	if (err || next < bad + FILLER_MIN || next > end)
		return err;
	err = next == end ? 0 : begins_at(scan, next, &begins);
	if (!err && (begins || next == end))
		*out = next;
	return err;
}

static bool is_magic(const uint8_t *p)
{
	uint32_t m = lmi_get32(p);
	return m == LMI_RECORD_MAGIC_V1 || m == LMI_RECORD_MAGIC_V2 || m == LMI_RECORD_MAGIC_BLANK;
}

/** Look at every position of a window for a magic number; *out_found -1 when nothing begins in it. */
static int look_in(struct log_scan *scan, const uint8_t *p, size_t n, int64_t window_pos, int64_t *out_found)
{
	for (size_t i = 0; i + 4 <= n; i++) {
		bool begins = false;
		if (!is_magic(p + i))
			continue;
		int err = begins_at(scan, window_pos + (int64_t)i - MAGIC_AT, &begins);
		if (err)
			return err;
		if (begins) {
			*out_found = window_pos + (int64_t)i - MAGIC_AT;
			return 0;
		}
	}
	return 0;
}

/** From bad + FILLER_MIN on: what lies closer could not be bridged. */
static int by_search(struct log_scan *scan, int64_t bad, int64_t end, int64_t *out)
{
	uint8_t *mem = malloc(WINDOW_BYTES);
	int64_t found = -1;
	int err = mem ? 0 : -ENOMEM;
	for (int64_t at = bad + FILLER_MIN + MAGIC_AT; !err && found < 0 && at + 4 <= end;) {
		size_t n = end - at < WINDOW_BYTES ? (size_t)(end - at) : WINDOW_BYTES;
		err = commit_log_read(scan->log, at, mem, n, true);
		if (!err)
			err = look_in(scan, mem, n, at, &found);
		at += (int64_t)n - 3;
	}
	free(mem);
	if (!err)
		*out = found >= 0 ? found : end;
	return err;
}

int log_damage_end(struct log_scan *scan, int64_t bad, int64_t limit, int64_t *out)
{
	int64_t size = scan->log->segment_bytes;
	int64_t end = bad - bad % size + size; /* a segment begins with a record */
	if (end > limit)
		end = limit;
	int err = by_length(scan, bad, end, out);
	if (err || *out >= 0)
		return err;
	return by_search(scan, bad, end, out);
}

/* ---- the bridge ---- */

/** A record of exactly these bytes: its topic is cut and its body stretched to fit. */
static void put_filler(const struct log_damage_bridge *b, int64_t pos, size_t bytes, uint8_t *mem, const uint8_t *zeros)
{
	size_t room = bytes - LMI_RECORD_FIXED_V4, topic = sizeof(LOG_DAMAGE_TOPIC) - 1;
	if (topic > room)
		topic = room;
	struct lmi_record r = {
		.sysflag = LMI_SYSFLAG_ROLLBACK,
		.log_pos = pos,
		.born_ms = b->store_ms,
		.store_ms = b->store_ms,
		.store = { .addr = { 127, 0, 0, 1 } },
		.born = { .addr = { 127, 0, 0, 1 } },
		.topic = lmi_span((const uint8_t *)LOG_DAMAGE_TOPIC, topic),
		.body = lmi_span(zeros, room - topic),
	};
	if (!b->store_host.v6)
		r.store = b->store_host;
	lmi_record_encode(&r, mem);
}

/** How long the next record is, so that what is left is none or enough for another one. */
static size_t filler_bytes(int64_t left)
{
	if (left <= FILLER_MAX)
		return (size_t)left;
	return left - FILLER_MAX < FILLER_MIN ? (size_t)(left - FILLER_MIN) : FILLER_MAX;
}

static int fill(const struct log_damage_bridge *b, struct disk_file *f, int64_t file_start)
{
	uint8_t *mem = malloc(FILLER_MAX), *zeros = calloc(1, FILLER_MAX);
	int err = mem && zeros ? 0 : -ENOMEM;
	/* From the end: until the first record is written the damage is seen again, and bridged again. */
	for (int64_t to = b->to; !err && to > b->from;) {
		size_t n = filler_bytes(to - b->from);
		put_filler(b, to - (int64_t)n, n, mem, zeros);
		err = f->ops->pwrite(f, mem, n, to - (int64_t)n - file_start);
		to -= (int64_t)n;
	}
	free(mem);
	free(zeros);
	return err;
}

static int blank(struct disk_file *f, int64_t from, int64_t to, int64_t file_start)
{
	uint8_t raw[COMMIT_LOG_BLANK_BYTES];
	lmi_put32(raw, (uint32_t)(to - from));
	lmi_put32(raw + MAGIC_AT, LMI_RECORD_MAGIC_BLANK);
	return f->ops->pwrite(f, raw, sizeof(raw), from - file_start);
}

/** A range that reaches to the segment's end is closed by a blank record, as every segment is. */
static int cover(const struct log_damage_bridge *b, const struct segment *seg, int64_t seg_end, struct disk_file *f)
{
	struct log_damage_bridge whole = *b;
	if (b->to < seg_end)
		return fill(b, f, seg->start);
	if (b->from > seg->start)
		return blank(f, b->from, b->to, seg->start);
	/* A blank record at the very beginning would hide the segment from a search for where to begin. */
	whole.to -= COMMIT_LOG_BLANK_BYTES;
	int err = blank(f, whole.to, b->to, seg->start);
	return err ? err : fill(&whole, f, seg->start);
}

int log_damage_bridge(struct commit_log *l, const struct log_damage_bridge *b)
{
	struct segment *seg = commit_log_segment(l, b->from);
	struct disk_file *f;
	if (!seg || b->to > seg->start + l->segment_bytes)
		return -LMQ_ECORRUPT;
	int64_t seg_end = seg->start + l->segment_bytes;
	if (b->to - b->from < (b->to == seg_end ? COMMIT_LOG_BLANK_BYTES : FILLER_MIN))
		return -LMQ_ECORRUPT;
	int err = commit_log_file(l, seg, true, &f);
	if (!err)
		err = log_cut_save(l, b->from, b->to);
	if (!err)
		err = cover(b, seg, seg_end, f);
	return err ? err : f->ops->sync_data(f);
}

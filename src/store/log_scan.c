/* SPDX-License-Identifier: Apache-2.0 */
#include "store/log_scan.h"

#include <errno.h>
#include <stdlib.h>

#define HEAD_BYTES 8 /* size and magic */

void log_scan_init(struct log_scan *s, struct commit_log *l, int64_t pos, int64_t end, bool check_crc)
{
	*s = (struct log_scan){ .log = l, .pos = pos, .end = end, .check_crc = check_crc,
				 .torn_from = INT64_MAX, .ahead = LOG_SCAN_WINDOW };
}

void log_scan_done(struct log_scan *s)
{
	free(s->window);
	s->window = NULL;
	s->cap = s->n = 0;
}

/** Have n bytes at pos in the window, all of them in one segment.  0 or -errno. */
static int fill(struct log_scan *s, struct segment *seg, size_t n)
{
	if (s->pos >= s->window_pos && s->pos + (int64_t)n <= s->window_pos + (int64_t)s->n)
		return 0;
	size_t want = n > s->ahead ? n : s->ahead;
	int64_t left = seg->start + s->log->segment_bytes - s->pos;
	if ((int64_t)want > left)
		want = (size_t)left;
	if (want > s->cap) {
		uint8_t *mem = realloc(s->window, want);
		if (!mem)
			return -ENOMEM;
		s->window = mem;
		s->cap = want;
	}
	s->n = 0;
	struct disk_file *f;
	int err = commit_log_file(s->log, seg, true, &f);
	if (err)
		return err;
	ssize_t got = f->ops->pread(f, s->window, want, s->pos - seg->start);
	if (got < 0)
		return (int)got;
	s->window_pos = s->pos;
	s->n = (size_t)got;
	return s->n >= n ? 0 : -EIO;
}

static const uint8_t *at_pos(const struct log_scan *s)
{
	return s->window + (s->pos - s->window_pos);
}

static bool magic_is_record(uint32_t magic)
{
	return magic == LMI_RECORD_MAGIC_V1 || magic == LMI_RECORD_MAGIC_V2;
}

static bool has_zero(struct lmi_span x)
{
	return x.n && memchr(x.p, 0, x.n);
}

/**
 * What a failed write or a power cut leaves of a record that was not synced may lack any part of it.  The body has its CRC;
 * topic and properties have none, but what was lost still holds the zeros of the segment's making, and no record that we
 * write has zeros in them (store_append refuses those).
 */
static bool is_torn(const struct lmi_record *r)
{
	return has_zero(r->topic) || has_zero(r->props);
}

/** Decode the record of total bytes that lies in the window. */
static int check_record(const struct log_scan *s, uint32_t total, struct lmi_record *out)
{
	if (lmi_record_decode(lmi_span(at_pos(s), total), out) != 0)
		return LOG_SCAN_BAD;
	if (out->log_pos != s->pos || (s->check_crc && !lmi_record_check_crc(out)))
		return LOG_SCAN_BAD;
	if (s->pos >= s->torn_from && is_torn(out))
		return LOG_SCAN_BAD;
	return LOG_SCAN_RECORD;
}

/** What is at pos; *out_blank: a blank record that closes the segment. */
static int look(struct log_scan *s, struct segment *seg, struct lmi_record *out, bool *out_blank)
{
	int64_t left = seg->start + s->log->segment_bytes - s->pos;
	if (left < HEAD_BYTES)
		return LOG_SCAN_BAD;
	int err = fill(s, seg, HEAD_BYTES);
	if (err)
		return err;
	uint32_t total = lmi_get32(at_pos(s)), magic = lmi_get32(at_pos(s) + 4);
	*out_blank = magic == LMI_RECORD_MAGIC_BLANK && total == left;
	if (*out_blank)
		return LOG_SCAN_RECORD;
	if (!magic_is_record(magic) || total < LMI_RECORD_FIXED_V4 || total > left)
		return LOG_SCAN_BAD;
	err = fill(s, seg, total);
	return err ? err : check_record(s, total, out);
}

int log_scan_next(struct log_scan *s, struct lmi_record *out)
{
	for (;;) {
		struct segment *seg = s->pos < s->end ? commit_log_segment(s->log, s->pos) : NULL;
		if (!seg)
			return LOG_SCAN_END;
		bool blank = false;
		int r = look(s, seg, out, &blank);
		if (r != LOG_SCAN_RECORD)
			return r;
		if (!blank) {
			s->pos += out->total;
			return LOG_SCAN_RECORD;
		}
		s->pos = seg->start + s->log->segment_bytes;
	}
}

int log_scan_one(struct log_scan *s, int64_t pos, struct lmi_record *out)
{
	struct segment *seg = commit_log_segment(s->log, pos);
	if (!seg)
		return LOG_SCAN_BAD;
	s->pos = pos;
	s->ahead = LOG_SCAN_ONE;
	bool blank = false;
	int r = look(s, seg, out, &blank);
	s->ahead = LOG_SCAN_WINDOW;
	return blank ? LOG_SCAN_BAD : r;
}

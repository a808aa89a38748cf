/* SPDX-License-Identifier: Apache-2.0 */
/* Over the log from record to record, and over what is damaged. */
#include "storetool/storetool.h"

#include "store/log_damage.h"

void storetool_walk_begin(struct storetool *t, struct storetool_walk *w, int64_t from, bool check_crc)
{
	*w = (struct storetool_walk){ .end = commit_log_end(&t->log), .tail = from };
	log_scan_init(&w->scan, &t->log, from, w->end, check_crc);
}

void storetool_walk_end(struct storetool_walk *w)
{
	log_scan_done(&w->scan);
}

/** Behind a place that holds no record: the next one that does.  0 none is left, 1, or an error. */
static int pass_damage(struct storetool_walk *w, struct lmi_record *out)
{
	int64_t bad = w->scan.pos, at = bad;
	while (at < w->end) {
		int64_t next;
		int err = log_damage_end(&w->scan, at, w->end, &next);
		if (err)
			return err;
		if (next <= at || next >= w->end)
			break;
		w->scan.pos = next;
		int res = log_scan_next(&w->scan, out);
		if (res < 0)
			return res;
		if (res == LOG_SCAN_RECORD) {
			w->gap_from = bad;
			w->gap_to = next;
			return 1;
		}
		at = next + 1 > w->scan.pos ? next + 1 : w->scan.pos;
	}
	return 0;
}

int storetool_walk_next(struct storetool_walk *w, struct lmi_record *out)
{
	w->gap_from = w->gap_to = 0;
	int res = log_scan_next(&w->scan, out);
	if (res == LOG_SCAN_BAD)
		res = pass_damage(w, out);
	else if (res >= 0)
		res = res == LOG_SCAN_RECORD;
	if (res == 1)
		w->tail = out->log_pos + out->total;
	return res;
}

int64_t storetool_log_file(const struct storetool *t, int64_t log_pos, char path[SEGMENT_PATH_MAX])
{
	int64_t start = log_pos - log_pos % t->log.segment_bytes;
	segment_path(start, path);
	return log_pos - start;
}

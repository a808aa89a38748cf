/* SPDX-License-Identifier: Apache-2.0 */
/* When zeros are written ahead of the tail: while somebody waits for small syncs.  Large ones are paid by their data. */
#include <stdlib.h>

#include "store/store_internal.h"

/* Of segments that are large enough; else a half, a quarter and a sixteenth. */
#define AHEAD_BYTES (512 * 1024)   /* so much is kept written */
#define AHEAD_PIECE (256 * 1024)   /* by one piece of work, which makes one sync of the log a longer one */
#define AHEAD_GAP (64 * 1024)      /* left as it is before the first piece: the tail goes on meanwhile */
#define AHEAD_SYNC_MAX (128 * 1024)
#define AHEAD_ALIGN 4096

struct ahead_work {
	struct work work;
	struct store *store;
	struct segment *segment;       /* referenced, so that its file stays open */
	struct log_ahead ahead;
	int err;
};

static struct ahead_work *ahead_of(struct work *w)
{
	return lmi_container_of(w, struct ahead_work, work);
}

static void ahead_run(struct work *w)
{
	struct ahead_work *aw = ahead_of(w);
	aw->err = log_ahead_write(&aw->ahead, aw->segment->file, aw->segment->start);
}

static void ahead_done(struct work *w)
{
	struct ahead_work *aw = ahead_of(w);
	struct store *s = aw->store;
	s->log.ahead = NULL;
	aw->segment->refs--;
	s->ahead = aw->err ? aw->ahead.to : aw->ahead.reached; /* not tried there again */
	if (!aw->err)
		store_ahead_maybe(s, 0);
}

static void ahead_free(struct work *w)
{
	log_ahead_done(&ahead_of(w)->ahead);
	free(ahead_of(w));
}

static int64_t aligned(int64_t pos)
{
	return (pos + AHEAD_ALIGN - 1) / AHEAD_ALIGN * AHEAD_ALIGN;
}

static int64_t at_most(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void store_ahead_maybe(struct store *s, int64_t synced_bytes)
{
	struct commit_log *l = &s->log;
	int64_t from = aligned(l->appended + at_most(AHEAD_GAP, l->segment_bytes / 16));
	if (from < s->ahead)
		from = s->ahead;
	if (s->readonly || l->ahead || synced_bytes > AHEAD_SYNC_MAX ||
	    from - l->appended >= at_most(AHEAD_BYTES, l->segment_bytes / 2))
		return;
	struct segment *seg = commit_log_segment(l, from);
	struct disk_file *f;
	if (!seg || commit_log_file(l, seg, true, &f) != 0)
		return;
	struct ahead_work *aw = calloc(1, sizeof(*aw));
	if (!aw)
		return;
	int64_t piece = aligned(at_most(AHEAD_PIECE, l->segment_bytes / 4));
	log_ahead_init(&aw->ahead, from, at_most(from + piece, seg->start + l->segment_bytes));
	aw->work.run = ahead_run;
	aw->work.done = ahead_done;
	aw->work.free = ahead_free;
	aw->store = s;
	aw->segment = seg;
	seg->refs++;
	l->ahead = &aw->ahead;
	work_submit(&s->crew, &aw->work);
}

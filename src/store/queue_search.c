/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queue_search.h"

#define HOLE_CHUNK_UNITS 64 /* looked at together, when holes are skipped */

struct search {
	queue_read_fn *read;
	void *ctx;
};

/**
 * The first position from @at on that is no hole, at most @end, and its unit.  A queue that begins within a file begins with
 * holes, and one whose records jump has some in between: they say nothing about what stands before them.
 */
static int skip_holes(const struct search *s, int64_t at, int64_t end, int64_t *out_pos, struct queue_unit *out)
{
	uint8_t raw[HOLE_CHUNK_UNITS * QUEUE_UNIT_BYTES];
	size_t most = 1; /* mostly the first is none */
	while (at < end) {
		size_t want = end - at < (int64_t)most ? (size_t)(end - at) : most;
		int n = s->read(s->ctx, at, raw, want);
		if (n <= 0) {
			*out_pos = at;
			*out = (struct queue_unit){ 0 };
			return n;
		}
		for (int i = 0; i < n; i++, at++) {
			*out = queue_unit_get(raw + (size_t)i * QUEUE_UNIT_BYTES);
			if (!queue_unit_hole(out)) {
				*out_pos = at;
				return 1;
			}
		}
		most = HOLE_CHUNK_UNITS;
	}
	*out_pos = end;
	return 0;
}

/** The first one is mostly right already; then the steps double, as retention goes on a little at a time. */
int queue_search_first(queue_read_fn *read, void *ctx, int64_t lo, int64_t hi, int64_t log_min, int64_t *out)
{
	const struct search s = { read, ctx };
	int64_t found = hi, step = 1;
	bool bounded = false;
	while (lo < hi) {
		int64_t mid = bounded || hi - lo <= step ? lo + (hi - lo) / 2 : lo + step - 1, at;
		struct queue_unit u;
		int n = skip_holes(&s, mid, hi, &at, &u);
		if (n < 0)
			return n;
		if (at < hi && (n == 0 || queue_unit_below(&u, log_min))) {
			lo = at + 1; /* its record is gone */
			step *= 2;
			continue;
		}
		bounded = true;
		if (at < hi)
			found = at;
		hi = mid;
	}
	*out = found;
	return 0;
}

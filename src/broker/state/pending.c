/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/pending.h"

#include <errno.h>

void pending_done(struct pending *p)
{
	struct pending_answer a;
	struct lmi_span uniq, ids;
	for (int m = 0; m < PENDING_MARKS; m++) {
		while (pending_take(p, (enum pending_mark)m, INT64_MAX, 0, &a, &uniq, &ids) != PENDING_STAYS)
			pending_taken(&a);
		lmi_buf_done(&p->line[m]);
	}
}

int pending_add(struct pending *p, enum pending_mark mark, const struct pending_answer *a, struct lmi_span uniq,
		struct lmi_span ids)
{
	struct lmi_buf *line = &p->line[mark];
	struct pending_answer copy = *a;
	uint8_t *at = lmi_buf_reserve(line, sizeof(copy) + uniq.n + ids.n);
	if (!at) {
		line->failed = false;
		return -ENOMEM;
	}
	copy.uniq_bytes = (uint32_t)uniq.n;
	copy.ids_bytes = (uint32_t)ids.n;
	memcpy(at, &copy, sizeof(copy));
	if (uniq.n)
		memcpy(at + sizeof(copy), uniq.p, uniq.n);
	if (ids.n)
		memcpy(at + sizeof(copy) + uniq.n, ids.p, ids.n);
	lmi_buf_commit(line, sizeof(copy) + uniq.n + ids.n);
	p->count[mark]++;
	peer_ref(a->peer);
	a->peer->ops->request_begin(a->peer);
	return 0;
}

enum pending_fate pending_take(struct pending *p, enum pending_mark mark, int64_t mark_pos, int64_t now_ms,
			       struct pending_answer *out, struct lmi_span *out_uniq, struct lmi_span *out_ids)
{
	struct lmi_buf *line = &p->line[mark];
	if (!p->count[mark]) {
		lmi_buf_reset(line, PENDING_KEEP_BYTES);
		return PENDING_STAYS;
	}
	memcpy(out, lmi_buf_data(line), sizeof(*out));
	bool done = out->log_end <= mark_pos;
	if (!done && now_ms < out->deadline_ms)
		return PENDING_STAYS;
	*out_uniq = lmi_span(lmi_buf_data(line) + sizeof(*out), out->uniq_bytes);
	*out_ids = lmi_span(out_uniq->p + out->uniq_bytes, out->ids_bytes);
	lmi_buf_consume(line, sizeof(*out) + out->uniq_bytes + out->ids_bytes);
	p->count[mark]--;
	return done ? PENDING_IS_DONE : PENDING_IS_LATE;
}

void pending_taken(struct pending_answer *a)
{
	a->peer->ops->request_end(a->peer);
	peer_unref(a->peer);
	a->peer = NULL;
}

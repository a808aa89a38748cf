/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/announce.h"

struct announce_wait {
	struct peer *peer; /* referenced, a request counted on it */
	int64_t version;   /* of the topics, to be known */
	int64_t until_ms;
	size_t n;          /* bytes of the frame behind this */
};

static bool waits(const struct handle *h)
{
	const struct announce *a = h->announce;
	return a && a->on && !h->stopping && a->count < ANNOUNCE_MAX && h->topics->version.counter > a->told;
}

struct lmi_buf *announce_begin(struct handle *h, struct peer *p)
{
	if (!waits(h))
		return peer_out(p);
	lmi_buf_reset(&h->announce->frame, HANDLE_SCRATCH_KEEP);
	return &h->announce->frame;
}

void announce_end(struct handle *h, struct peer *p)
{
	struct announce *a = h->announce;
	if (!a || lmi_buf_len(&a->frame) == 0)
		return;
	struct announce_wait w = {
		.peer = p,
		.version = h->topics->version.counter,
		.until_ms = lmi_mono_ms(h->clock) + ANNOUNCE_WAIT_MS,
		.n = lmi_buf_len(&a->frame),
	};
	if (lmi_buf_reserve(&a->queue, sizeof(w) + w.n)) {
		lmi_buf_put(&a->queue, &w, sizeof(w));
		lmi_buf_put_span(&a->queue, lmi_buf_span(&a->frame));
		a->count++;
		peer_ref(p);
		p->ops->request_begin(p);
	} else {
		a->queue.failed = false;
		lmi_buf_put_span(peer_out(p), lmi_buf_span(&a->frame));
	}
	lmi_buf_reset(&a->frame, HANDLE_SCRATCH_KEEP);
}

static void take(struct announce *a, const struct announce_wait *w)
{
	a->count--;
	lmi_buf_consume(&a->queue, sizeof(*w) + w->n);
	w->peer->ops->request_end(w->peer);
	peer_unref(w->peer);
}

void announce_wake(struct handle *h, int64_t told)
{
	struct announce *a = h->announce;
	struct announce_wait w;
	int64_t now_ms = a->count ? lmi_mono_ms(h->clock) : 0;
	a->told = told;
	while (a->count) {
		memcpy(&w, lmi_buf_data(&a->queue), sizeof(w));
		if (w.version > told && now_ms < w.until_ms)
			return; /* those behind it came later and wait for more */
		lmi_buf_put(peer_out(w.peer), lmi_buf_data(&a->queue) + sizeof(w), w.n);
		take(a, &w);
	}
	lmi_buf_reset(&a->queue, HANDLE_SCRATCH_KEEP);
}

void announce_done(struct announce *a)
{
	struct announce_wait w;
	while (a->count) {
		memcpy(&w, lmi_buf_data(&a->queue), sizeof(w));
		take(a, &w);
	}
	lmi_buf_done(&a->queue);
	lmi_buf_done(&a->frame);
}

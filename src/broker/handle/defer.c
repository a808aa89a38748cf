/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that need bytes from the disk: a worker reads, then the same frame is entered again. */
#include <stdlib.h>

#include "broker/handle/handle.h"

#define DEFER_MAX 8u /* times that one request is entered again; by then its bytes were evicted as often */

struct deferred {
	struct handle *h;
	struct peer *peer; /* referenced */
	uint32_t entered;
	size_t n;
	uint8_t frame[];
};

static void enter_again(struct deferred *d)
{
	struct lmi_command cmd;
	lmi_arena_reset(&d->h->arena);
	if (lmi_command_decode(lmi_span(d->frame, d->n), &d->h->arena, &cmd))
		return; /* it was decoded before: no memory */
	struct request r = { .peer = d->peer, .cmd = &cmd, .frame = lmi_span(d->frame, d->n), .entered = d->entered };
	dispatch(d->h, &r);
}

static void on_read(void *arg)
{
	struct deferred *d = arg;
	if (d->peer->open)
		enter_again(d);
	d->peer->ops->request_end(d->peer);
	peer_unref(d->peer);
	free(d);
}

void defer_until_read(struct handle *h, const struct request *r, const struct store_extent *e, size_t n)
{
	struct deferred *d = r->entered < DEFER_MAX ? malloc(sizeof(*d) + r->frame.n) : NULL;
	if (d) {
		*d = (struct deferred){ .h = h, .peer = r->peer, .entered = r->entered + 1, .n = r->frame.n };
		memcpy(d->frame, r->frame.p, r->frame.n);
		peer_ref(d->peer);
		d->peer->ops->request_begin(d->peer);
		if (store_warm(h->store, e, n, on_read, d) == 0)
			return;
		d->peer->ops->request_end(d->peer);
		peer_unref(d->peer);
		free(d);
	}
	answer_error(h, r, LMI_RSP_SYSTEM_BUSY,
		     "the message could not be brought from the disk: the machine is short of memory, try again later");
}

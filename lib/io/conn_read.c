/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading.  Bytes land in the loop's scratch buffer and frames go up from there.  Only what is left of an incomplete frame
 * is copied into the connection, and the remainder of a frame whose length is known is read behind it directly.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "io/conn_internal.h"
#include "io/proxy_protocol.h"

#define READS_PER_TURN 2u          /* of at most LMI_CONN_SCRATCH_BYTES and a frame's rest: then others have their turn */
#define REST_BYTES_MIN 64u
#define TLS_HANDSHAKE_BYTE 0x16    /* TLS record type; no frame begins so: it would have 369 MB */

/* ---- the rest ---- */

static size_t rest_len(const struct conn_rest *r)
{
	return r->tail - r->head;
}

void lmi_conn_rest_free(struct conn_rest *r)
{
	free(r->mem);
	*r = (struct conn_rest){ 0 };
}

/* Room for a whole of want bytes, but never more than twice what has arrived. */
static int rest_grow(struct conn_rest *r, size_t arrived, size_t want)
{
	size_t cap = 2 * arrived > REST_BYTES_MIN ? 2 * arrived : REST_BYTES_MIN;
	uint8_t *mem;

	if (want > 0 && cap > want)
		cap = want;
	if (cap < arrived)
		cap = arrived;
	if (cap <= r->cap)
		return 0;
	mem = realloc(r->mem, cap);
	if (!mem)
		return -ENOMEM;
	r->mem = mem;
	r->cap = (uint32_t)cap;
	return 0;
}

/* Append n bytes; want as above. */
static int rest_put(struct conn_rest *r, const uint8_t *p, size_t n, size_t want)
{
	int err;

	if (n == 0)
		return 0;
	assert(r->head == 0);
	err = rest_grow(r, r->tail + n, want);
	if (err < 0)
		return err;
	memcpy(r->mem + r->tail, p, n);
	r->tail += (uint32_t)n;
	return 0;
}

/* After a pause: keep only what is left, in as much memory as it needs. */
static void rest_tidy(struct conn_rest *r)
{
	size_t n = rest_len(r);
	uint8_t *mem;

	if (n == 0) {
		lmi_conn_rest_free(r);
		return;
	}
	if (r->head == 0)
		return;
	memmove(r->mem, r->mem + r->head, n);
	r->head = 0;
	r->tail = (uint32_t)n;
	mem = realloc(r->mem, n);
	if (mem) {
		r->mem = mem;
		r->cap = (uint32_t)n;
	}
}

/* ---- the start of a connection: PROXY header, then the first byte ---- */

/* Returns bytes to skip, or negative. */
static ssize_t skip_proxy_header(struct lmi_conn *c, struct lmi_span rx)
{
	struct lmi_proxy_header h;
	int r = lmi_proxy_header_parse(rx, &h);

	if (r <= 0)
		return r;
	if (h.has_hosts) {
		c->peer = h.source;
		c->local = h.destination;
	}
	return (ssize_t)h.bytes;
}

/* TLS takes over with all that came behind the header: frames begin in what it brings. */
static int begin_tls(struct lmi_conn *c, struct lmi_span rx, size_t *skip)
{
	int r = c->tls ? lmi_conn_begin_tls(c, lmi_span(rx.p + *skip, rx.n - *skip)) : -LMQ_EUNSUPPORTED;

	if (r == 0)
		*skip = rx.n;
	return r;
}

/* 0 and *out_skip; -EAGAIN; or close. */
static int begin_framing(struct lmi_conn *c, struct lmi_span rx, size_t *out_skip)
{
	size_t skip = 0;

	if (c->proxy_protocol) {
		ssize_t n = skip_proxy_header(c, rx);

		if (n < 0)
			return (int)n;
		skip = (size_t)n;
		c->proxy_protocol = false;
	}
	*out_skip = skip;
	if (skip == rx.n)
		return 0; /* the first byte is yet to come */
	if (rx.p[skip] == TLS_HANDSHAKE_BYTE)
		return begin_tls(c, rx, out_skip);
	if (c->tls_only)
		return -LMQ_EUNSUPPORTED;
	c->framing = true;
	return 0;
}

/* ---- frames ---- */

static size_t hand_up_frames(struct lmi_conn *c, struct lmi_span rx)
{
	size_t at = 0, bytes = 0;

	while (at < rx.n && lmi_conn_may_read(c)) {
		int r = lmi_frame_cut(lmi_span(rx.p + at, rx.n - at), c->limits.frame_max_bytes, &bytes);

		if (r == -EAGAIN)
			break;
		if (r == 0) {
			r = c->ops->on_frame(c, lmi_span(rx.p + at, bytes));
			at += bytes;
		}
		if (r < 0) {
			lmi_conn_close(c, r, true);
			break;
		}
	}
	return at;
}

/* Returns the bytes done with.  May close. */
static size_t hand_up(struct lmi_conn *c, struct lmi_span rx)
{
	size_t skip = 0;
	int r = 0;

	if (!c->framing)
		r = begin_framing(c, rx, &skip);
	if (r < 0 && r != -EAGAIN)
		lmi_conn_close(c, r, true);
	if (r < 0 || c->state != CONN_OPEN || !c->framing)
		return skip;
	return skip + hand_up_frames(c, lmi_span(rx.p + skip, rx.n - skip));
}

/*
 * Bytes of the incomplete frame at the front, 0 while that is not known.  Closes (and returns 0) when it turned out
 * to be none.
 */
static size_t wanted(struct lmi_conn *c, struct lmi_span rx)
{
	size_t bytes = 0;
	int r;

	if (!c->framing || rx.n == 0)
		return 0;
	r = lmi_frame_cut(rx, c->limits.frame_max_bytes, &bytes);
	if (r == -EAGAIN)
		return bytes;
	assert(r < 0); /* whole ones are handed up or are a backlog */
	lmi_conn_close(c, r, true);
	return 0;
}

/* What was read: hand up what is whole, keep the rest. */
static void deliver(struct lmi_conn *c, struct lmi_span rx)
{
	size_t done = hand_up(c, rx);
	struct lmi_span left = lmi_span(rx.p + done, rx.n - done);

	size_t want;

	if (c->state != CONN_OPEN || left.n == 0)
		return;
	c->backlog = !lmi_conn_may_read(c);
	want = c->backlog ? left.n : wanted(c, left);
	if (rest_put(&c->rest, left.p, left.n, want) < 0)
		lmi_conn_close(c, -ENOMEM, true);
}

void lmi_conn_resume(struct lmi_soon *s)
{
	struct lmi_conn *c = lmi_container_of(s, struct lmi_conn, resume);
	struct conn_rest *r = &c->rest;

	if (!lmi_conn_may_read(c))
		return; /* asked for again when it may */
	r->head += (uint32_t)hand_up(c, lmi_span(r->mem + r->head, rest_len(r)));
	if (c->state != CONN_OPEN)
		return;
	c->backlog = !lmi_conn_may_read(c) && rest_len(r) > 0;
	if (!c->backlog)
		rest_tidy(r);
	lmi_conn_weigh(c);
	lmi_conn_update(c);
}

/* ---- reading ---- */

static ssize_t take_in(struct lmi_conn *c, const struct iovec *iov, int n)
{
	ssize_t got = c->stream->ops->readv(c->stream, iov, n);

	if (got > 0)
		c->active_ms = lmi_loop_now_ms(c->loop);
	else if (got == 0)
		lmi_conn_end_of_input(c);
	else if (got != -EAGAIN)
		lmi_conn_close(c, (int)got, false);
	return got;
}

/* Nothing is kept, or too little to know the length: read into scratch behind it. */
static bool read_scratch(struct lmi_conn *c, uint8_t *scratch)
{
	size_t kept = rest_len(&c->rest);
	struct iovec iov = { scratch + kept, LMI_CONN_SCRATCH_BYTES - kept };
	ssize_t got;

	assert(kept <= LMI_CONN_SCRATCH_BYTES / 2);
	got = take_in(c, &iov, 1);
	if (got <= 0)
		return false;
	if (kept > 0)
		memcpy(scratch, c->rest.mem, kept);
	lmi_conn_rest_free(&c->rest);
	deliver(c, lmi_span(scratch, kept + (size_t)got));
	return (size_t)got == iov.iov_len;
}

/* The frame at the front is whole now. */
static void deliver_rest(struct lmi_conn *c)
{
	struct conn_rest whole = c->rest;

	c->rest = (struct conn_rest){ 0 };
	c->loop->conns.whole = &whole;
	(void)hand_up_frames(c, lmi_span(whole.mem, whole.tail));
	c->loop->conns.whole = NULL;
	lmi_conn_rest_free(&whole);
}

void *lmi_conn_take_frame(struct lmi_conn *c)
{
	struct conn_rest *whole = c->loop->conns.whole;
	void *mem = whole ? whole->mem : NULL;

	if (whole)
		whole->mem = NULL;
	return mem;
}

/* Read the remainder of a frame of want bytes behind its beginning, what goes beyond into scratch. */
static bool read_rest(struct lmi_conn *c, uint8_t *scratch, size_t want)
{
	struct conn_rest *r = &c->rest;
	size_t room = r->cap - r->tail, direct, over, missing;
	struct iovec iov[2];
	ssize_t got;

	if (r->tail + room > want)
		room = want - r->tail;
	iov[0] = (struct iovec){ r->mem + r->tail, room };
	iov[1] = (struct iovec){ scratch, LMI_CONN_SCRATCH_BYTES };
	got = room > 0 ? take_in(c, iov, 2) : take_in(c, iov + 1, 1);
	if (got <= 0)
		return false;
	direct = (size_t)got < room ? (size_t)got : room;
	over = (size_t)got - direct;
	r->tail += (uint32_t)direct;
	missing = want - r->tail < over ? want - r->tail : over;
	if (rest_put(r, scratch, missing, want) < 0) {
		lmi_conn_close(c, -ENOMEM, true);
		return false;
	}
	if (r->tail < want)
		return wanted(c, lmi_span(r->mem, r->tail)) > 0 && (size_t)got == room + LMI_CONN_SCRATCH_BYTES;
	deliver_rest(c);
	if (c->state == CONN_OPEN && over > missing)
		deliver(c, lmi_span(scratch + missing, over - missing));
	return (size_t)got == room + LMI_CONN_SCRATCH_BYTES;
}

static bool read_once(struct lmi_conn *c)
{
	struct lmi_conn_set *set = &c->loop->conns;
	size_t want = wanted(c, lmi_span(c->rest.mem, c->rest.tail));

	if (c->state != CONN_OPEN)
		return false;
	if (!set->scratch)
		set->scratch = malloc(LMI_CONN_SCRATCH_BYTES);
	if (!set->scratch) {
		lmi_conn_close(c, -ENOMEM, false);
		return false;
	}
	return want > 0 ? read_rest(c, set->scratch, want) : read_scratch(c, set->scratch);
}

void lmi_conn_readable(struct lmi_conn *c)
{
	unsigned int reads = 0;

	while (lmi_conn_may_read(c) && !c->backlog && !c->input_ended && reads++ < READS_PER_TURN && read_once(c))
		;
	lmi_conn_weigh(c);
	lmi_conn_update(c);
}

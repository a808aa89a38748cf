/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing, once a turn.  An idle connection has no output buffer: it borrows a warm one from the loop.
 */
#include <errno.h>

#include "io/conn_internal.h"

void lmi_conn_out_borrow(struct lmi_conn *c)
{
	struct lmi_conn_set *s = &c->loop->conns;

	if (!c->out.mem && s->pooled > 0)
		c->out = s->pool[--s->pooled];
}

void lmi_conn_out_return(struct lmi_conn *c)
{
	struct lmi_conn_set *s = &c->loop->conns;

	lmi_buf_reset(&c->out, LMI_CONN_POOL_BYTES);
	if (!c->out.mem)
		return;
	if (s->pooled < LMI_CONN_POOL_MAX) {
		s->pool[s->pooled++] = c->out;
		c->out = (struct lmi_buf){ 0 };
	} else {
		lmi_buf_done(&c->out);
	}
}

struct lmi_buf *lmi_conn_out(struct lmi_conn *c)
{
	if (lmi_list_empty(&c->dirty)) {
		lmi_conn_out_borrow(c);
		lmi_list_add_tail(&c->loop->conns.dirty, &c->dirty);
	}
	return &c->out;
}

void lmi_conn_writable(struct lmi_conn *c)
{
	c->blocked = false;
	if (lmi_list_empty(&c->dirty))
		lmi_list_add_tail(&c->loop->conns.dirty, &c->dirty);
}

/* Negative closes. */
static int write_once(struct lmi_conn *c)
{
	struct iovec v = { lmi_buf_data(&c->out), lmi_buf_len(&c->out) };
	ssize_t n = c->stream->ops->writev(c->stream, &v, 1);

	if (n < 0 && n != -EAGAIN)
		return (int)n;
	if (n > 0) {
		c->active_ms = lmi_loop_now_ms(c->loop);
		lmi_buf_consume(&c->out, (size_t)n);
	}
	c->blocked = lmi_buf_len(&c->out) > 0;
	return 0;
}

void lmi_conn_flush(struct lmi_conn *c)
{
	int r = 0;

	if (c->state >= CONN_CLOSING) {
		lmi_conn_out_return(c); /* swallowed */
		return;
	}
	if (c->out.failed)
		r = -ENOMEM; /* a frame may be there by half */
	else if (c->state == CONN_OPEN && !c->blocked && lmi_buf_len(&c->out) > 0)
		r = write_once(c);
	if (r == 0 && lmi_buf_len(&c->out) > c->limits.out_max_bytes)
		r = -LMQ_EFULL;
	if (r < 0) {
		lmi_conn_close(c, r, false);
		return;
	}
	if (lmi_buf_len(&c->out) == 0)
		lmi_conn_out_return(c);
	lmi_conn_weigh(c);
	lmi_conn_update(c);
}

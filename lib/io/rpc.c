/* SPDX-License-Identifier: Apache-2.0 */
#include "io/rpc.h"

#include <errno.h>
#include <stdlib.h>

#include "base/map.h"
#include "io/conn_internal.h"

#define ARENA_MAX (4u << 20)  /* bytes that one decoded header may take */
#define SPARE_MAX 1024u       /* ended calls kept for the next ones */
#define BUCKETS_MIN 64u

/* A connection that we dialled.  Taken out of the pool before it closes, freed when it has. */
struct peer {
	struct lmi_rpc *rpc;
	struct lmi_conn *conn; /* NULL: closed */
	struct lmi_list link;  /* lmi_rpc.peers */
	struct lmi_list calls; /* lmi_rpc_call.link */
	bool pooled, opened;
	char address[];
};

struct lmi_rpc_call {
	struct lmi_timer_node deadline; /* first */
	struct lmi_list link;
	struct lmi_rpc_call *next;      /* in its bucket, or spare */
	struct peer *peer;
	int32_t opaque;
	lmi_rpc_done_fn *done;
	void *arg;
};

struct lmi_rpc {
	struct lmi_rpc_config cfg;
	struct lmi_map pool;            /* address -> struct peer */
	struct lmi_list peers;          /* pooled or closing */
	struct lmi_rpc_call **buckets;  /* by opaque */
	size_t bucket_count, calls;
	struct lmi_rpc_call *spare;
	size_t spares;
	int32_t opaque;
	struct lmi_arena arena;
	unsigned int busy;              /* inside callbacks of ours: the memory stays */
	bool dead;
};

/* ---- calls by opaque ---- */

static struct lmi_rpc_call **bucket_of(const struct lmi_rpc *r, int32_t opaque)
{
	return &r->buckets[(uint32_t)opaque & (r->bucket_count - 1)];
}

static struct lmi_rpc_call *find(const struct lmi_rpc *r, int32_t opaque)
{
	struct lmi_rpc_call *c = *bucket_of(r, opaque);

	while (c && c->opaque != opaque)
		c = c->next;
	return c;
}

/* On lack of memory the chains grow instead. */
static void grow_buckets(struct lmi_rpc *r)
{
	size_t old_count = r->bucket_count;
	struct lmi_rpc_call **old = r->buckets, **bigger = calloc(2 * old_count, sizeof(struct lmi_rpc_call *));

	if (!bigger)
		return;
	r->buckets = bigger;
	r->bucket_count = 2 * old_count;
	for (size_t i = 0; i < old_count; i++)
		for (struct lmi_rpc_call *c = old[i], *next; c; c = next) {
			struct lmi_rpc_call **b = bucket_of(r, c->opaque);

			next = c->next;
			c->next = *b;
			*b = c;
		}
	free(old);
}

static void insert(struct lmi_rpc *r, struct lmi_rpc_call *c)
{
	struct lmi_rpc_call **b;

	if (r->calls >= r->bucket_count)
		grow_buckets(r);
	b = bucket_of(r, c->opaque);
	c->next = *b;
	*b = c;
	r->calls++;
	lmi_list_add_tail(&c->peer->calls, &c->link);
}

/* ---- one call ---- */

static void on_deadline(struct lmi_timer_node *n);

static struct lmi_rpc_call *call_alloc(struct lmi_rpc *r)
{
	struct lmi_rpc_call *c = r->spare;

	if (!c)
		return calloc(1, sizeof(*c));
	r->spare = c->next;
	r->spares--;
	return c;
}

static void call_release(struct lmi_rpc *r, struct lmi_rpc_call *c)
{
	if (r->spares >= SPARE_MAX) {
		free(c);
		return;
	}
	c->next = r->spare;
	r->spare = c;
	r->spares++;
}

static struct lmi_rpc_call *call_begin(struct peer *p, int32_t opaque, int64_t timeout_ms, lmi_rpc_done_fn *done, void *arg)
{
	struct lmi_rpc *r = p->rpc;
	struct lmi_rpc_call *c = call_alloc(r);

	if (!c)
		return NULL;
	*c = (struct lmi_rpc_call){ .deadline.fn = on_deadline, .peer = p, .opaque = opaque, .done = done, .arg = arg };
	if (lmi_timer_node_set(r->cfg.loop, &c->deadline, lmi_loop_now_ms(r->cfg.loop) + timeout_ms) < 0) {
		call_release(r, c);
		return NULL;
	}
	insert(r, c);
	return c;
}

/* The only end of a call: it is nowhere any more when its owner hears of it. */
static void call_end(struct lmi_rpc *r, struct lmi_rpc_call *c, int err, const struct lmi_command *answer)
{
	struct lmi_rpc_call **at = bucket_of(r, c->opaque);
	lmi_rpc_done_fn *done = c->done;
	void *arg = c->arg;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	r->calls--;
	lmi_timer_node_clear(r->cfg.loop, &c->deadline);
	lmi_list_del(&c->link);
	call_release(r, c);
	done(arg, err, answer);
}

static void calls_end(struct peer *p, int err)
{
	while (!lmi_list_empty(&p->calls))
		call_end(p->rpc, lmi_container_of(p->calls.next, struct lmi_rpc_call, link), err, NULL);
}

/* ---- staying in memory while callbacks run ---- */

static void destroy(struct lmi_rpc *r)
{
	while (!lmi_list_empty(&r->peers)) {
		struct peer *p = lmi_container_of(r->peers.next, struct peer, link);

		lmi_list_del(&p->link);
		free(p);
	}
	while (r->spare) {
		struct lmi_rpc_call *c = r->spare;

		r->spare = c->next;
		free(c);
	}
	lmi_map_done(&r->pool, NULL);
	lmi_arena_done(&r->arena);
	free(r->buckets);
	free(r);
}

static void enter(struct lmi_rpc *r)
{
	r->busy++;
}

static void leave(struct lmi_rpc *r)
{
	if (--r->busy == 0 && r->dead)
		destroy(r);
}

static void on_deadline(struct lmi_timer_node *n)
{
	struct lmi_rpc_call *c = (struct lmi_rpc_call *)n;
	struct lmi_rpc *r = c->peer->rpc;

	enter(r);
	call_end(r, c, -LMQ_ETIMEOUT, NULL);
	leave(r);
}

/* ---- the connection's callbacks; its user is NULL once we are not interested any more ---- */

static void answered(struct peer *p, const struct lmi_command *answer)
{
	struct lmi_rpc_call *c = find(p->rpc, answer->opaque);

	/* Late, a second one, never asked for, or asked of somebody else: dropped. */
	if (c && c->peer == p)
		call_end(p->rpc, c, 0, answer);
}

static int on_frame(struct lmi_conn *conn, struct lmi_span frame)
{
	struct peer *p = lmi_conn_user(conn);
	struct lmi_rpc *r = p->rpc;
	struct lmi_command cmd;
	int err;

	lmi_arena_reset(&r->arena);
	err = lmi_command_decode(frame, &r->arena, &cmd);
	if (err < 0)
		return err;
	enter(r);
	if (cmd.flag & LMI_FLAG_RESPONSE)
		answered(p, &cmd);
	else if (r->cfg.on_request)
		r->cfg.on_request(r->cfg.user, conn, &cmd);
	leave(r);
	return 0;
}

static void on_open(struct lmi_conn *conn)
{
	struct peer *p = lmi_conn_user(conn);

	p->opened = true;
}

static void unpool(struct peer *p)
{
	if (p->pooled)
		lmi_map_del(&p->rpc->pool, lmi_span_str(p->address));
	p->pooled = false;
}

static int call_error(const struct peer *p, int cause)
{
	if (cause == -ETIMEDOUT)
		return p->opened ? -LMQ_ECLOSED /* idle */ : -LMQ_ETIMEOUT;
	return cause == 0 ? -LMQ_ECLOSED : cause;
}

static void on_close(struct lmi_conn *conn, int cause)
{
	struct peer *p = lmi_conn_user(conn);
	struct lmi_rpc *r;

	if (!p)
		return;
	r = p->rpc;
	enter(r);
	unpool(p);
	p->conn = NULL;
	calls_end(p, call_error(p, cause));
	if (r->cfg.on_close && !r->dead)
		r->cfg.on_close(r->cfg.user, p->address, cause);
	lmi_list_del(&p->link);
	free(p);
	leave(r);
}

static const struct lmi_conn_ops peer_ops = { .on_frame = on_frame, .on_open = on_open, .on_close = on_close };

/* ---- the pool ---- */

static struct peer *peer_dial(struct lmi_rpc *r, const char *address)
{
	size_t n = strlen(address) + 1;
	struct peer *p = calloc(1, sizeof(*p) + n);

	if (!p)
		return NULL;
	p->rpc = r;
	lmi_list_init(&p->calls);
	memcpy(p->address, address, n);
	if (lmi_map_put(&r->pool, lmi_span(p->address, n - 1), p, NULL) < 0) {
		free(p);
		return NULL;
	}
	p->pooled = true;
	p->conn = lmi_conn_dial(r->cfg.loop, r->cfg.resolver, address, r->cfg.connect_timeout_ms, &peer_ops, &r->cfg.limits, p);
	if (!p->conn) {
		unpool(p);
		free(p);
		return NULL;
	}
	if (r->cfg.tls)
		lmi_conn_dial_tls(p->conn, r->cfg.tls);
	lmi_list_add_tail(&r->peers, &p->link);
	return p;
}

static struct peer *peer_get(struct lmi_rpc *r, const char *address)
{
	struct peer *p = lmi_map_get(&r->pool, lmi_span_str(address));

	if (p && !lmi_conn_is_usable(p->conn)) {
		unpool(p); /* on its way out: its calls end when it has closed */
		p = NULL;
	}
	return p ? p : peer_dial(r, address);
}

static int room_for(const struct peer *p, struct lmi_buf *out, size_t n)
{
	size_t waiting = lmi_buf_len(out), most = p->rpc->cfg.limits.out_max_bytes;

	if (waiting > most || n > most - waiting)
		return -LMQ_EFULL;
	if (out->failed)
		return -ENOMEM;
	if (lmi_buf_reserve(out, n))
		return 0;
	out->failed = false; /* nothing is there by half: the connection need not die of it */
	return -ENOMEM;
}

int lmi_rpc_send(struct lmi_rpc *r, const char *address, int32_t opaque, struct lmi_span frame, int64_t timeout_ms,
		 lmi_rpc_done_fn *done, void *arg)
{
	struct lmi_buf *out;
	struct peer *p;
	int err;

	if (r->dead)
		return -LMQ_ECLOSED;
	if (done && r->calls >= LMI_RPC_CALLS_MAX)
		return -LMQ_EFULL;
	p = peer_get(r, address);
	if (!p)
		return -ENOMEM;
	out = lmi_conn_out(p->conn);
	err = room_for(p, out, frame.n);
	if (err < 0)
		return err;
	if (done && !call_begin(p, opaque, timeout_ms, done, arg))
		return -ENOMEM;
	lmi_buf_put_span(out, frame);
	return 0;
}

int32_t lmi_rpc_next_opaque(struct lmi_rpc *r)
{
	do
		r->opaque = r->opaque == INT32_MAX ? 0 : r->opaque + 1;
	while (find(r, r->opaque));
	return r->opaque;
}

void lmi_rpc_drop(struct lmi_rpc *r, const char *address)
{
	struct peer *p = lmi_map_get(&r->pool, lmi_span_str(address));

	if (!p)
		return;
	unpool(p);
	lmi_conn_close(p->conn, -LMQ_ECLOSED, true);
}

/* ---- life ---- */

struct lmi_rpc *lmi_rpc_new(const struct lmi_rpc_config *cfg)
{
	struct lmi_rpc *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->cfg = *cfg;
	r->bucket_count = BUCKETS_MIN;
	r->buckets = calloc(BUCKETS_MIN, sizeof(struct lmi_rpc_call *));
	if (!r->buckets) {
		free(r);
		return NULL;
	}
	lmi_list_init(&r->peers);
	lmi_arena_init(&r->arena, ARENA_MAX);
	return r;
}

void lmi_rpc_free(struct lmi_rpc *r)
{
	if (!r || r->dead)
		return;
	r->dead = true;
	enter(r);
	for (struct lmi_list *it = r->peers.next; it != &r->peers; it = it->next) {
		struct peer *p = lmi_container_of(it, struct peer, link);

		if (p->conn) {
			lmi_conn_set_user(p->conn, NULL);
			lmi_conn_close(p->conn, -LMQ_ECLOSED, true);
			p->conn = NULL;
		}
		calls_end(p, -LMQ_ECLOSED);
	}
	leave(r);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Connections as peers. */
#include <errno.h>
#include <stdlib.h>

#include "broker/broker_internal.h"

#include "base/event.h"

struct broker_peer {
	struct peer peer; /* first */
	struct lmi_conn *conn;
	struct broker *broker; /* NULL when the broker is gone */
	struct lmi_list in_broker;
};

static struct broker_peer *of(struct peer *p)
{
	return lmi_container_of(p, struct broker_peer, peer);
}

static struct lmi_buf *peer_conn_out(struct peer *p)
{
	return lmi_conn_out(of(p)->conn);
}

static void peer_conn_begin(struct peer *p)
{
	lmi_conn_request_begin(of(p)->conn);
}

static void peer_conn_end(struct peer *p)
{
	lmi_conn_request_end(of(p)->conn);
}

static void peer_conn_close(struct peer *p, int cause)
{
	lmi_conn_close(of(p)->conn, cause, true);
}

static void peer_conn_free(struct peer *p)
{
	lmi_conn_unref(of(p)->conn);
	free(of(p));
}

static const struct peer_ops peer_ops = { .out = peer_conn_out,
					  .request_begin = peer_conn_begin,
					  .request_end = peer_conn_end,
					  .close = peer_conn_close,
					  .free = peer_conn_free };

void broker_accept(struct lmi_conn *conn, void *user)
{
	struct broker_door *door = user;
	struct broker_peer *p = malloc(sizeof(*p));
	lmi_conn_set_user(conn, p);
	if (!p) {
		lmi_conn_close(conn, -ENOMEM, false);
		return;
	}
	peer_init(&p->peer, &peer_ops, lmi_conn_id(conn));
	p->peer.vip = door->vip;
	p->conn = lmi_conn_ref(conn);
	p->broker = door->broker;
	lmi_list_add_tail(&door->broker->peers, &p->in_broker);
	door->broker->peer_count++;
}

static void forget(struct broker_peer *p)
{
	struct broker *b = p->broker;
	core_peer_closed(&b->core, &p->peer);
	lmi_list_del(&p->in_broker);
	b->peer_count--;
	p->broker = NULL;
	peer_unref(&p->peer);
}

static int on_frame(struct lmi_conn *conn, struct lmi_span frame)
{
	struct broker_peer *p = lmi_conn_user(conn);
	if (!p || !p->broker)
		return -LMQ_ECLOSED;
	p->peer.host = *lmi_conn_peer(conn); /* a PROXY header may have come since the accept */
	return core_frame(&p->broker->core, &p->peer, frame);
}

static bool is_bad_frame(int cause)
{
	return cause == -LMQ_EMALFORMED || cause == -LMQ_ETOOBIG || cause == -LMQ_EUNSUPPORTED || cause == -LMQ_EDEPTH;
}

static void say_bad_frame(struct broker *b, struct lmi_conn *conn, int cause)
{
	char host[LMI_HOST_CHARS];
	unsigned int dropped;
	if (!lmi_log_limit_pass(&b->bad_frames, lmi_loop_now_ms(b->cfg.loop), &dropped))
		return;
	lmi_host_print(lmi_conn_peer(conn), host, sizeof(host));
	lmi_log_with(b->cfg.core.log, LMI_LOG_WARNING,
		LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_PEER_BAD), { "CLIENT", host, 0 }), "%s was disconnected: %s (%u more since the last such line)", host,
		lmi_strerror(cause), dropped);
}

static void on_close(struct lmi_conn *conn, int cause)
{
	struct broker_peer *p = lmi_conn_user(conn);
	if (!p || !p->broker)
		return;
	if (is_bad_frame(cause))
		say_bad_frame(p->broker, conn, cause);
	forget(p);
}

const struct lmi_conn_ops broker_conn_ops = { .on_frame = on_frame, .on_close = on_close };

void broker_close_peers(struct broker *b)
{
	for (struct lmi_list *it = b->peers.next; it != &b->peers; it = it->next)
		lmi_conn_close(lmi_container_of(it, struct broker_peer, in_broker)->conn, 0, true);
}

void broker_forget_peers(struct broker *b)
{
	LMI_LIST_FOREACH_SAFE(&b->peers, it, tmp) {
		struct broker_peer *p = lmi_container_of(it, struct broker_peer, in_broker);
		lmi_conn_set_user(p->conn, NULL);
		forget(p);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Automatic batching: messages that are sent one by one and may wait a moment go to the broker together.
 * Owner: the client's loop.  Rule: ProduceAccumulator.
 */
#include <errno.h>
#include <stdlib.h>

#include "wire/props.h"

#include "client/producer_impl.h"
#include "client/trace.h"

#define ITEM_BYTES 22       /* of a message in a batch besides body and properties; rule: MessageDecoder.encodeMessage */
#define MEMBERS_MAX 4096    /* of one batch */
#define UNCOUNT_EVERY 64    /* ended sends after which there is said to be room */

/* What is gathered for one topic. */
struct bundle {
	struct lmi_list link;   /* the producer's list while it gathers */
	struct lmq_producer *producer;
	struct lmi_list sends;
	size_t count, bytes;
	bool awaited;           /* a caller waits for one of them */
	struct lmi_timer linger;
	char topic[];
};

static size_t item_bytes(const struct send *s)
{
	return ITEM_BYTES + s->body.n + s->props.n;
}

size_t bundle_bytes(const struct send *bundle)
{
	size_t n = 0;

	for (const struct lmi_list *it = bundle->members.next; it != &bundle->members; it = it->next)
		n += item_bytes(lmi_container_of(it, struct send, link));
	return n;
}

void bundle_put(const struct send *bundle, struct lmi_buf *b)
{
	for (const struct lmi_list *it = bundle->members.next; it != &bundle->members; it = it->next) {
		const struct send *s = lmi_container_of(it, struct send, link);
		struct lmi_batch_item item = { s->flag, s->body, s->props };

		lmi_batch_put(b, &item);
	}
}

/* ---- gathering ---- */

static void take_all(struct lmi_list *from, struct lmi_list *to)
{
	while (!lmi_list_empty(from)) {
		struct lmi_list *first = from->next;

		lmi_list_del(first);
		lmi_list_add_tail(to, first);
	}
}

static void send_each(struct lmi_list *sends)
{
	while (!lmi_list_empty(sends)) {
		struct send *s = lmi_container_of(sends->next, struct send, link);

		lmi_list_del(&s->link);
		s->loose = false;
		send_start(s);
	}
}

static void go(struct bundle *b)
{
	struct send *whole = NULL, *first = lmi_container_of(b->sends.next, struct send, link);
	struct lmi_list sends;

	lmi_list_init(&sends);
	lmi_list_del(&b->link);
	lmi_timer_stop(&b->linger);
	take_all(&b->sends, &sends);
	if (b->count > 1)
		whole = send_new_bundle(first);
	b->count = 0;
	b->bytes = 0;
	b->awaited = false;
	if (!whole) {
		send_each(&sends);
		return;
	}
	take_all(&sends, &whole->members);
	send_start(whole);
}

static void on_linger(struct lmi_timer *t)
{
	go(t->arg);
}

static struct bundle *bundle_of(struct lmq_producer *p, struct lmi_span topic)
{
	struct bundle *b = lmi_map_get(&p->bundles, topic);

	if (b)
		return b;
	b = calloc(1, sizeof(*b) + topic.n + 1);
	if (!b)
		return NULL;
	memcpy(b->topic, topic.p, topic.n);
	b->producer = p;
	lmi_list_init(&b->link);
	lmi_list_init(&b->sends);
	b->linger = (struct lmi_timer){ .fn = on_linger, .arg = b };
	if (lmi_map_put(&p->bundles, topic, b, NULL) < 0) {
		free(b);
		return NULL;
	}
	return b;
}

static bool starts(struct bundle *b)
{
	struct lmq_producer *p = b->producer;

	if (lmi_timer_start(p->client->loop, &b->linger, p->cfg->batch_linger_ms, 0) < 0)
		return false;
	lmi_list_add_tail(&p->gathering, &b->link);
	return true;
}

void bundle_add(struct send *s)
{
	struct lmq_producer *p = s->producer;
	struct bundle *b = bundle_of(p, s->topic);
	size_t bytes = item_bytes(s);

	s->loose = false;
	if (b && b->count > 0 && b->bytes + bytes > (size_t)p->cfg->batch_bytes)
		go(b);
	if (!b || bytes > (size_t)p->cfg->batch_bytes || (b->count == 0 && !starts(b))) {
		send_start(s);
		return;
	}
	lmi_list_add_tail(&b->sends, &s->link);
	b->bytes += bytes;
	b->awaited |= s->mode == SEND_SYNC;
	if (++b->count == MEMBERS_MAX)
		go(b);
}

void bundle_flush(struct lmq_producer *p, bool all)
{
	LMI_LIST_FOREACH_SAFE(&p->gathering, it, tmp) {
		struct bundle *b = lmi_container_of(it, struct bundle, link);

		if (all || b->awaited || p->cfg->batch_linger_ms == 0)
			go(b);
	}
}

void bundle_done(struct lmq_producer *p)
{
	lmi_map_done(&p->bundles, free);
}

/* ---- the end ---- */

static struct lmi_span next_id(struct lmi_span *ids)
{
	struct lmi_span id = *ids;
	const uint8_t *comma = ids->n > 0 ? memchr(ids->p, ',', ids->n) : NULL;

	*ids = LMI_SPAN_NULL;
	if (!comma)
		return id;
	*ids = lmi_span(comma + 1, id.n - (size_t)(comma + 1 - id.p));
	return lmi_span(id.p, (size_t)(comma - id.p));
}

void bundle_end(struct send *bundle, struct lmq_send_result *r, struct lmi_span offset_ids)
{
	struct lmq_producer *p = bundle->producer;
	size_t count = 0, bytes = 0;

	while (!lmi_list_empty(&bundle->members)) {
		struct send *s = lmi_container_of(bundle->members.next, struct send, link);
		struct lmi_span id = next_id(&offset_ids);

		lmi_list_del(&s->link);
		memcpy(r->message_id, s->id, sizeof(r->message_id));
		if (id.n < sizeof(r->offset_id))
			config_say(r->offset_id, sizeof(r->offset_id), "%.*s", (int)id.n, id.n > 0 ? (const char *)id.p : "");
		s->broker = bundle->broker;
		s->tries = bundle->tries;
		s->tried_ms = bundle->tried_ms;
		trace_sent(s, r);
		if (s->mode == SEND_SYNC || s->told) {
			struct lmq_send_result own = *r;

			producer_end_send(s, &own);
		} else {
			producer_tell(s, r);
			count++;
			bytes += s->charge;
			send_free(s);
		}
		if (r->queue_pos >= 0)
			r->queue_pos++;
		if (count == UNCOUNT_EVERY) {
			/* not the last, or the producer may go */
			if (lmi_list_empty(&bundle->members))
				break;
			producer_uncount(p, count, bytes);
			count = bytes = 0;
		}
	}
	send_free(bundle);
	if (count > 0)
		producer_uncount(p, count, bytes);
}

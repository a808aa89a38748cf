/* SPDX-License-Identifier: Apache-2.0 */
#include "client/consume_pool.h"

#include <errno.h>
#include <stdlib.h>

struct consume_pool {
	struct consume_pool_config cfg;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct lmi_list todo, finished; /* struct received */
	bool announced, ending;
	size_t threads, idle;
	pthread_t *ids;
	struct event event; /* put while there is something to do, if callbacks are polled for */
	bool put;
};

static void event_hand_out(struct event *e);

struct consume_pool *consume_pool_new(const struct consume_pool_config *cfg)
{
	struct consume_pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->ids = calloc(cfg->threads_max, sizeof(*p->ids));
	if (!p->ids) {
		free(p);
		return NULL;
	}
	p->cfg = *cfg;
	p->event.run = event_hand_out;
	p->event.received = true;
	lmi_list_init(&p->event.link);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	lmi_list_init(&p->todo);
	lmi_list_init(&p->finished);
	return p;
}

void consume_pool_free(struct consume_pool *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->work);
	free(p->ids);
	free(p);
}

static void hand_out(struct consume_pool *p, struct received *r)
{
	r->result = RECEIVED_UNTOUCHED;
	if (!p->cfg.wanted(r))
		return;
	r->result = r->broken ? LMQ_CONSUME_LATER : p->cfg.fn(p->cfg.user, &r->message);
	/* The number is ours. */
	if (r->result == RECEIVED_UNTOUCHED)
		r->result = LMQ_CONSUME_LATER;
}

static bool ends(struct consume_pool *p)
{
	bool ending;

	pthread_mutex_lock(&p->lock);
	ending = p->ending;
	pthread_mutex_unlock(&p->lock);
	return ending;
}

/* One after the other, until one fails. */
static void hand_out_chain(struct consume_pool *p, struct received *first)
{
	int64_t until_ms = lmi_mono_ms(p->cfg.clock) + CONSUME_CHAIN_MS;
	bool good;

	hand_out(p, first);
	good = first->result == LMQ_CONSUMED;
	LMI_LIST_FOREACH_SAFE(&first->chain, it, tmp) {
		struct received *r = lmi_container_of(it, struct received, link);

		r->result = RECEIVED_UNTOUCHED;
		good = good && lmi_mono_ms(p->cfg.clock) < until_ms && !ends(p);
		if (!good)
			continue;
		hand_out(p, r);
		good = r->result == LMQ_CONSUMED;
	}
}

static struct lmi_list *take_first(struct consume_pool *p)
{
	struct lmi_list *first = p->todo.next;

	lmi_list_del(first);
	return first;
}

/* Under the lock, which is given up while the callback runs. */
static void run_one(struct consume_pool *p, struct lmi_list *link)
{
	struct received *r = lmi_container_of(link, struct received, link);
	bool announce;

	pthread_mutex_unlock(&p->lock);
	if (lmi_list_empty(&r->chain))
		hand_out(p, r);
	else
		hand_out_chain(p, r);
	pthread_mutex_lock(&p->lock);
	lmi_list_add_tail(&p->finished, &r->link);
	announce = !p->announced;
	p->announced = true;
	if (announce) {
		pthread_mutex_unlock(&p->lock);
		announce = p->cfg.announce(p->cfg.arg) == 0;
		pthread_mutex_lock(&p->lock);
		if (!announce)
			p->announced = false;
	}
}

/* Under the lock: have somebody who polls take a message, if there is one. */
static void ask_poller(struct consume_pool *p)
{
	if (p->put || p->ending || lmi_list_empty(&p->todo))
		return;
	p->put = true;
	event_put(p->cfg.events, &p->event);
}

/* The event is put again first, so that several threads that poll take messages side by side. */
static void event_hand_out(struct event *e)
{
	struct consume_pool *p = lmi_container_of(e, struct consume_pool, event);

	pthread_mutex_lock(&p->lock);
	p->put = false;
	if (!p->ending && !lmi_list_empty(&p->todo)) {
		struct lmi_list *first = take_first(p);

		ask_poller(p);
		run_one(p, first);
	}
	pthread_mutex_unlock(&p->lock);
}

static void *thread_main(void *arg)
{
	struct consume_pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->ending) {
		if (!lmi_list_empty(&p->todo)) {
			run_one(p, take_first(p));
			continue;
		}
		p->idle++;
		pthread_cond_wait(&p->work, &p->lock);
		p->idle--;
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Under the lock.  The caller's signal mask, which is the library's, goes on to the thread. */
static int add_thread(struct consume_pool *p)
{
	if (p->threads >= p->cfg.threads_max || pthread_create(&p->ids[p->threads], NULL, thread_main, p) != 0)
		return -EAGAIN;
	p->threads++;
	return 0;
}

int consume_pool_start(struct consume_pool *p)
{
	int r;

	if (p->cfg.events)
		return 0;
	pthread_mutex_lock(&p->lock);
	r = add_thread(p);
	pthread_mutex_unlock(&p->lock);
	return r;
}

void consume_pool_put(struct consume_pool *p, struct lmi_list *messages)
{
	size_t n = 0;

	LMI_LIST_FOREACH_SAFE(messages, it, tmp)
		n++;
	pthread_mutex_lock(&p->lock);
	lmi_list_splice(messages, &p->todo);
	if (p->cfg.events) {
		ask_poller(p);
		pthread_mutex_unlock(&p->lock);
		return;
	}
	/* Threads that are about to wait are not counted as idle yet: at worst one more is started than needed. */
	for (size_t missing = n > p->idle ? n - p->idle : 0; missing > 0 && add_thread(p) == 0; missing--)
		;
	for (size_t wake = n < p->idle ? n : p->idle; wake > 0; wake--)
		pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void consume_pool_take(struct consume_pool *p, struct lmi_list *out)
{
	pthread_mutex_lock(&p->lock);
	p->announced = false;
	lmi_list_splice(&p->finished, out);
	pthread_mutex_unlock(&p->lock);
}

bool consume_pool_is_self(struct consume_pool *p)
{
	bool self = false;

	if (p->cfg.events)
		return event_is_self(p->cfg.events, &p->event);
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->threads; i++)
		self |= pthread_equal(pthread_self(), p->ids[i]) != 0;
	pthread_mutex_unlock(&p->lock);
	return self;
}

void consume_pool_join(struct consume_pool *p, struct lmi_list *out_unbegun)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->work);
	lmi_list_splice(&p->todo, out_unbegun);
	n = p->threads;
	pthread_mutex_unlock(&p->lock);
	if (p->cfg.events)
		event_withdraw(p->cfg.events, &p->event);
	/* The loop starts no more threads: the consumer is not running any more. */
	for (size_t i = 0; i < n; i++)
		pthread_join(p->ids[i], NULL);
	pthread_mutex_lock(&p->lock);
	lmi_list_splice(&p->todo, out_unbegun);
	p->threads = 0;
	pthread_mutex_unlock(&p->lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Birth and end, and what the loop is told to do. */
#include "mock/mock_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/loop.h"

#define SWEEP_MS 20
#define CONNECTIONS_MAX 1000

struct mock_server *mock_server(struct lmq_mock *m, int number)
{
	return number >= LMQ_MOCK_NAMESRV && number < (int)m->brokers ? &m->servers[number + 1] : NULL;
}

static void on_sweep(struct lmi_timer *t)
{
	struct lmq_mock *m = t->arg;

	pthread_mutex_lock(&m->lock);
	lmi_arena_reset(&m->arena);
	for (size_t i = 0; i <= m->brokers; i++)
		mock_serve_held(&m->servers[i], 0);
	pthread_mutex_unlock(&m->lock);
}

/* ---- orders to the loop ---- */

struct order {
	struct lmq_mock *mock;
	struct mock_server *server;
	int (*fn)(struct order *o);
	int result;
	bool done;
};

static void run_order(void *arg)
{
	struct order *o = arg;
	int result = o->fn(o);

	pthread_mutex_lock(&o->mock->lock);
	o->result = result;
	o->done = true;
	pthread_cond_broadcast(&o->mock->changed);
	pthread_mutex_unlock(&o->mock->lock);
}

static int give_order(struct lmq_mock *m, struct mock_server *s, int (*fn)(struct order *o))
{
	struct order o = { m, s, fn, 0, false };
	int r = lmi_loop_post(m->loop, run_order, &o);

	if (r < 0)
		return r;
	pthread_mutex_lock(&m->lock);
	while (!o.done)
		pthread_cond_wait(&m->changed, &m->lock);
	pthread_mutex_unlock(&m->lock);
	return o.result;
}

static int listen_again(struct order *o)
{
	struct mock_server *s = o->server;
	struct lmi_listener_config cfg = { .ops = &mock_conn_ops, .limits = lmi_conn_limits_default, .user = s,
					   .connections_max = CONNECTIONS_MAX, .tls = o->mock->tls,
					   .tls_only = o->mock->tls != NULL, .name = "mock" };
	int fd;

	if (s->listener)
		return 0;
	fd = lmi_socket_listen("127.0.0.1", s->port, 64);
	if (fd < 0)
		return fd;
	if (s->port == 0) {
		struct lmi_host host = { 0 };

		(void)lmi_socket_local(fd, &host);
		s->port = (uint16_t)host.port;
		(void)snprintf(s->address, sizeof(s->address), "127.0.0.1:%" PRIu16, s->port);
	}
	s->listener = lmi_listener_new(o->mock->loop, fd, &cfg);
	return s->listener ? 0 : -ENOMEM;
}

static int disconnect(struct order *o)
{
	if (o->server->listener)
		lmi_listener_close_all(o->server->listener);
	return 0;
}

static int stop_listening(struct order *o)
{
	(void)disconnect(o);
	lmi_listener_free(o->server->listener);
	o->server->listener = NULL;
	return 0;
}

static int stop_loop(struct order *o)
{
	lmi_timer_stop(&o->mock->sweep);
	lmi_loop_stop(o->mock->loop);
	return 0;
}

static int ask_open(struct order *o)
{
	int n;

	pthread_mutex_lock(&o->mock->lock);
	n = mock_ask_open(o->server);
	pthread_mutex_unlock(&o->mock->lock);
	return n;
}

static int order_server(struct lmq_mock *m, int number, int (*fn)(struct order *o))
{
	struct mock_server *s = mock_server(m, number);

	return s ? give_order(m, s, fn) : -LMQ_ENOTFOUND;
}

int lmq_mock_disconnect(struct lmq_mock *m, int server)
{
	return order_server(m, server, disconnect);
}

int lmq_mock_stop(struct lmq_mock *m, int server)
{
	return order_server(m, server, stop_listening);
}

int lmq_mock_start(struct lmq_mock *m, int server)
{
	return order_server(m, server, listen_again);
}

int lmq_mock_check(struct lmq_mock *m, int broker)
{
	return broker < 0 ? -LMQ_ENOTFOUND : order_server(m, broker, ask_open);
}

/* ---- life ---- */

static void *thread_main(void *arg)
{
	lmi_loop_run(((struct lmq_mock *)arg)->loop);
	return NULL;
}

/* It must not take signals that are meant for the program. */
static int start_thread(struct lmq_mock *m)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&m->thread, NULL, thread_main, m);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

static int open_all(struct lmq_mock *m)
{
	m->loop = lmi_loop_new();
	if (!m->loop)
		return -ENOMEM;
	for (size_t i = 0; i <= m->brokers; i++) {
		struct order o = { .mock = m, .server = &m->servers[i] };
		int r;

		o.server->mock = m;
		o.server->number = (int)i - 1;
		(void)snprintf(o.server->name, sizeof(o.server->name), "broker-%d", o.server->number);
		r = listen_again(&o);
		if (r < 0)
			return r;
	}
	m->sweep = (struct lmi_timer){ .fn = on_sweep, .arg = m };
	return lmi_timer_start(m->loop, &m->sweep, SWEEP_MS, SWEEP_MS);
}

/* The thread does not run. */
static void done(struct lmq_mock *m)
{
	for (size_t i = 0; i <= m->brokers; i++)
		lmi_listener_free(m->servers[i].listener);
	lmi_timer_stop(&m->sweep);
	for (size_t i = 0; i <= m->brokers; i++)
		mock_server_done(&m->servers[i]);
	if (m->loop)
		lmi_loop_free(m->loop);
	lmi_arena_done(&m->arena);
	lmi_arena_done(&m->asked);
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->changed);
	free(m);
}

int lmq_mock_new(size_t brokers, struct lmq_mock **out)
{
	struct lmq_mock *m = brokers <= LMQ_MOCK_BROKERS_MAX ? calloc(1, sizeof(*m)) : NULL;
	pthread_condattr_t attr;
	int r;

	if (!m)
		return brokers <= LMQ_MOCK_BROKERS_MAX ? -ENOMEM : -LMQ_EILLEGAL;
	m->brokers = brokers;
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->changed, &attr);
	pthread_condattr_destroy(&attr);
	lmi_arena_init(&m->arena, 0);
	lmi_arena_init(&m->asked, 0);
	lmi_rng_seeded_init(&m->chance, 1);
	r = open_all(m);
	if (r == 0)
		r = start_thread(m);
	if (r < 0) {
		done(m);
		return r;
	}
	*out = m;
	return 0;
}

void lmq_mock_free(struct lmq_mock *m)
{
	if (!m)
		return;
	for (size_t i = 0; i <= m->brokers; i++)
		while (lmq_mock_stop(m, (int)i - 1) == -ENOMEM)
			sched_yield();
	/* Without memory there is no way to stop the thread but to try again. */
	while (give_order(m, NULL, stop_loop) == -ENOMEM)
		sched_yield();
	pthread_join(m->thread, NULL);
	done(m);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "rules/name.h"

#include "client/producer_impl.h"
#include "client/round.h"
#include "client/trace.h"

#define NS_PER_MS 1000000
#define MS_PER_S 1000
#define POLL_MS 20

/* ---- the way to the loop and back ---- */

static struct timespec deadline_from_now(int64_t ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / MS_PER_S;
	ts.tv_nsec += ms % MS_PER_S * NS_PER_MS;
	if (ts.tv_nsec >= (long)MS_PER_S * NS_PER_MS) {
		ts.tv_sec++;
		ts.tv_nsec -= (long)MS_PER_S * NS_PER_MS;
	}
	return ts;
}

/* Wait for a change, at most until the deadline; NULL: without limit.  Under the lock.  False when time is up. */
static bool wait_change(struct lmq_producer *p, const struct timespec *deadline)
{
	int r;

	p->waiters++;
	r = deadline ? pthread_cond_timedwait(&p->changed, &p->lock, deadline) : pthread_cond_wait(&p->changed, &p->lock);
	p->waiters--;
	return r != ETIMEDOUT;
}

static bool has_room(const struct lmq_producer *p, size_t charge)
{
	if (p->messages == 0)
		return true;
	return (int64_t)p->messages < p->cfg->send_queue_messages && (int64_t)(p->bytes + charge) <= p->cfg->send_queue_bytes;
}

/* Under the lock. */
static int wait_room(struct lmq_producer *p, size_t charge, int64_t wait_ms)
{
	struct timespec deadline;
	bool in_time = wait_ms > 0;

	if (has_room(p, charge))
		return 0;
	if (wait_ms > 0)
		deadline = deadline_from_now(wait_ms);
	while (!p->ending && !has_room(p, charge)) {
		if (!in_time)
			return -LMQ_EFULL;
		in_time = wait_change(p, &deadline);
	}
	return 0;
}

static void take_submitted(void *arg)
{
	struct lmq_producer *p = arg;
	struct lmi_list mine;
	bool flushing;

	lmi_list_init(&mine);
	pthread_mutex_lock(&p->lock);
	p->posted = false;
	flushing = p->flushing > 0 || p->ending;
	if (!lmi_list_empty(&p->submitted)) {
		mine = p->submitted;
		mine.next->prev = &mine;
		mine.prev->next = &mine;
		lmi_list_init(&p->submitted);
	}
	pthread_mutex_unlock(&p->lock);
	while (!lmi_list_empty(&mine)) {
		struct send *s = lmi_container_of(mine.next, struct send, link);

		lmi_list_del(&s->link);
		send_start(s);
	}
	bundle_flush(p, flushing);
}

void producer_tick(struct lmq_producer *p)
{
	take_submitted(p);
}

int producer_enter(struct lmq_producer *p, size_t count, size_t charge, int64_t wait_ms)
{
	int r;

	pthread_mutex_lock(&p->lock);
	r = wait_room(p, charge, wait_ms);
	if (r == 0 && p->ending)
		r = -LMQ_ESTATE;
	if (r == 0) {
		p->messages += count;
		p->bytes += charge;
	}
	pthread_mutex_unlock(&p->lock);
	return r;
}

bool producer_count(struct lmq_producer *p)
{
	bool good;

	pthread_mutex_lock(&p->lock);
	good = !p->ending;
	p->messages += good;
	pthread_mutex_unlock(&p->lock);
	return good;
}

/* Count a send and hand it to the loop.  On failure the send is the caller's still. */
static int submit(struct lmq_producer *p, struct send *s, int64_t wait_ms)
{
	bool post = false;
	int r;

	pthread_mutex_lock(&p->lock);
	r = wait_room(p, s->charge, wait_ms);
	if (r == 0 && p->ending)
		r = -LMQ_ESTATE;
	if (r == 0) {
		p->messages++;
		p->bytes += s->charge;
		lmi_list_add_tail(&p->submitted, &s->link);
		post = !p->posted;
		p->posted = true;
	}
	pthread_mutex_unlock(&p->lock);
	if (post && lmi_loop_post(p->client->loop, take_submitted, p) < 0) {
		/* The client's tick takes what the message would have announced. */
		pthread_mutex_lock(&p->lock);
		p->posted = false;
		pthread_mutex_unlock(&p->lock);
	}
	return r;
}

void producer_tell(struct send *s, const struct lmq_send_result *result)
{
	if (s->mode == SEND_ASYNC && s->fn)
		s->fn(s->user, result);
}

void producer_uncount(struct lmq_producer *p, size_t messages, size_t bytes)
{
	pthread_mutex_lock(&p->lock);
	p->messages -= messages;
	p->bytes -= bytes;
	if (p->waiters > 0)
		pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

/* By who polls. */
static void tell_polled(struct event *e)
{
	struct told *t = lmi_container_of(e, struct told, event);
	struct send *s = t->send;

	s->fn(s->user, &t->result);
	result_done(&t->result);
	producer_uncount(s->producer, 1, s->charge);
	send_free(s);
}

void producer_end_send(struct send *s, struct lmq_send_result *result)
{
	if (s->told) {
		s->told->event.run = tell_polled;
		s->told->send = s;
		result_move(&s->told->result, result);
		event_put(&s->producer->client->events, &s->told->event);
		return;
	}
	producer_tell(s, result);
	producer_uncount(s->producer, 1, s->charge);
	/* The producer may be gone from here on. */
	if (s->mode == SEND_SYNC) {
		*s->out_error = result->error;
		if (s->out)
			result_move(s->out, result);
		sem_post(s->woken);
	}
	send_free(s);
}

/* ---- sending ---- */

int producer_refuse(struct lmq_send_result *out, int err, const char *detail)
{
	if (out) {
		result_done(out);
		result_init(out, err);
		config_say(out->detail, sizeof(out->detail), "%s", *detail ? detail : lmi_strerror(err));
	}
	return err;
}

int producer_send_wait(struct lmq_producer *p, struct send *s, int64_t timeout_ms, struct lmq_send_result *result)
{
	int error = 0, r;
	sem_t woken;

	if (timeout_ms <= 0)
		timeout_ms = p->cfg->send_timeout_ms;
	sem_init(&woken, 0, 0);
	s->mode = SEND_SYNC;
	s->out = result;
	s->out_error = &error;
	s->woken = &woken;
	s->retries = (int)p->cfg->send_retries;
	s->deadline_ms = client_now_ms(p->client) + timeout_ms;
	r = submit(p, s, timeout_ms);
	if (r < 0) {
		send_free(s);
		error = producer_refuse(result, r, "");
	} else {
		while (sem_wait(&woken) < 0 && errno == EINTR)
			;
	}
	sem_destroy(&woken);
	return error;
}

int lmq_producer_send(struct lmq_producer *p, const struct lmq_message *m, int64_t timeout_ms, struct lmq_send_result *result)
{
	char detail[CLIENT_DETAIL_CHARS] = "";
	int r = client_may_wait(p->client);
	struct send *s;

	if (r == 0)
		r = send_new(p, m, NULL, &s, detail);
	return r < 0 ? producer_refuse(result, r, detail) : producer_send_wait(p, s, timeout_ms, result);
}

int lmq_producer_send_batch(struct lmq_producer *p, const struct lmq_message *const *messages, size_t count,
			    int64_t timeout_ms, struct lmq_send_result *result)
{
	char detail[CLIENT_DETAIL_CHARS] = "";
	int r = client_may_wait(p->client);
	struct send *s;

	if (r == 0)
		r = send_new_batch(p, messages, count, &s, detail);
	return r < 0 ? producer_refuse(result, r, detail) : producer_send_wait(p, s, timeout_ms, result);
}

int producer_send_nowait(struct lmq_producer *p, struct send *s, enum send_mode mode, lmq_send_fn *fn, void *user)
{
	bool on_loop = pthread_equal(pthread_self(), p->client->thread);
	int64_t wait_ms = on_loop ? 0 : p->cfg->send_queue_wait_ms;
	int r;

	s->mode = mode;
	s->fn = fn;
	s->user = user;
	s->retries = (int)p->cfg->send_retries_async;
	s->deadline_ms = client_now_ms(p->client) + p->cfg->send_timeout_ms + wait_ms;
	if (fn && event_queue_polled(&p->client->events)) {
		s->told = calloc(1, sizeof(*s->told));
		if (s->told)
			result_init(&s->told->result, 0);
	}
	r = fn && event_queue_polled(&p->client->events) && !s->told ? -ENOMEM : submit(p, s, wait_ms);
	if (r < 0)
		send_free(s);
	return r;
}

static int send_nowait(struct lmq_producer *p, const struct lmq_message *m, enum send_mode mode, lmq_send_fn *fn, void *user)
{
	char detail[CLIENT_DETAIL_CHARS];
	int r = client_same_process(p->client);
	struct send *s;

	if (r == 0)
		r = send_new(p, m, NULL, &s, detail);
	return r < 0 ? r : producer_send_nowait(p, s, mode, fn, user);
}

int lmq_producer_send_batch_async(struct lmq_producer *p, const struct lmq_message *const *messages, size_t count,
				  lmq_send_fn *fn, void *user)
{
	char detail[CLIENT_DETAIL_CHARS];
	int r = client_same_process(p->client);
	struct send *s;

	if (r == 0)
		r = send_new_batch(p, messages, count, &s, detail);
	return r < 0 ? r : producer_send_nowait(p, s, SEND_ASYNC, fn, user);
}

int lmq_producer_send_async(struct lmq_producer *p, const struct lmq_message *m, lmq_send_fn *fn, void *user)
{
	return send_nowait(p, m, SEND_ASYNC, fn, user);
}

int lmq_producer_send_oneway(struct lmq_producer *p, const struct lmq_message *m)
{
	return send_nowait(p, m, SEND_ONEWAY, NULL, NULL);
}

/* What lingers for others to come goes now, and whatever comes while somebody waits. */
static void begin_flush(struct lmq_producer *p)
{
	pthread_mutex_lock(&p->lock);
	p->flushing++;
	pthread_mutex_unlock(&p->lock);
	/* if that cannot be told, their own time ends the wait */
	(void)lmi_loop_post(p->client->loop, take_submitted, p);
}

/* What is waited for may be callbacks that nobody else makes.  Under the lock.  False when time is up. */
static bool make_callbacks(struct lmq_producer *p, const struct timespec *deadline)
{
	struct timespec now = deadline_from_now(0);
	bool waited, late = deadline && (now.tv_sec > deadline->tv_sec || (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec));

	if (late)
		return false;
	pthread_mutex_unlock(&p->lock);
	/* Another thread may make the last of them: that is looked for now and then. */
	waited = event_run_sends(&p->client->events, POLL_MS);
	pthread_mutex_lock(&p->lock);
	if (!waited && p->messages > 0) {
		now = deadline_from_now(POLL_MS);
		(void)wait_change(p, &now);
	}
	return true;
}

static int wait_idle(struct lmq_producer *p, int64_t timeout_ms)
{
	struct timespec deadline = deadline_from_now(timeout_ms < 0 ? 0 : timeout_ms);
	bool in_time = true;
	int r;

	begin_flush(p);
	pthread_mutex_lock(&p->lock);
	while (p->messages > 0 && in_time) {
		if (event_queue_polled(&p->client->events))
			in_time = make_callbacks(p, timeout_ms < 0 ? NULL : &deadline);
		else
			in_time = wait_change(p, timeout_ms < 0 ? NULL : &deadline);
	}
	r = p->messages > 0 ? -LMQ_ETIMEOUT : 0;
	p->flushing--;
	pthread_mutex_unlock(&p->lock);
	return r;
}

/* One-way messages may still wait to be written; an answer to anything sent behind them tells that they left. */
struct drain {
	struct round round;
	struct lmq_client *client;
	sem_t passed;
};

static void drain_done(struct round *r)
{
	sem_post(&lmi_container_of(r, struct drain, round)->passed);
}

static void drain_one(void *arg, struct broker *b, const char *address)
{
	struct drain *d = arg;

	if (b->loose_bytes > 0 || b->fence)
		round_count(&d->round, heartbeat_send(d->client, address, round_answered, &d->round));
	b->loose_bytes = 0;
}

static void drain_start(void *arg)
{
	struct drain *d = arg;

	round_open(&d->round, drain_done);
	each_broker_address(d->client, true, drain_one, d);
	round_close(&d->round);
}

static int drain(struct lmq_client *c)
{
	struct drain d = { .client = c };
	int r;

	sem_init(&d.passed, 0, 0);
	r = client_call(c, drain_start, &d);
	while (r == 0 && sem_wait(&d.passed) < 0 && errno == EINTR)
		;
	sem_destroy(&d.passed);
	return r;
}

int lmq_producer_flush(struct lmq_producer *p, int64_t timeout_ms)
{
	int r = client_may_wait(p->client);

	if (r == 0)
		r = wait_idle(p, timeout_ms);
	return r == 0 ? drain(p->client) : r;
}

/* ---- birth and end ---- */

struct joining {
	struct lmq_producer *producer;
	int result;
};

static void join_on_loop(void *arg)
{
	struct joining *j = arg;
	struct lmq_client *c = j->producer->client;

	LMI_LIST_FOREACH_SAFE(&c->producers, it, tmp) {
		if (strcmp(lmi_container_of(it, struct lmq_producer, link)->group, j->producer->group) == 0) {
			j->result = -LMQ_ESTATE;
			return;
		}
	}
	lmi_list_add_tail(&c->producers, &j->producer->link);
	heartbeat_now(c);
}

static void producer_release(struct lmq_producer *p)
{
	bundle_done(p);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->changed);
	lmq_config_free(p->cfg);
	free(p->group);
	free(p);
}

static struct lmq_producer *producer_alloc(const char *group, const struct lmq_config *cfg)
{
	struct lmq_producer *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	lmi_list_init(&p->link);
	lmi_list_init(&p->submitted);
	lmi_list_init(&p->gathering);
	p->group = strdup(group);
	p->cfg = lmq_config_dup(cfg);
	if (p->group && p->cfg)
		return p;
	producer_release(p);
	return NULL;
}

int lmq_producer_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg, struct lmq_producer **out)
{
	struct joining j = { .producer = NULL };
	struct config_name name;
	int r;

	group = config_wrap(cfg ? cfg : client->cfg, group, &name);
	if (!group || !lmi_name_group_ok(lmi_span_str(group)))
		return -LMQ_EILLEGAL;
	j.producer = producer_alloc(group, cfg ? cfg : client->cfg);
	if (!j.producer)
		return -ENOMEM;
	j.producer->client = client;
	r = trace_open(client, j.producer->cfg);
	if (r == 0)
		r = client_call(client, join_on_loop, &j);
	if (r == 0)
		r = j.result;
	if (r < 0) {
		producer_release(j.producer);
		return r;
	}
	client_ref(client);
	*out = j.producer;
	return 0;
}

struct parting {
	struct round round;
	struct lmq_producer *producer;
	sem_t told;
};

static void parted(struct round *r)
{
	sem_post(&lmi_container_of(r, struct parting, round)->told);
}

static void part_on_loop(void *arg)
{
	struct parting *parting = arg;
	struct lmq_producer *p = parting->producer;

	lmi_list_del(&p->link);
	p->client->name_lost = !lmi_list_empty(&p->client->producers);
	transaction_part(p);
	round_open(&parting->round, parted);
	round_unregister(&parting->round, p->client, p->group, NULL, p->client->cfg->api_timeout_ms);
	round_close(&parting->round);
}

void lmq_producer_free(struct lmq_producer *p)
{
	struct parting parting = { .producer = p };
	struct lmq_client *c;
	int r;

	if (!p || client_may_wait(p->client) < 0)
		return;
	c = p->client;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	(void)wait_idle(p, -1);
	(void)drain(c);
	sem_init(&parting.told, 0, 0);
	/* Without memory to tell the loop, the producer must stay where the loop can find it. */
	while ((r = client_call(c, part_on_loop, &parting)) == -ENOMEM)
		sched_yield();
	while (r == 0 && sem_wait(&parting.told) < 0 && errno == EINTR)
		;
	sem_destroy(&parting.told);
	producer_release(p);
	client_unref(c);
}

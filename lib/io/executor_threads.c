/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "io/loop_internal.h"

struct job_list {
	struct lmi_job *first, **last;
};

struct threads {
	struct lmi_executor executor; /* first */
	struct lmi_loop *loop;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job_list waiting, ended; /* under lock */
	bool stopping;                  /* under lock */
	struct lmi_post news;           /* "something ended" */
	unsigned int count;
	pthread_t ids[];
};

static void list_init(struct job_list *l)
{
	l->first = NULL;
	l->last = &l->first;
}

static void list_put(struct job_list *l, struct lmi_job *j)
{
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
}

static struct lmi_job *list_take(struct job_list *l)
{
	struct lmi_job *j = l->first;

	if (j) {
		l->first = j->next;
		if (!l->first)
			l->last = &l->first;
	}
	return j;
}

static void submit(struct lmi_executor *e, struct lmi_job *j)
{
	struct threads *t = (struct threads *)e;

	pthread_mutex_lock(&t->lock);
	list_put(&t->waiting, j);
	pthread_cond_signal(&t->work);
	pthread_mutex_unlock(&t->lock);
}

static void *worker(void *arg)
{
	struct threads *t = arg;
	struct lmi_job *j;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		j = list_take(&t->waiting);
		if (!j && t->stopping)
			break;
		if (!j) {
			pthread_cond_wait(&t->work, &t->lock);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		j->run(j);
		pthread_mutex_lock(&t->lock);
		list_put(&t->ended, j);
		if (t->ended.first == j)
			lmi_loop_post_item(t->loop, &t->news);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

static struct lmi_job *take_ended(struct threads *t)
{
	struct lmi_job *j;

	pthread_mutex_lock(&t->lock);
	j = list_take(&t->ended);
	pthread_mutex_unlock(&t->lock);
	return j;
}

static void deliver(struct threads *t)
{
	struct lmi_job *j;

	while ((j = take_ended(t)) != NULL)
		j->done(j);
}

static void on_news(struct lmi_post *p)
{
	deliver(lmi_container_of(p, struct threads, news));
}

/* Signals are the main thread's. */
static bool start_workers(struct threads *t, unsigned int n)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (t->count < n && r == 0) {
		r = pthread_create(&t->ids[t->count], NULL, worker, t);
		if (r == 0)
			t->count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r == 0;
}

struct lmi_executor *lmi_executor_threads_new(struct lmi_loop *l, unsigned int threads)
{
	unsigned int n = threads ? threads : 1;
	struct threads *t = calloc(1, sizeof(*t) + n * sizeof(t->ids[0]));

	if (!t)
		return NULL;
	t->executor.submit = submit;
	t->loop = l;
	t->news.fn = on_news;
	list_init(&t->waiting);
	list_init(&t->ended);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->work, NULL);
	if (!start_workers(t, n)) {
		lmi_executor_threads_free(&t->executor);
		return NULL;
	}
	return &t->executor;
}

static void join_workers(struct threads *t)
{
	pthread_mutex_lock(&t->lock);
	t->stopping = true;
	pthread_cond_broadcast(&t->work);
	pthread_mutex_unlock(&t->lock);
	for (unsigned int i = 0; i < t->count; i++)
		pthread_join(t->ids[i], NULL);
}

void lmi_executor_threads_free(struct lmi_executor *e)
{
	struct threads *t = (struct threads *)e;
	struct lmi_job *j;

	if (!e)
		return;
	join_workers(t);
	lmi_loop_unpost_item(t->loop, &t->news);
	deliver(t);
	while ((j = list_take(&t->waiting)) != NULL) { /* submitted by a done() just now */
		j->run(j);
		j->done(j);
	}
	pthread_cond_destroy(&t->work);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

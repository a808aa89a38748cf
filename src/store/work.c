/* SPDX-License-Identifier: Apache-2.0 */
#include "store/work.h"

#include <pthread.h>

enum { WORK_QUEUED, WORK_RUNNING, WORK_RAN };

/*
 * One pair for all stores of the process: a worker signals after the work is RAN, when the store may already be gone, so
 * the pair must not live in it.  It is used only to wait for a worker that is in the middle of run().
 */
static pthread_mutex_t ran_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ran_cond = PTHREAD_COND_INITIALIZER;

static bool begin(struct work *w)
{
	int expected = WORK_QUEUED;
	return atomic_compare_exchange_strong(&w->state, &expected, WORK_RUNNING);
}

static void job_run(struct lmi_job *j)
{
	struct work *w = lmi_container_of(j, struct work, job);
	if (!begin(w))
		return;
	w->run(w);
	pthread_mutex_lock(&ran_lock);
	atomic_store(&w->state, WORK_RAN);
	pthread_cond_broadcast(&ran_cond);
	pthread_mutex_unlock(&ran_lock);
}

static void leave_crew(struct work *w)
{
	lmi_list_del(&w->link);
	w->finished = true;
}

static void job_done(struct lmi_job *j)
{
	struct work *w = lmi_container_of(j, struct work, job);
	if (!w->finished) {
		leave_crew(w);
		w->done(w);
	}
	w->free(w);
}

static void wait_ran(struct work *w)
{
	pthread_mutex_lock(&ran_lock);
	while (atomic_load(&w->state) != WORK_RAN)
		pthread_cond_wait(&ran_cond, &ran_lock);
	pthread_mutex_unlock(&ran_lock);
}

void work_crew_init(struct work_crew *c, struct lmi_executor *e)
{
	c->executor = e;
	lmi_list_init(&c->out);
}

void work_submit(struct work_crew *c, struct work *w)
{
	w->job = (struct lmi_job){ .run = job_run, .done = job_done };
	atomic_init(&w->state, WORK_QUEUED);
	w->finished = false;
	lmi_list_add_tail(&c->out, &w->link);
	lmi_executor_submit(c->executor, &w->job);
}

void work_finish(struct work *w)
{
	if (begin(w)) {
		w->run(w);
		atomic_store(&w->state, WORK_RAN);
	} else {
		wait_ran(w);
	}
	leave_crew(w);
	w->done(w);
}

void work_finish_all(struct work_crew *c)
{
	while (!lmi_list_empty(&c->out))
		work_finish(lmi_container_of(c->out.next, struct work, link));
}

void work_drop_all(struct work_crew *c)
{
	while (!lmi_list_empty(&c->out)) {
		struct work *w = lmi_container_of(c->out.next, struct work, link);
		if (begin(w))
			atomic_store(&w->state, WORK_RAN);
		else
			wait_ran(w);
		leave_crew(w);
	}
}

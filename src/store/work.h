/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocking work that a store has handed to the executor, so that it can be waited for, taken back or left alone when
 * the store closes.  Owner: the core loop, except run(), which a disk worker calls.
 *
 * Life of a piece of work: work_submit, run() on a worker, done() on the core loop, free().  A store that cannot wait for the
 * loop calls work_finish: run() then happens at once unless a worker is already in it, done() follows, and free() comes
 * when the executor lets go of the job.
 */
#ifndef LIGHTMQ_STORE_WORK_H
#define LIGHTMQ_STORE_WORK_H

#include <stdatomic.h>

#include "base/executor.h"
#include "base/list.h"

struct work {
	struct lmi_job job;
	struct lmi_list link;           /* in the crew until done() */
	atomic_int state;
	bool finished;                  /* done() was called, or never will be */
	void (*run)(struct work *w);    /* on a worker; touches nothing but what it was given */
	void (*done)(struct work *w);   /* on the core loop */
	void (*free)(struct work *w);   /* on the core loop, last */
};

struct work_crew {
	struct lmi_executor *executor;
	struct lmi_list out; /* handed out, not done */
};

void work_crew_init(struct work_crew *c, struct lmi_executor *e);

/** Takes the work.  With an inline executor run, done and free have happened on return. */
void work_submit(struct work_crew *c, struct work *w);

/** Have it run (here, when no worker has begun) and done now.  May block for as long as a worker is in run(). */
void work_finish(struct work *w);
void work_finish_all(struct work_crew *c);

/** Let nothing of it happen any more: what has not begun never runs, what runs is waited for, done() is not called. */
void work_drop_all(struct work_crew *c);

#endif

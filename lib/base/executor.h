/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that may block, as an argument: io/executor_threads.c runs it on disk
 * workers, lmi_executor_inline at once, the simulator when it likes.
 */
#ifndef LMI_BASE_EXECUTOR_H
#define LMI_BASE_EXECUTOR_H

#include "base/visibility.h"

struct lmi_job {
	void (*run)(struct lmi_job *j);  /* on a worker; may block */
	void (*done)(struct lmi_job *j); /* afterwards, on the submitter's loop thread */
	struct lmi_job *next;            /* the executor's */
};

struct lmi_executor {
	/** Takes the job until done() was called.  Never fails: the queue is the intrusive list. */
	void (*submit)(struct lmi_executor *e, struct lmi_job *j);
};

static inline void lmi_executor_submit(struct lmi_executor *e, struct lmi_job *j) { e->submit(e, j); }

/** Runs and finishes each job inside submit. */
LMI_API extern struct lmi_executor lmi_executor_inline;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the inline executor runs a job and then finishes it, both before submit returns.
 * Shown: by a job that notes the order of its steps.
 */
#include "base/executor.h"
#include "base/list.h"

#include "tests/support/lmt.h"

struct noted {
	struct lmi_job job;
	int steps, ran_at, done_at;
};

static void run(struct lmi_job *j)
{
	struct noted *n = lmi_container_of(j, struct noted, job);

	n->ran_at = ++n->steps;
}

static void done(struct lmi_job *j)
{
	struct noted *n = lmi_container_of(j, struct noted, job);

	n->done_at = ++n->steps;
}

START_TEST(inline_runs_and_finishes_inside_submit)
{
	struct noted n = { .job = { .run = run, .done = done } };

	lmi_executor_submit(&lmi_executor_inline, &n.job);
	ck_assert_int_eq(n.ran_at, 1);
	ck_assert_int_eq(n.done_at, 2);
}
END_TEST

LMT_MAIN("executor", inline_runs_and_finishes_inside_submit)

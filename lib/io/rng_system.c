/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

#include "base/rng.h"
#include "io/loop.h"

#define AHEAD 32u /* numbers asked of the kernel at once; 256 bytes come whole or not at all */

static _Thread_local uint64_t ahead[AHEAD];
static _Thread_local unsigned int left;

/* A child must not repeat what its parent says.  Only the thread that forked lives on in it. */
static void forget(void)
{
	left = 0;
}

static void forget_in_children(void)
{
	pthread_atfork(NULL, NULL, forget);
}

static uint64_t next(struct lmi_rng *r)
{
	(void)r;
	if (left == 0) {
		ssize_t n;

		do
			n = getrandom(ahead, sizeof(ahead), 0);
		while (n < 0 && errno == EINTR);
		assert(n == (ssize_t)sizeof(ahead)); /* fails only on kernels older than what we run on */
		left = AHEAD;
	}
	return ahead[--left];
}

struct lmi_rng *lmi_rng_system(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static struct lmi_rng rng = { next };

	pthread_once(&once, forget_in_children);
	return &rng;
}

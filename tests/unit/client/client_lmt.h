/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests with a mock share. */
#ifndef LIGHTMQ_TESTS_CLIENT_LMT_H
#define LIGHTMQ_TESTS_CLIENT_LMT_H

#include "tests/support/lmt.h"
#include "tests/support/mock.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "wire/codes.h"

#include <lightmq/lightmq.h>

/** A client with settings: name, value, …, NULL. */
static inline struct lmq_client *open_client(const char *namesrv, ...)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_client *client = NULL;
	char err[256] = "";
	const char *name;
	va_list ap;

	ck_assert_int_eq(lmq_config_set(cfg, "namesrvAddr", namesrv, err, sizeof(err)), 0);
	va_start(ap, namesrv);
	while ((name = va_arg(ap, const char *)))
		ck_assert_msg(lmq_config_set(cfg, name, va_arg(ap, const char *), err, sizeof(err)) == 0, "%s", err);
	va_end(ap);
	ck_assert_msg(lmq_client_new(cfg, &client, err, sizeof(err)) == 0, "%s", err);
	lmq_config_free(cfg);
	return client;
}

/* A counter that can be waited for. */
struct tally {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int n;
};

#define TALLY_INIT { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 }

static inline void tally_add(struct tally *t)
{
	pthread_mutex_lock(&t->lock);
	t->n++;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

static inline int tally_get(struct tally *t)
{
	int n;

	pthread_mutex_lock(&t->lock);
	n = t->n;
	pthread_mutex_unlock(&t->lock);
	return n;
}

/** False when it takes longer. */
static inline bool tally_wait_ms(struct tally *t, int n, long ms)
{
	struct timespec until;
	bool good;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000 + (until.tv_nsec / 1000000 + ms % 1000) / 1000;
	until.tv_nsec = (until.tv_nsec + ms % 1000 * 1000000) % 1000000000;
	pthread_mutex_lock(&t->lock);
	while (!(good = t->n >= n))
		if (pthread_cond_timedwait(&t->changed, &t->lock, &until) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&t->lock);
	return good;
}

/** False when it takes more than MOCK_WAIT_S. */
static inline bool tally_wait(struct tally *t, int n)
{
	return tally_wait_ms(t, n, MOCK_WAIT_S * 1000L);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/log_ahead.h"

#include "store/zeros.h"

void log_ahead_init(struct log_ahead *a, int64_t from, int64_t to)
{
	*a = (struct log_ahead){ .from = from, .to = to, .reached = from };
	pthread_mutex_init(&a->lock, NULL);
}

void log_ahead_done(struct log_ahead *a)
{
	pthread_mutex_destroy(&a->lock);
}

int log_ahead_write(struct log_ahead *a, struct disk_file *f, int64_t start)
{
	bool more = true;
	int err = 0;
	while (more && !err) {
		int64_t to = a->to - a->reached > LOG_AHEAD_STEP ? a->reached + LOG_AHEAD_STEP : a->to;
		pthread_mutex_lock(&a->lock);
		more = !a->stop && a->reached < a->to;
		if (more)
			err = zeros_write(f, a->reached - start, to - start);
		pthread_mutex_unlock(&a->lock);
		if (more && !err)
			a->reached = to;
	}
	return err;
}

void log_ahead_keep_off(struct log_ahead *a, int64_t from, int64_t to)
{
	if (to <= a->from || from >= a->to)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_mutex_unlock(&a->lock);
}

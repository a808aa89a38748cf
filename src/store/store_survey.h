/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has still to read what: the lowest log positions of messages that a registered group has not consumed, and of
 * messages in queues that no group reads.  The caller of the store names the readers, a worker looks up their units.
 * Owner: the core loop.
 */
#ifndef LIGHTMQ_STORE_STORE_SURVEY_H
#define LIGHTMQ_STORE_STORE_SURVEY_H

#include "store/store_internal.h"


struct survey_result {
	int64_t unread, unread_by_none;  /* INT64_MAX: nothing */
	char who[STORE_WHO_CHARS];      /* reads at unread */
	char nobody[STORE_WHO_CHARS];   /* where unread_by_none lies */
	bool failed;                     /* something could not be read: nothing may be deleted by it */
};

/**
 * Ask each reader, then have a worker look.
 *
 * @done  called on the core loop with the result, which it borrows
 *
 * Returns 0 or -ENOMEM.
 */
int store_survey_start(struct store *s, void (*done)(struct store *s, const struct survey_result *r));

#endif

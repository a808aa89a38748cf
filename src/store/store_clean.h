/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of retention share: store_clean.c and store_forecast.c.  Owner: the core loop. */
#ifndef LIGHTMQ_STORE_STORE_CLEAN_H
#define LIGHTMQ_STORE_STORE_CLEAN_H

#include "store/store_internal.h"

#define STORE_CLEAN_LOOK 64 /* oldest segments looked at in a round */

/** Bytes that count against the budget. */
int64_t store_clean_used(const struct store *s);
/** Share of the disk in use, rounded up; -1 unknown. */
int store_clean_disk_percent(const struct store *s);
/** The lowest pinned position and, when there is one, whose it is. */
int64_t store_clean_pinned(struct store *s, const struct store_pin **out);
/** @last_ms  memory that the facts borrow */
void store_clean_facts(struct store *s, struct retention_facts *f, int64_t last_ms[STORE_CLEAN_LOOK]);

/* ---- store_forecast.c ---- */

/** Remember how far the log is, once a minute. */
void store_forecast_sample(struct store *s);
/** True when the end is near enough for the readers to be asked. */
bool store_forecast_asks(struct store *s);
/** Warn, at most once an hour, when the budget or the disk will be full within hours and too little can be deleted. */
void store_forecast(struct store *s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which topics changed lately: what a name server is told that knows an earlier version.  Bounded; the oldest go first.
 * Owner: the core loop.
 */
#ifndef LIGHTMQ_BROKER_STATE_TOPIC_JOURNAL_H
#define LIGHTMQ_BROKER_STATE_TOPIC_JOURNAL_H

#include "base/bytes.h"

#define TOPIC_JOURNAL_MAX 1024u

struct topic_change {
	int64_t version; /* counter that the table had after it */
	char *name;      /* owned */
	size_t n;
};

struct topic_journal {
	struct topic_change *ring; /* TOPIC_JOURNAL_MAX of them, made with the first change */
	size_t first, count;
	int64_t lost;              /* changes up to this version are not in it */
};

void topic_journal_done(struct topic_journal *j);
/** Without memory everything up to @version is lost. */
void topic_journal_add(struct topic_journal *j, int64_t version, struct lmi_span name);
/** Whether every change after @version is in it. */
static inline bool topic_journal_reaches(const struct topic_journal *j, int64_t version) { return version >= j->lost; }
/** The k-th change after @version, oldest first; NULL behind the last. */
const struct topic_change *topic_journal_after(const struct topic_journal *j, int64_t version, size_t k);

#endif

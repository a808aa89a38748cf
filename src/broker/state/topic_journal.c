/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/topic_journal.h"

#include <stdlib.h>

static struct topic_change *at(const struct topic_journal *j, size_t i)
{
	return &j->ring[(j->first + i) % TOPIC_JOURNAL_MAX];
}

static void drop_oldest(struct topic_journal *j)
{
	struct topic_change *c = at(j, 0);
	j->lost = c->version;
	free(c->name);
	j->first = (j->first + 1) % TOPIC_JOURNAL_MAX;
	j->count--;
}

void topic_journal_done(struct topic_journal *j)
{
	while (j->count)
		drop_oldest(j);
	free(j->ring);
	*j = (struct topic_journal){ 0 };
}

void topic_journal_add(struct topic_journal *j, int64_t version, struct lmi_span name)
{
	char *copy = malloc(name.n + 1);
	if (!j->ring)
		j->ring = calloc(TOPIC_JOURNAL_MAX, sizeof(*j->ring));
	if (!copy || !j->ring) {
		free(copy);
		while (j->count)
			drop_oldest(j);
		j->lost = version;
		return;
	}
	memcpy(copy, name.p, name.n);
	if (j->count == TOPIC_JOURNAL_MAX)
		drop_oldest(j);
	*at(j, j->count++) = (struct topic_change){ version, copy, name.n };
}

const struct topic_change *topic_journal_after(const struct topic_journal *j, int64_t version, size_t k)
{
	size_t low = 0, high = j->count;
	while (low < high) { /* the first that came after it */
		size_t mid = low + (high - low) / 2;
		if (at(j, mid)->version > version)
			high = mid;
		else
			low = mid + 1;
	}
	return low + k < j->count ? at(j, low + k) : NULL;
}

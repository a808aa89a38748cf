/* SPDX-License-Identifier: Apache-2.0 */
#include "client/publish.h"

struct publish_choice publish_at(const struct publish *p, uint32_t n)
{
	const struct publish_part *part = p->parts;

	while (n >= part->queues) {
		n -= part->queues;
		part++;
	}
	return (struct publish_choice){ part->broker, (int32_t)n };
}

bool publish_next(const struct publish *p, uint32_t *counter, const struct broker *avoid, struct publish_choice *out)
{
	if (p->total == 0)
		return false;
	*out = publish_at(p, (*counter)++ % p->total);
	if (p->count == 1)
		return true;
	for (uint32_t tries = 1; out->broker == avoid && tries < p->total; tries++)
		*out = publish_at(p, (*counter)++ % p->total);
	return true;
}

bool publish_next_fit(const struct publish *p, uint32_t *counter, const struct broker *avoid,
		      bool (*fit)(const void *arg, const struct broker *b), const void *arg, struct publish_choice *out)
{
	uint32_t n = *counter;

	for (uint32_t tries = 0; tries < p->total; tries++) {
		struct publish_choice choice = publish_at(p, n++ % p->total);

		if (choice.broker == avoid || !fit(arg, choice.broker))
			continue;
		*counter = n;
		*out = choice;
		return true;
	}
	return false;
}

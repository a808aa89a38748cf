/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/queue_choice.h"

#include "wire/props.h"

int32_t lmi_queue_choice_any(struct lmi_rng *r, int32_t queues)
{
	return queues > 1 ? (int32_t)lmi_rng_below(r, (uint64_t)queues) : 0;
}

int32_t lmi_queue_choice_by_hash(int32_t hash, int32_t queues)
{
	if (queues <= 1)
		return 0;
	/* Java takes hash mod queues first and the absolute value of that: no overflow for the smallest int. */
	int32_t at = hash % queues;
	return at < 0 ? -at : at;
}

int32_t lmi_queue_choice_by_key(struct lmi_span key, int32_t queues)
{
	return lmi_queue_choice_by_hash(lmi_java_hash(key), queues);
}

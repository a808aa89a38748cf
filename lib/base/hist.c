/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hist.h"

/* Below 64 exact; above, 64 buckets a power of two. */
static unsigned int bucket_of(uint64_t v)
{
	unsigned int shift;

	if (v < LMI_HIST_SUB)
		return (unsigned int)v;
	if (v >> LMI_HIST_POWERS)
		return LMI_HIST_BUCKETS - 1;
	shift = 63u - (unsigned int)__builtin_clzll(v) - 6u;
	return LMI_HIST_SUB * (shift + 1) + (unsigned int)((v >> shift) - LMI_HIST_SUB);
}

static uint64_t upper_edge(unsigned int b)
{
	unsigned int shift;

	if (b < LMI_HIST_SUB)
		return b;
	shift = b / LMI_HIST_SUB - 1;
	return ((uint64_t)(b % LMI_HIST_SUB + LMI_HIST_SUB + 1) << shift) - 1;
}

void lmi_hist_add(struct lmi_hist *h, uint64_t value)
{
	h->count++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
	h->buckets[bucket_of(value)]++;
}

void lmi_hist_merge(struct lmi_hist *into, const struct lmi_hist *from)
{
	into->count += from->count;
	into->sum += from->sum;
	if (from->max > into->max)
		into->max = from->max;
	for (unsigned int i = 0; i < LMI_HIST_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

uint64_t lmi_hist_at(const struct lmi_hist *h, double fraction)
{
	uint64_t want = (uint64_t)(fraction * (double)h->count), seen = 0;

	if (h->count == 0)
		return 0;
	if (want >= h->count)
		want = h->count - 1;
	for (unsigned int i = 0; i < LMI_HIST_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen > want) {
			uint64_t edge = upper_edge(i);

			return edge < h->max ? edge : h->max;
		}
	}
	return h->max;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hist.h"

#include <string.h>

#define SUB (1u << LMI_HIST_SUB_BITS)

/* Below SUB exact; above, SUB steps a power of two. */
static unsigned int slot_of(uint64_t v)
{
	unsigned int shift;

	if (v < SUB)
		return (unsigned int)v;
	if (v >> LMI_HIST_MAX_BITS)
		return LMI_HIST_SLOTS - 1;
	shift = 63u - (unsigned int)__builtin_clzll(v) - LMI_HIST_SUB_BITS;
	return SUB * (shift + 1) + (unsigned int)((v >> shift) - SUB);
}

static int64_t upper_edge(unsigned int slot)
{
	if (slot < SUB)
		return slot;
	return (int64_t)((((uint64_t)(slot % SUB) + SUB + 1) << (slot / SUB - 1)) - 1);
}

void lmi_hist_reset(struct lmi_hist *h)
{
	memset(h, 0, sizeof(*h));
}

void lmi_hist_record(struct lmi_hist *h, int64_t value)
{
	if (value < 0)
		value = 0;
	if (h->count == 0 || value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->count++;
	h->sum += (double)value;
	h->slots[slot_of((uint64_t)value)]++;
}

void lmi_hist_record_corrected(struct lmi_hist *h, int64_t value, int64_t interval)
{
	lmi_hist_record(h, value);
	if (interval <= 0)
		return;
	for (value -= interval; value >= interval; value -= interval)
		lmi_hist_record(h, value);
}

int64_t lmi_hist_percentile(const struct lmi_hist *h, double percent)
{
	uint64_t want = (uint64_t)(percent / 100.0 * (double)h->count), seen = 0;

	if (h->count == 0)
		return 0;
	if (want >= h->count)
		want = h->count - 1;
	for (unsigned int i = 0; i < LMI_HIST_SLOTS; i++) {
		seen += h->slots[i];
		if (seen > want)
			return upper_edge(i) < h->max ? upper_edge(i) : h->max;
	}
	return h->max;
}

double lmi_hist_mean(const struct lmi_hist *h)
{
	return h->count ? h->sum / (double)h->count : 0.0;
}

void lmi_hist_merge(struct lmi_hist *into, const struct lmi_hist *from)
{
	if (from->count == 0)
		return;
	if (into->count == 0 || from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	into->count += from->count;
	into->sum += from->sum;
	for (unsigned int i = 0; i < LMI_HIST_SLOTS; i++)
		into->slots[i] += from->slots[i];
}

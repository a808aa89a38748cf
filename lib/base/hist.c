/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hist.h"

#include <assert.h>
#include <string.h>

#define SUB (1u << LMI_HIST_SUB_BITS)
#define VALUE_MAX ((INT64_C(1) << LMI_HIST_MAX_BITS) - 1)

void lmi_hist_reset(struct lmi_hist *h)
{
	memset(h, 0, sizeof(*h));
}

/* Below 2 * SUB each value has its slot; above, each power of two is cut in SUB steps. */
static unsigned int slot_of(uint64_t v)
{
	unsigned int shift;

	if (v < SUB)
		return (unsigned int)v;
	shift = 63u - (unsigned int)__builtin_clzll(v) - LMI_HIST_SUB_BITS;
	return ((shift + 1) << LMI_HIST_SUB_BITS) + (unsigned int)((v >> shift) & (SUB - 1));
}

/* The largest value that falls into a slot. */
static int64_t slot_top(unsigned int slot)
{
	unsigned int shift;

	if (slot < 2 * SUB)
		return slot;
	shift = (slot >> LMI_HIST_SUB_BITS) - 1;
	return (int64_t)((((uint64_t)SUB + (slot & (SUB - 1)) + 1) << shift) - 1);
}

void lmi_hist_record(struct lmi_hist *h, int64_t value)
{
	int64_t counted;

	if (value < 0)
		value = 0;
	counted = value > VALUE_MAX ? VALUE_MAX : value;
	h->slots[slot_of((uint64_t)counted)]++;
	if (h->count == 0 || value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->count++;
	h->sum += (double)value;
}

void lmi_hist_record_corrected(struct lmi_hist *h, int64_t value, int64_t interval)
{
	lmi_hist_record(h, value);
	if (interval <= 0)
		return;
	while (value > interval) {
		value -= interval;
		lmi_hist_record(h, value);
	}
}

int64_t lmi_hist_percentile(const struct lmi_hist *h, double percent)
{
	double exact = percent / 100.0 * (double)h->count;
	uint64_t want = (uint64_t)exact, seen = 0;

	assert(percent >= 0.0 && percent <= 100.0);
	want += (double)want < exact || want == 0;
	for (unsigned int i = 0; i < LMI_HIST_SLOTS; i++) {
		seen += h->slots[i];
		if (seen >= want) {
			int64_t top = i == LMI_HIST_SLOTS - 1 ? h->max : slot_top(i);

			return top < h->max ? top : h->max;
		}
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
	for (unsigned int i = 0; i < LMI_HIST_SLOTS; i++)
		into->slots[i] += from->slots[i];
	if (into->count == 0 || from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	into->count += from->count;
	into->sum += from->sum;
}

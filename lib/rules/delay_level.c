/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/delay_level.h"

static int64_t unit_ms(uint8_t unit)
{
	switch (unit) {
	case 's':
		return 1000;
	case 'm':
		return 60 * 1000;
	case 'h':
		return 60 * 60 * 1000;
	case 'd':
		return 24 * 60 * 60 * 1000;
	default:
		return 0;
	}
}

static int parse_one(struct lmi_span word, int64_t *out_ms)
{
	int64_t n, unit = unit_ms(word.p[word.n - 1]);
	if (!unit || lmi_span_to_i64(lmi_span(word.p, word.n - 1), &n) < 0 || n < 0)
		return -LMQ_EMALFORMED;
	return __builtin_mul_overflow(n, unit, out_ms) ? -LMQ_ETOOBIG : 0;
}

int lmi_delay_levels_parse(struct lmi_span text, struct lmi_delay_levels *out)
{
	size_t count = 0;
	int64_t ms[LMI_DELAY_LEVELS_MAX];
	for (size_t at = 0; at < text.n;) {
		size_t from = at;
		if (text.p[at] == ' ') {
			at++;
			continue;
		}
		while (at < text.n && text.p[at] != ' ')
			at++;
		if (count == LMI_DELAY_LEVELS_MAX)
			return -LMQ_ETOOBIG;
		int err = parse_one(lmi_span(text.p + from, at - from), &ms[count]);
		if (err)
			return err;
		count++;
	}
	if (!count)
		return -LMQ_EMALFORMED;
	out->count = count;
	memcpy(out->ms, ms, count * sizeof(ms[0]));
	return 0;
}

int32_t lmi_delay_level_clamp(const struct lmi_delay_levels *l, int32_t level)
{
	if (level <= 0)
		return 0;
	return (size_t)level > l->count ? (int32_t)l->count : level;
}

int64_t lmi_delay_level_ms(const struct lmi_delay_levels *l, int32_t level)
{
	level = lmi_delay_level_clamp(l, level);
	return level ? l->ms[level - 1] : 0;
}

int32_t lmi_delay_level_of_ms(const struct lmi_delay_levels *l, int64_t ms)
{
	size_t best = l->count;
	for (size_t i = l->count; i-- > 0;)
		if (l->ms[i] >= ms && (best == l->count || l->ms[i] <= l->ms[best]))
			best = i;
	if (best < l->count)
		return (int32_t)best + 1;
	for (size_t i = best = 0; i < l->count; i++)
		if (l->ms[i] > l->ms[best])
			best = i;
	return (int32_t)best + 1;
}

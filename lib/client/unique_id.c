/* SPDX-License-Identifier: Apache-2.0 */
#include "client/unique_id.h"

void unique_id_init(struct unique_id_maker *m, const struct lmi_host *host, uint32_t pid, uint32_t hash,
		    uint32_t first_counter)
{
	size_t n = host->v6 ? 16 : 4;

	memcpy(m->prefix, host->addr, n);
	lmi_put16(m->prefix + n, (uint16_t)pid);
	lmi_put32(m->prefix + n + 2, hash);
	m->prefix_bytes = (uint8_t)(n + 6);
	__atomic_store_n(&m->counter, first_counter, __ATOMIC_RELAXED);
}

void unique_id_make(struct unique_id_maker *m, uint32_t month_ms, char *out)
{
	uint32_t count = __atomic_fetch_add(&m->counter, 1, __ATOMIC_RELAXED);
	uint8_t id[28];
	size_t n = m->prefix_bytes;

	memcpy(id, m->prefix, n);
	lmi_put32(id + n, month_ms);
	lmi_put16(id + n + 4, (uint16_t)count);
	lmi_hex_upper(id, n + 6, out);
	out[2 * (n + 6)] = '\0';
}

/* Day of the month, from 1, of a day counted from 1970-01-01.  Rule: the civil calendar, counted in years that begin in March. */
static int64_t day_of_month(int64_t day)
{
	int64_t of_era = (day + 719468) % 146097; /* days since 0000-03-01, in eras of 400 years */
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	return of_year - (153 * month + 2) / 5 + 1;
}

int64_t unique_id_month(int64_t wall_ms, int32_t zone_s)
{
	int64_t local_s = wall_ms / 1000 + zone_s, day = local_s / 86400;

	if (local_s < 0)
		return 0;
	return ((day - day_of_month(day) + 1) * 86400 - zone_s) * 1000;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "client/unique_id.h"

#include <time.h>

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

int64_t unique_id_month(int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return wall_ms;
	tm.tm_mday = 1;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

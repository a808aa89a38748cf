/* SPDX-License-Identifier: Apache-2.0 */
#include "client/latency.h"

#include <stddef.h>

int64_t latency_isolation_ms(int64_t latency_ms)
{
	static const struct {
		int64_t latency_ms, isolation_ms;
	} steps[] = { { 15000, 30000 }, { 5000, 10000 }, { 3000, 6000 }, { 1800, 5000 }, { 550, 2000 } };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (latency_ms >= steps[i].latency_ms)
			return steps[i].isolation_ms;
	return 0;
}

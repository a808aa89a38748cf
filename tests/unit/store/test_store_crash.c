/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever moment the power fails or the process dies, recovery gives every record acknowledged as synced, byte for
 * byte and in order, none that was never appended, queues that equal the log, and a second recovery changes nothing.
 * Shown: random lives on the simulated disk, many seeds; LIGHTMQ_BUDGET multiplies them,
 * LIGHTMQ_SEED is the first, or the only one without a budget.
 */
#include "tests/unit/store/store_life.h"

#define SEEDS LMT_ROUNDS(250) /* with each kind of flush */

static void many_seeds(enum store_flush flush)
{
	bool one = rig_env("LIGHTMQ_SEED", 0) && !rig_env("LIGHTMQ_BUDGET", 0);
	uint64_t first = rig_env("LIGHTMQ_SEED", 1), n = one ? 1 : SEEDS * rig_env("LIGHTMQ_BUDGET", 1);
	for (uint64_t seed = first; seed < first + n; seed++) {
		fprintf(stderr, "\r# seed %llu ", (unsigned long long)seed);
		one_seed(seed, flush);
	}
	fprintf(stderr, "\n");
}

START_TEST(nothing_synced_is_lost_with_sync_flush)
{
	many_seeds(STORE_SYNC_FLUSH);
}
END_TEST

START_TEST(nothing_synced_is_lost_with_async_flush)
{
	many_seeds(STORE_ASYNC_FLUSH);
}
END_TEST

LMT_MAIN("store_crash", nothing_synced_is_lost_with_sync_flush, nothing_synced_is_lost_with_async_flush)

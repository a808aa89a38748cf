/* SPDX-License-Identifier: Apache-2.0 */
/* Between store_search.c, whose searches may meet cold pages, and store_warm.c, whose workers go on with them. */
#ifndef LIGHTMQ_STORE_STORE_WARM_H
#define LIGHTMQ_STORE_STORE_WARM_H

#include "store/store_internal.h"

/** The predicate of both: a record that is gone counts as older. */
static inline bool store_search_is_before(int64_t record_ms, int64_t ms, bool after_equal)
{
	return record_ms < ms || (after_equal && record_ms == ms);
}

/** The search that met a cold page last, with its reference; queue NULL: none. */
struct store_search_state store_search_take(struct store *s);

/** How far a worker came with it: the same search asked for again goes on from there. */
void store_search_found(struct store *s, const struct store_search_state *x);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A region that is filled and dropped as a whole: one per request or per turn.
 * Owner: one thread at a time.
 */
#ifndef LMI_BASE_ARENA_H
#define LMI_BASE_ARENA_H

#include <stddef.h>

#include "base/bytes.h"

#define LMI_ARENA_BLOCK_MIN 4096u       /* bytes of the first block */
#define LMI_ARENA_KEEP_MAX (256u << 10) /* largest block that a reset keeps */

struct lmi_arena {
	struct lmi_arena_block *first, *cur;
	size_t limit;      /* bytes that may be handed out until the next reset; 0 = no limit */
	size_t used;       /* bytes handed out since the last reset, each rounded up to 16 */
};

/** Takes no memory yet.  A zeroed struct is an arena without limit. */
LMI_API void lmi_arena_init(struct lmi_arena *a, size_t limit_bytes);

/** Free all blocks.  Accepts a zeroed arena. */
LMI_API void lmi_arena_done(struct lmi_arena *a);

/**
 * Forget everything handed out; keeps the largest block that is not above LMI_ARENA_KEEP_MAX, so a steady state
 * allocates nothing.
 */
LMI_API void lmi_arena_reset(struct lmi_arena *a);

/**
 * Hand out n bytes, aligned to 16, not zeroed (zalloc: zeroed); valid until reset or done.
 *
 * Returns NULL when memory or the arena's limit is exhausted; never NULL for n = 0 otherwise.
 */
LMI_API void *lmi_arena_alloc(struct lmi_arena *a, size_t n);
LMI_API void *lmi_arena_zalloc(struct lmi_arena *a, size_t n);

/** Copy bytes (n) or text (adds a NUL) into the arena.  NULL as above. */
LMI_API void *lmi_arena_dup(struct lmi_arena *a, const void *p, size_t n);
LMI_API char *lmi_arena_strdup(struct lmi_arena *a, struct lmi_span s);
LMI_API char *lmi_arena_printf(struct lmi_arena *a, const char *fmt, ...) LMI_PRINTF(2, 3);

/**
 * Make room in an array that grows while its length is not known: gives an array of at least count + 1 elements that
 * begins with the count old ones.
 *
 * @array  NULL, or what the last call for it gave; left to the arena when it moves
 * @cap    the array's room in elements, kept by this function; starts at 0
 *
 * Returns NULL as above; the old array is then still whole.
 */
LMI_API void *lmi_arena_grow(struct lmi_arena *a, void *array, size_t count, size_t *cap, size_t element_bytes);

#endif

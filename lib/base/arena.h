/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A region that is filled and dropped as a whole: one per request or per turn.
 * Owner: one thread at a time.
 */
#ifndef LMI_BASE_ARENA_H
#define LMI_BASE_ARENA_H

#include <stddef.h>

#include "base/bytes.h"

struct lmi_arena {
	struct lmi_arena_block *first, *cur;
	size_t limit;      /* bytes that may be handed out until the next reset; 0 = no limit */
	size_t used;       /* bytes handed out since the last reset */
};

LMI_API void lmi_arena_init(struct lmi_arena *a, size_t limit_bytes);

/** Free all blocks.  Accepts a zeroed arena. */
LMI_API void lmi_arena_done(struct lmi_arena *a);

/** Forget everything handed out; keeps the first block, so a steady state allocates nothing. */
LMI_API void lmi_arena_reset(struct lmi_arena *a);

/**
 * Hand out n bytes, aligned to 16, not zeroed; valid until reset or done.
 *
 * Returns NULL when memory or the arena's limit is exhausted.
 */
LMI_API void *lmi_arena_alloc(struct lmi_arena *a, size_t n);
LMI_API void *lmi_arena_zalloc(struct lmi_arena *a, size_t n);

/** Copy bytes (n) or text (adds a NUL) into the arena.  NULL as above. */
LMI_API void *lmi_arena_dup(struct lmi_arena *a, const void *p, size_t n);
LMI_API char *lmi_arena_strdup(struct lmi_arena *a, struct lmi_span s);
LMI_API char *lmi_arena_printf(struct lmi_arena *a, const char *fmt, ...) LMI_PRINTF(2, 3);

#endif

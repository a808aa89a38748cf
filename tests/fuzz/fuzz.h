/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fuzz targets share.  A target gets bytes, decodes them, and checks that what was decoded survives encoding and
 * decoding again.  Under libFuzzer it invents the bytes; replay.c takes them from files.
 */
#ifndef LIGHTMQ_TESTS_FUZZ_H
#define LIGHTMQ_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ARENA_MAX (512u << 20)
#define FUZZ_KEEP_BYTES (1u << 20)

/* A property that must hold whatever the bytes. */
#define FUZZ_CHECK(condition)                                                                         \
	do {                                                                                          \
		if (!(condition)) {                                                                   \
			fprintf(stderr, "%s:%d: property fails: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                      \
		}                                                                                     \
	} while (0)

/* Empty for each input. */
static inline void fuzz_reset(struct lmi_arena *arena)
{
	lmi_arena_reset(arena);
	arena->limit = FUZZ_ARENA_MAX;
}

static inline bool fuzz_same(const struct lmi_buf *a, const struct lmi_buf *b)
{
	FUZZ_CHECK(!a->failed && !b->failed);
	return lmi_span_eq(lmi_buf_span(a), lmi_buf_span(b));
}

#endif

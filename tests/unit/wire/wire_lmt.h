/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of lib/wire share. */
#ifndef LIGHTMQ_TESTS_UNIT_WIRE_LMT_H
#define LIGHTMQ_TESTS_UNIT_WIRE_LMT_H

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#include "tests/support/lmt.h"

/* Bytes written as hex, in memory of exactly their size so that sanitizers see each step beyond. */
static inline struct lmi_span wire_hex(const char *hex)
{
	size_t n = strlen(hex) / 2;
	uint8_t *p = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(lmi_hex_decode(lmi_span_str(hex), p), 0);
	return lmi_span(p, n);
}

/* A copy of text in memory of exactly its size. */
static inline struct lmi_span wire_text(const char *text)
{
	size_t n = strlen(text);
	uint8_t *p = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(p);
	memcpy(p, text, n);
	return lmi_span(p, n);
}

static inline void wire_free(struct lmi_span s)
{
	free((void *)(uintptr_t)s.p);
}

#define ck_assert_span_eq(span, text)                                                                                \
	do {                                                                                                         \
		struct lmi_span span_ = (span), text_ = lmi_span_str(text);                                          \
		ck_assert_msg(lmi_span_eq(span_, text_), "%s is \"%.*s\", not \"%s\"", #span, (int)span_.n, span_.p, \
			      text);                                                                                 \
	} while (0)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a body packed in each way unpacks to itself and is marked as Java marks it; one that would not shrink is left alone.
 * Shown: by our own unpacking, at every level.
 */
#include "tests/support/lmt.h"

#include <stdlib.h>
#include <string.h>

#include "client/compress.h"
#include "client/decompress.h"
#include "wire/record.h"

START_TEST(each_kind_at_each_level_comes_back)
{
	static const int32_t flags[] = { [COMPRESS_ZLIB] = 0x301, [COMPRESS_LZ4] = 0x101, [COMPRESS_ZSTD] = 0x201 };
	uint8_t body[20000], *packed, *back;
	size_t packed_n, n;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * i / 100);
	for (int kind = COMPRESS_ZLIB; kind <= COMPRESS_ZSTD; kind++) {
		for (int level = 0; level <= 9; level++) {
			int32_t flag = compress_body(kind, level, lmi_span(body, sizeof(body)), &packed, &packed_n);

			if (kind == COMPRESS_ZLIB && level == 0) {
				ck_assert_int_eq(flag, 0); /* stored as it is, and a header */
				continue;
			}
			ck_assert_int_eq(flag, flags[kind]);
			ck_assert_uint_lt(packed_n, sizeof(body));
			ck_assert_int_eq(decompress_body(flag, lmi_span(packed, packed_n), sizeof(body), &back, &n), 0);
			ck_assert_uint_eq(n, sizeof(body));
			ck_assert_mem_eq(back, body, n);
			free(packed);
			free(back);
		}
	}
}
END_TEST

START_TEST(what_would_not_shrink_is_left_alone)
{
	uint8_t body[4096], *packed = NULL;
	uint32_t x = 1;
	size_t n = 7;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)((x = x * 1103515245 + 12345) >> 16);
	for (int kind = COMPRESS_ZLIB; kind <= COMPRESS_ZSTD; kind++)
		ck_assert_int_eq(compress_body(kind, 5, lmi_span(body, sizeof(body)), &packed, &n), 0);
	ck_assert_ptr_null(packed);
	ck_assert_uint_eq(n, 7);
}
END_TEST

LMT_MAIN("compress", each_kind_at_each_level_comes_back, what_would_not_shrink_is_left_alone)

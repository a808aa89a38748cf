/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: a route, written in either dialect, is read and written the same again; the standard one is ASCII. */
#include "wire/route.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;
static struct lmi_buf first, second;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_route r, back;

	fuzz_reset(&arena);
	if (lmi_route_decode(lmi_span(data, size), &arena, &r) < 0)
		return 0;
	for (int dialect = LMI_ROUTE_DEFAULT; dialect <= LMI_ROUTE_STANDARD; dialect++) {
		lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
		lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
		lmi_route_put(&first, &r, (enum lmi_route_dialect)dialect);
		FUZZ_CHECK(lmi_route_decode(lmi_buf_span(&first), &arena, &back) == 0);
		FUZZ_CHECK(back.broker_count == r.broker_count && back.queue_count == r.queue_count);
		lmi_route_put(&second, &back, (enum lmi_route_dialect)dialect);
		FUZZ_CHECK(fuzz_same(&first, &second));
		for (size_t i = 0; dialect == LMI_ROUTE_STANDARD && i < lmi_buf_len(&first); i++)
			FUZZ_CHECK(lmi_buf_data(&first)[i] < 0x80);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: inner messages lie one behind the other in the body, and are written so that they are read the same. */
#include "wire/props.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_buf copy;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_span body = lmi_span(data, size);
	struct lmi_batch_item item, back;
	size_t at = 0, from = 0, again = 0;
	int r;

	lmi_buf_reset(&copy, FUZZ_KEEP_BYTES);
	for (; (r = lmi_batch_next(body, &at, &item)) > 0; from = at) {
		FUZZ_CHECK(at > from && at <= size);
		FUZZ_CHECK(item.body.p >= data + from && item.props.p + item.props.n == data + at);
		lmi_batch_put(&copy, &item);
		FUZZ_CHECK(lmi_batch_next(lmi_buf_span(&copy), &again, &back) == 1);
		FUZZ_CHECK(back.flag == item.flag && lmi_span_eq(back.body, item.body) && lmi_span_eq(back.props, item.props));
	}
	FUZZ_CHECK(r < 0 || at == size);
	FUZZ_CHECK(again == lmi_buf_len(&copy));
	return 0;
}

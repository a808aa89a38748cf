/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: an expression, a zero byte, properties.
 * Claim: whatever the text, it compiles or is refused with a name and a column inside it; a program gives the same
 * verdict each time, also when another reference to it has gone, and stays within its limits.
 */
#include "filter/filter.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	struct lmi_span text = lmi_span(data, zero ? (size_t)(zero - data) : size);
	struct lmi_span props = zero ? lmi_span(zero + 1, size - text.n - 1) : LMI_SPAN_NULL;
	struct filter *f;
	struct filter_error e = { 0 };
	int err = filter_compile(text, &f, &e);

	if (err) {
		FUZZ_CHECK(err == -LMQ_EILLEGAL || err == -LMQ_ETOOBIG || err == -LMQ_EDEPTH);
		FUZZ_CHECK(e.fault && e.column >= 1 && e.column <= text.n + 1 && e.text[0]);
		return 0;
	}
	enum filter_verdict v = filter_eval(f, props);
	FUZZ_CHECK(v == FILTER_FALSE || v == FILTER_TRUE || v == FILTER_UNKNOWN || v == FILTER_FAILED);
	filter_unref(filter_ref(f));
	FUZZ_CHECK(filter_eval(f, props) == v);
	FUZZ_CHECK(filter_cost(f, props.n) >= props.n && filter_bytes(f) > 0);
	filter_unref(f);
	return 0;
}

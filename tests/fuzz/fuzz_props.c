/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: entries lie inside the text, are never empty, the last one of a name is got, and a copy has the same entries. */
#include "wire/props.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_buf copy, second;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const none[] = { NULL }, *const drop[] = { "WAIT", "DELAY", NULL };
	struct lmi_span props = lmi_span(data, size), key, value, last;
	size_t from = 0, steps = 0;

	for (size_t at = 0; lmi_props_next(props, &at, &key, &value); from = at) {
		FUZZ_CHECK(at > from && key.n > 0 && value.n > 0);
		FUZZ_CHECK(key.p >= data + from && value.p == key.p + key.n + 1 && value.p + value.n <= data + size);
		if (steps++ < 64) {
			last = lmi_props_get(props, key);
			FUZZ_CHECK(last.p >= value.p);
		}
		(void)lmi_java_hash(value);
	}
	lmi_buf_reset(&copy, FUZZ_KEEP_BYTES);
	lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
	lmi_props_copy_without(&copy, props, none);
	lmi_props_copy_without(&second, lmi_buf_span(&copy), none);
	FUZZ_CHECK(fuzz_same(&copy, &second) && lmi_buf_len(&copy) <= size + 1);
	lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
	lmi_props_copy_without(&second, props, drop);
	FUZZ_CHECK(!lmi_props_get(lmi_buf_span(&second), LMI_SPAN_LIT("WAIT")).p);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: a cut never passes what has arrived, and more bytes never change where the first frame ends. */
#include <errno.h>

#include "wire/frame.h"

#include "tests/fuzz/fuzz.h"

#define SMALL_MAX 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole = 0, part = 0, small = 0;
	int r = lmi_frame_cut(lmi_span(data, size), LMI_FRAME_MAX_DEFAULT, &whole);

	FUZZ_CHECK(r != 0 || (whole >= 8 && whole <= size));
	FUZZ_CHECK(r != -EAGAIN || whole == 0 || whole > size);
	for (size_t n = 0; n < size && n < 64; n++) {
		int p = lmi_frame_cut(lmi_span(data, n), LMI_FRAME_MAX_DEFAULT, &part);

		FUZZ_CHECK(p == -EAGAIN || p == r);
		FUZZ_CHECK(p != 0 || part == whole);
	}
	if (lmi_frame_cut(lmi_span(data, size), SMALL_MAX, &small) == 0)
		FUZZ_CHECK(r == 0 && small == whole && small <= SMALL_MAX);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include <errno.h>

#define LENGTH_BYTES 4u
#define HEADER_WORD_BYTES 4u

int lmi_frame_cut(struct lmi_span rx, size_t max_bytes, size_t *out_bytes)
{
	uint32_t length;
	size_t total;

	if (rx.n < LENGTH_BYTES) {
		*out_bytes = 0;
		return -EAGAIN;
	}
	length = lmi_get32(rx.p);
	if (length < HEADER_WORD_BYTES)
		return -LMQ_EMALFORMED;
	total = (size_t)length + LENGTH_BYTES;
	if (total < length || total > max_bytes)
		return -LMQ_ETOOBIG;
	/* A header longer than its frame will not get better by waiting for the rest. */
	if (rx.n >= LENGTH_BYTES + HEADER_WORD_BYTES && (lmi_get32(rx.p + LENGTH_BYTES) & 0xFFFFFF) > length - HEADER_WORD_BYTES)
		return -LMQ_EMALFORMED;
	*out_bytes = total;
	return rx.n < total ? -EAGAIN : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include <errno.h>

int lmi_frame_cut(struct lmi_span rx, size_t max_bytes, size_t *out_bytes)
{
	uint32_t length;

	*out_bytes = 0;
	if (rx.n < 4)
		return -EAGAIN;
	length = lmi_get32(rx.p);
	if ((int32_t)length < 4)
		return -LMQ_EMALFORMED;
	if ((size_t)length + 4 > max_bytes)
		return -LMQ_ETOOBIG;
	*out_bytes = (size_t)length + 4;
	return rx.n < *out_bytes ? -EAGAIN : 0;
}

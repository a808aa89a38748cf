/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: a heartbeat is written so that it is read and written the same again. */
#include "wire/heartbeat.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;
static struct lmi_buf first, second;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_heartbeat h, back;

	fuzz_reset(&arena);
	if (lmi_heartbeat_decode(lmi_span(data, size), &arena, &h) < 0)
		return 0;
	FUZZ_CHECK(h.client_id.n > 0 && h.consumer_count <= LMI_HEARTBEAT_GROUPS_MAX && h.producer_count <= LMI_HEARTBEAT_GROUPS_MAX);
	lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
	lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
	lmi_heartbeat_put(&first, &h);
	FUZZ_CHECK(lmi_heartbeat_decode(lmi_buf_span(&first), &arena, &back) == 0);
	FUZZ_CHECK(h.consumer_count == back.consumer_count && h.producer_count == back.producer_count);
	lmi_heartbeat_put(&second, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
	return 0;
}

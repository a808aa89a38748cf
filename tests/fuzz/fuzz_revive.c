/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever a record of the revive topic holds, a note that is taken is one that a batch can be made of: positions that rise
 * and do not overflow, as many as a batch may have.
 * Input: the first byte chooses the tag, the rest is the body.
 */
#include "broker/state/revive_note.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const tags[] = { "ck", "ack", "bAck", "" };
	struct lmi_arena a;
	struct revive_note n;
	if (!size)
		return 0;
	lmi_arena_init(&a, FUZZ_ARENA_MAX);
	if (revive_note_read(lmi_span_str(tags[data[0] % 4]), lmi_span(data + 1, size - 1), &a, &n) == 0) {
		FUZZ_CHECK(n.at.group.n && n.at.topic.n && n.at.queue_id >= 0 && n.start_pos >= 0);
		FUZZ_CHECK(n.kind == REVIVE_NOTE_ACKS || n.count <= POP_BATCH_MAX);
		for (uint32_t i = 0; i < n.count; i++) {
			FUZZ_CHECK(n.start_pos + n.diffs[i] >= n.start_pos);
			FUZZ_CHECK(i == 0 || n.diffs[i] > n.diffs[i - 1]);
		}
		for (uint32_t i = 0; i < n.acks; i++)
			FUZZ_CHECK(n.positions != NULL);
	}
	lmi_arena_done(&a);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever the files of topics, groups, offsets, counts of timers and KV configuration hold, they are loaded or refused, and what was
 * loaded is saved so that it is loaded and saved the same again.
 */
#include "broker/state/group_table.h"
#include "broker/state/offset_table.h"
#include "broker/state/timer_counts.h"
#include "broker/state/topic_table.h"
#include "namesrv/kv_table.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;
static struct lmi_buf first, second;

static void reset(void)
{
	lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
	lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
}

/* The map's order is that of insertion and growth, not a property of the content: sizes are what must agree. */
static void check_saved(void)
{
	FUZZ_CHECK(!first.failed && !second.failed && lmi_buf_len(&first) == lmi_buf_len(&second));
}

static void check_topics(struct lmi_span text)
{
	struct topic_table t = { 0 }, back = { 0 };

	reset();
	if (topic_table_load(&t, text) == 0) {
		topic_table_save(&t, &first);
		FUZZ_CHECK(topic_table_load(&back, lmi_buf_span(&first)) == 0);
		topic_table_save(&back, &second);
		check_saved();
	}
	topic_table_done(&t);
	topic_table_done(&back);
}

static void check_groups(struct lmi_span text)
{
	struct group_table t = { 0 }, back = { 0 };

	reset();
	if (group_table_load(&t, text) == 0) {
		group_table_save(&t, &first);
		FUZZ_CHECK(group_table_load(&back, lmi_buf_span(&first)) == 0);
		group_table_save(&back, &second);
		check_saved();
	}
	group_table_done(&t);
	group_table_done(&back);
}

static void check_offsets(struct lmi_span text)
{
	struct offset_table t = { 0 }, back = { 0 };

	reset();
	if (offset_table_load(&t, text) == 0) {
		offset_table_save(&t, &first);
		FUZZ_CHECK(offset_table_load(&back, lmi_buf_span(&first)) == 0);
		offset_table_save(&back, &second);
		check_saved();
	}
	offset_table_done(&t);
	offset_table_done(&back);
}

static void check_timers(struct lmi_span text)
{
	struct timer_counts t = { 0 }, back = { 0 };

	reset();
	if (timer_counts_load(&t, text) == 0) {
		timer_counts_save(&t, &first, true);
		FUZZ_CHECK(timer_counts_load(&back, lmi_buf_span(&first)) == 0);
		timer_counts_save(&back, &second, true);
		check_saved();
	}
	timer_counts_done(&t);
	timer_counts_done(&back);
}

static void check_kv(struct lmi_span text)
{
	struct kv_table t = { 0 }, back = { 0 };

	reset();
	if (kv_table_decode(&t, text, &arena) == 0) {
		kv_table_encode(&t, &first);
		FUZZ_CHECK(kv_table_decode(&back, lmi_buf_span(&first), &arena) == 0 && back.entries == t.entries);
		kv_table_encode(&back, &second);
		check_saved();
	}
	kv_table_done(&t);
	kv_table_done(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_span text = lmi_span(data, size);

	fuzz_reset(&arena);
	check_topics(text);
	check_groups(text);
	check_offsets(text);
	check_timers(text);
	check_kv(text);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: lists, tables, member groups and cluster information are written so that they are read and written the same again. */
#include "wire/cluster_info.h"
#include "wire/topic_list.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;
static struct lmi_buf first, second;

static void reset(void)
{
	lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
	lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
}

static void check_list(struct lmi_span body, const char *member)
{
	struct lmi_text_list l, back;

	if (lmi_text_list_decode(body, member, &arena, &l) < 0)
		return;
	reset();
	lmi_text_list_put(&first, member, &l);
	FUZZ_CHECK(lmi_text_list_decode(lmi_buf_span(&first), member, &arena, &back) == 0 && back.count == l.count);
	lmi_text_list_put(&second, member, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
}

static void check_table(struct lmi_span body)
{
	struct lmi_kv_table t, back;

	if (lmi_kv_table_decode(body, &arena, &t) < 0)
		return;
	reset();
	lmi_kv_table_put(&first, &t);
	FUZZ_CHECK(lmi_kv_table_decode(lmi_buf_span(&first), &arena, &back) == 0 && back.count == t.count);
	lmi_kv_table_put(&second, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
}

static void check_members(struct lmi_span body)
{
	struct lmi_route_broker g, back;

	if (lmi_member_group_decode(body, &arena, &g) < 0)
		return;
	reset();
	lmi_member_group_put(&first, &g);
	FUZZ_CHECK(lmi_member_group_decode(lmi_buf_span(&first), &arena, &back) == 0);
	lmi_member_group_put(&second, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
}

static void check_cluster(struct lmi_span body)
{
	struct lmi_cluster_info c, back;

	if (lmi_cluster_info_decode(body, &arena, &c) < 0)
		return;
	reset();
	lmi_cluster_info_put(&first, &c);
	FUZZ_CHECK(lmi_cluster_info_decode(lmi_buf_span(&first), &arena, &back) == 0);
	FUZZ_CHECK(back.broker_count == c.broker_count && back.cluster_count == c.cluster_count);
	lmi_cluster_info_put(&second, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_span body = lmi_span(data, size);

	fuzz_reset(&arena);
	check_list(body, LMI_LIST_TOPICS);
	check_list(body, LMI_LIST_CONSUMERS);
	check_table(body);
	check_members(body);
	check_cluster(body);
	return 0;
}

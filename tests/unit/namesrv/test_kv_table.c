/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the KV configuration keeps what was put, within its limits, and its file is RocketMQ's.
 * Shown: the table alone; the file is in the form of KVConfigSerializeWrapper.
 */
#include <stdio.h>
#include <stdlib.h>

#include "namesrv/kv_table.h"
#include "tests/support/lmt.h"

#define S(text) LMI_SPAN_LIT(text)

START_TEST(what_was_put_is_got_replaced_and_deleted)
{
	struct kv_table t = { 0 };

	ck_assert_ptr_null(kv_table_get(&t, S("n"), S("k")).p);
	ck_assert_int_eq(kv_table_put(&t, S("n"), S("k"), S("v")), 0);
	ck_assert(lmi_span_is(kv_table_get(&t, S("n"), S("k")), "v"));
	ck_assert_ptr_null(kv_table_get(&t, S("other"), S("k")).p);
	ck_assert_int_eq(kv_table_put(&t, S("n"), S("k"), S("w")), 0);
	ck_assert(lmi_span_is(kv_table_get(&t, S("n"), S("k")), "w"));
	ck_assert_uint_eq(t.entries, 1);
	kv_table_del(&t, S("n"), S("k"));
	kv_table_del(&t, S("n"), S("k"));
	ck_assert_ptr_null(kv_table_get(&t, S("n"), S("k")).p);
	ck_assert_uint_eq(t.entries, 0);
	kv_table_done(&t);
}
END_TEST

START_TEST(a_namespace_is_listed_and_an_unknown_one_is_not)
{
	struct kv_table t = { 0 };
	struct lmi_kv_table all;
	struct lmi_arena a;

	lmi_arena_init(&a, 0);
	ck_assert(!kv_table_list(&t, S("n"), &a, &all));
	kv_table_put(&t, S("n"), S("k"), S("v"));
	kv_table_put(&t, S("m"), S("x"), S("y"));
	ck_assert(kv_table_list(&t, S("n"), &a, &all));
	ck_assert_uint_eq(all.count, 1);
	ck_assert(lmi_span_is(all.items[0].key, "k") && lmi_span_is(all.items[0].value, "v"));
	lmi_arena_done(&a);
	kv_table_done(&t);
}
END_TEST

START_TEST(the_file_is_read_and_written_in_the_form_of_rocketmq)
{
	static const char file[] = "{\"configTable\":{\"ORDER_TOPIC_CONFIG\":{\"interop\":\"java-a:4\"}}}";
	struct kv_table t = { 0 };
	struct lmi_buf b = { 0 };
	struct lmi_arena a;

	lmi_arena_init(&a, 0);
	ck_assert_int_eq(kv_table_decode(&t, S(file), &a), 0);
	ck_assert(lmi_span_is(kv_table_get(&t, S("ORDER_TOPIC_CONFIG"), S("interop")), "java-a:4"));
	kv_table_encode(&t, &b);
	ck_assert(lmi_span_is(lmi_buf_span(&b), file));
	lmi_buf_done(&b);
	lmi_arena_done(&a);
	kv_table_done(&t);
}
END_TEST

START_TEST(a_file_that_is_no_such_table_is_malformed)
{
	static const char *const bad[] = { "", "[]", "{\"configTable\":[]}", "{\"configTable\":{\"n\":{\"k\":[1]}}}", "{\"configTable\":{\"n\":" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kv_table t = { 0 };
		struct lmi_arena a;

		lmi_arena_init(&a, 0);
		ck_assert_msg(kv_table_decode(&t, lmi_span_str(bad[i]), &a) == -LMQ_EMALFORMED, "%s was taken", bad[i]);
		lmi_arena_done(&a);
		kv_table_done(&t);
	}
}
END_TEST

START_TEST(texts_above_the_limit_are_too_big)
{
	struct kv_table t = { 0 };
	char *text = malloc(KV_TEXT_MAX + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', KV_TEXT_MAX + 1);
	ck_assert_int_eq(kv_table_put(&t, S("n"), S("k"), lmi_span(text, KV_TEXT_MAX)), 0);
	ck_assert_int_eq(kv_table_put(&t, S("n"), S("k"), lmi_span(text, KV_TEXT_MAX + 1)), -LMQ_ETOOBIG);
	ck_assert_int_eq(kv_table_put(&t, S("n"), lmi_span(text, KV_TEXT_MAX + 1), S("v")), -LMQ_ETOOBIG);
	ck_assert_int_eq(kv_table_put(&t, lmi_span(text, KV_TEXT_MAX + 1), S("k"), S("v")), -LMQ_ETOOBIG);
	ck_assert_uint_eq(kv_table_get(&t, S("n"), S("k")).n, KV_TEXT_MAX);
	free(text);
	kv_table_done(&t);
}
END_TEST

START_TEST(a_full_table_takes_replacements_only)
{
	struct kv_table t = { 0 };
	char key[24];

	for (unsigned int i = 0; i < KV_ENTRIES_MAX; i++)
		ck_assert_int_eq(kv_table_put(&t, S("n"), lmi_span(key, (size_t)snprintf(key, sizeof(key), "%u", i)), S("v")), 0);
	ck_assert_int_eq(kv_table_put(&t, S("n"), S("new"), S("v")), -LMQ_EFULL);
	ck_assert_int_eq(kv_table_put(&t, S("n"), S("7"), S("w")), 0);
	kv_table_del(&t, S("n"), S("8"));
	ck_assert_int_eq(kv_table_put(&t, S("n"), S("new"), S("v")), 0);
	kv_table_done(&t);
}
END_TEST

START_TEST(all_texts_together_are_limited_and_empty_namespaces_make_room)
{
	struct kv_table t = { 0 };
	struct lmi_buf file = { 0 };
	static char value[KV_TEXT_MAX];
	char space[32];
	int n = 0, spaces = 0;

	memset(value, 1, sizeof(value)); /* six bytes in the file */
	for (;; n++) {
		snprintf(space, sizeof(space), "space-%d", n);
		if (kv_table_put(&t, lmi_span_str(space), LMI_SPAN_LIT("k"), lmi_span(value, sizeof(value))) < 0)
			break;
	}
	ck_assert_int_eq(n, (10 << 20) / (int)(sizeof(value) + 2 * KV_OVERHEAD));
	kv_table_encode(&t, &file);
	ck_assert_uint_lt(lmi_buf_len(&file), 64u << 20); /* it can be read again */
	ck_assert_int_eq(kv_table_put(&t, LMI_SPAN_LIT("space-0"), LMI_SPAN_LIT("k"), LMI_SPAN_LIT("short")), 0);
	for (int i = 0; i < n; i++) {
		snprintf(space, sizeof(space), "space-%d", i);
		kv_table_del(&t, lmi_span_str(space), LMI_SPAN_LIT("k"));
	}
	ck_assert_uint_eq(t.entries, 0);
	for (; spaces < 300000; spaces++) { /* a name for each, and nothing in it */
		snprintf(space, sizeof(space), "empty-%d", spaces);
		ck_assert_int_eq(kv_table_put(&t, lmi_span_str(space), LMI_SPAN_LIT("k"), LMI_SPAN_LIT("")), 0);
		kv_table_del(&t, lmi_span_str(space), LMI_SPAN_LIT("k"));
	}
	ck_assert_uint_le(t.bytes, KV_BYTES_MAX);
	lmi_buf_done(&file);
	kv_table_done(&t);
}
END_TEST

LMT_MAIN("kv_table", what_was_put_is_got_replaced_and_deleted, a_namespace_is_listed_and_an_unknown_one_is_not,
	 the_file_is_read_and_written_in_the_form_of_rocketmq, a_file_that_is_no_such_table_is_malformed,
	 texts_above_the_limit_are_too_big, a_full_table_takes_replacements_only,
	 all_texts_together_are_limited_and_empty_namespaces_make_room)

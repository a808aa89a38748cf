/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what the broker must know of properties is found, what it sets or does not keep is left out, the rest stays.
 * Shown by: one text with everything in it, and each special name.
 */
#include "broker/handle/send_props.h"
#include "tests/support/lmt.h"

static struct lmi_buf b;
static struct send_props p;

static void take(const char *text, unsigned int flags)
{
	lmi_buf_reset(&b, 0);
	send_props_take(lmi_span_str(text), flags, &b, &p);
}

static bool is(const char *text)
{
	return lmi_span_is(lmi_buf_span(&b), text);
}

START_TEST(the_brokers_own_names_are_left_out)
{
	take("a\001b\002MSG_REGION\001x\002TRACE_ON\001y\002CLUSTER\001z\002POP_CK\001q\002WAIT\001true\002KEYS\001k1 k2\002", 0);
	ck_assert(is("a\001b\002KEYS\001k1 k2\002"));
	ck_assert(!p.no_wait);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(tags_and_ids_are_found_and_stay)
{
	take("TAGS\001TagA\002UNIQ_KEY\00100FF\002", 0);
	ck_assert(is("TAGS\001TagA\002UNIQ_KEY\00100FF\002"));
	ck_assert(lmi_span_is(p.tags, "TagA"));
	ck_assert(lmi_span_is(p.uniq, "00FF"));
	ck_assert_int_eq(send_props_tags_code(&p), 2598919);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(without_tags_the_code_is_0)
{
	take("a\001b\002", 0);
	ck_assert_int_eq(send_props_tags_code(&p), 0);
	ck_assert_uint_eq(p.uniq.n, 0);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(wait_false_in_any_case_means_no_waiting)
{
	take("WAIT\001False\002", 0);
	ck_assert(p.no_wait);
	take("WAIT\001no\002", 0);
	ck_assert(!p.no_wait);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(delays_timers_and_transactions_are_seen)
{
	take("DELAY\0013\002", 0);
	ck_assert_int_eq(p.delay_level, 3);
	ck_assert(is("DELAY\0013\002"));
	take("DELAY\0013\002x\001y\002", SEND_PROPS_DROP_DELAY);
	ck_assert_int_eq(p.delay_level, 3);
	ck_assert(is("x\001y\002"));
	take("DELAY\001soon\002", 0);
	ck_assert_int_eq(p.delay_level, 0);
	static const char *const timers[] = { "TIMER_DELAY_SEC\0011\002", "TIMER_DELAY_MS\0011\002", "TIMER_DELIVER_MS\0011\002" };
	for (size_t i = 0; i < 3; i++) {
		take(timers[i], 0);
		ck_assert(p.timer);
	}
	take("TRAN_MSG\001true\002", 0);
	ck_assert(p.transaction);
	take("TRAN_MSG\001false\002", 0);
	ck_assert(!p.transaction);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(names_that_only_begin_alike_stay)
{
	take("TAGSX\0011\002WAITER\001false\002DELAYED\0019\002CLUSTERS\0013\002", 0);
	ck_assert(is("TAGSX\0011\002WAITER\001false\002DELAYED\0019\002CLUSTERS\0013\002"));
	ck_assert_int_eq(p.delay_level, 0);
	ck_assert(!p.no_wait);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(looking_without_a_buffer_copies_nothing)
{
	send_props_take(LMI_SPAN_LIT("TAGS\001t\002"), 0, NULL, &p);
	ck_assert(lmi_span_is(p.tags, "t"));
	send_props_take(LMI_SPAN_NULL, 0, NULL, &p);
	ck_assert_uint_eq(p.tags.n, 0);
}
END_TEST

START_TEST(an_id_that_we_make_tells_address_and_time_of_the_month)
{
	char id[SEND_UNIQ_CHARS];
	/* 1970-01-02 00:00:01.5: 86401500 ms into the month = 0x052661DC */
	struct send_uniq u = { .addr = { 10, 0, 0, 1 }, .pid = 0x1234, .chance = 0xDEADBEEF, .now_ms = 86401500 };
	send_uniq_make(&u, 0xABCD, id);
	ck_assert(lmi_span_is(lmi_span(id, sizeof(id)), "0A0000011234DEADBEEF052661DCABCD"));
	u.now_ms = INT64_MAX; /* no such date: still an id */
	send_uniq_make(&u, 1, id);
}
END_TEST

LMT_MAIN("send_props", the_brokers_own_names_are_left_out, tags_and_ids_are_found_and_stay, without_tags_the_code_is_0,
	 wait_false_in_any_case_means_no_waiting, delays_timers_and_transactions_are_seen, names_that_only_begin_alike_stay,
	 looking_without_a_buffer_copies_nothing, an_id_that_we_make_tells_address_and_time_of_the_month)

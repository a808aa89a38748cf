/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: QUERY_MESSAGE finds by key, unique id and tag what QueryMessageProcessor finds, and says word for word when there is
 * nothing.  Shown: a broker without sockets, whose worker runs when told.
 */
#include "tests/unit/broker/fixture.h"

struct bed {
	struct fx f;
	struct fx_peer p;
};

static void bed_open(struct bed *b, bool indexed)
{
	fx_prepare(&b->f);
	b->f.cfg.store.message_index = indexed;
	b->f.cfg.store.index_slots = 101;
	b->f.cfg.store.index_entries = 1000;
	fx_open(&b->f);
	fx_peer_init(&b->p);
}

static void bed_close(struct bed *b)
{
	fx_peer_gone(&b->f, &b->p);
	fx_peer_done(&b->p);
	fx_done(&b->f);
}

static struct lmi_command query(struct bed *b, const char *key, const char *max, const char *name, const char *value)
{
	return fx_ask(&b->f, &b->p, LMI_REQ_QUERY_MESSAGE,
		      FX_FIELDS({ "topic", "T" }, { "key", key }, { "maxNum", max }, { "beginTimestamp", "0" },
				{ "endTimestamp", "9223372036854775807" }, { name, value }),
		      LMI_SPAN_NULL);
}

static size_t records_in(struct lmi_span s)
{
	size_t n = 0;
	for (; s.n; n++) {
		struct lmi_record r;
		ck_assert_int_eq(lmi_record_decode(s, &r), 0);
		s = lmi_span(s.p + r.total, s.n - r.total);
	}
	return n;
}

static void send_some(struct bed *b, int n)
{
	for (int i = 0; i < n; i++) {
		char props[100];
		snprintf(props, sizeof(props), "UNIQ_KEY\1id%d\2KEYS\1k%d all\2TAGS\1red\2", i, i);
		struct lmi_command a = fx_send(&b->f, &b->p, "T", "0", props, "body");
		ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	}
}

START_TEST(messages_are_found_by_key_unique_id_and_tag)
{
	struct bed b;
	bed_open(&b, true);
	send_some(&b, 50);
	struct lmi_command a = query(&b, "k7", "32", NULL, NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(records_in(a.body), 1);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_INDEX_LAST_UPDATE_TIMESTAMP), FX_WALL_MS);
	ck_assert_int_gt(fx_number(&a, LMI_EXT_INDEX_LAST_UPDATE_PHYOFFSET), 0);
	a = query(&b, "all", "5", NULL, NULL);
	ck_assert_uint_eq(records_in(a.body), 5);
	a = query(&b, "id49", "0", "_UNIQUE_KEY_QUERY", "true"); /* the number asked for does not count */
	ck_assert_uint_eq(records_in(a.body), 1);
	a = query(&b, "red", "40", "indexType", "T");
	ck_assert_uint_eq(records_in(a.body), 40);
	a = query(&b, "k7", "40", "indexType", "K");
	ck_assert_uint_eq(records_in(a.body), 1);
	bed_close(&b);
}
END_TEST

START_TEST(nothing_found_is_said_as_java_says_it)
{
	struct bed b;
	bed_open(&b, true);
	send_some(&b, 1);
	struct lmi_command a = query(&b, "nobody", "32", NULL, NULL);
	ck_assert_int_eq(a.code, LMI_RSP_QUERY_NOT_FOUND);
	ck_assert(fx_remark_has(&a, "can not find message, maybe time range not correct"));
	a = query(&b, "", "32", NULL, NULL);
	ck_assert_int_eq(a.code, LMI_RSP_QUERY_NOT_FOUND);
	a = query(&b, "k0", "0", NULL, NULL);
	ck_assert_int_eq(a.code, LMI_RSP_QUERY_NOT_FOUND);
	a = query(&b, "k0", "-1", NULL, NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	a = fx_ask(&b.f, &b.p, LMI_REQ_QUERY_MESSAGE, FX_FIELDS({ "topic", "T" }, { "key", "k0" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&a, "maxNum"));
	bed_close(&b);
}
END_TEST

START_TEST(without_an_index_the_cause_is_named)
{
	struct bed b;
	bed_open(&b, false);
	send_some(&b, 1);
	struct lmi_command a = query(&b, "k0", "32", NULL, NULL);
	ck_assert_int_eq(a.code, LMI_RSP_QUERY_NOT_FOUND);
	ck_assert(fx_remark_has(&a, "messageIndexEnable"));
	bed_close(&b);
}
END_TEST

START_TEST(a_client_that_left_meanwhile_is_not_answered)
{
	struct bed b;
	bed_open(&b, true);
	send_some(&b, 3);
	b.f.executor.lazy = true;
	fx_hand_in(&b.f, &b.p, LMI_REQ_QUERY_MESSAGE, 0,
		   FX_FIELDS({ "topic", "T" }, { "key", "k1" }, { "maxNum", "1" }, { "beginTimestamp", "0" },
			     { "endTimestamp", "9223372036854775807" }),
		   LMI_SPAN_NULL);
	ck_assert_int_eq(b.p.in_flight, 1);
	fx_forget_output(&b.p);
	fx_peer_gone(&b.f, &b.p);
	ck_assert(!b.p.freed);
	fx_run_jobs(&b.f);
	ck_assert(b.p.freed);
	ck_assert_uint_eq(lmi_buf_len(&b.p.out), 0);
	ck_assert_int_eq(b.p.in_flight, 0);
	b.f.executor.lazy = false;
	fx_peer_done(&b.p);
	fx_done(&b.f);
}
END_TEST

LMT_MAIN("query_handler", messages_are_found_by_key_unique_id_and_tag, nothing_found_is_said_as_java_says_it,
	 without_an_index_the_cause_is_named, a_client_that_left_meanwhile_is_not_answered)

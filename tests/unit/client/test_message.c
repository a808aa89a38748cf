/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: messages keep what setters give them, refuse what the protocol cannot carry, and turn properties text into C
 * strings and back.
 * Shown: on made messages, and on texts with every flaw that Java's reader passes over.
 */
#include "tests/support/lmt.h"

#include <string.h>

#include "client/message.h"

static struct lmq_message *m;

static void fresh(void)
{
	m = lmq_message_new("T", "hello", 5);
	ck_assert_ptr_nonnull(m);
}

START_TEST(a_new_message_holds_topic_and_body)
{
	size_t n = 0;

	fresh();
	ck_assert_str_eq(lmq_message_topic(m), "T");
	ck_assert_mem_eq(lmq_message_body(m, &n), "hello", 6);
	ck_assert_uint_eq(n, 5);
	ck_assert_ptr_null(lmq_message_tag(m));
	ck_assert_ptr_null(lmq_message_keys(m));
	ck_assert_ptr_null(lmq_message_id(m));
	ck_assert_ptr_null(lmq_message_broker(m));
	ck_assert_int_eq(lmq_message_queue_id(m), -1);
	ck_assert_int_eq(lmq_message_queue_pos(m), -1);
	ck_assert_int_eq(lmq_message_delay_level(m), 0);
	ck_assert_ptr_null(lmq_message_new(NULL, "x", 1));
	lmq_message_free(m);
	lmq_message_free(NULL);
}
END_TEST

START_TEST(setters_replace_and_null_removes)
{
	fresh();
	ck_assert_int_eq(lmq_message_set_tag(m, "A"), 0);
	ck_assert_int_eq(lmq_message_set_tag(m, "B"), 0);
	ck_assert_str_eq(lmq_message_tag(m), "B");
	ck_assert_int_eq(lmq_message_set_tag(m, NULL), 0);
	ck_assert_ptr_null(lmq_message_tag(m));
	ck_assert_int_eq(lmq_message_set_keys(m, "k1 k2"), 0);
	ck_assert_str_eq(lmq_message_keys(m), "k1 k2");
	ck_assert_int_eq(lmq_message_set_property(m, "color", "rot"), 0);
	ck_assert_int_eq(lmq_message_set_property(m, "color", "blau"), 0);
	ck_assert_str_eq(lmq_message_property(m, "color"), "blau");
	ck_assert_int_eq(lmq_message_set_property(m, "color", NULL), 0);
	ck_assert_ptr_null(lmq_message_property(m, "color"));
	ck_assert_int_eq(lmq_message_set_delay_level(m, 3), 0);
	ck_assert_int_eq(lmq_message_delay_level(m), 3);
	ck_assert_int_eq(lmq_message_set_delay_level(m, 0), 0);
	ck_assert_ptr_null(lmq_message_property(m, "DELAY"));
	ck_assert_int_eq(lmq_message_set_wait_stored(m, false), 0);
	ck_assert_str_eq(lmq_message_property(m, "WAIT"), "false");
	ck_assert_int_eq(lmq_message_set_flag(m, -7), 0);
	ck_assert_int_eq(lmq_message_flag(m), -7);
	ck_assert_int_eq(lmq_message_set_topic(m, "U"), 0);
	ck_assert_str_eq(lmq_message_topic(m), "U");
	ck_assert_int_eq(lmq_message_set_body(m, "xy", 2), 0);
	ck_assert_mem_eq(lmq_message_body(m, NULL), "xy", 3);
	lmq_message_free(m);
}
END_TEST

START_TEST(what_cannot_travel_is_illegal)
{
	char long_tag[130];

	memset(long_tag, 'a', sizeof(long_tag) - 1);
	long_tag[sizeof(long_tag) - 1] = '\0';
	fresh();
	ck_assert_int_eq(lmq_message_set_tag(m, ""), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_tag(m, "A||B"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_tag(m, " A"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_tag(m, "A "), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_tag(m, "A\nB"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_tag(m, long_tag), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_keys(m, ""), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_keys(m, "a\1"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_property(m, "", "v"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_property(m, "k", ""), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_property(m, "k\2", "v"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_property(m, "k", "\1"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_property(m, "UNIQ_KEY", "v"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_property(m, "KEYS", "v"), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_delay_level(m, -1), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_queue(m, "b", -1), -LMQ_EILLEGAL);
	ck_assert_uint_eq(m->props.n, 0);
	lmq_message_free(m);
}
END_TEST

START_TEST(a_borrowed_message_cannot_be_changed_but_kept)
{
	char topic[] = "T", broker[] = "b";
	uint8_t body[] = "hi";
	struct lmq_message borrowed = { .topic = topic, .body = body, .body_bytes = 2, .broker = broker, .queue_id = 3,
					.queue_pos = 9, .props = lmi_span("TAGS\0A\0UNIQ_KEY\0id", 19) };
	struct lmq_message *kept;

	ck_assert_int_eq(lmq_message_set_topic(&borrowed, "U"), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_message_set_body(&borrowed, "", 0), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_message_set_tag(&borrowed, "A"), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_message_set_flag(&borrowed, 1), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_message_set_queue(&borrowed, "b", 1), -LMQ_ESTATE);
	lmq_message_free(&borrowed); /* does nothing */
	kept = lmq_message_dup(&borrowed);
	ck_assert_ptr_nonnull(kept);
	topic[0] = body[0] = broker[0] = '?';
	ck_assert_str_eq(lmq_message_topic(kept), "T");
	ck_assert_str_eq(lmq_message_body(kept, NULL), "hi");
	ck_assert_str_eq(lmq_message_broker(kept), "b");
	ck_assert_str_eq(lmq_message_id(kept), "id");
	ck_assert_int_eq(lmq_message_queue_id(kept), 3);
	ck_assert_int_eq(lmq_message_queue_pos(kept), 9);
	ck_assert_ptr_null(kept->to_broker); /* sending it does not go back to where it came from */
	ck_assert_int_eq(lmq_message_set_tag(kept, "B"), 0);
	lmq_message_free(kept);
}
END_TEST

static size_t split(const char *text, size_t n, char *out)
{
	uint8_t mem[256], *at;
	size_t got;

	mem[0] = 0xEE;
	memcpy(mem + 1, text, n);
	memset(mem + 1 + n, 0xEE, 4);
	at = message_split_props(mem + 1, n, &got);
	ck_assert(at >= mem);
	ck_assert_uint_eq(mem[1 + n], 0xEE);
	memcpy(out, at, got);
	return got;
}

START_TEST(properties_text_becomes_c_strings_in_place)
{
	static const struct {
		const char *text;
		size_t n;
		const char *want;
		size_t want_n;
	} cases[] = {
		{ "a\1b\2", 4, "a\0b", 4 },
		{ "a\1b", 3, "a\0b", 4 },                      /* the last mark may be missing */
		{ "a\1b\2cc\1dd\2", 10, "a\0b\0cc\0dd", 10 },
		{ "a\1b\2cc\1dd", 9, "a\0b\0cc\0dd", 10 },
		{ "", 0, "", 0 },
		{ "ab\2k\1v\2", 7, "k\0v", 4 },                /* no mark in it, too short */
		{ "longer\2k\1v\2", 11, "k\0v", 4 },
		{ "\1v\2k\1v\2", 7, "k\0v", 4 },               /* no name */
		{ "key\1\2k\1v\2", 9, "k\0v", 4 },             /* no value */
		{ "k\0k\1v\2z\1y\2", 10, "z\0y", 4 },          /* a NUL inside */
		{ "k\1v\1w\2", 6, "k\0v\1w", 6 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[256];
		size_t n = split(cases[i].text, cases[i].n, got);

		ck_assert_msg(n == cases[i].want_n && memcmp(got, cases[i].want, n) == 0, "case %zu", i);
	}
}
END_TEST

START_TEST(what_brokers_added_does_not_travel_again)
{
	static const char came[] = "UNIQ_KEY\0x\0TAGS\0A\0MSG_REGION\0r\0color\0red\0DELAY\0003\0WAIT\0false\0CLUSTER\0c";
	static const char goes[] = "TAGS\1A\2color\1red\2DELAY\0013\2WAIT\1false\2";
	struct lmi_buf b = { 0 };

	message_join_props(&b, lmi_span(came, sizeof(came)));
	ck_assert_uint_eq(lmi_buf_len(&b), sizeof(goes) - 1);
	ck_assert_mem_eq(lmi_buf_data(&b), goes, sizeof(goes) - 1);
	lmi_buf_done(&b);
}
END_TEST

static int note(void *user, const char *name, const char *value)
{
	strcat(user, name);
	strcat(user, value);
	return strcmp(name, "b") == 0 ? 5 : 0;
}

START_TEST(each_property_is_walked_until_told_to_end)
{
	char seen[64] = "";

	fresh();
	ck_assert_int_eq(lmq_message_set_property(m, "a", "1"), 0);
	ck_assert_int_eq(lmq_message_set_property(m, "b", "2"), 0);
	ck_assert_int_eq(lmq_message_set_property(m, "c", "3"), 0);
	ck_assert_int_eq(lmq_message_each_property(m, note, seen), 5);
	ck_assert_str_eq(seen, "a1b2");
	lmq_message_free(m);
}
END_TEST

START_TEST(of_two_entries_with_one_name_the_later_counts)
{
	struct lmq_message two = { .props = lmi_span("k\0old\0k\0new", 12) };

	ck_assert_str_eq(lmq_message_property(&two, "k"), "new");
}
END_TEST

LMT_MAIN("client message", a_new_message_holds_topic_and_body, setters_replace_and_null_removes, what_cannot_travel_is_illegal,
	 a_borrowed_message_cannot_be_changed_but_kept, properties_text_becomes_c_strings_in_place,
	 what_brokers_added_does_not_travel_again, each_property_is_walked_until_told_to_end,
	 of_two_entries_with_one_name_the_later_counts)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: hosts go to text and back, ids are those of MessageDecoder.createMessageId, and other texts are refused.
 * Shown: on the id of the golden record, on both address families, and on faults.
 */
#include "wire/record.h"

#include "wire_lmt.h"

START_TEST(hosts_go_to_text_and_back)
{
	static const char *const texts[] = { "1.2.3.4:5", "255.255.255.255:65535", "0.0.0.0:0", "[::1]:10911",
					     "[2001:db8::ff]:80" };
	char back[LMI_HOST_CHARS];
	struct lmi_host h;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		ck_assert_int_eq(lmi_host_parse(texts[i], &h), 0);
		ck_assert(h.v6 == (texts[i][0] == '['));
		ck_assert_uint_eq(lmi_host_print(&h, back, sizeof(back)), strlen(texts[i]));
		ck_assert_str_eq(back, texts[i]);
	}
}
END_TEST

START_TEST(a_short_buffer_gets_a_cut_text)
{
	struct lmi_host h;
	char text[5];

	ck_assert_int_eq(lmi_host_parse("1.2.3.4:5", &h), 0);
	ck_assert_uint_eq(lmi_host_print(&h, text, sizeof(text)), 4);
	ck_assert_str_eq(text, "1.2.");
	ck_assert_uint_eq(lmi_host_print(&h, NULL, 0), 0);
}
END_TEST

START_TEST(other_texts_are_no_hosts)
{
	static const char *const bad[] = { "", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:65536", "1.2.3.4:-1",
					   "1.2.3.4:+1", "1.2.3:4", "localhost:1", "::1:80", "[::1:80", "[1.2.3.4]:5", "[]:1", "[:1",
					   "1.2.3.4.5.6.7.8.9.1.2.3.4.5.6.7.8.9.1.2.3.4.5.6.7.8.9:1" };
	struct lmi_host h = { .port = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_host_parse(bad[i], &h) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_uint_eq(h.port, 77);
}
END_TEST

START_TEST(ids_are_those_of_java)
{
	struct lmi_host h, back;
	char id[LMI_OFFSET_MSG_ID_MAX];
	int64_t pos;

	ck_assert_int_eq(lmi_host_parse("10.0.0.1:10911", &h), 0);
	ck_assert_uint_eq(lmi_offset_msg_id(&h, 100, id), 32);
	ck_assert_mem_eq(id, "0A00000100002A9F0000000000000064", 32);
	ck_assert_int_eq(lmi_offset_msg_id_parse(lmi_span(id, 32), &back, &pos), 0);
	ck_assert(pos == 100 && !back.v6 && back.port == 10911);
	ck_assert_mem_eq(back.addr, h.addr, 16);
	ck_assert_int_eq(lmi_host_parse("[::1]:1", &h), 0);
	ck_assert_uint_eq(lmi_offset_msg_id(&h, INT64_MAX, id), 56);
	ck_assert_int_eq(lmi_offset_msg_id_parse(lmi_span(id, 56), &back, &pos), 0);
	ck_assert(pos == INT64_MAX && back.v6 && back.port == 1);
}
END_TEST

START_TEST(other_texts_are_no_ids)
{
	struct lmi_host h;
	int64_t pos;

	ck_assert_int_eq(lmi_offset_msg_id_parse(LMI_SPAN_NULL, &h, &pos), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_offset_msg_id_parse(LMI_SPAN_LIT("0A00000100002A9F000000000000006"), &h, &pos), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_offset_msg_id_parse(LMI_SPAN_LIT("0A00000100002A9F000000000000006G"), &h, &pos), -LMQ_EMALFORMED);
}
END_TEST

LMT_MAIN("host", hosts_go_to_text_and_back, a_short_buffer_gets_a_cut_text, other_texts_are_no_hosts, ids_are_those_of_java,
	 other_texts_are_no_ids)

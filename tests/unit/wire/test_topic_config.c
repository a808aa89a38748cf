/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: topic configurations have the JSON and the text form of TopicConfig, with its defaults; broken ones are refused.
 * Shown: on texts of the 5.3.3 jars, and on what Java's pretty files and other writers may hold.
 */
#include "wire/topic_config.h"

#include "wire_lmt.h"

#define JSON                                                                                                         \
	"{\"attributes\":{},\"order\":false,\"perm\":6,\"readQueueNums\":4,\"topicFilterType\":\"SINGLE_TAG\",\"topicName\":" \
	"\"T\",\"topicSysFlag\":0,\"writeQueueNums\":4}"

static struct lmi_arena arena;

START_TEST(the_json_of_java_is_read_and_written)
{
	struct lmi_topic_config t;
	struct lmi_json_out o;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_topic_config_decode(LMI_SPAN_LIT(JSON), &arena, &t), 0);
	ck_assert_span_eq(t.name, "T");
	ck_assert(t.read_queues == 4 && t.write_queues == 4 && t.perm == 6 && t.sysflag == 0 && !t.order);
	ck_assert_span_eq(t.attributes, "{}");
	lmi_json_out_init(&o, &b);
	lmi_topic_config_put(&o, &t);
	ck_assert_span_eq(lmi_buf_span(&b), JSON);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(missing_members_have_the_defaults_of_java)
{
	struct lmi_topic_config t;

	ck_assert_int_eq(lmi_topic_config_decode(LMI_SPAN_LIT("{\"topicName\":\"\\u0054\",\"attributes\":null,\"x\":{}}"), &arena, &t), 0);
	ck_assert_span_eq(t.name, "T");
	ck_assert(t.read_queues == 16 && t.write_queues == 16 && t.perm == (LMI_PERM_READ | LMI_PERM_WRITE));
	ck_assert_int_eq(t.filter, LMI_TOPIC_FILTER_SINGLE_TAG);
	ck_assert_ptr_null(t.attributes.p);
}
END_TEST

START_TEST(broken_json_is_refused)
{
	static const char *const bad[] = { "", "[]", "1", "{\"perm\":\"x\"}", "{\"topicFilterType\":\"NO_TAG\"}",
					   "{\"topicFilterType\":2}", "{\"attributes\":[]}", "{\"attributes\":\"{}\"}",
					   "{\"topicName\":{}}", "{\"order\":\"yes\"}", "{}{}" };
	struct lmi_topic_config t = { .perm = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_topic_config_decode(lmi_span_str(bad[i]), &arena, &t) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_int_eq(t.perm, 77);
}
END_TEST

START_TEST(the_text_form_of_java_is_read_and_written)
{
	struct lmi_topic_config t;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_topic_config_decode_line(LMI_SPAN_LIT("T 4 4 6 SINGLE_TAG {}"), &t), 0);
	ck_assert_span_eq(t.name, "T");
	ck_assert(t.read_queues == 4 && t.write_queues == 4 && t.perm == 6);
	lmi_topic_config_put_line(&b, &t);
	ck_assert_span_eq(lmi_buf_span(&b), "T 4 4 6 SINGLE_TAG {}");
	lmi_buf_reset(&b, 1 << 20);
	ck_assert_int_eq(lmi_topic_config_decode_line(LMI_SPAN_LIT("T 1 2 3 MULTI_TAG"), &t), 0);
	ck_assert_int_eq(t.filter, LMI_TOPIC_FILTER_MULTI_TAG);
	t.attributes = LMI_SPAN_LIT("{\n\t\"message.type\" : \"A B\"\n}");
	lmi_topic_config_put_line(&b, &t);
	ck_assert_span_eq(lmi_buf_span(&b), "T 1 2 3 MULTI_TAG {\"message.type\":\"A B\"}");
	lmi_buf_done(&b);
}
END_TEST

START_TEST(attributes_of_the_text_form_that_are_no_object_count_as_none)
{
	static const char *const lines[] = { "T 4 4 6 SINGLE_TAG", "T 4 4 6 SINGLE_TAG ", "T 4 4 6 SINGLE_TAG {", "T 4 4 6 SINGLE_TAG []",
					     "T 4 4 6 SINGLE_TAG {}x", "T 4 4 6 SINGLE_TAG null" };
	struct lmi_topic_config t;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		ck_assert_int_eq(lmi_topic_config_decode_line(lmi_span_str(lines[i]), &t), 0);
		ck_assert_ptr_null(t.attributes.p);
	}
}
END_TEST

START_TEST(broken_text_forms_are_refused)
{
	static const char *const bad[] = { "", "T", "T 4 4 6", " 4 4 6 SINGLE_TAG", "T x 4 6 SINGLE_TAG", "T 4 x 6 SINGLE_TAG",
					   "T 4 4 x SINGLE_TAG", "T 4 4 6 NO_TAG", "T 4 4 99999999999 SINGLE_TAG", "T  4 4 6 SINGLE_TAG" };
	struct lmi_topic_config t = { .perm = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_topic_config_decode_line(lmi_span_str(bad[i]), &t) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_int_eq(t.perm, 77);
}
END_TEST

static int collect(void *ctx, struct lmi_span key, struct lmi_span value)
{
	lmi_buf_put_span(ctx, key);
	lmi_buf_put8(ctx, '=');
	lmi_buf_put_span(ctx, value);
	lmi_buf_put8(ctx, ';');
	return value.n == 0 ? 5 : 0;
}

START_TEST(attributes_are_walked)
{
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_topic_config_each_attribute(LMI_SPAN_LIT("{\"a\":\"1\",\"b\":null,\"c\\n\":true}"), &arena, collect, &b), 0);
	ck_assert_span_eq(lmi_buf_span(&b), "a=1;c\n=true;");
	ck_assert_int_eq(lmi_topic_config_each_attribute(LMI_SPAN_LIT("{\"a\":\"\",\"b\":\"2\"}"), &arena, collect, &b), 5);
	ck_assert_int_eq(lmi_topic_config_each_attribute(LMI_SPAN_LIT("{\"a\":{}}"), &arena, collect, &b), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_topic_config_each_attribute(LMI_SPAN_LIT("[]"), &arena, collect, &b), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_topic_config_each_attribute(LMI_SPAN_NULL, &arena, collect, &b), 0);
	lmi_buf_done(&b);
}
END_TEST

LMT_MAIN("topic_config", the_json_of_java_is_read_and_written, missing_members_have_the_defaults_of_java, broken_json_is_refused,
	 the_text_form_of_java_is_read_and_written, attributes_of_the_text_form_that_are_no_object_count_as_none,
	 broken_text_forms_are_refused, attributes_are_walked)

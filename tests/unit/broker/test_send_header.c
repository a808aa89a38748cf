/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a send's header is read under its long and its short names, and what is missing or broken is named.
 * Shown by: both forms side by side, and each required field left out in turn.
 */
#include "broker/handle/send_header.h"
#include "fixture.h"

static const char *const long_names[] = { "producerGroup", "topic", "defaultTopic", "defaultTopicQueueNums", "queueId", "sysFlag",
					  "bornTimestamp", "flag", "properties", "reconsumeTimes", "unitMode",
					  "maxReconsumeTimes", "batch" };
static const char *const short_names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m" };
static const char *const values[] = { "PG", "T", "TBW102", "4", "-1", "8", "1700000000000", "-7", "k\001v\002", "3", "true",
				      "16", "TRUE" };
#define FIELDS 13
#define REQUIRED 8

static struct lmi_arena arena;
static struct lmi_buf frame;

/* A command with all fields but one (FIELDS: all), and another value for one. */
static struct lmi_command command(const char *const *names, int without, int other, const char *value)
{
	struct fx_field f[FIELDS + 1];
	struct lmi_command c;
	int n = 0;
	for (int i = 0; i < FIELDS; i++)
		if (i != without)
			f[n++] = (struct fx_field){ names[i], i == other ? value : values[i] };
	f[n] = (struct fx_field){ NULL, NULL };
	lmi_buf_reset(&frame, 0);
	fx_encode(&frame, 10, 1, 0, f, LMI_SPAN_LIT("body"));
	lmi_arena_init(&arena, 0);
	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&frame), &arena, &c), 0);
	return c;
}

static void check_all(const char *const *names)
{
	struct send_header h;
	const char *bad;
	struct lmi_command c = command(names, FIELDS, FIELDS, NULL);
	ck_assert_int_eq(send_header_read(&c, &h, &bad), 0);
	ck_assert(lmi_span_is(h.producer_group, "PG"));
	ck_assert(lmi_span_is(h.topic, "T"));
	ck_assert(lmi_span_is(h.default_topic, "TBW102"));
	ck_assert_int_eq(h.default_queues, 4);
	ck_assert_int_eq(h.queue_id, -1);
	ck_assert_int_eq(h.sysflag, 8);
	ck_assert_int_eq(h.born_ms, 1700000000000);
	ck_assert_int_eq(h.flag, -7);
	ck_assert(lmi_span_is(h.props, "k\001v\002"));
	ck_assert_int_eq(h.reconsume_times, 3);
	ck_assert(h.unit_mode);
	ck_assert(h.has_max_reconsume_times);
	ck_assert_int_eq(h.max_reconsume_times, 16);
	ck_assert(h.batch);
	lmi_arena_done(&arena);
}

START_TEST(long_and_short_names_say_the_same)
{
	check_all(long_names);
	check_all(short_names);
	lmi_buf_done(&frame);
}
END_TEST

START_TEST(each_missing_required_field_is_named)
{
	for (int i = 0; i < FIELDS; i++) {
		struct send_header h;
		const char *bad = NULL;
		struct lmi_command c = command(short_names, i, FIELDS, NULL);
		int err = send_header_read(&c, &h, &bad);
		if (i < REQUIRED) {
			ck_assert_int_eq(err, -LMQ_ENOTFOUND);
			ck_assert_str_eq(bad, long_names[i]);
		} else {
			ck_assert_int_eq(err, 0);
		}
		lmi_arena_done(&arena);
	}
	lmi_buf_done(&frame);
}
END_TEST

START_TEST(each_broken_number_is_named)
{
	static const int numbers[] = { 3, 4, 5, 6, 7, 9, 11 };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct send_header h;
		const char *bad = NULL;
		struct lmi_command c = command(long_names, FIELDS, numbers[i], "12x");
		ck_assert_int_eq(send_header_read(&c, &h, &bad), -LMQ_EMALFORMED);
		ck_assert_str_eq(bad, long_names[numbers[i]]);
		lmi_arena_done(&arena);
	}
	lmi_buf_done(&frame);
}
END_TEST

LMT_MAIN("send_header", long_and_short_names_say_the_same, each_missing_required_field_is_named, each_broken_number_is_named)

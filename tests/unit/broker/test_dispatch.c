/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: every request is answered once, in its own header type; what is unknown or not for this door is 3; what is no
 * frame closes the connection; nothing hostile disturbs the broker.
 * Shown by: unknown codes, one-way requests, both header types, random and mutated frames.
 */
#include "fixture.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

START_TEST(an_unknown_code_is_3_in_rocketmqs_words)
{
	set_up();
	struct lmi_command a = fx_ask(&f, &p, 4711, FX_NONE, LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED);
	ck_assert(lmi_span_is(a.remark, " request type 4711 not supported"));
	tear_down();
}
END_TEST

START_TEST(the_second_door_serves_no_pulls)
{
	set_up();
	p.peer.vip = true;
	ck_assert_int_eq(fx_ask(&f, &p, LMI_REQ_PULL_MESSAGE, FX_NONE, LMI_SPAN_NULL).code, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED);
	ck_assert_int_eq(fx_ask(&f, &p, LMI_REQ_LITE_PULL_MESSAGE, FX_NONE, LMI_SPAN_NULL).code, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED);
	ck_assert_int_eq(fx_send(&f, &p, "T", "0", NULL, "x").code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(a_one_way_request_is_never_answered)
{
	set_up();
	fx_hand_in(&f, &p, 4711, LMI_FLAG_ONEWAY, FX_NONE, LMI_SPAN_NULL);
	fx_hand_in(&f, &p, LMI_REQ_GET_MAX_OFFSET, LMI_FLAG_ONEWAY, FX_NONE, LMI_SPAN_NULL);
	fx_hand_in(&f, &p, LMI_REQ_UPDATE_CONSUMER_OFFSET, LMI_FLAG_ONEWAY, FX_NONE, LMI_SPAN_NULL);
	core_turn_end(&f.core);
	ck_assert_uint_eq(lmi_buf_len(&p.out), 0);
	tear_down();
}
END_TEST

START_TEST(an_answer_from_a_client_is_ignored)
{
	set_up();
	fx_hand_in(&f, &p, 0, LMI_FLAG_RESPONSE, FX_NONE, LMI_SPAN_NULL);
	core_turn_end(&f.core);
	ck_assert_uint_eq(lmi_buf_len(&p.out), 0);
	tear_down();
}
END_TEST

START_TEST(answers_come_in_the_header_type_of_the_request)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	struct lmi_command a;
	set_up();
	lmi_command_begin(&o, &b, LMI_SERIALIZE_ROCKETMQ, LMI_REQ_GET_MAX_OFFSET, 9, 0);
	lmi_command_put(&o, LMI_EXT_TOPIC, LMI_SPAN_LIT("T"));
	lmi_command_put_i64(&o, LMI_EXT_QUEUE_ID, 0);
	lmi_command_end(&o, 0);
	ck_assert_int_eq(core_frame(&f.core, &p.peer, lmi_buf_span(&b)), 0);
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.serialize, LMI_SERIALIZE_ROCKETMQ);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 0);
	lmi_buf_done(&b);
	tear_down();
}
END_TEST

START_TEST(a_frame_that_is_none_is_an_error)
{
	static const uint8_t bad[] = { 0, 0, 0, 8, 9, 0, 0, 4, '{', '}', 0, 0 };
	set_up();
	ck_assert_int_eq(core_frame(&f.core, &p.peer, lmi_span(bad, sizeof(bad))), -LMQ_EMALFORMED);
	tear_down();
}
END_TEST

/* Frames of every code, each time with one to four bytes changed: never a crash, and the broker still serves. */
START_TEST(mutated_frames_disturb_nobody)
{
	static const int32_t codes[] = { 10, 310, 320, 11, 361, 14, 15, 29, 30, 31, 32, 34, 35, 46, 38, 41, 42, 36, 33, 17, 18, 215,
					 21, 351, 305, 202, 200, 201, 352, 207, 203, 204, 328, 208, 300, 43, 26, 28 };
	static const char body[] = "{\"clientID\":\"c\",\"consumerDataSet\":[{\"groupName\":\"g\",\"subscriptionDataSet\":[{\"topic\":"
				   "\"T\",\"subString\":\"a||b\",\"tagsSet\":[\"a\"],\"codeSet\":[1]}]}],\"mqSet\":[{\"topic\":\"T\"}]}";
	struct lmi_buf b = { 0 };
	set_up();
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
			lmi_buf_reset(&b, 65536);
			fx_encode(&b, codes[i], 1, 0,
				  FX_FIELDS({ "a", "PG" }, { "b", "T" }, { "c", "TBW102" }, { "d", "4" }, { "e", "0" }, { "f", "0" },
					    { "g", "1" }, { "h", "0" }, { "i", "TAGS\001x\002" }, { "topic", "T" }, { "queueId", "0" },
					    { "consumerGroup", "g" }, { "group", "g" }, { "offset", "0" }, { "queueOffset", "0" },
					    { "maxMsgNums", "32" }, { "sysFlag", "6" }, { "commitOffset", "0" }, { "subVersion", "1" },
					    { "suspendTimeoutMillis", "100" }, { "subscription", "a||b" }, { "delayLevel", "0" }),
				  LMI_SPAN_LIT(body));
			uint8_t *bytes = lmi_buf_data(&b);
			for (uint64_t n = 1 + lmi_rng_below(&f.rng.rng, 4); n; n--)
				bytes[8 + lmi_rng_below(&f.rng.rng, lmi_buf_len(&b) - 8)] = (uint8_t)lmi_rng_u64(&f.rng.rng);
			core_frame(&f.core, &p.peer, lmi_buf_span(&b));
		}
		fx_pass(&f, 100);
		fx_forget_output(&p);
	}
	fx_pass(&f, 1000);
	fx_forget_output(&p);
	ck_assert_int_eq(fx_send(&f, &p, "Fresh", "0", NULL, "x").code, LMI_RSP_SUCCESS);
	lmi_buf_done(&b);
	tear_down();
}
END_TEST

LMT_MAIN("dispatch", an_unknown_code_is_3_in_rocketmqs_words, the_second_door_serves_no_pulls, a_one_way_request_is_never_answered,
	 an_answer_from_a_client_is_ignored, answers_come_in_the_header_type_of_the_request, a_frame_that_is_none_is_an_error,
	 mutated_frames_disturb_nobody)

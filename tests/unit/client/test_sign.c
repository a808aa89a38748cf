/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: with an access key every request carries it and the signature of its other fields and its body; with a namespace it names that.
 * Shown: on a request against the signature made by hand, and against scripted servers.
 */
#include "client_lmt.h"

#include "client/sign.h"
#include "crypt/signature.h"

START_TEST(the_values_in_order_of_their_names_and_the_body_are_signed)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	struct lmi_command cmd;
	struct lmi_arena arena;
	struct signer s = { 0 };
	struct lmi_span out, content = LMI_SPAN_LIT("KEYTOKENgroupT-1body");
	char want[LMI_SIGNATURE_CHARS];

	/* by bytes: AccessKey, SecurityToken, producerGroup, topic, zz */
	ck_assert_int_eq(lmi_signature(LMI_SPAN_LIT("SECRET"), &content, 1, want), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "accessKey", "KEY", NULL, 0), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "secretKey", "SECRET", NULL, 0), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "securityToken", "TOKEN", NULL, 0), 0);
	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, 310, 7, 0);
	lmi_command_put_name(&o, LMI_SPAN_LIT("zz"), LMI_SPAN_LIT("-1"));
	lmi_command_put(&o, LMI_EXT_TOPIC, LMI_SPAN_LIT("T"));
	lmi_command_put(&o, LMI_EXT_PRODUCER_GROUP, LMI_SPAN_LIT("group"));
	lmi_command_end(&o, 4);
	lmi_buf_put_str(&b, "body");
	signer_init(&s);
	lmi_arena_init(&arena, 0);
	ck_assert_int_eq(sign_request(&s, cfg, lmi_buf_span(&b), &out), 0);
	ck_assert_int_eq(lmi_command_decode(out, &arena, &cmd), 0);
	ck_assert_int_eq(cmd.code, 310);
	ck_assert_int_eq(cmd.opaque, 7);
	ck_assert_uint_eq(cmd.ext_count, 6);
	ck_assert(lmi_span_is(cmd.body, "body"));
	ck_assert(lmi_span_is(lmi_command_ext(&cmd, LMI_EXT_ACCESS_KEY), "KEY"));
	ck_assert(lmi_span_is(lmi_command_ext(&cmd, LMI_EXT_SIGNATURE), want));
	/* without a key the request stays as it is */
	ck_assert_int_eq(lmq_config_set(cfg, "accessKey", "", NULL, 0), 0);
	ck_assert_int_eq(sign_request(&s, cfg, lmi_buf_span(&b), &out), 0);
	ck_assert_ptr_eq(out.p, lmi_buf_data(&b));
	signer_done(&s);
	lmi_arena_done(&arena);
	lmi_buf_done(&b);
	lmq_config_free(cfg);
}
END_TEST

START_TEST(every_request_is_signed_and_names_its_namespace)
{
	static const int32_t codes[] = { LMI_REQ_GET_ROUTEINFO_BY_TOPIC, LMI_REQ_SEND_MESSAGE_V2, LMI_REQ_HEART_BEAT,
					 LMI_REQ_UNREGISTER_CLIENT };
	struct lmq_mock *mock = mock_new(1);
	struct lmq_client *client = open_client(mock_namesrv(mock), "accessKey", "KEY", "secretKey", "SECRET", "namespaceV2", "ns1", NULL);
	struct lmq_message *message = lmq_message_new("T", "hello", 5);
	struct lmq_producer *producer;
	char text[64];

	mock_topic(mock, "T", 1);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), 0);
	ck_assert(mock_wait(mock, 0, LMI_REQ_HEART_BEAT, 1));
	lmq_producer_free(producer);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		int server = i == 0 ? MOCK_NAMESRV : 0;

		mock_last(mock, server, codes[i], "AccessKey", text, sizeof(text));
		ck_assert_str_eq(text, "KEY");
		mock_last(mock, server, codes[i], "Signature", text, sizeof(text));
		ck_assert_uint_eq(strlen(text), LMI_SIGNATURE_CHARS - 1);
		mock_last(mock, server, codes[i], "ns", text, sizeof(text));
		ck_assert_str_eq(text, "ns1");
		mock_last(mock, server, codes[i], "nsd", text, sizeof(text));
		ck_assert_str_eq(text, "true");
	}
	lmq_message_free(message);
	lmq_client_free(client);
	mock_free(mock);
}
END_TEST

LMT_MAIN("sign", the_values_in_order_of_their_names_and_the_body_are_signed, every_request_is_signed_and_names_its_namespace)

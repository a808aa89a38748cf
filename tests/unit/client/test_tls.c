/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: with useTLS all connections of a client are encrypted, to name servers and brokers; servers are trusted as configured, and
 * what is wrong is said.
 * Shown: against a mock whose servers speak TLS and nothing else.
 */
#include "client_lmt.h"

#include "io/tls.h"
#include "tests/support/certs.h"

static struct certs certs;
static struct lmi_tls *tls;
static struct lmq_mock *mock;
static struct lmq_send_result *result;

static void begin(void)
{
	struct lmi_tls_config cfg = { .server = true };
	char why[LMI_TLS_WHY_CHARS];

	certs_make(&certs, "IP:127.0.0.1", NULL);
	cfg.cert_path = certs.cert;
	cfg.key_path = certs.key;
	ck_assert_int_eq(lmi_tls_new(&cfg, &tls, why), 0);
	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	mock_secure(mock, tls);
	result = lmq_send_result_new();
}

static void end(void)
{
	mock_free(mock);
	lmi_tls_unref(tls);
	lmq_send_result_free(result);
	certs_remove(&certs);
}

/* What a send comes to for a client with these settings, NULL NULL: none. */
static int send_as(const char *name, const char *value)
{
	struct lmq_client *client = open_client(mock_namesrv(mock), "useTLS", name ? "true" : "false",
						"tls.client.trustCertPath", certs.cert, "sendMsgTimeout", "5s", name, value, NULL);
	struct lmq_message *m = lmq_message_new("T", "x", 1);
	struct lmq_producer *p;
	int r;

	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &p), 0);
	r = lmq_producer_send(p, m, 0, result);
	lmq_message_free(m);
	lmq_producer_free(p);
	lmq_client_free(client);
	return r;
}

START_TEST(a_client_that_trusts_the_server_sends)
{
	begin();
	ck_assert_int_eq(send_as("tls.client.authServer", "true"), 0);
	ck_assert_int_eq(send_as("tls.client.authServer", "false"), 0);
	ck_assert_uint_eq(mock_stored(mock, "T"), 2);
	end();
}
END_TEST

START_TEST(a_client_that_does_not_trust_the_server_says_so)
{
	begin();
	ck_assert_int_lt(send_as("tls.client.trustCertPath", ""), 0);
	ck_assert_uint_eq(mock_count(mock, MOCK_NAMESRV, LMI_REQ_GET_ROUTEINFO_BY_TOPIC), 0);
	ck_assert_msg(strstr(lmq_send_result_detail(result), lmq_strerror(-EKEYREJECTED)) != NULL, "%s", lmq_send_result_detail(result));
	end();
}
END_TEST

START_TEST(a_client_without_tls_gets_nowhere)
{
	begin();
	ck_assert_int_lt(send_as(NULL, NULL), 0);
	ck_assert_uint_eq(mock_stored(mock, "T"), 0);
	end();
}
END_TEST

START_TEST(files_that_cannot_be_used_are_named)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_client *client;
	char err[512] = "";

	ck_assert_int_eq(lmq_config_set(cfg, "namesrvAddr", "127.0.0.1:1", err, sizeof(err)), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "useTLS", "true", err, sizeof(err)), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "tls.client.trustCertPath", "/nowhere", err, sizeof(err)), 0);
	ck_assert_int_eq(lmq_client_new(cfg, &client, err, sizeof(err)), -LMQ_EBADCONFIG);
	ck_assert_msg(strstr(err, "/nowhere") != NULL, "%s", err);
	lmq_config_free(cfg);
}
END_TEST

LMT_MAIN("tls", a_client_that_trusts_the_server_sends, a_client_that_does_not_trust_the_server_says_so,
	 a_client_without_tls_gets_nowhere, files_that_cannot_be_used_are_named)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: cluster information is read and written as a 5.3.3 name server writes it.
 * Shown: on a golden text, and on faults and limits.
 */
#include "wire/cluster_info.h"

#include "wire_lmt.h"

#define JSON                                                                                                              \
	"{\"brokerAddrTable\":{\"broker-a\":{\"brokerAddrs\":{0:\"127.0.0.1:10911\",1:\"127.0.0.1:10921\"},\"brokerName\":"  \
	"\"broker-a\",\"cluster\":\"DefaultCluster\",\"enableActingMaster\":false}},\"clusterAddrTable\":{\"DefaultCluster\":" \
	"[\"broker-a\"]}}"

static struct lmi_arena arena;

START_TEST(the_json_of_java_is_read_and_written)
{
	struct lmi_cluster_info c;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_cluster_info_decode(LMI_SPAN_LIT(JSON), &arena, &c), 0);
	ck_assert_uint_eq(c.broker_count, 1);
	ck_assert_span_eq(c.brokers[0].broker_name, "broker-a");
	ck_assert_span_eq(c.brokers[0].addrs[0].addr, "127.0.0.1:10911");
	ck_assert_uint_eq(c.cluster_count, 1);
	ck_assert_span_eq(c.clusters[0].name, "DefaultCluster");
	ck_assert_uint_eq(c.clusters[0].broker_count, 1);
	ck_assert_span_eq(c.clusters[0].broker_names[0], "broker-a");
	lmi_cluster_info_put(&b, &c);
	ck_assert_span_eq(lmi_buf_span(&b), JSON);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_broker_without_name_has_that_of_its_key)
{
	struct lmi_cluster_info c;

	ck_assert_int_eq(lmi_cluster_info_decode(LMI_SPAN_LIT("{\"brokerAddrTable\":{\"b\":{}},\"x\":1}"), &arena, &c), 0);
	ck_assert_span_eq(c.brokers[0].broker_name, "b");
	ck_assert_uint_eq(c.cluster_count, 0);
}
END_TEST

START_TEST(broken_texts_are_refused)
{
	static const char *const bad[] = { "", "[]", "{\"brokerAddrTable\":[]}", "{\"clusterAddrTable\":{\"c\":{}}}",
					   "{\"clusterAddrTable\":{\"c\":[[]]}}", "{\"brokerAddrTable\":{\"b\":1}}", "{}," };
	struct lmi_cluster_info c = { .broker_count = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_cluster_info_decode(lmi_span_str(bad[i]), &arena, &c) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_uint_eq(c.broker_count, 77);
}
END_TEST

static int decode_many(const char *head, const char *value, unsigned int n)
{
	struct lmi_cluster_info c;
	struct lmi_buf b = { 0 };
	int err;

	lmi_buf_put_str(&b, head);
	for (unsigned int i = 0; i < n; i++)
		lmi_buf_printf(&b, "%s%u:%s", i ? "," : "", i, value);
	lmi_buf_put_str(&b, "}}");
	err = lmi_cluster_info_decode(lmi_buf_span(&b), &arena, &c);
	lmi_buf_done(&b);
	return err;
}

START_TEST(more_than_the_limits_is_too_big)
{
	ck_assert_int_eq(decode_many("{\"brokerAddrTable\":{", "{}", LMI_CLUSTER_BROKERS_MAX), 0);
	ck_assert_int_eq(decode_many("{\"brokerAddrTable\":{", "{}", LMI_CLUSTER_BROKERS_MAX + 1), -LMQ_ETOOBIG);
	ck_assert_int_eq(decode_many("{\"clusterAddrTable\":{", "[]", LMI_CLUSTER_CLUSTERS_MAX), 0);
	ck_assert_int_eq(decode_many("{\"clusterAddrTable\":{", "[]", LMI_CLUSTER_CLUSTERS_MAX + 1), -LMQ_ETOOBIG);
}
END_TEST

LMT_MAIN("cluster_info", the_json_of_java_is_read_and_written, a_broker_without_name_has_that_of_its_key,
	 broken_texts_are_refused, more_than_the_limits_is_too_big)

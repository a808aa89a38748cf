/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: routes are written in the two dialects of a 5.3.3 name server byte for byte, and both are read.
 * Shown: on golden texts, with names that the standard dialect must escape, and on faults and limits.
 */
#include "wire/route.h"

#include "wire_lmt.h"

#define ROUTE(zero, one)                                                                                                     \
	"{\"brokerDatas\":[{\"brokerAddrs\":{" zero ":\"127.0.0.1:10911\"," one ":\"127.0.0.1:10921\"},\"brokerName\":\"broker-a\"," \
	"\"cluster\":\"DefaultCluster\",\"enableActingMaster\":false}],\"filterServerTable\":{},\"queueDatas\":[{\"brokerName\":"  \
	"\"broker-a\",\"perm\":6,\"readQueueNums\":4,\"topicSysFlag\":0,\"writeQueueNums\":4}]}"
#define DEFAULT ROUTE("0", "1")
#define STANDARD ROUTE("\"0\"", "\"1\"")

static struct lmi_arena arena;

static void check(const struct lmi_route *r)
{
	ck_assert_uint_eq(r->broker_count, 1);
	ck_assert_span_eq(r->brokers[0].broker_name, "broker-a");
	ck_assert_span_eq(r->brokers[0].cluster, "DefaultCluster");
	ck_assert(!r->brokers[0].enable_acting_master);
	ck_assert_ptr_null(r->brokers[0].zone_name.p);
	ck_assert_uint_eq(r->brokers[0].addr_count, 2);
	ck_assert_int_eq(r->brokers[0].addrs[1].id, 1);
	ck_assert_span_eq(r->brokers[0].addrs[1].addr, "127.0.0.1:10921");
	ck_assert_uint_eq(r->queue_count, 1);
	ck_assert_span_eq(r->queues[0].broker_name, "broker-a");
	ck_assert(r->queues[0].perm == 6 && r->queues[0].read_queues == 4 && r->queues[0].write_queues == 4);
	ck_assert_ptr_null(r->order_conf.p);
}

START_TEST(both_dialects_are_read_and_written)
{
	struct lmi_route r;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_route_decode(LMI_SPAN_LIT(DEFAULT), &arena, &r), 0);
	check(&r);
	lmi_route_put(&b, &r, LMI_ROUTE_STANDARD);
	ck_assert_span_eq(lmi_buf_span(&b), STANDARD);
	ck_assert_int_eq(lmi_route_decode(LMI_SPAN_LIT(STANDARD), &arena, &r), 0);
	check(&r);
	lmi_buf_reset(&b, 1 << 20);
	lmi_route_put(&b, &r, LMI_ROUTE_DEFAULT);
	ck_assert_span_eq(lmi_buf_span(&b), DEFAULT);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(addresses_are_written_by_rising_id)
{
	struct lmi_broker_addr addrs[] = { { 3, LMI_SPAN_LIT("d") }, { 0, LMI_SPAN_LIT("a") }, { -1, LMI_SPAN_LIT("z") },
					   { INT64_MAX, LMI_SPAN_LIT("x") } };
	struct lmi_route_broker broker = { .addrs = addrs, .addr_count = 4, .enable_acting_master = true, .zone_name = LMI_SPAN_LIT("z1") };
	struct lmi_route r = { .brokers = &broker, .broker_count = 1, .order_conf = LMI_SPAN_LIT("a:4;b:4") };
	struct lmi_buf b = { 0 };

	lmi_route_put(&b, &r, LMI_ROUTE_DEFAULT);
	ck_assert_span_eq(lmi_buf_span(&b), "{\"brokerDatas\":[{\"brokerAddrs\":{-1:\"z\",0:\"a\",3:\"d\",9223372036854775807:\"x\"},\"brokerName\":"
					    "\"\",\"cluster\":\"\",\"enableActingMaster\":true,\"zoneName\":\"z1\"}],\"filterServerTable\":{},"
					    "\"orderTopicConf\":\"a:4;b:4\",\"queueDatas\":[]}");
	ck_assert_int_eq(lmi_route_decode(lmi_buf_span(&b), &arena, &r), 0);
	ck_assert_span_eq(r.order_conf, "a:4;b:4");
	ck_assert_span_eq(r.brokers[0].zone_name, "z1");
	ck_assert(r.brokers[0].enable_acting_master);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(the_standard_dialect_is_ascii)
{
	struct lmi_route_broker broker = { .broker_name = LMI_SPAN_LIT("br\xC3\xB6ker/1"), .cluster = LMI_SPAN_LIT("\xE4\xB8\xAD") };
	struct lmi_route r = { .brokers = &broker, .broker_count = 1 }, back;
	struct lmi_buf b = { 0 };

	lmi_route_put(&b, &r, LMI_ROUTE_STANDARD);
	for (size_t i = 0; i < lmi_buf_len(&b); i++)
		ck_assert_uint_lt(lmi_buf_data(&b)[i], 0x7F);
	ck_assert_int_eq(lmi_route_decode(lmi_buf_span(&b), &arena, &back), 0);
	ck_assert_span_eq(back.brokers[0].broker_name, "br\xC3\xB6ker/1");
	ck_assert_span_eq(back.brokers[0].cluster, "\xE4\xB8\xAD");
	lmi_buf_done(&b);
}
END_TEST

START_TEST(missing_and_unknown_members_are_no_faults)
{
	struct lmi_route r;

	ck_assert_int_eq(lmi_route_decode(LMI_SPAN_LIT("{}"), &arena, &r), 0);
	ck_assert(r.broker_count == 0 && r.queue_count == 0);
	ck_assert_int_eq(lmi_route_decode(LMI_SPAN_LIT("{\"brokerDatas\":[{\"brokerAddrs\":{\"0\":null,1:\"x\"},\"new\":{0:[]}},null],"
						       "\"queueDatas\":null,\"topicQueueMappingByBroker\":{\"b\":{}}}"),
					  &arena, &r),
			 0);
	ck_assert_uint_eq(r.broker_count, 2);
	ck_assert_uint_eq(r.brokers[0].addr_count, 1);
	ck_assert_uint_eq(r.brokers[1].addr_count, 0);
}
END_TEST

START_TEST(broken_routes_are_refused)
{
	static const char *const bad[] = { "", "[]", "{\"brokerDatas\":{}}", "{\"brokerDatas\":[{\"brokerAddrs\":{\"x\":\"a\"}}]}",
					   "{\"brokerDatas\":[{\"brokerAddrs\":[]}]}", "{\"brokerDatas\":[1]}",
					   "{\"queueDatas\":[{\"perm\":{}}]}", "{\"orderTopicConf\":[]}", "{} {}" };
	struct lmi_route r = { .broker_count = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_route_decode(lmi_span_str(bad[i]), &arena, &r) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_uint_eq(r.broker_count, 77);
}
END_TEST

/* A text of n items; each is the comma, before, its number, after. */
static int decode_many(const char *head, const char *before, const char *after, unsigned int n, const char *tail)
{
	struct lmi_buf b = { 0 };
	struct lmi_route r;
	int err;

	lmi_buf_put_str(&b, head);
	for (unsigned int i = 0; i < n; i++)
		lmi_buf_printf(&b, "%s%s%u%s", i ? "," : "", before, i, after);
	lmi_buf_put_str(&b, tail);
	err = lmi_route_decode(lmi_buf_span(&b), &arena, &r);
	lmi_buf_done(&b);
	return err;
}

START_TEST(more_than_the_limits_is_too_big)
{
	ck_assert_int_eq(decode_many("{\"brokerDatas\":[", "{\"cluster\":\"", "\"}", LMI_ROUTE_BROKERS_MAX, "]}"), 0);
	ck_assert_int_eq(decode_many("{\"brokerDatas\":[", "{\"cluster\":\"", "\"}", LMI_ROUTE_BROKERS_MAX + 1, "]}"), -LMQ_ETOOBIG);
	ck_assert_int_eq(decode_many("{\"queueDatas\":[", "{\"perm\":\"", "\"}", LMI_ROUTE_BROKERS_MAX + 1, "]}"), -LMQ_ETOOBIG);
	ck_assert_int_eq(decode_many("{\"brokerDatas\":[{\"brokerAddrs\":{", "", ":\"x\"", LMI_ROUTE_ADDRS_MAX, "}}]}"), 0);
	ck_assert_int_eq(decode_many("{\"brokerDatas\":[{\"brokerAddrs\":{", "", ":\"x\"", LMI_ROUTE_ADDRS_MAX + 1, "}}]}"), -LMQ_ETOOBIG);
}
END_TEST

LMT_MAIN("route", both_dialects_are_read_and_written, addresses_are_written_by_rising_id, the_standard_dialect_is_ascii,
	 missing_and_unknown_members_are_no_faults, broken_routes_are_refused, more_than_the_limits_is_too_big)

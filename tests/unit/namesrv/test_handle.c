/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: each request of the name server gets RocketMQ's answer: codes, fields, remarks; one-way ones get none.
 * Shown: encoded requests to namesrv_handle in stated time, answers decoded again.
 */
#include "namesrv/namesrv.h"

#include <stdio.h>

#include "tests/support/lmt.h"

static const struct namesrv_config config = {
	.limits = { .topics_max = 100, .brokers_max = 10, .expire_ms = 120000 },
	.scan_interval_ms = 5000,
	.return_order_config = true,
	.all_topic_list = true,
	.unit_topic_list = true,
};

struct rig {
	struct lmi_clock_manual clock;
	struct namesrv n;
	struct lmi_arena arena;
	struct lmi_buf rx, tx;
	struct lmi_command answer;
	enum lmi_serialize type;
	int32_t flag, version;
};

static void set_up(struct rig *r, const struct namesrv_config *base)
{
	struct namesrv_config cfg = *base;

	*r = (struct rig){ .type = LMI_SERIALIZE_JSON, .version = LMI_VERSION_OURS };
	lmi_clock_manual_init(&r->clock, 1000000);
	cfg.clock = &r->clock.clock;
	lmi_arena_init(&r->arena, 0);
	ck_assert_int_eq(namesrv_init(&r->n, &cfg), 0);
}

static void tear_down(struct rig *r)
{
	namesrv_done(&r->n);
	lmi_arena_done(&r->arena);
	lmi_buf_done(&r->rx);
	lmi_buf_done(&r->tx);
}

struct field {
	enum lmi_ext_key key;
	const char *value;
};

/* Ask over connection 7.  Returns the answer's code, or -1 when there is none. */
static int32_t ask(struct rig *r, int32_t code, const struct field *fields, const char *body)
{
	struct lmi_command_out o;
	struct lmi_command c;

	lmi_buf_reset(&r->rx, 0);
	lmi_buf_reset(&r->tx, 0);
	lmi_command_begin(&o, &r->rx, r->type, code, 42, r->flag);
	o.version = r->version;
	for (; fields && fields->value; fields++)
		lmi_command_put(&o, fields->key, lmi_span_str(fields->value));
	lmi_command_end(&o, strlen(body));
	lmi_buf_put_str(&r->rx, body);
	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&r->rx), &r->arena, &c), 0);
	namesrv_handle(&r->n, &c, 7, &r->tx);
	if (lmi_buf_len(&r->tx) == 0)
		return -1;
	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&r->tx), &r->arena, &r->answer), 0);
	ck_assert_int_eq(r->answer.opaque, 42);
	ck_assert_int_eq(r->answer.flag, LMI_FLAG_RESPONSE);
	ck_assert_int_eq(r->answer.serialize, r->type);
	return r->answer.code;
}
#define ASK(r, code, body, ...) ask(r, code, (const struct field[]){ __VA_ARGS__ __VA_OPT__(, ) { 0, NULL } }, body)

static bool body_has(const struct rig *r, const char *text)
{
	return memmem(r->answer.body.p, r->answer.body.n, text, strlen(text)) != NULL;
}

#define VERSION(n) "{\"counter\":" n ",\"stateVersion\":0,\"timestamp\":1}"
#define TOPICS(n) "{\"filterServerList\":[],\"topicConfigSerializeWrapper\":{\"dataVersion\":" VERSION(n) ",\"topicConfigTable\":{" \
	"\"T\":{\"perm\":6,\"readQueueNums\":4,\"topicName\":\"T\",\"topicSysFlag\":1,\"writeQueueNums\":4}," \
	"\"U\":{\"perm\":6,\"readQueueNums\":2,\"topicName\":\"U\",\"topicSysFlag\":2,\"writeQueueNums\":2}}}}"
#define BROKER { LMI_EXT_BROKER_NAME, "b" }, { LMI_EXT_BROKER_ADDR, "1.1.1.1:1" }, { LMI_EXT_CLUSTER_NAME, "C" }, \
	{ LMI_EXT_HA_SERVER_ADDR, "1.1.1.1:2" }, { LMI_EXT_BROKER_ID, "0" }

static int32_t register_b(struct rig *r) { return ASK(r, LMI_REQ_REGISTER_BROKER, TOPICS("2"), BROKER); }
static int32_t route(struct rig *r, const char *topic) { return ASK(r, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, "", { LMI_EXT_TOPIC, topic }); }

START_TEST(a_route_is_given_in_the_dialect_of_the_clients_version)
{
	struct rig r;

	set_up(&r, &config);
	ck_assert_int_eq(register_b(&r), LMI_RSP_SUCCESS);
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_SUCCESS);
	ck_assert(body_has(&r, "{\"0\":\"1.1.1.1:1\"}"));
	r.version = LMI_VERSION_4_9_4 - 1;
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_SUCCESS);
	ck_assert(body_has(&r, "{0:\"1.1.1.1:1\"}"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, "", { LMI_EXT_TOPIC, "T" }, { LMI_EXT_ACCEPT_STANDARD_JSON_ONLY, "true" }), 0);
	ck_assert(body_has(&r, "{\"0\":\"1.1.1.1:1\"}"));
	tear_down(&r);
}
END_TEST

START_TEST(a_topic_without_route_is_17_with_rocketmqs_words_and_the_cause)
{
	static const char words[] = "No topic route info in name server for the topic: X\nSee https://rocketmq.apache.org/";
	struct rig r;

	set_up(&r, &config);
	lmi_clock_manual_pass(&r.clock, 9000);
	ck_assert_int_eq(route(&r, "X"), LMI_RSP_TOPIC_NOT_EXIST);
	ck_assert(lmi_span_starts(r.answer.remark, lmi_span_str(words)));
	ck_assert_ptr_nonnull(memmem(r.answer.remark.p, r.answer.remark.n, "has run for 9 s", 15));
	tear_down(&r);
}
END_TEST

START_TEST(an_unknown_code_is_3_in_either_header_type)
{
	struct rig r;

	set_up(&r, &config);
	for (r.type = LMI_SERIALIZE_JSON; r.type <= LMI_SERIALIZE_ROCKETMQ; r.type++) {
		ck_assert_int_eq(ask(&r, 9999, NULL, ""), LMI_RSP_REQUEST_CODE_NOT_SUPPORTED);
		ck_assert(lmi_span_is(r.answer.remark, " request type 9999 not supported"));
	}
	tear_down(&r);
}
END_TEST

START_TEST(one_way_requests_are_done_and_responses_ignored_without_an_answer)
{
	struct rig r;

	set_up(&r, &config);
	r.flag = LMI_FLAG_ONEWAY;
	ck_assert_int_eq(register_b(&r), -1);
	r.flag = LMI_FLAG_RESPONSE;
	ck_assert_int_eq(ask(&r, 0, NULL, ""), -1);
	r.flag = 0;
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_SUCCESS);
	tear_down(&r);
}
END_TEST

START_TEST(a_registration_that_lacks_a_field_or_has_a_wrong_checksum_is_refused)
{
	struct rig r;

	set_up(&r, &config);
	ck_assert_int_eq(ASK(&r, LMI_REQ_REGISTER_BROKER, TOPICS("2"), { LMI_EXT_BROKER_NAME, "b" }), LMI_RSP_SYSTEM_ERROR);
	ck_assert_ptr_nonnull(memmem(r.answer.remark.p, r.answer.remark.n, "brokerAddr", 10));
	ck_assert_int_eq(ASK(&r, LMI_REQ_REGISTER_BROKER, TOPICS("2"), BROKER, { LMI_EXT_BODY_CRC32, "5" }), LMI_RSP_SYSTEM_ERROR);
	ck_assert(lmi_span_is(r.answer.remark, "crc32 not match"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_REGISTER_BROKER, "{", BROKER), LMI_RSP_SYSTEM_ERROR);
	ck_assert_uint_eq(route_table_broker_count(r.n.routes), 0);
	tear_down(&r);
}
END_TEST

START_TEST(a_slave_is_told_its_master)
{
	struct rig r;

	set_up(&r, &config);
	register_b(&r);
	ck_assert_int_eq(ASK(&r, LMI_REQ_REGISTER_BROKER, TOPICS("2"), { LMI_EXT_BROKER_NAME, "b" }, { LMI_EXT_BROKER_ADDR, "1.1.1.2:1" },
			     { LMI_EXT_CLUSTER_NAME, "C" }, { LMI_EXT_HA_SERVER_ADDR, "" }, { LMI_EXT_BROKER_ID, "1" }), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_MASTER_ADDR), "1.1.1.1:1"));
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_HA_SERVER_ADDR), "1.1.1.1:2"));
	tear_down(&r);
}
END_TEST

START_TEST(the_data_version_tells_whether_a_broker_changed)
{
	struct rig r;

	set_up(&r, &config);
	ck_assert_int_eq(ASK(&r, LMI_REQ_QUERY_DATA_VERSION, VERSION("2"), BROKER), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_CHANGED), "true"));
	ck_assert_uint_eq(r.answer.body.n, 0);
	register_b(&r);
	ck_assert_int_eq(ASK(&r, LMI_REQ_QUERY_DATA_VERSION, VERSION("2"), BROKER), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_CHANGED), "false"));
	ck_assert(lmi_span_is(r.answer.body, VERSION("2")));
	ASK(&r, LMI_REQ_QUERY_DATA_VERSION, VERSION("3"), BROKER);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_CHANGED), "true"));
	tear_down(&r);
}
END_TEST

START_TEST(a_heartbeat_keeps_a_broker_and_silence_loses_it_at_the_next_scan)
{
	struct rig r;

	set_up(&r, &config);
	register_b(&r);
	lmi_clock_manual_pass(&r.clock, 119000);
	ck_assert_int_eq(ASK(&r, LMI_REQ_BROKER_HEARTBEAT, "", BROKER), LMI_RSP_SUCCESS);
	for (int s = 0; s < 24; s++) {
		lmi_clock_manual_pass(&r.clock, 5000);
		namesrv_duty(&r.n, lmi_mono_ms(&r.clock.clock));
		ck_assert_int_eq(route(&r, "T"), LMI_RSP_SUCCESS);
	}
	lmi_clock_manual_pass(&r.clock, 5000);
	namesrv_duty(&r.n, lmi_mono_ms(&r.clock.clock));
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_TOPIC_NOT_EXIST);
	tear_down(&r);
}
END_TEST

START_TEST(unregistering_and_a_closed_connection_withdraw_at_once)
{
	struct rig r;

	set_up(&r, &config);
	register_b(&r);
	ck_assert_int_eq(ASK(&r, LMI_REQ_UNREGISTER_BROKER, "", BROKER), LMI_RSP_SUCCESS);
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_TOPIC_NOT_EXIST);
	register_b(&r);
	namesrv_conn_closed(&r.n, 8);
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_SUCCESS);
	namesrv_conn_closed(&r.n, 7);
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_TOPIC_NOT_EXIST);
	tear_down(&r);
}
END_TEST

START_TEST(clusters_members_and_lists_are_answered)
{
	struct rig r;

	set_up(&r, &config);
	register_b(&r);
	ck_assert_int_eq(ask(&r, LMI_REQ_GET_BROKER_CLUSTER_INFO, NULL, ""), LMI_RSP_SUCCESS);
	ck_assert(body_has(&r, "\"clusterAddrTable\":{\"C\":[\"b\"]}"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_BROKER_MEMBER_GROUP, "", BROKER), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(r.answer.body, "{\"brokerMemberGroup\":{\"brokerAddrs\":{0:\"1.1.1.1:1\"},\"brokerName\":\"b\",\"cluster\":\"C\"}}"));
	ck_assert_int_eq(ask(&r, LMI_REQ_GET_ALL_TOPIC_LIST_FROM_NAMESERVER, NULL, ""), LMI_RSP_SUCCESS);
	ck_assert(body_has(&r, "\"T\"") && body_has(&r, "\"U\""));
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_TOPICS_BY_CLUSTER, "", { LMI_EXT_CLUSTER, "none" }), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(r.answer.body, "{\"topicList\":[]}"));
	ck_assert_int_eq(ask(&r, LMI_REQ_GET_UNIT_TOPIC_LIST, NULL, ""), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(r.answer.body, "{\"topicList\":[\"T\"]}"));
	ck_assert_int_eq(ask(&r, LMI_REQ_GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, NULL, ""), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(r.answer.body, "{\"topicList\":[\"U\"]}"));
	ck_assert_int_eq(ask(&r, LMI_REQ_GET_SYSTEM_TOPIC_LIST_FROM_NS, NULL, ""), LMI_RSP_SUCCESS);
	ck_assert(body_has(&r, "\"brokerAddr\":\"1.1.1.1:1\"") && body_has(&r, "\"C\"") && body_has(&r, "\"b\""));
	tear_down(&r);
}
END_TEST

START_TEST(lists_that_are_switched_off_are_1_disable)
{
	struct namesrv_config off = config;
	struct rig r;

	off.all_topic_list = off.unit_topic_list = false;
	set_up(&r, &off);
	ck_assert_int_eq(ask(&r, LMI_REQ_GET_ALL_TOPIC_LIST_FROM_NAMESERVER, NULL, ""), LMI_RSP_SYSTEM_ERROR);
	ck_assert(lmi_span_is(r.answer.remark, "disable"));
	ck_assert_int_eq(ask(&r, LMI_REQ_GET_UNIT_TOPIC_LIST, NULL, ""), LMI_RSP_SYSTEM_ERROR);
	tear_down(&r);
}
END_TEST

START_TEST(write_permission_and_topics_are_changed_by_an_administrator)
{
	struct rig r;

	set_up(&r, &config);
	register_b(&r);
	ck_assert_int_eq(ASK(&r, LMI_REQ_WIPE_WRITE_PERM_OF_BROKER, "", { LMI_EXT_BROKER_NAME, "b" }), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_WIPE_TOPIC_COUNT), "2"));
	route(&r, "T");
	ck_assert(body_has(&r, "\"perm\":4"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_ADD_WRITE_PERM_OF_BROKER, "", { LMI_EXT_BROKER_NAME, "b" }), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_ADD_TOPIC_COUNT), "2"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_DELETE_TOPIC_IN_NAMESRV, "", { LMI_EXT_TOPIC, "T" }), LMI_RSP_SUCCESS);
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_TOPIC_NOT_EXIST);
	ck_assert_int_eq(ASK(&r, LMI_REQ_REGISTER_TOPIC_IN_NAMESRV, "{\"queueDatas\":[{\"brokerName\":\"b\",\"perm\":6,\"readQueueNums\":3,"
			     "\"topicSysFlag\":0,\"writeQueueNums\":3}]}", { LMI_EXT_TOPIC, "V" }), LMI_RSP_SUCCESS);
	ck_assert_int_eq(route(&r, "V"), LMI_RSP_SUCCESS);
	ck_assert(body_has(&r, "\"readQueueNums\":3"));
	tear_down(&r);
}
END_TEST

START_TEST(kv_is_put_got_listed_deleted_and_given_to_brokers)
{
	struct rig r;

	set_up(&r, &config);
#define SPACE { LMI_EXT_NAMESPACE, "ORDER_TOPIC_CONFIG" }
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_KV_CONFIG, "", SPACE, { LMI_EXT_KEY, "T" }), LMI_RSP_QUERY_NOT_FOUND);
	ck_assert(lmi_span_is(r.answer.remark, "No config item, Namespace: ORDER_TOPIC_CONFIG Key: T"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_KVLIST_BY_NAMESPACE, "", SPACE), LMI_RSP_QUERY_NOT_FOUND);
	ck_assert(lmi_span_is(r.answer.remark, "No config item, Namespace: ORDER_TOPIC_CONFIG"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_PUT_KV_CONFIG, "", SPACE, { LMI_EXT_KEY, "T" }, { LMI_EXT_VALUE, "b:4" }), LMI_RSP_SUCCESS);
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_KV_CONFIG, "", SPACE, { LMI_EXT_KEY, "T" }), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_VALUE), "b:4"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_KVLIST_BY_NAMESPACE, "", SPACE), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(r.answer.body, "{\"table\":{\"T\":\"b:4\"}}"));
	register_b(&r);
	ck_assert(lmi_span_is(r.answer.body, "{\"table\":{\"T\":\"b:4\"}}"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_DELETE_KV_CONFIG, "", SPACE, { LMI_EXT_KEY, "T" }), LMI_RSP_SUCCESS);
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_KV_CONFIG, "", SPACE, { LMI_EXT_KEY, "T" }), LMI_RSP_QUERY_NOT_FOUND);
	tear_down(&r);
}
END_TEST

START_TEST(a_topic_put_without_a_body_is_a_success_and_changes_nothing)
{
	struct rig r;

	set_up(&r, &config);
	ck_assert_int_eq(ASK(&r, LMI_REQ_REGISTER_TOPIC_IN_NAMESRV, "", { LMI_EXT_TOPIC, "V" }), LMI_RSP_SUCCESS);
	ck_assert_int_eq(route(&r, "V"), LMI_RSP_TOPIC_NOT_EXIST);
	ck_assert_int_eq(ASK(&r, LMI_REQ_REGISTER_TOPIC_IN_NAMESRV, "[", { LMI_EXT_TOPIC, "V" }), LMI_RSP_SYSTEM_ERROR);
	tear_down(&r);
}
END_TEST

static bool remark_has(const struct rig *r, const char *text)
{
	return r->answer.remark.p && memmem(r->answer.remark.p, r->answer.remark.n, text, strlen(text));
}

START_TEST(lists_of_a_cluster_that_is_not_known_say_so)
{
	struct namesrv_config off = config;
	struct rig r;

	set_up(&r, &config);
	register_b(&r);
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_TOPICS_BY_CLUSTER, "", { LMI_EXT_CLUSTER, "X" }), LMI_RSP_SUCCESS);
	ck_assert(remark_has(&r, "wrong cluster: X is not known here; registered are: C"));
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_TOPICS_BY_CLUSTER, "", { LMI_EXT_CLUSTER, "C" }), LMI_RSP_SUCCESS);
	ck_assert_ptr_null(r.answer.remark.p);
	tear_down(&r);
	off.unit_topic_list = false;
	set_up(&r, &off);
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_TOPICS_BY_CLUSTER, "", { LMI_EXT_CLUSTER, "C" }), LMI_RSP_SYSTEM_ERROR);
	ck_assert(lmi_span_is(r.answer.remark, "disable"));
	tear_down(&r);
}
END_TEST

START_TEST(a_route_without_permission_or_zone_says_so_beside_it)
{
	struct rig r;

	set_up(&r, &config);
	register_b(&r);
	route(&r, "T");
	ck_assert_ptr_null(r.answer.remark.p);
	ASK(&r, LMI_REQ_WIPE_WRITE_PERM_OF_BROKER, "", { LMI_EXT_BROKER_NAME, "b" });
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_SUCCESS);
	ck_assert(remark_has(&r, "no permission: the topic may not be written"));
	ASK(&r, LMI_REQ_ADD_WRITE_PERM_OF_BROKER, "", { LMI_EXT_BROKER_NAME, "b" });
	ck_assert_int_eq(ASK(&r, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, "", { LMI_EXT_TOPIC, "T" }, { LMI_EXT_ZONE_MODE, "true" },
			     { LMI_EXT_ZONE_NAME, "z" }), LMI_RSP_SUCCESS);
	ck_assert(remark_has(&r, "wrong zone: no broker of zone z has the topic"));
	ck_assert(body_has(&r, "\"queueDatas\":[]"));
	tear_down(&r);
}
END_TEST

START_TEST(no_route_is_given_before_the_time_that_it_is_to_wait)
{
	struct namesrv_config wait = config;
	struct rig r;

	wait.need_wait = true;
	wait.wait_ms = 45000;
	set_up(&r, &wait);
	register_b(&r);
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_SYSTEM_ERROR);
	ck_assert(lmi_span_is(r.answer.remark, "name server not ready"));
	lmi_clock_manual_pass(&r.clock, 45000);
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_SUCCESS);
	tear_down(&r);
}
END_TEST

static char set_to[64];

static void list_settings(void *user, struct lmi_buf *out)
{
	(void)user;
	lmi_buf_put_str(out, "a=1\n");
}

static int32_t set_setting(void *user, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap)
{
	(void)user;
	snprintf(why, cap, "not that");
	if (lmi_span_is(key, "bad"))
		return LMI_RSP_NO_PERMISSION;
	if (change)
		snprintf(set_to + strlen(set_to), sizeof(set_to) - strlen(set_to), "%.*s:%.*s;", (int)key.n, (const char *)key.p, (int)value.n,
			 (const char *)value.p);
	return LMI_RSP_SUCCESS;
}

START_TEST(its_configuration_is_read_and_changed_all_or_nothing)
{
	struct namesrv_config with = config;
	struct rig r;

	set_up(&r, &config);
	ck_assert_int_eq(ask(&r, LMI_REQ_UPDATE_NAMESRV_CONFIG, NULL, "a=2"), LMI_RSP_NO_PERMISSION);
	tear_down(&r);
	with.list_settings = list_settings;
	with.set_setting = set_setting;
	set_up(&r, &with);
	ck_assert_int_eq(ask(&r, LMI_REQ_GET_NAMESRV_CONFIG, NULL, ""), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(r.answer.body, "a=1\n"));
	ck_assert_int_eq(ask(&r, LMI_REQ_UPDATE_NAMESRV_CONFIG, NULL, "a=2\nbad=3\n"), LMI_RSP_NO_PERMISSION);
	ck_assert(lmi_span_is(r.answer.remark, "not that"));
	ck_assert_str_eq(set_to, "");
	ck_assert_int_eq(ask(&r, LMI_REQ_UPDATE_NAMESRV_CONFIG, NULL, "# a comment\r\n a = 2 \r\n\nb=x=y\nc"), LMI_RSP_SUCCESS);
	ck_assert_str_eq(set_to, "a:2;b:x=y;c:;");
	ck_assert_int_eq(ask(&r, LMI_REQ_UPDATE_NAMESRV_CONFIG, NULL, ""), LMI_RSP_SUCCESS);
	tear_down(&r);
}
END_TEST

/* A request of ours with a binary body. */
static int32_t ask_raw(struct rig *r, int32_t code, const struct field *fields, struct lmi_buf *body)
{
	struct lmi_command_out o;
	struct lmi_command c;

	lmi_buf_reset(&r->rx, 0);
	lmi_buf_reset(&r->tx, 0);
	lmi_command_begin(&o, &r->rx, r->type, code, 42, 0);
	for (; fields && fields->value; fields++)
		lmi_command_put(&o, fields->key, lmi_span_str(fields->value));
	lmi_command_end(&o, lmi_buf_len(body));
	lmi_buf_put_span(&r->rx, lmi_buf_span(body));
	lmi_buf_reset(body, 0);
	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&r->rx), &r->arena, &c), 0);
	namesrv_handle(&r->n, &c, 7, &r->tx);
	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&r->tx), &r->arena, &r->answer), 0);
	return r->answer.code;
}

START_TEST(a_broker_registers_by_digest_and_its_heartbeat_is_below_300_bytes)
{
	struct lmi_sync_digest d = { .version = { .counter = INT64_MAX, .timestamp_ms = INT64_MAX, .state_version = INT64_MAX }, .topics = 1 };
	struct lmi_sync_topics s = { .flags = LMI_SYNC_BEGIN | LMI_SYNC_END, .puts = 1, .bitmap = (const uint8_t *)"\1" };
	struct lmi_topic_config c;
	struct lmi_buf body = { 0 };
	struct rig r;

	lmi_topic_config_init(&c, LMI_SPAN_LIT("T"));
	s.digest = d.digest = lmi_topic_digest(&c);
	set_up(&r, &config);
	lmi_sync_digest_put(&body, &d);
	ck_assert_int_eq(ask_raw(&r, LMI_REQ_REGISTER_DIGEST, NULL, &body), LMI_RSP_BROKER_NEED_TO_BE_REGISTERED);
	ck_assert_uint_le(lmi_buf_len(&r.rx), 300);
	lmi_sync_digest_put(&body, &d);
	ck_assert_int_eq(ask_raw(&r, LMI_REQ_REGISTER_DIGEST, (const struct field[]){ BROKER, { 0, NULL } }, &body), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_CHANGED), "true"));
	lmi_sync_topics_begin(&body, &s);
	lmi_sync_put_topic(&body, &c);
	ck_assert_int_eq(ask_raw(&r, LMI_REQ_REGISTER_TOPICS, NULL, &body), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_CHANGED), "false"));
	ck_assert_int_eq(route(&r, "T"), LMI_RSP_SUCCESS);
	lmi_sync_digest_put(&body, &d);
	ck_assert_int_eq(ask_raw(&r, LMI_REQ_REGISTER_DIGEST, NULL, &body), LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(lmi_command_ext(&r.answer, LMI_EXT_CHANGED), "false"));
	ck_assert_uint_le(lmi_buf_len(&r.rx), 300);
	lmi_sync_ranges_put(&body, 0, &d.digest);
	ck_assert_int_eq(ask_raw(&r, LMI_REQ_REGISTER_RANGES, NULL, &body), LMI_RSP_SUCCESS);
	ck_assert(r.answer.body.n == 1 && r.answer.body.p[0] == 0);
	lmi_buf_put8(&body, 99);
	ck_assert_int_eq(ask_raw(&r, LMI_REQ_REGISTER_DIGEST, NULL, &body), LMI_RSP_REQUEST_CODE_NOT_SUPPORTED);
	lmi_buf_put8(&body, 1);
	ck_assert_int_eq(ask_raw(&r, LMI_REQ_REGISTER_TOPICS, NULL, &body), LMI_RSP_SYSTEM_ERROR);
	lmi_buf_done(&body);
	tear_down(&r);
}
END_TEST

LMT_MAIN("handle", a_route_is_given_in_the_dialect_of_the_clients_version,
	 a_topic_without_route_is_17_with_rocketmqs_words_and_the_cause, an_unknown_code_is_3_in_either_header_type,
	 one_way_requests_are_done_and_responses_ignored_without_an_answer,
	 a_registration_that_lacks_a_field_or_has_a_wrong_checksum_is_refused, a_slave_is_told_its_master,
	 the_data_version_tells_whether_a_broker_changed, a_heartbeat_keeps_a_broker_and_silence_loses_it_at_the_next_scan,
	 unregistering_and_a_closed_connection_withdraw_at_once, clusters_members_and_lists_are_answered,
	 lists_that_are_switched_off_are_1_disable, write_permission_and_topics_are_changed_by_an_administrator,
	 kv_is_put_got_listed_deleted_and_given_to_brokers,
	 a_topic_put_without_a_body_is_a_success_and_changes_nothing, lists_of_a_cluster_that_is_not_known_say_so,
	 a_route_without_permission_or_zone_says_so_beside_it, no_route_is_given_before_the_time_that_it_is_to_wait,
	 its_configuration_is_read_and_changed_all_or_nothing, a_broker_registers_by_digest_and_its_heartbeat_is_below_300_bytes)

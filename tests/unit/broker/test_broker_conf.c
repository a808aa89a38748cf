/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the configuration becomes settings, and what cannot work together is refused with the keys to change.
 * Shown by: defaults, each check, addresses of both kinds.
 */
#include "broker/broker_conf.h"
#include "tests/support/lmt.h"

static struct conf *c;
static struct broker_texts texts;
static struct broker_config cfg;

static void set(const char *assignment)
{
	ck_assert_msg(conf_set(c, assignment) == 0, "%s: %s", assignment, conf_error(c, 0));
}

static void set_up(void)
{
	c = conf_new(&conf_broker_table);
	ck_assert_ptr_nonnull(c);
	texts = (struct broker_texts){ .name = "" };
	cfg = (struct broker_config){ .loop = NULL };
}

static void tear_down(void)
{
	conf_free(c);
}

static int fill(const char *local)
{
	struct lmi_host h;
	ck_assert_int_eq(lmi_host_parse(local, &h), 0);
	return broker_conf_fill(c, &h, &texts, &cfg);
}

static bool complains(const char *text)
{
	broker_conf_check(c);
	for (size_t i = 0; conf_error(c, i); i++)
		if (strstr(conf_error(c, i), text))
			return true;
	return false;
}

START_TEST(the_defaults_are_rocketmqs)
{
	set_up();
	ck_assert_int_eq(fill("127.0.0.1:10911"), 0);
	const struct broker_settings *s = &cfg.core.settings;
	ck_assert(lmi_span_is(s->cluster_name, "DefaultCluster"));
	ck_assert(lmi_span_is(s->address, "127.0.0.1:10911"));
	ck_assert(lmi_span_is(s->ha_address, "127.0.0.1:10912"));
	ck_assert_uint_gt(s->broker_name.n, 0); /* the host's */
	ck_assert_int_eq(s->permission, 6);
	ck_assert_int_eq(s->default_topic_queues, 8);
	ck_assert(s->auto_create_topic && s->auto_create_group && s->long_polling && !s->sync_flush);
	ck_assert_int_eq(s->offsets_period_ms, 5000);
	ck_assert_int_eq(s->register_period_ms, 30000);
	ck_assert_int_eq(cfg.core.store.segment_bytes, 1 << 30);
	ck_assert_int_eq(cfg.core.store.queue_file_bytes, 6000000);
	ck_assert_int_eq(cfg.limits.idle_ms, 120000);
	ck_assert(!cfg.core.notify_off);
	struct lmi_buf text = { 0 };
	broker_conf_list(c, &texts, &text);
	lmi_buf_put8(&text, 0);
	const char *properties = (const char *)lmi_buf_data(&text);
	ck_assert_ptr_nonnull(strstr(properties, "brokerClusterName=DefaultCluster\n"));
	ck_assert_ptr_nonnull(strstr(properties, "listenPort=10911\n"));
	ck_assert_ptr_nonnull(strstr(properties, "fileReservedTime=72\n")); /* RocketMQ's unit */
	ck_assert_ptr_nonnull(strstr(properties, texts.name));
	lmi_buf_done(&text);
	broker_conf_check(c);
	ck_assert_ptr_null(conf_error(c, 0));
	tear_down();
}
END_TEST

START_TEST(the_real_port_and_brokerIP1_are_what_clients_are_told)
{
	set_up();
	set("brokerIP1=192.0.2.7");
	set("brokerName=b1");
	ck_assert_int_eq(fill("0.0.0.0:4711"), 0);
	ck_assert(lmi_span_is(cfg.core.settings.address, "192.0.2.7:4711"));
	ck_assert(lmi_span_is(cfg.core.settings.broker_name, "b1"));
	ck_assert_int_eq(cfg.core.settings.host.port, 4711);
	set("brokerIP1=2001:db8::1");
	ck_assert_int_eq(fill("[::]:4711"), 0);
	ck_assert(lmi_span_is(cfg.core.settings.address, "[2001:db8::1]:4711"));
	set("brokerIP1=example.org_");
	ck_assert_int_eq(fill("0.0.0.0:4711"), -LMQ_EBADCONFIG);
	set("brokerIP1=1.2.3");
	ck_assert_int_eq(fill("0.0.0.0:4711"), -LMQ_EBADCONFIG);
	tear_down();
}
END_TEST

START_TEST(a_name_is_told_as_it_is_and_records_carry_an_address_of_the_machine)
{
	set_up();
	set("brokerIP1=broker-1.example.org");
	ck_assert_int_eq(fill("192.0.2.7:4711"), 0);
	ck_assert(lmi_span_is(cfg.core.settings.address, "broker-1.example.org:4711"));
	ck_assert(lmi_span_is(cfg.core.settings.ha_address, "broker-1.example.org:4712"));
	ck_assert_int_eq(cfg.core.settings.host.addr[0], 192);
	ck_assert_int_eq(cfg.core.settings.host.port, 4711);
	tear_down();
}
END_TEST

START_TEST(the_address_server_is_asked_instead_of_namesrvAddr_when_that_is_wanted)
{
	set_up();
	ck_assert_int_eq(fill("127.0.0.1:1"), 0);
	ck_assert_str_eq(cfg.address_server, "");
	ck_assert_str_eq(cfg.name_servers, "127.0.0.1:9876");
	set("fetchNamesrvAddrByAddressServer=true");
	set("namesrvAddr=192.0.2.1:9876"); /* not looked at */
	ck_assert(!complains("namesrvAddr"));
	ck_assert_int_eq(fill("127.0.0.1:1"), 0);
	ck_assert_str_eq(cfg.address_server, "jmenv.tbsite.net:8080");
	ck_assert_str_eq(cfg.address_path, "/rocketmq/nsaddr");
	ck_assert_str_eq(cfg.name_servers, "");
	set("rmqAddressServerDomain=127.0.0.1:80");
	set("rmqAddressServerSubGroup=x");
	ck_assert_int_eq(fill("127.0.0.1:1"), 0);
	ck_assert_str_eq(cfg.address_server, "127.0.0.1:80");
	ck_assert_str_eq(cfg.address_path, "/rocketmq/x");
	set("rmqAddressServerSubGroup=x y");
	ck_assert(complains("rmqAddressServerSubGroup"));
	tear_down();
}
END_TEST

START_TEST(a_queue_file_is_rounded_up_to_whole_entries_and_sync_flush_is_taken)
{
	set_up();
	set("mappedFileSizeConsumeQueue=1001");
	set("flushDiskType=SYNC_FLUSH");
	ck_assert_int_eq(fill("127.0.0.1:1"), 0);
	ck_assert_int_eq(cfg.core.store.queue_file_bytes, 1020);
	ck_assert_int_eq(cfg.core.store.flush, STORE_SYNC_FLUSH);
	ck_assert(cfg.core.settings.sync_flush);
	tear_down();
}
END_TEST

START_TEST(a_loopback_broker_of_a_distant_name_server_is_refused)
{
	set_up();
	set("namesrvAddr=127.0.0.1:9876;192.0.2.1:9876");
	ck_assert(complains("192.0.2.1"));
	tear_down();
	set_up();
	set("namesrvAddr=ns.example.org:9876");
	ck_assert(complains("ns.example.org"));
	tear_down();
	set_up();
	set("namesrvAddr=127.0.0.2:9876; localhost:9876;[::1]:9876");
	ck_assert(!complains("namesrvAddr"));
	tear_down();
	set_up();
	set("namesrvAddr=192.0.2.1:9876");
	set("brokerIP1=192.0.2.7");
	ck_assert(!complains("namesrvAddr"));
	tear_down();
}
END_TEST

START_TEST(listening_everywhere_needs_an_address_to_tell)
{
	set_up();
	set("bindAddress=0.0.0.0");
	ck_assert(complains("brokerIP1"));
	tear_down();
	set_up();
	set("bindAddress=0.0.0.0");
	set("brokerIP1=192.0.2.7");
	ck_assert(!complains("brokerIP1"));
	tear_down();
}
END_TEST

START_TEST(names_that_are_empty_or_too_long_are_refused)
{
	char text[160] = "brokerName=";
	set_up();
	memset(text + 11, 'a', 128);
	set(text);
	ck_assert(complains("brokerName"));
	tear_down();
	set_up();
	set("brokerClusterName=");
	ck_assert(complains("brokerClusterName is empty"));
	tear_down();
}
END_TEST

START_TEST(a_reload_takes_over_what_may_change)
{
	struct broker_live l = { .settings = { .sync_flush = true } };
	set_up();
	set("autoCreateTopicEnable=false");
	set("notifyConsumerIdsChangedEnable=false");
	set("shortPollingTimeMills=2s");
	set("fileReservedTime=2");
	set("brokerPermission=4");
	broker_conf_live(c, &l);
	ck_assert(!l.settings.auto_create_topic && l.notify_off);
	ck_assert_int_eq(l.settings.short_polling_ms, 2000);
	ck_assert_int_eq(l.settings.permission, 4);
	ck_assert_int_eq(l.settings.reserved_ms, 7200000);
	ck_assert_int_eq(l.retention.reserved_ms, 7200000);
	ck_assert(l.settings.sync_flush); /* not one of them: stays */
	tear_down();
}
END_TEST

static int32_t change(const char *key, const char *value)
{
	char why[256] = "";
	int32_t code = broker_conf_change(c, lmi_span_str(key), lmi_span_str(value), true, why, sizeof(why));
	ck_assert(code == 0 || why[0]);
	return code;
}

START_TEST(a_request_changes_what_may_change_and_nothing_else)
{
	static const char *const never[] = { "storePathRootDir", "namesrvAddr", "brokerIP1", "bindAddress", "listenPort", "insecure",
					     "brokerName", "proxyProtocol", "rmqAddressServerDomain", "brokerConfigPath" };
	set_up();
	ck_assert_int_eq(fill("127.0.0.1:10911"), 0);
	ck_assert_int_eq(change("transactionCheckMax", "7"), 0);
	ck_assert_int_eq(conf_i64(c, "transactionCheckMax"), 7);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		ck_assert_msg(change(never[i], "1") == LMI_RSP_NO_PERMISSION, "%s", never[i]);
	ck_assert_int_eq(change("noSuchKey", "1"), LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(change("transactionCheckMax", "abc"), LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(change("deleteWhen", "25"), LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(change("deleteWhen", "04;16"), 0);
	ck_assert_int_eq(change("storeMaxBytes", "1MiB"), LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(change("storeMaxBytes", "8GiB"), 0);
	ck_assert_int_eq(change("diskSpaceCleanForciblyRatio", "91"), LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(change("diskSpaceWarningLevelRatio", "84"), LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(change("diskSpaceCleanForciblyRatio", "90"), 0);
	tear_down();
}
END_TEST

LMT_MAIN("broker_conf", the_defaults_are_rocketmqs, the_real_port_and_brokerIP1_are_what_clients_are_told,
	 a_name_is_told_as_it_is_and_records_carry_an_address_of_the_machine,
	 the_address_server_is_asked_instead_of_namesrvAddr_when_that_is_wanted,
	 a_queue_file_is_rounded_up_to_whole_entries_and_sync_flush_is_taken,
	 a_loopback_broker_of_a_distant_name_server_is_refused, listening_everywhere_needs_an_address_to_tell,
	 names_that_are_empty_or_too_long_are_refused, a_reload_takes_over_what_may_change,
	 a_request_changes_what_may_change_and_nothing_else)

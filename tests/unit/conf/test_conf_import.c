/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a Java configuration becomes ours key by key, each key that cannot come along is told with the reason, and what is
 * made is a configuration that we read.  Shown: texts with each reason, and what is printed of them, read back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/conf_import.h"
#include "conf/conf_java.h"
#include "tests/support/lmt.h"

static struct conf_import *read_text(const struct conf_table *t, const char *text)
{
	struct conf_import *im;

	ck_assert_int_eq(conf_import_new(t, lmi_span_str(text), &im), 0);
	return im;
}

static struct conf_import *read_broker(const char *text)
{
	return read_text(&conf_broker_table, text);
}

/* The first entry's fate, with the reason or the value. */
static void ends_as(const char *text, enum conf_import_what what, const char *said)
{
	struct conf_import *im = read_broker(text);
	const struct conf_import_item *it = conf_import_item(im, 0);

	ck_assert_msg(it->what == what, "%s is %s: %s", text, conf_import_what_name(it->what), it->why ? it->why : "");
	if (said) {
		const char *is = what == CONF_IMPORT_CARRIED ? it->value : it->why;
		ck_assert_msg(strstr(is, said), "%s: %s", text, is);
	}
	ck_assert_int_eq(conf_import_is_whole(im), what == CONF_IMPORT_CARRIED || what == CONF_IMPORT_NEEDLESS);
	conf_import_free(im);
}

static const char *printed(const struct conf_import *im, void (*put)(const struct conf_import *, const char *, struct lmi_buf *))
{
	static struct lmi_buf b;

	lmi_buf_reset(&b, 4096);
	put(im, "broker.conf", &b);
	lmi_buf_put8(&b, 0);
	ck_assert(!b.failed);
	return (const char *)lmi_buf_data(&b);
}

START_TEST(keys_that_are_here_too_are_carried_with_their_values)
{
	ends_as("brokerName=broker-a", CONF_IMPORT_CARRIED, "broker-a");
	ends_as("brokerName = broker-a \t", CONF_IMPORT_CARRIED, "broker-a");
	ends_as("listenPort=10911", CONF_IMPORT_CARRIED, "10911");
	ends_as("popInflightMessageThreshold=+7", CONF_IMPORT_CARRIED, "7");
	ends_as("flushDiskType=SYNC_FLUSH", CONF_IMPORT_CARRIED, "SYNC_FLUSH");
	ends_as("fileReservedTime=48", CONF_IMPORT_CARRIED, "48");
	ends_as("deleteWhen=04;16", CONF_IMPORT_CARRIED, "04;16");
}
END_TEST

START_TEST(truth_is_what_java_takes_for_it)
{
	ends_as("autoCreateTopicEnable=TRUE", CONF_IMPORT_CARRIED, "true");
	ends_as("autoCreateTopicEnable=yes", CONF_IMPORT_CARRIED, "false");
	struct conf_import *im = read_broker("autoCreateTopicEnable=true \n");
	ck_assert_str_eq(conf_import_item(im, 0)->why, "RocketMQ takes \"true \" for false");
	ck_assert_ptr_nonnull(strstr(printed(im, conf_import_put_yaml), "autoCreateTopicEnable: false  # RocketMQ takes \"true \" for false"));
	conf_import_free(im);
}
END_TEST

START_TEST(values_that_cannot_be_are_told)
{
	ends_as("fileReservedTime=2d", CONF_IMPORT_VALUE, "uses its default");
	ends_as("fileReservedTime=48 ", CONF_IMPORT_VALUE, "uses its default");
	ends_as("listenPort=", CONF_IMPORT_VALUE, "uses its default");
	ends_as("listenPort=123456", CONF_IMPORT_VALUE, "must be from 0 to 65535, not 123456");
	ends_as("brokerId=1", CONF_IMPORT_VALUE, "must be from 0 to 0");
	ends_as("flushDiskType=LAZY", CONF_IMPORT_VALUE, "must be one of");
	ends_as("brokerName=a\\nb", CONF_IMPORT_VALUE, "one line");
}
END_TEST

START_TEST(tuning_of_what_is_not_here_is_not_needed)
{
	ends_as("sendMessageThreadPoolNums=64", CONF_IMPORT_NEEDLESS, "thread pools");
	ends_as("serverSelectorThreads=3", CONF_IMPORT_NEEDLESS, "thread pools");
	ends_as("warmMapedFileEnable=true", CONF_IMPORT_NEEDLESS, "flushed by a worker");
	ends_as("rocketmqHome=/opt/rocketmq", CONF_IMPORT_NEEDLESS, "no home folder");
}
END_TEST

START_TEST(what_is_rocketmqs_default_is_not_needed)
{
	ends_as("brokerRole=ASYNC_MASTER", CONF_IMPORT_NEEDLESS, "RocketMQ's default");
	ends_as("enableDLegerCommitLog=FALSE", CONF_IMPORT_NEEDLESS, "RocketMQ's default");
	ends_as("storeType=default", CONF_IMPORT_NEEDLESS, "RocketMQ's default");
}
END_TEST

START_TEST(what_is_lost_is_told_with_the_reason)
{
	ends_as("brokerRole=SLAVE", CONF_IMPORT_REFUSED, "replication is not supported yet");
	ends_as("aclEnable=true", CONF_IMPORT_REFUSED, "access control");
	ends_as("authenticationEnabled=true", CONF_IMPORT_UNSUPPORTED, "access control");
	ends_as("storeType=defaultRocksDB", CONF_IMPORT_UNSUPPORTED, "RocksDB");
	ends_as("dLegerGroup=g", CONF_IMPORT_UNSUPPORTED, "DLedger");
	ends_as("tieredBackendServiceProvider=x", CONF_IMPORT_UNSUPPORTED, "tiered");
	ends_as("enableLmq=true", CONF_IMPORT_UNSUPPORTED, "light message queues");
	ends_as("enableControllerMode=true", CONF_IMPORT_UNSUPPORTED, "controller");
	ends_as("enableConsumeQueueExt=true", CONF_IMPORT_UNSUPPORTED, "consume queues");
	ends_as("traceTopicEnable=true", CONF_IMPORT_UNSUPPORTED, "nothing like it");
}
END_TEST

START_TEST(keys_that_rocketmq_does_not_have_are_unknown)
{
	ends_as("brokername=x", CONF_IMPORT_UNKNOWN, "it is written brokerName");
	ends_as("noSuchKey=x", CONF_IMPORT_UNKNOWN, "no such key");
	ends_as("logLevel=debug", CONF_IMPORT_UNKNOWN, "no such key"); /* ours, which Java would pass over */
}
END_TEST

START_TEST(the_commit_log_may_be_named_where_it_is)
{
	ends_as("storePathCommitLog=/data/store/commitlog\nstorePathRootDir=/data/store\n", CONF_IMPORT_NEEDLESS, "lies anyway");
	ends_as("storePathCommitLog=/data/store/commitlog\nstorePathRootDir=/data/store/\n", CONF_IMPORT_NEEDLESS, "lies anyway");
	ends_as("storePathCommitLog=/fast/commitlog\nstorePathRootDir=/data/store\n", CONF_IMPORT_REFUSED, "storePathRootDir/commitlog");
	ends_as("storePathCommitLog=/fast/commitlog\n", CONF_IMPORT_REFUSED, "storePathRootDir/commitlog");
}
END_TEST

START_TEST(of_several_entries_with_a_key_the_last_counts)
{
	struct conf_import *im = read_broker("brokerName=a\nbrokerName=b\n");

	ck_assert_int_eq(conf_import_item(im, 0)->what, CONF_IMPORT_NEEDLESS);
	ck_assert_str_eq(conf_import_item(im, 0)->why, "line 2 sets it again");
	ck_assert_int_eq(conf_import_item(im, 1)->what, CONF_IMPORT_CARRIED);
	ck_assert_ptr_null(conf_import_item(im, 2));
	ck_assert(conf_import_is_whole(im));
	conf_import_free(im);
}
END_TEST

/* A name server's changed settings lie in a file of another format. */
START_TEST(a_name_server_keeps_its_own_file_of_changes)
{
	struct conf_import *im = read_text(&conf_namesrv_table, "kvConfigPath=/k.json\nconfigStorePath=/n.properties\n"
								 "clusterTest=true\ncontrollerDLegerGroup=g\nlistenPort=9877\n");

	ck_assert_int_eq(conf_import_item(im, 0)->what, CONF_IMPORT_CARRIED);
	ck_assert_int_eq(conf_import_item(im, 1)->what, CONF_IMPORT_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(conf_import_item(im, 1)->why, "YAML"));
	ck_assert_int_eq(conf_import_item(im, 2)->what, CONF_IMPORT_UNSUPPORTED);
	ck_assert_int_eq(conf_import_item(im, 3)->what, CONF_IMPORT_UNSUPPORTED);
	ck_assert_int_eq(conf_import_item(im, 4)->what, CONF_IMPORT_CARRIED);
	conf_import_free(im);
}
END_TEST

START_TEST(the_keys_tell_whose_file_it_is)
{
	ck_assert_ptr_eq(conf_import_table(lmi_span_str("brokerName=a\nlistenPort=1\n")), &conf_broker_table);
	ck_assert_ptr_eq(conf_import_table(lmi_span_str("kvConfigPath=/k\nlistenPort=1\n")), &conf_namesrv_table);
	ck_assert_ptr_eq(conf_import_table(lmi_span_str("listenPort=1\n")), &conf_broker_table);
}
END_TEST

/* The example that RocketMQ comes with, and values that YAML would read as something else. */
START_TEST(what_is_made_is_read_by_us_with_the_same_values)
{
	struct conf_import *im = read_broker("brokerClusterName = DefaultCluster\nbrokerName = broker-a\nbrokerId = 0\ndeleteWhen = 04\n"
					     "fileReservedTime = 48\nbrokerRole = ASYNC_MASTER\nflushDiskType = ASYNC_FLUSH\n"
					     "regionId=\\\\ \"x\": # y\nnoSuchKey=\\u2028evil: true\\u0085\n\\u2028listenPort=7\n");
	char path[] = "/tmp/lightmq-import-XXXXXX";
	struct conf *c = conf_new(&conf_broker_table);
	int fd = mkstemp(path);
	const char *text = printed(im, conf_import_put_yaml);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ck_assert_msg(conf_load(c, path) == 0, "%s\n%s", conf_error(c, 0), text);
	unlink(path);
	ck_assert_str_eq(conf_text(c, "brokerName"), "broker-a");
	ck_assert_str_eq(conf_text(c, "deleteWhen"), "04");
	ck_assert_str_eq(conf_text(c, "regionId"), "\\ \"x\": # y");
	ck_assert_int_eq(conf_i64(c, "fileReservedTime"), 48 * 3600);
	ck_assert_str_eq(conf_origin(c, "listenPort"), "default");
	ck_assert_ptr_nonnull(strstr(text, "7 keys carried over, 3 left out"));
	ck_assert_ptr_nonnull(strstr(text, "# brokerRole=ASYNC_MASTER  (line 6, not needed: it is RocketMQ's default)\n"));
	conf_free(c);
	conf_import_free(im);
}
END_TEST

START_TEST(defaults_that_differ_are_named_unless_they_are_set)
{
	struct conf_import *im = read_broker("deleteWhen=05\n");
	const char *text = printed(im, conf_import_put_yaml);

	ck_assert_ptr_nonnull(strstr(text, "# cleanFileForciblyEnable: true  (here false)\n"));
	ck_assert_ptr_nonnull(strstr(text, "# bindAddress: \"0.0.0.0\"  (here \"127.0.0.1\")\n"));
	ck_assert_ptr_null(strstr(text, "# deleteWhen"));
	ck_assert_ptr_null(strstr(text, "# fileReservedTime"));
	conf_import_free(im);
}
END_TEST

START_TEST(the_report_has_a_line_for_each_key_that_is_left_out)
{
	struct conf_import *im = read_broker("brokerName=a\n\nbrokerRole=SLAVE\nx\\ty=\\u001b[2J\n");

	ck_assert_str_eq(printed(im, conf_import_put_report),
			 "broker.conf:3: brokerRole: refused: replication is not supported yet; the broker is an asynchronous master\n"
			 "broker.conf:4: x?y: unknown: a Java broker has no such key\n");
	conf_import_free(im);
}
END_TEST

START_TEST(json_has_everything)
{
	struct conf_import *im = read_broker("brokerName=\\u00e9\nbrokerRole=SLAVE\n");
	const char *text = printed(im, conf_import_put_json);

	ck_assert_ptr_nonnull(strstr(text, "{\"source\":\"broker.conf\",\"program\":\"rmq-brokerd\",\"whole\":false,\"keys\":["
					   "{\"key\":\"brokerName\",\"value\":\"\xc3\xa9\",\"line\":1,\"what\":\"carried\"},"
					   "{\"key\":\"brokerRole\",\"value\":\"SLAVE\",\"line\":2,\"what\":\"refused\",\"why\":\""));
	ck_assert_ptr_nonnull(strstr(text, "{\"key\":\"deleteWhen\",\"rocketmq\":\"04\",\"here\":\"\"}"));
	conf_import_free(im);
}
END_TEST

START_TEST(texts_that_java_cannot_read_or_that_are_too_long_are_refused)
{
	struct conf_import *im;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(conf_import_new(&conf_broker_table, lmi_span_str("a=\\u12"), &im), -LMQ_EMALFORMED);
	for (unsigned int i = 0; i <= CONF_IMPORT_ENTRIES_MAX; i++)
		lmi_buf_printf(&b, "k%u=\n", i);
	ck_assert_int_eq(conf_import_new(&conf_broker_table, lmi_buf_span(&b), &im), -LMQ_ETOOBIG);
	while (lmi_buf_len(&b) <= CONF_FILE_MAX)
		lmi_buf_put_str(&b, "# a comment\n");
	ck_assert_int_eq(conf_import_new(&conf_broker_table, lmi_buf_span(&b), &im), -LMQ_ETOOBIG);
	lmi_buf_done(&b);
}
END_TEST

static int run(const char *text, bool json, char *out, char *err)
{
	char path[] = "/tmp/lightmq-import-XXXXXX";
	int fd = mkstemp(path), status;
	FILE *o = fmemopen(out, 8192, "w"), *e = fmemopen(err, 1024, "w");

	out[0] = err[0] = 0;
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	status = conf_import_run(NULL, path, json, o, e);
	fclose(o);
	fclose(e);
	unlink(path);
	return status;
}

START_TEST(the_exit_status_tells_whether_something_is_lost)
{
	char out[8192], err[1024];

	ck_assert_int_eq(run("brokerName=a\nwarmMapedFileEnable=true\n", false, out, err), 0);
	ck_assert_ptr_nonnull(strstr(out, "brokerName: \"a\"\n"));
	ck_assert_ptr_nonnull(strstr(err, ":2: warmMapedFileEnable: not needed"));
	ck_assert_int_eq(run("kvConfigPath=/k\nclusterTest=true\n", false, out, err), 1);
	ck_assert_ptr_nonnull(strstr(out, "for rmq-namesrvd"));
	ck_assert_ptr_nonnull(strstr(err, ":2: clusterTest: not supported"));
	ck_assert_int_eq(run("aclEnable=true\n", true, out, err), 1);
	ck_assert_int_eq(out[0], '{');
	ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
	char out[8192], err[1024];
	FILE *e = fmemopen(err, sizeof(err), "w");

	ck_assert_int_eq(run("a=\\u12\n", false, out, err), 1);
	ck_assert_ptr_nonnull(strstr(err, "RocketMQ does not read this file either"));
	ck_assert_int_eq(conf_import_run(NULL, "/nonexistent/broker.conf", false, e, e), 1);
	fclose(e);
	ck_assert_ptr_nonnull(strstr(err, "/nonexistent/broker.conf: No such file"));
	e = fmemopen(err, sizeof(err), "w");
	ck_assert_int_eq(conf_import_run(NULL, "/", false, e, e), 1);
	fclose(e);
	ck_assert_ptr_nonnull(strstr(err, "/: Is a directory"));
}
END_TEST

/* The two tables do not contradict each other. */
START_TEST(each_key_that_java_shares_with_us_is_in_both_tables)
{
	static const struct conf_table *const tables[] = { &conf_broker_table, &conf_namesrv_table };

	for (size_t t = 0; t < 2; t++) {
		size_t n = 0;
		for (const struct conf_java_key *j = conf_java_keys(tables[t]); j->name; j++, n++) {
			bool ours = false;
			for (const struct conf_key *k = tables[t]->keys; k->name; k++)
				ours |= strcmp(k->name, j->name) == 0;
			ck_assert_msg(ours || j->why != JAVA_OURS, "%s is not in the table", j->name);
			ck_assert_ptr_eq(conf_java_find(tables[t], j->name), j); /* none is there twice */
			ck_assert_uint_gt(strlen(conf_java_reason(j->why)), 0);
		}
		for (const struct conf_hint *h = tables[t]->hints; h->name; h++)
			ck_assert_msg(conf_java_find(tables[t], h->name), "%s is no key of RocketMQ's", h->name);
		ck_assert_uint_gt(n, t == 0 ? 400 : 50);
	}
}
END_TEST

LMT_MAIN("conf_import", keys_that_are_here_too_are_carried_with_their_values, truth_is_what_java_takes_for_it,
	 values_that_cannot_be_are_told, tuning_of_what_is_not_here_is_not_needed, what_is_rocketmqs_default_is_not_needed,
	 what_is_lost_is_told_with_the_reason, keys_that_rocketmq_does_not_have_are_unknown,
	 the_commit_log_may_be_named_where_it_is, of_several_entries_with_a_key_the_last_counts,
	 a_name_server_keeps_its_own_file_of_changes, the_keys_tell_whose_file_it_is,
	 what_is_made_is_read_by_us_with_the_same_values, defaults_that_differ_are_named_unless_they_are_set,
	 the_report_has_a_line_for_each_key_that_is_left_out, json_has_everything,
	 texts_that_java_cannot_read_or_that_are_too_long_are_refused, the_exit_status_tells_whether_something_is_lost,
	 a_file_that_cannot_be_read_is_told, each_key_that_java_shares_with_us_is_in_both_tables)

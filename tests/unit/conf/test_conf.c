/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: good configuration gives the values and where they came from; every mistake is refused with file, line and key.
 * Shown: files written for each case below a temporary folder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "tests/support/lmt.h"

static char folder[64];
static char path[128];

static void write_file(const char *name, const char *text)
{
	char full[192];
	FILE *f;

	if (!*folder) {
		strcpy(folder, "/tmp/lightmq-conf-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(folder));
		snprintf(path, sizeof(path), "%s/main.yaml", folder);
	}
	snprintf(full, sizeof(full), "%s/%s", folder, name);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void clean_up(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
	*folder = 0;
}

/* Load one file and give the first complaint, or NULL. */
static const char *load(struct conf **c, const char *text)
{
	write_file("main.yaml", text);
	*c = conf_new(&conf_broker_table);
	ck_assert_ptr_nonnull(*c);
	ck_assert_int_eq(conf_load(*c, path), conf_error(*c, 0) ? -LMQ_EBADCONFIG : 0);
	return conf_error(*c, 0);
}

static void refused_with(const char *text, const char *first, const char *second)
{
	struct conf *c;
	const char *e = load(&c, text);

	ck_assert_msg(e && strstr(e, first) && strstr(e, second), "said: %s", e ? e : "nothing");
	conf_free(c);
	clean_up();
}

START_TEST(values_carry_their_unit_and_origin)
{
	struct conf *c;

	ck_assert_ptr_null(load(&c, "mappedFileSizeCommitLog: 64MiB\n# a comment\nflushIntervalCommitLog: 2s\ntraceOn: off\n"
				    "brokerName: \"a b\"\nflushDiskType: SYNC_FLUSH\n"));
	ck_assert_int_eq(conf_i64(c, "mappedFileSizeCommitLog"), 64 << 20);
	ck_assert_int_eq(conf_i64(c, "flushIntervalCommitLog"), 2000);
	ck_assert(!conf_bool(c, "traceOn"));
	ck_assert_str_eq(conf_text(c, "brokerName"), "a b");
	ck_assert_str_eq(conf_text(c, "flushDiskType"), "SYNC_FLUSH");
	ck_assert_ptr_nonnull(strstr(conf_origin(c, "flushIntervalCommitLog"), "main.yaml:3"));
	ck_assert_str_eq(conf_origin(c, "listenPort"), "default");
	conf_free(c);
	clean_up();
}
END_TEST

START_TEST(drop_ins_win_over_the_file_and_the_command_line_over_both)
{
	char sub[128];
	struct conf *c;

	write_file("main.yaml", "listenPort: 1000\nmaxConnections: 5\n");
	snprintf(sub, sizeof(sub), "%s/main.yaml.d", folder);
	ck_assert_int_eq(mkdir(sub, 0755), 0);
	write_file("main.yaml.d/10-a.yaml", "listenPort: 2000\n");
	write_file("main.yaml.d/20-b.yaml", "listenPort: 3000\n");
	write_file("main.yaml.d/ignored.txt", "listenPort: 4000\n");
	c = conf_new(&conf_broker_table);
	ck_assert_int_eq(conf_load(c, path), 0);
	ck_assert_int_eq(conf_i64(c, "listenPort"), 3000);
	ck_assert_int_eq(conf_i64(c, "maxConnections"), 5);
	ck_assert_int_eq(conf_set(c, "listenPort=3001"), 0);
	ck_assert_int_eq(conf_i64(c, "listenPort"), 3001);
	ck_assert_str_eq(conf_origin(c, "listenPort"), "command line");
	conf_free(c);
	clean_up();
}
END_TEST

START_TEST(an_unknown_key_is_refused_with_line_and_nearest_key)
{
	refused_with("\n\nlistenPrt: 5\n", "main.yaml:3", "did you mean listenPort?");
}
END_TEST

START_TEST(a_key_of_rocketmq_that_we_lack_is_refused_by_name)
{
	refused_with("transientStorePoolEnable: true\n", "transientStorePoolEnable", "no transient pool");
}
END_TEST

START_TEST(wrong_types_and_ranges_are_refused)
{
	refused_with("listenPort: abc\n", "listenPort", "whole number");
	refused_with("listenPort: 70000\n", "from 0 to 65535", "70000");
	refused_with("traceOn: maybe\n", "traceOn", "true or false");
	refused_with("flushDiskType: FAST\n", "ASYNC_FLUSH SYNC_FLUSH", "FAST");
	refused_with("maxMessageSize: 4kb\n", "maxMessageSize", "64MiB");
	refused_with("listenPort: 99999999999999999999\n", "listenPort", "from 0 to 65535");
}
END_TEST

START_TEST(what_is_no_flat_map_is_refused)
{
	refused_with("- a\n- b\n", "main.yaml:1", "not a list");
	refused_with("brokerName: [a, b]\n", "brokerName", "one line");
	refused_with("brokerName: &x a\nregionId: *x\n", "main.yaml:2", "aliases");
	refused_with("brokerName: a\nbrokerName: b\n", "main.yaml:2", "set twice");
	refused_with("a: [[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]\n", "main.yaml:1", "a list or map");
	refused_with("brokerName: 'x\n", "main.yaml:", "not YAML");
}
END_TEST

START_TEST(a_second_document_and_values_of_several_lines_are_refused)
{
	refused_with("brokerName: a\n---\nregionId: b\n", "main.yaml:2", "second document");
	refused_with("brokerName: |\n  a\n  b\n", "brokerName", "one line");
	refused_with("brokerName: \"a\\tb\"\n", "brokerName", "one line");
	refused_with("brokerName: \"a\\Lb\"\n", "brokerName", "one line");
}
END_TEST

START_TEST(text_that_is_not_utf8_is_refused_on_the_command_line)
{
	struct conf *c = conf_new(&conf_broker_table);

	ck_assert_int_eq(conf_set(c, "brokerName=\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x87"), 0);
	ck_assert_int_eq(conf_set(c, "brokerName=\xff"), -LMQ_EBADCONFIG);
	ck_assert_int_eq(conf_set(c, "brokerName=\xc0\x80"), -LMQ_EBADCONFIG);
	ck_assert_int_eq(conf_set(c, "brokerName=\xed\xa0\x80"), -LMQ_EBADCONFIG);
	ck_assert_int_eq(conf_set(c, "brokerName=\xe2\x82"), -LMQ_EBADCONFIG);
	conf_free(c);
}
END_TEST

START_TEST(a_complaint_is_one_line_whatever_it_quotes)
{
	struct conf *c;
	const char *e = load(&c, "\"no\\nsuch\\e[1mkey\": 5\n");

	ck_assert_ptr_nonnull(e);
	for (; *e; e++)
		ck_assert((unsigned char)*e >= ' ');
	conf_free(c);
	clean_up();
}
END_TEST

START_TEST(what_is_printed_is_read_again_with_the_same_values)
{
	struct conf *c, *back;
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	ck_assert_ptr_null(load(&c, "brokerName: 'a \"b\\ #c: '\nmappedFileSizeCommitLog: 64MiB\nregionId: \"*x\"\n"));
	conf_print(c, f);
	fclose(f);
	clean_up();
	ck_assert_ptr_null(load(&back, text));
	ck_assert_str_eq(conf_text(back, "brokerName"), "a \"b\\ #c: ");
	ck_assert_int_eq(conf_i64(back, "mappedFileSizeCommitLog"), 64 << 20);
	ck_assert_str_eq(conf_text(back, "regionId"), "*x");
	conf_free(c);
	conf_free(back);
	free(text);
	clean_up();
}
END_TEST

START_TEST(a_missing_file_is_an_error_and_an_empty_one_is_not)
{
	struct conf *c = conf_new(&conf_namesrv_table);

	ck_assert_int_eq(conf_load(c, "/nonexistent/x.yaml"), -LMQ_EBADCONFIG);
	ck_assert_ptr_nonnull(strstr(conf_error(c, 0), "/nonexistent/x.yaml"));
	conf_free(c);
	c = conf_new(&conf_namesrv_table);
	ck_assert_int_eq(conf_load(c, "/dev/null"), 0);
	conf_free(c);
}
END_TEST

START_TEST(what_is_no_assignment_on_the_command_line_is_refused)
{
	struct conf *c = conf_new(&conf_broker_table);

	ck_assert_int_eq(conf_set(c, "listenPort"), -LMQ_EBADCONFIG);
	ck_assert_int_eq(conf_set(c, "=5"), -LMQ_EBADCONFIG);
	ck_assert_int_eq(conf_set(c, "no=5"), -LMQ_EBADCONFIG);
	ck_assert_ptr_nonnull(conf_error(c, 2));
	ck_assert_ptr_null(conf_error(c, 3));
	conf_free(c);
}
END_TEST

START_TEST(the_printed_example_is_itself_good_configuration)
{
	const struct conf_table *tables[] = { &conf_broker_table, &conf_namesrv_table };

	for (size_t i = 0; i < 2; i++) {
		char *text = NULL, *at;
		size_t n;
		FILE *f = open_memstream(&text, &n);
		struct conf *c = conf_new(tables[i]);

		conf_print_example(tables[i], f);
		fclose(f);
		/* Uncomment every key: a line that begins with '#' and no blank after it. */
		for (at = text; (at = strchr(at, '#')); at++)
			if ((at == text || at[-1] == '\n') && at[1] != ' ')
				*at = ' ';
		write_file("main.yaml", text);
		conf_load(c, path);
		ck_assert_msg(!conf_error(c, 0), "%s", conf_error(c, 0));
		conf_free(c);
		free(text);
		clean_up();
	}
}
END_TEST

START_TEST(only_what_may_change_while_running_is_changed_by_a_request)
{
	struct conf *c = conf_new(&conf_namesrv_table);
	char why[256];
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(conf_change(c, LMI_SPAN_LIT("orderMessageEnable"), LMI_SPAN_LIT("true"), false, why, sizeof(why)), 0);
	ck_assert(!conf_bool(c, "orderMessageEnable"));
	ck_assert_int_eq(conf_change(c, LMI_SPAN_LIT("orderMessageEnable"), LMI_SPAN_LIT("true"), true, why, sizeof(why)), 0);
	ck_assert(conf_bool(c, "orderMessageEnable"));
	ck_assert_str_eq(conf_origin(c, "orderMessageEnable"), "request");
	ck_assert_int_eq(conf_change(c, LMI_SPAN_LIT("listenPort"), LMI_SPAN_LIT("1"), true, why, sizeof(why)), -LMQ_EILLEGAL);
	ck_assert_ptr_nonnull(strstr(why, "cannot change while running"));
	ck_assert_int_eq(conf_change(c, LMI_SPAN_LIT("waitSecondsForService"), LMI_SPAN_LIT("-1"), true, why, sizeof(why)), -LMQ_EBADCONFIG);
	ck_assert_int_eq(conf_change(c, LMI_SPAN_LIT("waitSecondForService"), LMI_SPAN_LIT("1"), true, why, sizeof(why)), -LMQ_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "did you mean waitSecondsForService?"));
	ck_assert_ptr_null(conf_error(c, 0));
	conf_put_properties(c, &b);
	ck_assert_ptr_nonnull(memmem(lmi_buf_data(&b), lmi_buf_len(&b), "\norderMessageEnable=true\n", 25));
	ck_assert_ptr_nonnull(memmem(lmi_buf_data(&b), lmi_buf_len(&b), "listenPort=9876\n", 16));
	lmi_buf_done(&b);
	conf_free(c);
}
END_TEST

START_TEST(what_requests_changed_is_kept_over_the_file_and_below_the_command_line)
{
	struct conf *c = conf_new(&conf_namesrv_table);
	struct lmi_buf b = { 0 };
	char changes[300], why[256];
	FILE *f;

	write_file("main.yaml", "logLevel: warning\nneedWaitForService: true\n");
	ck_assert_int_eq(conf_load(c, path), 0);
	ck_assert_int_eq(conf_change(c, LMI_SPAN_LIT("logLevel"), LMI_SPAN_LIT("debug"), true, why, sizeof(why)), 0);
	ck_assert_int_eq(conf_change(c, LMI_SPAN_LIT("waitSecondsForService"), LMI_SPAN_LIT("7"), true, why, sizeof(why)), 0);
	snprintf(changes, sizeof(changes), "%s/changes.yaml", folder);
	conf_put_changes(c, changes, &b);
	conf_free(c);
	f = fopen(changes, "w");
	fwrite(lmi_buf_data(&b), 1, lmi_buf_len(&b), f);
	fclose(f);

	c = conf_new(&conf_namesrv_table);
	ck_assert_int_eq(conf_load(c, path), 0);
	ck_assert_int_eq(conf_set(c, "waitSecondsForService=9"), 0);
	ck_assert_int_eq(conf_load_changes(c, changes), 0);
	ck_assert_str_eq(conf_text(c, "logLevel"), "debug");
	ck_assert_ptr_nonnull(strstr(conf_origin(c, "logLevel"), "changes.yaml:"));
	ck_assert(conf_bool(c, "needWaitForService"));
	ck_assert_int_eq(conf_i64(c, "waitSecondsForService"), 9);
	lmi_buf_reset(&b, 0);
	conf_put_changes(c, changes, &b); /* what came from there stays there */
	lmi_buf_put8(&b, 0);
	ck_assert_ptr_nonnull(strstr((char *)lmi_buf_data(&b), "logLevel: \"debug\"\n"));
	ck_assert_ptr_null(strstr((char *)lmi_buf_data(&b), "needWait"));
	ck_assert_int_eq(conf_load_changes(c, "not-there.yaml"), 0);
	write_file("changes.yaml", "listenPort: 1\n");
	ck_assert_int_eq(conf_load_changes(c, changes), -LMQ_EBADCONFIG);
	ck_assert_ptr_nonnull(strstr(conf_error(c, 0), "cannot change while running"));
	conf_free(c);
	lmi_buf_done(&b);
	clean_up();
}
END_TEST

LMT_MAIN("conf", values_carry_their_unit_and_origin, drop_ins_win_over_the_file_and_the_command_line_over_both,
	 an_unknown_key_is_refused_with_line_and_nearest_key, a_key_of_rocketmq_that_we_lack_is_refused_by_name,
	 wrong_types_and_ranges_are_refused, what_is_no_flat_map_is_refused,
	 a_second_document_and_values_of_several_lines_are_refused, text_that_is_not_utf8_is_refused_on_the_command_line,
	 a_complaint_is_one_line_whatever_it_quotes, what_is_printed_is_read_again_with_the_same_values,
	 a_missing_file_is_an_error_and_an_empty_one_is_not, what_is_no_assignment_on_the_command_line_is_refused,
	 the_printed_example_is_itself_good_configuration, only_what_may_change_while_running_is_changed_by_a_request,
	 what_requests_changed_is_kept_over_the_file_and_below_the_command_line)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: settings are taken by name, with units, within their ranges; anything else is refused with words and changes nothing.
 * Shown: on the public functions, each error once.
 */
#include "tests/support/lmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/config.h"

static struct lmq_config *cfg;
static char err[256];

static const char *value(const char *name)
{
	static char text[256];

	ck_assert_int_ge(lmq_config_get(cfg, name, text, sizeof(text)), 0);
	return text;
}

static int set(const char *name, const char *text)
{
	err[0] = '\0';
	return lmq_config_set(cfg, name, text, err, sizeof(err));
}

START_TEST(defaults_are_rocketmqs)
{
	cfg = lmq_config_new();
	ck_assert_str_eq(value("namesrvAddr"), "");
	ck_assert_str_eq(value("serializeType"), "JSON");
	ck_assert_str_eq(value("sendMsgTimeout"), "3000");
	ck_assert_str_eq(value("retryTimesWhenSendFailed"), "2");
	ck_assert_str_eq(value("maxMessageSize"), "4194304");
	ck_assert_str_eq(value("consumeThreadMax"), "20");
	ck_assert_str_eq(value("pullThresholdForQueue"), "1000");
	ck_assert_str_eq(value("pullThresholdSizeForQueue"), "104857600");
	ck_assert_str_eq(value("consumeFromWhere"), "CONSUME_FROM_LAST_OFFSET");
	ck_assert_str_eq(value("heartbeatBrokerInterval"), "30000");
	lmq_config_free(cfg);
}
END_TEST

START_TEST(units_and_rocketmqs_plain_numbers_are_taken)
{
	cfg = lmq_config_new();
	ck_assert_int_eq(set("sendMsgTimeout", "5s"), 0);
	ck_assert_str_eq(value("sendMsgTimeout"), "5000");
	ck_assert_int_eq(set("sendMsgTimeout", "2min"), 0);
	ck_assert_str_eq(value("sendMsgTimeout"), "120000");
	ck_assert_int_eq(set("maxMessageSize", "1MiB"), 0);
	ck_assert_str_eq(value("maxMessageSize"), "1048576");
	ck_assert_int_eq(set("pullThresholdSizeForQueue", "7"), 0);
	ck_assert_str_eq(value("pullThresholdSizeForQueue"), "7340032");
	ck_assert_int_eq(set("pullThresholdSizeForQueue", "2048KiB"), 0);
	ck_assert_str_eq(value("pullThresholdSizeForQueue"), "2097152");
	ck_assert_int_eq(set("maxReconsumeTimes", "-1"), 0);
	ck_assert_int_eq(set("serializeType", "ROCKETMQ"), 0);
	ck_assert_str_eq(value("serializeType"), "ROCKETMQ");
	lmq_config_free(cfg);
}
END_TEST

START_TEST(an_unknown_name_is_told_with_the_nearest)
{
	cfg = lmq_config_new();
	ck_assert_int_eq(set("nameSrvAdr", "x:1"), -LMQ_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err, "namesrvAddr"));
	ck_assert_int_eq(set("sendMsgTimeOut", "1"), -LMQ_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err, "sendMsgTimeout"));
	ck_assert_int_eq(set("", "1"), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_config_get(cfg, "nothing", NULL, 0), -LMQ_ENOTFOUND);
	lmq_config_free(cfg);
}
END_TEST

START_TEST(bad_values_are_refused_and_change_nothing)
{
	static const struct {
		const char *name, *text;
	} bad[] = {
		{ "sendMsgTimeout", "" },      { "sendMsgTimeout", "soon" },    { "sendMsgTimeout", "0" },
		{ "sendMsgTimeout", "601s" },  { "sendMsgTimeout", "5MiB" },    { "sendMsgTimeout", "5 s" },
		{ "sendMsgTimeout", "s" },     { "sendMsgTimeout", "1.5s" },    { "sendMsgTimeout", "99999999999999999999" },
		{ "sendMsgTimeout", "9223372036854775807min" },                 { "consumeThreadMax", "0" },
		{ "consumeThreadMax", "1001" }, { "consumeThreadMax", "1s" },   { "maxMessageSize", "16MiB" },
		{ "serializeType", "json" },   { "serializeType", "JSON " },    { "consumeFromWhere", "" },
		{ "instanceName", "a\nb" },    { "pullThresholdSizeForQueue", "1025" },
	};
	char before[256];

	cfg = lmq_config_new();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(before, value(bad[i].name));
		ck_assert_msg(set(bad[i].name, bad[i].text) == -LMQ_EBADCONFIG, "%s = \"%s\" was taken", bad[i].name, bad[i].text);
		ck_assert_ptr_nonnull(strstr(err, bad[i].name));
		ck_assert_str_eq(value(bad[i].name), before);
	}
	lmq_config_free(cfg);
}
END_TEST

START_TEST(the_sentence_is_cut_to_fit)
{
	char small[8];

	cfg = lmq_config_new();
	memset(small, 'x', sizeof(small));
	ck_assert_int_eq(lmq_config_set(cfg, "nothing", "1", small, 4), -LMQ_ENOTFOUND);
	ck_assert_str_eq(small, "unk");
	ck_assert_int_eq(small[4], 'x');
	ck_assert_int_eq(lmq_config_set(cfg, "nothing", "1", NULL, 0), -LMQ_ENOTFOUND);
	lmq_config_free(cfg);
}
END_TEST

START_TEST(a_copy_is_independent)
{
	struct lmq_config *copy;

	cfg = lmq_config_new();
	ck_assert_int_eq(set("namesrvAddr", "a:1"), 0);
	copy = lmq_config_dup(cfg);
	ck_assert_int_eq(set("namesrvAddr", "b:2"), 0);
	lmq_config_free(cfg);
	cfg = copy;
	ck_assert_str_eq(value("namesrvAddr"), "a:1");
	lmq_config_free(copy);
	lmq_config_free(NULL);
}
END_TEST

static int check_entry(void *user, const char *name, const char *kind, const char *initial, const char *allowed,
		       const char *meaning)
{
	struct lmq_config *fresh = lmq_config_new();

	(void)kind;
	cfg = fresh;
	ck_assert_int_eq(set(name, initial), 0);
	ck_assert_uint_gt(strlen(allowed), 0);
	ck_assert_int_eq(meaning[strlen(meaning) - 1], '.');
	lmq_config_free(fresh);
	++*(int *)user;
	return strcmp(name, "serializeType") == 0 ? 7 : 0;
}

START_TEST(each_entry_takes_its_own_default_and_the_walk_can_end_early)
{
	int n = 0;

	ck_assert_int_eq(lmq_config_each(check_entry, &n), 7);
	ck_assert_int_eq(n, 4);
}
END_TEST

static char page[65536];

static int check_page(void *user, const char *name, const char *kind, const char *initial, const char *allowed,
		      const char *meaning)
{
	char want[1024];

	(void)user;
	snprintf(want, sizeof(want), ".It Cm %s Pq %s\n%s\nAllowed: %s.\nDefault: %s.\n", name, kind, meaning, allowed,
		 *initial ? initial : "empty");
	ck_assert_msg(strstr(page, want) != NULL, "lmq_config(3) does not say:\n%s", want);
	return 0;
}

START_TEST(the_manual_lists_every_setting_as_the_table_has_it)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/man/lmq_config.3", top ? top : ".");
	f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s cannot be read", path);
	ck_assert_uint_gt(fread(page, 1, sizeof(page) - 1, f), 0);
	fclose(f);
	ck_assert_int_eq(lmq_config_each(check_page, NULL), 0);
}
END_TEST

static void keep_line(void *user, enum lmq_log_level level, const char *line)
{
	(void)level;
	strcat(user, line);
}

START_TEST(log_lines_above_the_level_are_dropped)
{
	char lines[256] = "";

	cfg = lmq_config_new();
	config_log(cfg, LMQ_LOG_ERR, "nobody hears");
	lmq_config_on_log(cfg, LMQ_LOG_WARNING, keep_line, lines);
	config_log(cfg, LMQ_LOG_INFO, "too fine");
	config_log(cfg, LMQ_LOG_WARNING, "heard %d", 1);
	ck_assert_str_eq(lines, "heard 1");
	lmq_config_free(cfg);
}
END_TEST

LMT_MAIN("client config", defaults_are_rocketmqs, units_and_rocketmqs_plain_numbers_are_taken,
	 an_unknown_name_is_told_with_the_nearest, bad_values_are_refused_and_change_nothing, the_sentence_is_cut_to_fit,
	 a_copy_is_independent, each_entry_takes_its_own_default_and_the_walk_can_end_early,
	 the_manual_lists_every_setting_as_the_table_has_it, log_lines_above_the_level_are_dropped)

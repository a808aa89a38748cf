/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the command line gives what was asked for, or exit status 2 for a wrong one and 0 for what only prints.
 * Shown: host_options_parse over argument lists; stdout and stderr are not looked at.
 */
#include <getopt.h>

#include "host/host_internal.h"
#include "tests/support/lmt.h"

static const struct host_program program = { .name = "prog", .summary = "Does it.", .default_config = "/etc/prog.yaml" };

static int parse(struct host_options *o, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	optind = 0; /* start over */
	return host_options_parse(&program, argc, argv, o);
}
#define A(s) (char[]){ s }
#define PARSE(o, ...) parse(o, (char *[]){ A("prog"), __VA_ARGS__, NULL })

START_TEST(short_and_long_options_are_the_same)
{
	struct host_options o;

	ck_assert_int_eq(PARSE(&o, A("-c"), A("f"), A("-o"), A("a=1"), A("--set"), A("b=2")), -1);
	ck_assert_str_eq(o.config, "f");
	ck_assert_uint_eq(o.set_count, 2);
	ck_assert_str_eq(o.sets[0], "a=1");
	ck_assert_str_eq(o.sets[1], "b=2");
	ck_assert(!o.check && !o.print && !o.list);
	ck_assert_int_eq(PARSE(&o, A("--config=g"), A("--check"), A("--print-config"), A("--list-keys")), -1);
	ck_assert_str_eq(o.config, "g");
	ck_assert_uint_eq(o.set_count, 0);
	ck_assert(o.check && o.print && o.list);
}
END_TEST

START_TEST(help_and_version_end_with_0)
{
	struct host_options o;

	ck_assert_int_eq(PARSE(&o, A("--help")), HOST_EXIT_OK);
	ck_assert_int_eq(PARSE(&o, A("-h")), HOST_EXIT_OK);
	ck_assert_int_eq(PARSE(&o, A("--version")), HOST_EXIT_OK);
}
END_TEST

START_TEST(wrong_use_ends_with_2)
{
	struct host_options o;

	ck_assert_int_eq(PARSE(&o, A("--nope")), HOST_EXIT_USAGE);
	ck_assert_int_eq(PARSE(&o, A("stray")), HOST_EXIT_USAGE);
	ck_assert_int_eq(PARSE(&o, A("-c")), HOST_EXIT_USAGE);
}
END_TEST

START_TEST(more_assignments_than_fit_are_refused_and_not_dropped)
{
	char name[] = "prog", option[] = "-o", value[] = "a=1";
	char *argv[2 * 65 + 2] = { name };
	struct host_options o;

	for (int i = 0; i < 65; i++) {
		argv[1 + 2 * i] = option;
		argv[2 + 2 * i] = value;
	}
	ck_assert_int_eq(parse(&o, argv), HOST_EXIT_USAGE);
	argv[1 + 2 * 64] = NULL;
	ck_assert_int_eq(parse(&o, argv), -1);
	ck_assert_uint_eq(o.set_count, 64);
}
END_TEST

LMT_MAIN("options", short_and_long_options_are_the_same, help_and_version_end_with_0, wrong_use_ends_with_2,
	 more_assignments_than_fit_are_refused_and_not_dropped)

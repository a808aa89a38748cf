# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
rules_tests = \
	%D%/test_delay_level \
	%D%/test_name \
	%D%/test_namespace \
	%D%/test_queue_choice \
	%D%/test_rebalance \
	%D%/test_retry \
	%D%/test_retry_policy \
	%D%/test_tags
check_PROGRAMS += $(rules_tests)
TESTS += $(rules_tests)
rules_tests_libs = tests/support/libsupport.a lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_delay_level_LDADD = $(rules_tests_libs)
%C%_test_name_LDADD = $(rules_tests_libs)
%C%_test_namespace_LDADD = $(rules_tests_libs)
%C%_test_queue_choice_LDADD = $(rules_tests_libs)
%C%_test_rebalance_LDADD = $(rules_tests_libs)
%C%_test_retry_LDADD = $(rules_tests_libs)
%C%_test_retry_policy_LDADD = $(rules_tests_libs)
%C%_test_tags_LDADD = $(rules_tests_libs)

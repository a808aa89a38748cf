# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
filter_tests = \
	%D%/test_filter
check_PROGRAMS += $(filter_tests)
TESTS += $(filter_tests)
filter_tests_libs = tests/support/libsupport.a src/filter/libfilter.a lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la -lm $(CHECK_LIBS)
%C%_test_filter_LDADD = $(filter_tests_libs)

# SPDX-License-Identifier: Apache-2.0
# The real daemons, over loopback.
system_tests = \
	%D%/test_brokerd \
	%D%/test_garbage \
	%D%/test_namesrvd
check_PROGRAMS += $(system_tests)
TESTS += $(system_tests)
system_tests_libs = tests/support/libsupport.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_brokerd_LDADD = $(system_tests_libs)
%C%_test_garbage_LDADD = $(system_tests_libs)
%C%_test_namesrvd_LDADD = $(system_tests_libs)
dist_check_SCRIPTS += \
	%D%/test_examples.sh \
	%D%/test_manual_examples.sh \
	%D%/test_manual_programs.sh \
	%D%/test_rmqctl.sh
TESTS += \
	%D%/test_examples.sh \
	%D%/test_manual_examples.sh \
	%D%/test_manual_programs.sh \
	%D%/test_rmqctl.sh

bin_PROGRAMS += lightmq-demo
lightmq_demo_SOURCES = %D%/demo.c
lightmq_demo_LDADD = lib/liblightmq.la -lpthread

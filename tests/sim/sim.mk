# SPDX-License-Identifier: Apache-2.0
# The simulator: many brokers and clients in one process, in stated time.
sim_tests = \
	%D%/test_broker_time \
	%D%/test_clock_jumps \
	%D%/test_delay_time \
	%D%/test_names \
	%D%/test_pop_time \
	%D%/test_retention
check_PROGRAMS += $(sim_tests)
TESTS += $(sim_tests)
sim_tests_libs = tests/support/libsupport.a src/disk/libdiskcrash.a src/namesrv/libnamesrv.a src/broker/libbroker.a src/filter/libfilter.a src/store/libstore.a src/conf/libconf.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS) $(CHECK_LIBS)
%C%_test_broker_time_LDADD = $(sim_tests_libs)
%C%_test_clock_jumps_LDADD = $(sim_tests_libs)
%C%_test_delay_time_LDADD = $(sim_tests_libs)
%C%_test_names_LDADD = $(sim_tests_libs)
%C%_test_pop_time_LDADD = $(sim_tests_libs)
%C%_test_retention_LDADD = $(sim_tests_libs)

# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
namesrv_tests = \
	%D%/test_handle \
	%D%/test_kv_table \
	%D%/test_route_sync \
	%D%/test_route_table \
	%D%/test_work
check_PROGRAMS += $(namesrv_tests)
TESTS += $(namesrv_tests)
namesrv_tests_libs = tests/support/libsupport.a src/namesrv/libnamesrv.a src/conf/libconf.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS) $(CHECK_LIBS)
%C%_test_handle_LDADD = $(namesrv_tests_libs)
%C%_test_kv_table_LDADD = $(namesrv_tests_libs)
%C%_test_route_sync_LDADD = $(namesrv_tests_libs)
%C%_test_route_table_LDADD = $(namesrv_tests_libs)
%C%_test_work_LDADD = $(namesrv_tests_libs)

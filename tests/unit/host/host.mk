# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
host_tests = \
	%D%/test_activation \
	%D%/test_journal \
	%D%/test_options
check_PROGRAMS += $(host_tests)
TESTS += $(host_tests)
host_tests_libs = tests/support/libsupport.a src/host/libhost.a src/conf/libconf.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS) $(SYSTEMD_LIBS) $(CHECK_LIBS)
%C%_test_activation_LDADD = $(host_tests_libs)
%C%_test_journal_LDADD = $(host_tests_libs)
%C%_test_options_LDADD = $(host_tests_libs)

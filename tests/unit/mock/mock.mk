# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
mock_tests = \
	%D%/test_dlclose \
	%D%/test_lmq_mock
check_PROGRAMS += $(mock_tests)
TESTS += $(mock_tests)
mock_tests_libs = tests/support/libsupport.a lib/mock/libmock.la lib/client/libclient.la lib/io/libio.la lib/crypt/libcrypt.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_dlclose_LDADD = $(mock_tests_libs)
%C%_test_lmq_mock_LDADD = $(mock_tests_libs)

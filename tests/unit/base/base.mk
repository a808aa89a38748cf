# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
base_tests = \
	%D%/test_map
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
base_tests_libs = tests/support/libsupport.a lib/base/libbase.la $(CHECK_LIBS)
%C%_test_map_LDADD = $(base_tests_libs)

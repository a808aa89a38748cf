# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
base_tests = \
	%D%/test_arena \
	%D%/test_buf \
	%D%/test_bytes \
	%D%/test_clock \
	%D%/test_error \
	%D%/test_executor \
	%D%/test_hash \
	%D%/test_hist \
	%D%/test_list \
	%D%/test_log \
	%D%/test_mailbox \
	%D%/test_map \
	%D%/test_rng
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
base_tests_libs = tests/support/libsupport.a lib/base/libbase.la $(CHECK_LIBS)
%C%_test_arena_LDADD = $(base_tests_libs)
%C%_test_buf_LDADD = $(base_tests_libs)
%C%_test_bytes_LDADD = $(base_tests_libs)
%C%_test_clock_LDADD = $(base_tests_libs)
%C%_test_error_LDADD = $(base_tests_libs)
%C%_test_executor_LDADD = $(base_tests_libs)
%C%_test_hash_LDADD = $(base_tests_libs)
%C%_test_hist_LDADD = $(base_tests_libs)
%C%_test_list_LDADD = $(base_tests_libs)
%C%_test_log_LDADD = $(base_tests_libs)
%C%_test_mailbox_LDADD = $(base_tests_libs)
%C%_test_map_LDADD = $(base_tests_libs)
%C%_test_rng_LDADD = $(base_tests_libs)

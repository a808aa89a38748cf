# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
store_tests = \
	%D%/test_consume_queue \
	%D%/test_history \
	%D%/test_key_index \
	%D%/test_retention \
	%D%/test_store_clean \
	%D%/test_store_crash \
	%D%/test_store_damage \
	%D%/test_store_faults \
	%D%/test_store_flips \
	%D%/test_store_flush \
	%D%/test_store_get \
	%D%/test_store_kill \
	%D%/test_store_planted \
	%D%/test_store_read \
	%D%/test_store_recover \
	%D%/test_store_refuse \
	%D%/test_zeros
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
store_tests_libs = tests/support/libsupport.a src/disk/libdiskcrash.a src/store/libstore.a src/disk/libdisk.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_consume_queue_LDADD = $(store_tests_libs)
%C%_test_history_LDADD = $(store_tests_libs)
%C%_test_key_index_LDADD = $(store_tests_libs)
%C%_test_retention_LDADD = $(store_tests_libs)
%C%_test_store_clean_LDADD = $(store_tests_libs)
%C%_test_store_crash_LDADD = $(store_tests_libs)
%C%_test_store_damage_LDADD = $(store_tests_libs)
%C%_test_store_faults_LDADD = $(store_tests_libs)
%C%_test_store_flips_LDADD = $(store_tests_libs)
%C%_test_store_flush_LDADD = $(store_tests_libs)
%C%_test_store_get_LDADD = $(store_tests_libs)
%C%_test_store_kill_LDADD = $(store_tests_libs)
%C%_test_store_planted_CPPFLAGS = $(AM_CPPFLAGS) -DSTORE_PLANTED
%C%_test_store_planted_LDADD = tests/support/libsupport.a src/disk/libdiskcrash.a src/store/libstoreplanted.a src/disk/libdisk.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_store_read_LDADD = $(store_tests_libs)
%C%_test_store_recover_LDADD = $(store_tests_libs)
%C%_test_store_refuse_LDADD = $(store_tests_libs)
%C%_test_zeros_LDADD = $(store_tests_libs)
EXTRA_DIST += \
	%D%/store_life.h \
	%D%/store_rig.h

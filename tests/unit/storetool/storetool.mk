# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
storetool_tests = \
	%D%/test_storetool
check_PROGRAMS += $(storetool_tests)
TESTS += $(storetool_tests)
storetool_tests_libs = tests/support/libsupport.a src/disk/libdiskcrash.a src/storetool/libstoretool.a src/store/libstore.a src/disk/libdisk.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_storetool_LDADD = $(storetool_tests_libs)

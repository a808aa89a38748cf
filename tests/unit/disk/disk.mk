# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
disk_tests = \
	%D%/test_disk_posix
check_PROGRAMS += $(disk_tests)
TESTS += $(disk_tests)
disk_tests_libs = tests/support/libsupport.a src/disk/libdiskcrash.a src/disk/libdisk.a lib/base/libbase.la $(CHECK_LIBS)
%C%_test_disk_posix_LDADD = $(disk_tests_libs)

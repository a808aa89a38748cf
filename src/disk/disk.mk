# SPDX-License-Identifier: Apache-2.0
# Whoever keeps a file goes through it.
noinst_LIBRARIES += %D%/libdisk.a
%C%_libdisk_a_SOURCES = \
	%D%/disk.h \
	%D%/disk_posix.c \
	%D%/disk_replace.c

# The disk that loses what was not synced, for tests.
check_LIBRARIES += %D%/libdiskcrash.a
%C%_libdiskcrash_a_SOURCES = \
	%D%/disk_crash.c \
	%D%/disk_crash.h \
	%D%/disk_crash_inode.c \
	%D%/disk_crash_inode.h

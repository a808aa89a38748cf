# SPDX-License-Identifier: Apache-2.0
# Whoever keeps a file goes through it.
noinst_LIBRARIES += %D%/libdisk.a
%C%_libdisk_a_SOURCES = \
	%D%/disk.h \
	%D%/disk_posix.c \
	%D%/disk_replace.c

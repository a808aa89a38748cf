# SPDX-License-Identifier: Apache-2.0
# The rmq-store commands.
noinst_LIBRARIES += %D%/libstoretool.a
%C%_libstoretool_a_SOURCES = \
	%D%/storetool.c \
	%D%/storetool.h \
	%D%/storetool_check.c \
	%D%/storetool_disk.c \
	%D%/storetool_dump.c \
	%D%/storetool_index.c \
	%D%/storetool_log.c \
	%D%/storetool_rebuild.c

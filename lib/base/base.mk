# SPDX-License-Identifier: Apache-2.0
# The floor: bytes, containers, interfaces.
noinst_LTLIBRARIES += %D%/libbase.la
%C%_libbase_la_SOURCES = \
	%D%/arena.c \
	%D%/arena.h \
	%D%/buf.c \
	%D%/buf.h \
	%D%/bytes.c \
	%D%/bytes.h \
	%D%/clock.c \
	%D%/clock.h \
	%D%/error.c \
	%D%/error.h \
	%D%/event.h \
	%D%/executor.c \
	%D%/executor.h \
	%D%/hash.c \
	%D%/hash.h \
	%D%/hist.c \
	%D%/hist.h \
	%D%/list.h \
	%D%/log.c \
	%D%/log.h \
	%D%/mailbox.c \
	%D%/mailbox.h \
	%D%/map.c \
	%D%/map.h \
	%D%/rng.c \
	%D%/rng.h \
	%D%/visibility.h
%C%_libbase_la_LIBADD = $(DEFLATE_LIBS) -lpthread

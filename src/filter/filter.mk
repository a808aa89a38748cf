# SPDX-License-Identifier: Apache-2.0
# SQL92 expressions.
noinst_LIBRARIES += %D%/libfilter.a
%C%_libfilter_a_SOURCES = \
	%D%/filter.c \
	%D%/filter.h \
	%D%/filter_build.c \
	%D%/filter_eval.c \
	%D%/filter_internal.h \
	%D%/filter_lex.c \
	%D%/filter_number.c \
	%D%/filter_parse.y
AM_YFLAGS = -Wno-yacc

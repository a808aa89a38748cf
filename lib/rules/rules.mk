# SPDX-License-Identifier: Apache-2.0
# Rules that both sides must agree on.
noinst_LTLIBRARIES += %D%/librules.la
%C%_librules_la_SOURCES = \
	%D%/delay_level.c \
	%D%/delay_level.h \
	%D%/name.c \
	%D%/name.h \
	%D%/namespace.c \
	%D%/namespace.h \
	%D%/queue_choice.c \
	%D%/queue_choice.h \
	%D%/rebalance.c \
	%D%/rebalance.h \
	%D%/retry.c \
	%D%/retry.h \
	%D%/retry_policy.c \
	%D%/retry_policy.h \
	%D%/tags.c \
	%D%/tags.h

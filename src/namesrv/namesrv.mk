# SPDX-License-Identifier: Apache-2.0
# The name server.
noinst_LIBRARIES += %D%/libnamesrv.a
%C%_libnamesrv_a_SOURCES = \
	%D%/handle.c \
	%D%/kv_table.c \
	%D%/kv_table.h \
	%D%/namesrv.c \
	%D%/namesrv.h \
	%D%/route_query.c \
	%D%/route_table.c \
	%D%/route_table.h \
	%D%/route_table_internal.h \
	%D%/route_topic.c

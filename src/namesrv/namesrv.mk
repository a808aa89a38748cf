# SPDX-License-Identifier: Apache-2.0
# The name server.
noinst_LIBRARIES += %D%/libnamesrv.a
%C%_libnamesrv_a_SOURCES = \
	%D%/handle.c \
	%D%/handle_internal.h \
	%D%/handle_kv.c \
	%D%/handle_register.c \
	%D%/kv_table.c \
	%D%/kv_table.h \
	%D%/namesrv.c \
	%D%/namesrv.h \
	%D%/namesrv_conf.c \
	%D%/namesrv_conf.h \
	%D%/route_conn.c \
	%D%/route_query.c \
	%D%/route_set.c \
	%D%/route_set.h \
	%D%/route_shape.c \
	%D%/route_snapshot.c \
	%D%/route_sync.c \
	%D%/route_table.c \
	%D%/route_table.h \
	%D%/route_table_internal.h \
	%D%/route_task.c \
	%D%/route_topic.c \
	%D%/saver.c \
	%D%/saver.h \
	%D%/work.c

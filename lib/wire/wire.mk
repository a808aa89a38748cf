# SPDX-License-Identifier: Apache-2.0
# Bytes to values and back.
noinst_LTLIBRARIES += %D%/libwire.la
%C%_libwire_la_SOURCES = \
	%D%/batch.c \
	%D%/cluster_info.c \
	%D%/cluster_info.h \
	%D%/codes.c \
	%D%/codes.h \
	%D%/command.c \
	%D%/command.h \
	%D%/command_binary.c \
	%D%/command_internal.h \
	%D%/command_json.c \
	%D%/command_out.c \
	%D%/data_version.c \
	%D%/data_version.h \
	%D%/ext_key.c \
	%D%/ext_key.h \
	%D%/frame.c \
	%D%/frame.h \
	%D%/group_config.c \
	%D%/group_config.h \
	%D%/heartbeat.c \
	%D%/heartbeat.h \
	%D%/host.c \
	%D%/java_hash.c \
	%D%/json.c \
	%D%/json.h \
	%D%/json_body.h \
	%D%/json_out.c \
	%D%/json_scan.h \
	%D%/json_state.h \
	%D%/json_text.c \
	%D%/json_value.c \
	%D%/lock_batch.c \
	%D%/lock_batch.h \
	%D%/props.c \
	%D%/props.h \
	%D%/record.c \
	%D%/record.h \
	%D%/register.c \
	%D%/register.h \
	%D%/register_compressed.c \
	%D%/register_internal.h \
	%D%/route.c \
	%D%/route.h \
	%D%/setting_text.c \
	%D%/setting_text.h \
	%D%/subscription.c \
	%D%/subscription.h \
	%D%/topic_config.c \
	%D%/topic_config.h \
	%D%/topic_list.c \
	%D%/topic_list.h \
	%D%/topic_sync.c \
	%D%/topic_sync.h
%C%_libwire_la_CPPFLAGS = $(AM_CPPFLAGS) $(ZLIB_CFLAGS)
%C%_libwire_la_LIBADD = $(ZLIB_LIBS)

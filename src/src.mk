# SPDX-License-Identifier: Apache-2.0
# The programs: each room an archive.

noinst_LIBRARIES += src/disk/libdisk.a
src_disk_libdisk_a_SOURCES = \
	src/disk/disk.h \
	src/disk/disk_posix.c \
	src/disk/disk_replace.c

noinst_LIBRARIES += src/conf/libconf.a
src_conf_libconf_a_SOURCES = \
	src/conf/conf.c \
	src/conf/conf.h \
	src/conf/conf_internal.h \
	src/conf/conf_print.c \
	src/conf/conf_yaml.c \
	src/conf/keys_broker.c \
	src/conf/keys_namesrv.c
src_conf_libconf_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)

noinst_LIBRARIES += src/store/libstore.a
src_store_libstore_a_SOURCES = \
	src/store/checkpoint.c \
	src/store/checkpoint.h \
	src/store/commit_log.c \
	src/store/commit_log.h \
	src/store/consume_queue.c \
	src/store/consume_queue.h \
	src/store/consume_queue_recover.c \
	src/store/dispatcher.c \
	src/store/dispatcher.h \
	src/store/log_scan.c \
	src/store/log_scan.h \
	src/store/log_writer.c \
	src/store/log_writer.h \
	src/store/queue_files.c \
	src/store/queue_files.h \
	src/store/queue_flush.c \
	src/store/queue_flush.h \
	src/store/queue_table.c \
	src/store/queue_table.h \
	src/store/segment.c \
	src/store/segment.h \
	src/store/store.c \
	src/store/store.h \
	src/store/store_append.c \
	src/store/store_delete.c \
	src/store/store_flush.c \
	src/store/store_get.c \
	src/store/store_internal.h \
	src/store/store_mark.c \
	src/store/store_mark.h \
	src/store/store_recover.c \
	src/store/store_refuse.c \
	src/store/why.c \
	src/store/why.h \
	src/store/work.c \
	src/store/work.h \
	src/store/zeros.c \
	src/store/zeros.h

noinst_LIBRARIES += src/namesrv/libnamesrv.a
src_namesrv_libnamesrv_a_SOURCES = \
	src/namesrv/handle.c \
	src/namesrv/kv_table.c \
	src/namesrv/kv_table.h \
	src/namesrv/namesrv.c \
	src/namesrv/namesrv.h \
	src/namesrv/route_query.c \
	src/namesrv/route_table.c \
	src/namesrv/route_table.h \
	src/namesrv/route_table_internal.h \
	src/namesrv/route_topic.c

noinst_LIBRARIES += src/broker/libbroker.a
src_broker_libbroker_a_SOURCES = \
	src/broker/core.c \
	src/broker/core.h \
	src/broker/duty/persist_duty.c \
	src/broker/duty/persist_duty.h \
	src/broker/duty/register_duty.c \
	src/broker/duty/register_duty.h \
	src/broker/duty/scan_duty.c \
	src/broker/duty/scan_duty.h \
	src/broker/handle/answer.c \
	src/broker/handle/broker_handler.c \
	src/broker/handle/client_handler.c \
	src/broker/handle/client_list_handler.c \
	src/broker/handle/defer.c \
	src/broker/handle/dispatch.c \
	src/broker/handle/group_handler.c \
	src/broker/handle/handle.h \
	src/broker/handle/handlers.h \
	src/broker/handle/lock_handler.c \
	src/broker/handle/offset_handler.c \
	src/broker/handle/pull_check.c \
	src/broker/handle/pull_check.h \
	src/broker/handle/pull_handler.c \
	src/broker/handle/record_read.c \
	src/broker/handle/record_read.h \
	src/broker/handle/send_answer.c \
	src/broker/handle/send_answer.h \
	src/broker/handle/send_handler.c \
	src/broker/handle/send_header.c \
	src/broker/handle/send_header.h \
	src/broker/handle/send_props.c \
	src/broker/handle/send_props.h \
	src/broker/handle/sendback_handler.c \
	src/broker/handle/settings.h \
	src/broker/handle/stats_handler.c \
	src/broker/handle/topic_handler.c \
	src/broker/handle/view_handler.c \
	src/broker/state/client_sub.c \
	src/broker/state/client_table.c \
	src/broker/state/client_table.h \
	src/broker/state/group_table.c \
	src/broker/state/group_table.h \
	src/broker/state/hold_table.c \
	src/broker/state/hold_table.h \
	src/broker/state/lock_table.c \
	src/broker/state/lock_table.h \
	src/broker/state/offset_table.c \
	src/broker/state/offset_table.h \
	src/broker/state/peer.h \
	src/broker/state/pending.c \
	src/broker/state/pending.h \
	src/broker/state/topic_table.c \
	src/broker/state/topic_table.h

noinst_LIBRARIES += src/host/libhost.a
src_host_libhost_a_SOURCES = \
	src/host/activation.c \
	src/host/host.c \
	src/host/host.h \
	src/host/host_internal.h \
	src/host/journal.c \
	src/host/options.c
src_host_libhost_a_CPPFLAGS = $(AM_CPPFLAGS) $(SYSTEMD_CFLAGS)

sbin_PROGRAMS += rmq-namesrvd
rmq_namesrvd_SOURCES = src/rmq_namesrvd.c
rmq_namesrvd_LDADD = src/namesrv/libnamesrv.a src/host/libhost.a src/conf/libconf.a src/disk/libdisk.a lib/liblightmq.la $(YAML_LIBS) $(SYSTEMD_LIBS) -lpthread


# SPDX-License-Identifier: Apache-2.0
# The programs: each room an archive.

noinst_LIBRARIES += src/disk/libdisk.a
src_disk_libdisk_a_SOURCES = \
	src/disk/disk.h \
	src/disk/disk_posix.c \
	src/disk/disk_replace.c

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
	src/store/store_flush.c \
	src/store/store_internal.h \
	src/store/store_mark.c \
	src/store/store_mark.h \
	src/store/why.c \
	src/store/why.h \
	src/store/work.c \
	src/store/work.h \
	src/store/zeros.c \
	src/store/zeros.h

noinst_LIBRARIES += src/broker/libbroker.a
src_broker_libbroker_a_SOURCES = \
	src/broker/state/group_table.c \
	src/broker/state/group_table.h \
	src/broker/state/offset_table.c \
	src/broker/state/offset_table.h \
	src/broker/state/peer.h \
	src/broker/state/topic_table.c \
	src/broker/state/topic_table.h


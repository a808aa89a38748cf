# SPDX-License-Identifier: Apache-2.0
# The message store: no sockets, no loop.
noinst_LIBRARIES += %D%/libstore.a
store_sources = \
	%D%/checkpoint.c \
	%D%/checkpoint.h \
	%D%/commit_log.c \
	%D%/commit_log.h \
	%D%/consume_queue.c \
	%D%/consume_queue.h \
	%D%/consume_queue_recover.c \
	%D%/dispatcher.c \
	%D%/dispatcher.h \
	%D%/key_index.c \
	%D%/key_index.h \
	%D%/key_index_file.c \
	%D%/key_index_file.h \
	%D%/key_index_load.c \
	%D%/key_index_write.c \
	%D%/log_ahead.c \
	%D%/log_ahead.h \
	%D%/log_cut.c \
	%D%/log_cut.h \
	%D%/log_damage.c \
	%D%/log_damage.h \
	%D%/log_scan.c \
	%D%/log_scan.h \
	%D%/log_writer.c \
	%D%/log_writer.h \
	%D%/planted.h \
	%D%/queue_files.c \
	%D%/queue_files.h \
	%D%/queue_flush.c \
	%D%/queue_flush.h \
	%D%/queue_list.c \
	%D%/queue_list.h \
	%D%/queue_reader.c \
	%D%/queue_reader.h \
	%D%/queue_search.c \
	%D%/queue_search.h \
	%D%/queue_shape.c \
	%D%/queue_shape.h \
	%D%/queue_table.c \
	%D%/queue_table.h \
	%D%/retention.c \
	%D%/retention.h \
	%D%/segment.c \
	%D%/segment.h \
	%D%/store.c \
	%D%/store.h \
	%D%/store_ahead.c \
	%D%/store_append.c \
	%D%/store_clean.c \
	%D%/store_clean.h \
	%D%/store_clean_queues.c \
	%D%/store_delete.c \
	%D%/store_flush.c \
	%D%/store_forecast.c \
	%D%/store_get.c \
	%D%/store_internal.h \
	%D%/store_mark.c \
	%D%/store_mark.h \
	%D%/store_props.c \
	%D%/store_query.c \
	%D%/store_read.c \
	%D%/store_recover.c \
	%D%/store_recover.h \
	%D%/store_recover_damage.c \
	%D%/store_recover_index.c \
	%D%/store_recover_queues.c \
	%D%/store_refuse.c \
	%D%/store_search.c \
	%D%/store_survey.c \
	%D%/store_survey.h \
	%D%/store_warm.c \
	%D%/store_warm.h \
	%D%/timer_files.c \
	%D%/timer_files.h \
	%D%/timer_index.c \
	%D%/timer_index.h \
	%D%/timer_oldest.c \
	%D%/timer_recover.c \
	%D%/why.c \
	%D%/why.h \
	%D%/work.c \
	%D%/work.h \
	%D%/zeros.c \
	%D%/zeros.h
%C%_libstore_a_SOURCES = $(store_sources)

# The store with bugs planted, for the tests that must find them.
check_LIBRARIES += %D%/libstoreplanted.a
%C%_libstoreplanted_a_SOURCES = $(store_sources)
%C%_libstoreplanted_a_CPPFLAGS = $(AM_CPPFLAGS) -DSTORE_PLANTED

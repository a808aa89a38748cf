# SPDX-License-Identifier: Apache-2.0
# Producer and consumer behind the public headers.
noinst_LTLIBRARIES += %D%/libclient.la
%C%_libclient_la_SOURCES = \
	%D%/admin.c \
	%D%/ask.c \
	%D%/ask.h \
	%D%/broadcast.c \
	%D%/bundle.c \
	%D%/client.c \
	%D%/client.h \
	%D%/compress.c \
	%D%/compress.h \
	%D%/config.c \
	%D%/config.h \
	%D%/config_table.c \
	%D%/config_table.h \
	%D%/consume_pool.c \
	%D%/consume_pool.h \
	%D%/consumer.c \
	%D%/consumer_impl.h \
	%D%/consumer_offset.c \
	%D%/consumer_stop.c \
	%D%/consumer_told.c \
	%D%/decompress.c \
	%D%/decompress.h \
	%D%/event.c \
	%D%/event.h \
	%D%/heartbeat.c \
	%D%/latency.c \
	%D%/latency.h \
	%D%/lite.c \
	%D%/local_host.c \
	%D%/local_host.h \
	%D%/local_offset.c \
	%D%/local_offset.h \
	%D%/message.c \
	%D%/message.h \
	%D%/messages.c \
	%D%/messages.h \
	%D%/namesrv.c \
	%D%/namesrv.h \
	%D%/orderly.c \
	%D%/popper.c \
	%D%/process_queue.c \
	%D%/process_queue.h \
	%D%/producer.c \
	%D%/producer_impl.h \
	%D%/publish.c \
	%D%/publish.h \
	%D%/pull.c \
	%D%/puller.c \
	%D%/rebalance.c \
	%D%/rebalance_share.c \
	%D%/recall.c \
	%D%/received.c \
	%D%/received.h \
	%D%/request.c \
	%D%/result.c \
	%D%/result.h \
	%D%/round.c \
	%D%/round.h \
	%D%/route_cache.c \
	%D%/route_cache.h \
	%D%/send.c \
	%D%/send.h \
	%D%/send_back.c \
	%D%/send_make.c \
	%D%/sign.c \
	%D%/sign.h \
	%D%/trace.c \
	%D%/trace.h \
	%D%/transaction.c \
	%D%/unique_id.c \
	%D%/unique_id.h
%C%_libclient_la_CPPFLAGS = $(AM_CPPFLAGS) $(ZLIB_CFLAGS) $(LZ4_CFLAGS) $(ZSTD_CFLAGS)
%C%_libclient_la_LIBADD = $(ZLIB_LIBS) $(LZ4_LIBS) $(ZSTD_LIBS) -lpthread

# SPDX-License-Identifier: Apache-2.0
# liblightmq: each room an archive that unit tests link and the library is made of.

noinst_LTLIBRARIES += lib/base/libbase.la
lib_base_libbase_la_SOURCES = \
	lib/base/arena.c \
	lib/base/arena.h \
	lib/base/buf.c \
	lib/base/buf.h \
	lib/base/bytes.c \
	lib/base/bytes.h \
	lib/base/clock.c \
	lib/base/clock.h \
	lib/base/error.c \
	lib/base/error.h \
	lib/base/executor.c \
	lib/base/executor.h \
	lib/base/hash.c \
	lib/base/hash.h \
	lib/base/hist.c \
	lib/base/hist.h \
	lib/base/list.h \
	lib/base/log.c \
	lib/base/log.h \
	lib/base/mailbox.c \
	lib/base/mailbox.h \
	lib/base/map.c \
	lib/base/map.h \
	lib/base/rng.c \
	lib/base/rng.h \
	lib/base/visibility.h
lib_base_libbase_la_LIBADD = $(DEFLATE_LIBS) -lpthread

noinst_LTLIBRARIES += lib/wire/libwire.la
lib_wire_libwire_la_SOURCES = \
	lib/wire/cluster_info.c \
	lib/wire/cluster_info.h \
	lib/wire/codes.c \
	lib/wire/codes.h \
	lib/wire/command.c \
	lib/wire/command.h \
	lib/wire/command_binary.c \
	lib/wire/command_internal.h \
	lib/wire/command_json.c \
	lib/wire/command_out.c \
	lib/wire/data_version.c \
	lib/wire/data_version.h \
	lib/wire/ext_key.c \
	lib/wire/ext_key.h \
	lib/wire/frame.c \
	lib/wire/frame.h \
	lib/wire/group_config.c \
	lib/wire/group_config.h \
	lib/wire/heartbeat.c \
	lib/wire/heartbeat.h \
	lib/wire/host.c \
	lib/wire/java_hash.c \
	lib/wire/json.c \
	lib/wire/json.h \
	lib/wire/json_body.h \
	lib/wire/json_out.c \
	lib/wire/json_scan.h \
	lib/wire/json_text.c \
	lib/wire/json_value.c \
	lib/wire/lock_batch.c \
	lib/wire/lock_batch.h \
	lib/wire/props.c \
	lib/wire/props.h \
	lib/wire/record.c \
	lib/wire/record.h \
	lib/wire/register.c \
	lib/wire/register.h \
	lib/wire/register_compressed.c \
	lib/wire/register_internal.h \
	lib/wire/route.c \
	lib/wire/route.h \
	lib/wire/subscription.c \
	lib/wire/subscription.h \
	lib/wire/topic_config.c \
	lib/wire/topic_config.h \
	lib/wire/topic_list.c \
	lib/wire/topic_list.h
lib_wire_libwire_la_CPPFLAGS = $(AM_CPPFLAGS) $(ZLIB_CFLAGS)
lib_wire_libwire_la_LIBADD = $(ZLIB_LIBS)

noinst_LTLIBRARIES += lib/rules/librules.la
lib_rules_librules_la_SOURCES = \
	lib/rules/delay_level.c \
	lib/rules/delay_level.h \
	lib/rules/name.c \
	lib/rules/name.h \
	lib/rules/queue_choice.c \
	lib/rules/queue_choice.h \
	lib/rules/rebalance.c \
	lib/rules/rebalance.h \
	lib/rules/retry.c \
	lib/rules/retry.h \
	lib/rules/tags.c \
	lib/rules/tags.h

noinst_LTLIBRARIES += lib/io/libio.la
lib_io_libio_la_SOURCES = \
	lib/io/clock_system.c \
	lib/io/conn.c \
	lib/io/conn.h \
	lib/io/conn_idle.c \
	lib/io/conn_internal.h \
	lib/io/conn_read.c \
	lib/io/conn_write.c \
	lib/io/dial.c \
	lib/io/dial.h \
	lib/io/executor_threads.c \
	lib/io/listener.c \
	lib/io/loop.c \
	lib/io/loop.h \
	lib/io/loop_internal.h \
	lib/io/loop_post.c \
	lib/io/proxy_protocol.c \
	lib/io/proxy_protocol.h \
	lib/io/rng_system.c \
	lib/io/rpc.c \
	lib/io/rpc.h \
	lib/io/socket.c \
	lib/io/socket.h \
	lib/io/stream.h \
	lib/io/stream_memory.c \
	lib/io/stream_socket.c \
	lib/io/timer.c
lib_io_libio_la_LIBADD = $(EV_LIBS) -lpthread

noinst_LTLIBRARIES += lib/client/libclient.la
lib_client_libclient_la_SOURCES = \
	lib/client/admin.c \
	lib/client/client.c \
	lib/client/client.h \
	lib/client/config.c \
	lib/client/config.h \
	lib/client/consume_pool.c \
	lib/client/consume_pool.h \
	lib/client/consumer.c \
	lib/client/consumer_impl.h \
	lib/client/consumer_offset.c \
	lib/client/decompress.c \
	lib/client/decompress.h \
	lib/client/heartbeat.c \
	lib/client/local_host.c \
	lib/client/local_host.h \
	lib/client/message.c \
	lib/client/message.h \
	lib/client/namesrv.c \
	lib/client/namesrv.h \
	lib/client/process_queue.c \
	lib/client/process_queue.h \
	lib/client/producer.c \
	lib/client/producer_impl.h \
	lib/client/publish.c \
	lib/client/publish.h \
	lib/client/pull.c \
	lib/client/rebalance.c \
	lib/client/received.c \
	lib/client/received.h \
	lib/client/round.c \
	lib/client/round.h \
	lib/client/route_cache.c \
	lib/client/route_cache.h \
	lib/client/send.c \
	lib/client/send.h \
	lib/client/send_back.c \
	lib/client/unique_id.c \
	lib/client/unique_id.h
lib_client_libclient_la_CPPFLAGS = $(AM_CPPFLAGS) $(ZLIB_CFLAGS) $(LZ4_CFLAGS) $(ZSTD_CFLAGS)
lib_client_libclient_la_LIBADD = $(ZLIB_LIBS) $(LZ4_LIBS) $(ZSTD_LIBS) -lpthread

lib_LTLIBRARIES += lib/liblightmq.la
lib_liblightmq_la_SOURCES =
lib_liblightmq_la_LIBADD = lib/base/libbase.la lib/wire/libwire.la lib/rules/librules.la lib/io/libio.la lib/client/libclient.la
lib_liblightmq_la_LDFLAGS = $(AM_LDFLAGS) $(LMQ_NOUNDEF) -version-info $(LIGHTMQ_ABI) -Wl,--version-script=$(top_srcdir)/lib/lightmq.map
lib_liblightmq_la_DEPENDENCIES = $(lib_liblightmq_la_LIBADD) lib/lightmq.map
EXTRA_DIST += lib/lightmq.map

lightmqincludedir = $(includedir)/lightmq
dist_lightmqinclude_HEADERS = \
	lib/include/lightmq/api.h \
	lib/include/lightmq/consumer.h \
	lib/include/lightmq/error.h \
	lib/include/lightmq/lightmq.h \
	lib/include/lightmq/message.h \
	lib/include/lightmq/producer.h

pkgconfig_DATA = lib/lightmq.pc
EXTRA_DIST += \
	lib/examples/receive.c \
	lib/examples/send.c \
	lib/examples/send_async.c
check_PROGRAMS += lib/examples/receive
lib_examples_receive_SOURCES = lib/examples/receive.c
lib_examples_receive_LDADD = lib/liblightmq.la -lpthread
check_PROGRAMS += lib/examples/send
lib_examples_send_SOURCES = lib/examples/send.c
lib_examples_send_LDADD = lib/liblightmq.la -lpthread
check_PROGRAMS += lib/examples/send_async
lib_examples_send_async_SOURCES = lib/examples/send_async.c
lib_examples_send_async_LDADD = lib/liblightmq.la -lpthread

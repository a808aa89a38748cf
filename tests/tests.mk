# SPDX-License-Identifier: Apache-2.0
# Tests.  Each unit test links the room under test and those below it, nothing else.

check_LIBRARIES += tests/support/libsupport.a
tests_support_libsupport_a_SOURCES = \
	tests/support/lmt.c \
	tests/support/lmt.h \
	tests/support/mock.c \
	tests/support/mock.h
tests_support_libsupport_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)

check_PROGRAMS += tests/unit/base/test_map
TESTS += tests/unit/base/test_map
tests_unit_base_test_map_SOURCES = tests/unit/base/test_map.c
tests_unit_base_test_map_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_base_test_map_LDADD = tests/support/libsupport.a lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_conn
TESTS += tests/unit/io/test_conn
tests_unit_io_test_conn_SOURCES = tests/unit/io/test_conn.c
tests_unit_io_test_conn_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_conn_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_conn_idle
TESTS += tests/unit/io/test_conn_idle
tests_unit_io_test_conn_idle_SOURCES = tests/unit/io/test_conn_idle.c
tests_unit_io_test_conn_idle_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_conn_idle_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_conn_read
TESTS += tests/unit/io/test_conn_read
tests_unit_io_test_conn_read_SOURCES = tests/unit/io/test_conn_read.c
tests_unit_io_test_conn_read_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_conn_read_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_conn_write
TESTS += tests/unit/io/test_conn_write
tests_unit_io_test_conn_write_SOURCES = tests/unit/io/test_conn_write.c
tests_unit_io_test_conn_write_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_conn_write_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_dial
TESTS += tests/unit/io/test_dial
tests_unit_io_test_dial_SOURCES = tests/unit/io/test_dial.c
tests_unit_io_test_dial_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_dial_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_executor_threads
TESTS += tests/unit/io/test_executor_threads
tests_unit_io_test_executor_threads_SOURCES = tests/unit/io/test_executor_threads.c
tests_unit_io_test_executor_threads_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_executor_threads_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_listener
TESTS += tests/unit/io/test_listener
tests_unit_io_test_listener_SOURCES = tests/unit/io/test_listener.c
tests_unit_io_test_listener_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_listener_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_loop
TESTS += tests/unit/io/test_loop
tests_unit_io_test_loop_SOURCES = tests/unit/io/test_loop.c
tests_unit_io_test_loop_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_loop_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_proxy_protocol
TESTS += tests/unit/io/test_proxy_protocol
tests_unit_io_test_proxy_protocol_SOURCES = tests/unit/io/test_proxy_protocol.c
tests_unit_io_test_proxy_protocol_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_proxy_protocol_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_rng_system
TESTS += tests/unit/io/test_rng_system
tests_unit_io_test_rng_system_SOURCES = tests/unit/io/test_rng_system.c
tests_unit_io_test_rng_system_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_rng_system_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_rpc
TESTS += tests/unit/io/test_rpc
tests_unit_io_test_rpc_SOURCES = tests/unit/io/test_rpc.c
tests_unit_io_test_rpc_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_rpc_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_stream_memory
TESTS += tests/unit/io/test_stream_memory
tests_unit_io_test_stream_memory_SOURCES = tests/unit/io/test_stream_memory.c
tests_unit_io_test_stream_memory_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_stream_memory_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/io/test_timer
TESTS += tests/unit/io/test_timer
tests_unit_io_test_timer_SOURCES = tests/unit/io/test_timer.c
tests_unit_io_test_timer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_io_test_timer_LDADD = tests/support/libsupport.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

EXTRA_DIST += \
	tests/unit/io/fixture.h
check_PROGRAMS += tests/unit/client/test_client
TESTS += tests/unit/client/test_client
tests_unit_client_test_client_SOURCES = tests/unit/client/test_client.c
tests_unit_client_test_client_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_client_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/client/test_config
TESTS += tests/unit/client/test_config
tests_unit_client_test_config_SOURCES = tests/unit/client/test_config.c
tests_unit_client_test_config_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_config_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/client/test_consumer
TESTS += tests/unit/client/test_consumer
tests_unit_client_test_consumer_SOURCES = tests/unit/client/test_consumer.c
tests_unit_client_test_consumer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_consumer_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/client/test_error
TESTS += tests/unit/client/test_error
tests_unit_client_test_error_SOURCES = tests/unit/client/test_error.c
tests_unit_client_test_error_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_error_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/client/test_message
TESTS += tests/unit/client/test_message
tests_unit_client_test_message_SOURCES = tests/unit/client/test_message.c
tests_unit_client_test_message_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_message_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/client/test_process_queue
TESTS += tests/unit/client/test_process_queue
tests_unit_client_test_process_queue_SOURCES = tests/unit/client/test_process_queue.c
tests_unit_client_test_process_queue_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_process_queue_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/client/test_producer
TESTS += tests/unit/client/test_producer
tests_unit_client_test_producer_SOURCES = tests/unit/client/test_producer.c
tests_unit_client_test_producer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_producer_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/client/test_publish
TESTS += tests/unit/client/test_publish
tests_unit_client_test_publish_SOURCES = tests/unit/client/test_publish.c
tests_unit_client_test_publish_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_publish_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/client/test_received
TESTS += tests/unit/client/test_received
tests_unit_client_test_received_SOURCES = tests/unit/client/test_received.c
tests_unit_client_test_received_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_received_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/client/test_unique_id
TESTS += tests/unit/client/test_unique_id
tests_unit_client_test_unique_id_SOURCES = tests/unit/client/test_unique_id.c
tests_unit_client_test_unique_id_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_client_test_unique_id_LDADD = tests/support/libsupport.a lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)

EXTRA_DIST += \
	tests/unit/client/client_lmt.h
noinst_PROGRAMS += lightmq-demo
lightmq_demo_SOURCES = tests/system/demo.c
lightmq_demo_LDADD = lib/liblightmq.la -lpthread

noinst_PROGRAMS += lightmq-bench
lightmq_bench_SOURCES = \
	tests/bench/bench.c \
	tests/bench/load.h \
	tests/bench/load_cpu.c \
	tests/bench/load_run.c \
	tests/bench/load_setup.c \
	tests/bench/load_template.c \
	tests/bench/load_template.h
lightmq_bench_LDADD =  lib/client/libclient.la lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la -lpthread

noinst_PROGRAMS += tests/bench/bench_echo
tests_bench_bench_echo_SOURCES = \
	tests/bench/bench_echo.c
tests_bench_bench_echo_LDADD =  lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la -lpthread

EXTRA_DIST += \
	tests/conformance/daemons \
	tests/conformance/java/pom.xml

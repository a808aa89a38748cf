# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
io_tests = \
	%D%/test_conn \
	%D%/test_conn_idle \
	%D%/test_conn_read \
	%D%/test_conn_write \
	%D%/test_dial \
	%D%/test_executor_threads \
	%D%/test_http_get \
	%D%/test_http_serve \
	%D%/test_listener \
	%D%/test_loop \
	%D%/test_proxy_protocol \
	%D%/test_rng_system \
	%D%/test_rpc \
	%D%/test_stream_memory \
	%D%/test_stream_tls \
	%D%/test_timer
check_PROGRAMS += $(io_tests)
TESTS += $(io_tests)
io_tests_libs = tests/support/libsupport.a lib/io/libio.la lib/crypt/libcrypt.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_conn_LDADD = $(io_tests_libs)
%C%_test_conn_idle_LDADD = $(io_tests_libs)
%C%_test_conn_read_LDADD = $(io_tests_libs)
%C%_test_conn_write_LDADD = $(io_tests_libs)
%C%_test_dial_LDADD = $(io_tests_libs)
%C%_test_executor_threads_LDADD = $(io_tests_libs)
%C%_test_http_get_LDADD = $(io_tests_libs)
%C%_test_http_serve_LDADD = $(io_tests_libs)
%C%_test_listener_LDADD = $(io_tests_libs)
%C%_test_loop_LDADD = $(io_tests_libs)
%C%_test_proxy_protocol_LDADD = $(io_tests_libs)
%C%_test_rng_system_LDADD = $(io_tests_libs)
%C%_test_rpc_LDADD = $(io_tests_libs)
%C%_test_stream_memory_LDADD = $(io_tests_libs)
%C%_test_stream_tls_LDADD = $(io_tests_libs)
%C%_test_timer_LDADD = $(io_tests_libs)
EXTRA_DIST += \
	%D%/fixture.h

# SPDX-License-Identifier: Apache-2.0
# Loops, sockets, connections: the only room of lib/ that calls the kernel.
noinst_LTLIBRARIES += %D%/libio.la
%C%_libio_la_SOURCES = \
	%D%/clock_system.c \
	%D%/conn.c \
	%D%/conn.h \
	%D%/conn_idle.c \
	%D%/conn_internal.h \
	%D%/conn_read.c \
	%D%/conn_write.c \
	%D%/dial.c \
	%D%/dial.h \
	%D%/executor_threads.c \
	%D%/http_get.c \
	%D%/http_get.h \
	%D%/http_request.c \
	%D%/http_serve.c \
	%D%/http_serve.h \
	%D%/listener.c \
	%D%/loop.c \
	%D%/loop.h \
	%D%/loop_internal.h \
	%D%/loop_post.c \
	%D%/proxy_protocol.c \
	%D%/proxy_protocol.h \
	%D%/rng_system.c \
	%D%/rpc.c \
	%D%/rpc.h \
	%D%/socket.c \
	%D%/socket.h \
	%D%/stream.h \
	%D%/stream_memory.c \
	%D%/stream_socket.c \
	%D%/stream_tls.c \
	%D%/timer.c \
	%D%/tls.c \
	%D%/tls.h \
	%D%/tls_internal.h \
	%D%/wake_fd.c \
	%D%/wake_fd.h
%C%_libio_la_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
%C%_libio_la_LIBADD = $(EV_LIBS) $(OPENSSL_LIBS) -lpthread

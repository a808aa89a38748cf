# SPDX-License-Identifier: Apache-2.0
# liblightmq: made of the rooms' archives.
lib_LTLIBRARIES += %D%/liblightmq.la
%C%_liblightmq_la_SOURCES =
%C%_liblightmq_la_LIBADD = \
	%D%/base/libbase.la \
	%D%/wire/libwire.la \
	%D%/rules/librules.la \
	%D%/crypt/libcrypt.la \
	%D%/io/libio.la \
	%D%/client/libclient.la \
	%D%/mock/libmock.la
%C%_liblightmq_la_LDFLAGS = $(LMQ_LDFLAGS) $(LMQ_NOUNDEF) -version-info $(LIGHTMQ_ABI) \
	-Wl,--version-script=$(top_srcdir)/%D%/lightmq.map
%C%_liblightmq_la_DEPENDENCIES = $(%C%_liblightmq_la_LIBADD) %D%/lightmq.map
EXTRA_DIST += %D%/lightmq.map

lightmqincludedir = $(includedir)/lightmq
dist_lightmqinclude_HEADERS = \
	%D%/include/lightmq/api.h \
	%D%/include/lightmq/consumer.h \
	%D%/include/lightmq/error.h \
	%D%/include/lightmq/lightmq.h \
	%D%/include/lightmq/message.h \
	%D%/include/lightmq/mock.h \
	%D%/include/lightmq/producer.h \
	%D%/include/lightmq/pull.h

pkgconfig_DATA = %D%/liblightmq.pc

# Compiled by make check, so that they stay true.
dist_examples_DATA = \
	%D%/examples/idempotent.c \
	%D%/examples/lite_pull.c \
	%D%/examples/mock.c \
	%D%/examples/orderly.c \
	%D%/examples/pop.c \
	%D%/examples/pull.c \
	%D%/examples/receive.c \
	%D%/examples/receive_libev.c \
	%D%/examples/send.c \
	%D%/examples/send_async.c \
	%D%/examples/send_epoll.c
examplesdir = $(docdir)/examples
check_PROGRAMS += %D%/examples/lite_pull %D%/examples/mock %D%/examples/orderly %D%/examples/pop %D%/examples/pull %D%/examples/receive %D%/examples/receive_libev %D%/examples/send %D%/examples/send_async %D%/examples/send_epoll
if HAVE_SQLITE
check_PROGRAMS += %D%/examples/idempotent
endif
%C%_examples_idempotent_LDADD = %D%/liblightmq.la -lpthread $(SQLITE_LIBS)
%C%_examples_lite_pull_LDADD = %D%/liblightmq.la -lpthread
%C%_examples_mock_LDADD = %D%/liblightmq.la -lpthread
%C%_examples_orderly_LDADD = %D%/liblightmq.la -lpthread
%C%_examples_pop_LDADD = %D%/liblightmq.la -lpthread
%C%_examples_pull_LDADD = %D%/liblightmq.la -lpthread
%C%_examples_receive_LDADD = %D%/liblightmq.la -lpthread
%C%_examples_receive_libev_LDADD = %D%/liblightmq.la -lpthread $(EV_LIBS)
%C%_examples_send_LDADD = %D%/liblightmq.la -lpthread
%C%_examples_send_async_LDADD = %D%/liblightmq.la -lpthread
%C%_examples_send_epoll_LDADD = %D%/liblightmq.la -lpthread

# By hand: what the library promises to programs that are linked already, for tests/house/test_abi.sh; anew with each release.
abi-publish: lib/liblightmq.la
	abidw --headers-dir $(top_srcdir)/lib/include --drop-private-types --exported-interfaces-only --no-corpus-path --no-comp-dir-path \
		--no-show-locs --no-elf-needed --no-architecture --suppressions $(top_srcdir)/lib/lightmq.abi.ignore \
		lib/.libs/liblightmq.so >$(top_srcdir)/lib/lightmq.abi
EXTRA_DIST += %D%/lightmq.abi %D%/lightmq.abi.ignore
.PHONY: abi-publish

# SPDX-License-Identifier: Apache-2.0
# A scripted name server and broker.
noinst_LTLIBRARIES += %D%/libmock.la
%C%_libmock_la_SOURCES = \
	%D%/lmq_mock.c \
	%D%/mock.c \
	%D%/mock_consume.c \
	%D%/mock_impl.h \
	%D%/mock_pop.c \
	%D%/mock_script.c \
	%D%/mock_serve.c \
	%D%/mock_table.c \
	%D%/mock_transaction.c

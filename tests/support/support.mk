# SPDX-License-Identifier: Apache-2.0
# What tests share.
check_LIBRARIES += %D%/libsupport.a
%C%_libsupport_a_SOURCES = \
	%D%/certs.h \
	%D%/history.c \
	%D%/history.h \
	%D%/lmt.c \
	%D%/lmt.h \
	%D%/mock.c \
	%D%/mock.h

# A mock for programs outside.
check_PROGRAMS += %D%/mock_server
%C%_mock_server_LDADD = lib/liblightmq.la -lpthread

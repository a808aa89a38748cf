# SPDX-License-Identifier: Apache-2.0
# A thin face on OpenSSL.
noinst_LTLIBRARIES += %D%/libcrypt.la
%C%_libcrypt_la_SOURCES = \
	%D%/md5.c \
	%D%/md5.h \
	%D%/signature.c \
	%D%/signature.h
%C%_libcrypt_la_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
%C%_libcrypt_la_LIBADD = $(OPENSSL_LIBS)

# SPDX-License-Identifier: Apache-2.0
# Being a good systemd service.
noinst_LIBRARIES += %D%/libhost.a
%C%_libhost_a_SOURCES = \
	%D%/activation.c \
	%D%/host.c \
	%D%/host.h \
	%D%/host_internal.h \
	%D%/journal.c \
	%D%/options.c
%C%_libhost_a_CPPFLAGS = $(AM_CPPFLAGS) $(SYSTEMD_CFLAGS)

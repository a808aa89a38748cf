# SPDX-License-Identifier: Apache-2.0
# YAML and the key table.
noinst_LIBRARIES += %D%/libconf.a
%C%_libconf_a_SOURCES = \
	%D%/conf.c \
	%D%/conf.h \
	%D%/conf_internal.h \
	%D%/conf_live.c \
	%D%/conf_print.c \
	%D%/conf_yaml.c \
	%D%/keys_broker.c \
	%D%/keys_namesrv.c
%C%_libconf_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)

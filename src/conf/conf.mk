# SPDX-License-Identifier: Apache-2.0
# YAML and the key table.
noinst_LIBRARIES += %D%/libconf.a
%C%_libconf_a_SOURCES = \
	%D%/conf.c \
	%D%/conf.h \
	%D%/conf_import.c \
	%D%/conf_import.h \
	%D%/conf_import_file.c \
	%D%/conf_import_internal.h \
	%D%/conf_import_print.c \
	%D%/conf_internal.h \
	%D%/conf_java.c \
	%D%/conf_java.h \
	%D%/conf_java_broker.c \
	%D%/conf_java_namesrv.c \
	%D%/conf_java_netty.h \
	%D%/conf_live.c \
	%D%/conf_print.c \
	%D%/conf_properties.c \
	%D%/conf_properties.h \
	%D%/conf_yaml.c \
	%D%/keys_broker.c \
	%D%/keys_ctl.c \
	%D%/keys_namesrv.c
%C%_libconf_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)

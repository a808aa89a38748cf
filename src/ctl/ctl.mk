# SPDX-License-Identifier: Apache-2.0
# The rmqctl commands.
noinst_LIBRARIES += %D%/libctl.a
%C%_libctl_a_SOURCES = \
	%D%/ctl.c \
	%D%/ctl.h \
	%D%/ctl_ask.c \
	%D%/ctl_broker.c \
	%D%/ctl_brokers.c \
	%D%/ctl_commands.c \
	%D%/ctl_completion.c \
	%D%/ctl_conf.c \
	%D%/ctl_conf.h \
	%D%/ctl_group.c \
	%D%/ctl_import.c \
	%D%/ctl_message.c \
	%D%/ctl_queues.c \
	%D%/ctl_rows.c \
	%D%/ctl_topic.c \
	%D%/ctl_why.c

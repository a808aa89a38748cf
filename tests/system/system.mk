# SPDX-License-Identifier: Apache-2.0
# The real daemons, over loopback.

bin_PROGRAMS += lightmq-demo
lightmq_demo_SOURCES = %D%/demo.c
lightmq_demo_LDADD = lib/liblightmq.la -lpthread

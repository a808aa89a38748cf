# SPDX-License-Identifier: Apache-2.0
# The daemons.
sbin_PROGRAMS += rmq-namesrvd
rmq_namesrvd_SOURCES = %D%/rmq_namesrvd.c
rmq_namesrvd_LDADD = \
	%D%/namesrv/libnamesrv.a \
	%D%/host/libhost.a \
	%D%/conf/libconf.a \
	%D%/disk/libdisk.a \
	lib/liblightmq.la \
	$(YAML_LIBS) $(SYSTEMD_LIBS) -lpthread

sbin_PROGRAMS += rmq-brokerd
rmq_brokerd_SOURCES = %D%/rmq_brokerd.c
rmq_brokerd_LDADD = \
	%D%/broker/libbroker.a \
	%D%/filter/libfilter.a \
	%D%/host/libhost.a \
	%D%/store/libstore.a \
	%D%/conf/libconf.a \
	%D%/disk/libdisk.a \
	lib/liblightmq.la \
	$(YAML_LIBS) $(SYSTEMD_LIBS) -lpthread

bin_PROGRAMS += rmq-store
rmq_store_SOURCES = %D%/rmq_store.c
rmq_store_LDADD = \
	%D%/storetool/libstoretool.a \
	%D%/store/libstore.a \
	%D%/disk/libdisk.a \
	lib/liblightmq.la \
	$(YAML_LIBS) $(SYSTEMD_LIBS) -lpthread

# By hand: the command line.
bin_PROGRAMS += rmqctl
rmqctl_SOURCES = %D%/rmqctl.c
rmqctl_LDADD = \
	%D%/ctl/libctl.a \
	%D%/conf/libconf.a \
	lib/liblightmq.la \
	$(YAML_LIBS) -lpthread

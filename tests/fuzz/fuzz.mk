# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: libFuzzer's with --enable-fuzzing, else programs that replay files.
fuzz_targets = \
	%D%/fuzz_batch \
	%D%/fuzz_command \
	%D%/fuzz_conf \
	%D%/fuzz_config \
	%D%/fuzz_filter \
	%D%/fuzz_frame \
	%D%/fuzz_heartbeat \
	%D%/fuzz_http \
	%D%/fuzz_import \
	%D%/fuzz_json \
	%D%/fuzz_lists \
	%D%/fuzz_lock \
	%D%/fuzz_namesrv \
	%D%/fuzz_pop \
	%D%/fuzz_props \
	%D%/fuzz_proxy \
	%D%/fuzz_received \
	%D%/fuzz_record \
	%D%/fuzz_register \
	%D%/fuzz_revive \
	%D%/fuzz_route \
	%D%/fuzz_rules \
	%D%/fuzz_snapshot \
	%D%/fuzz_store \
	%D%/fuzz_sync \
	%D%/fuzz_tables \
	%D%/fuzz_timers
check_PROGRAMS += $(fuzz_targets)
fuzz_libs = lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la
if FUZZING
fuzz_cflags = -fsanitize=fuzzer
else
fuzz_cflags =
endif
%C%_fuzz_batch_SOURCES = %D%/fuzz_batch.c
if !FUZZING
%C%_fuzz_batch_SOURCES += %D%/replay.c
endif
%C%_fuzz_batch_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_batch_LDADD = $(fuzz_libs)
%C%_fuzz_command_SOURCES = %D%/fuzz_command.c
if !FUZZING
%C%_fuzz_command_SOURCES += %D%/replay.c
endif
%C%_fuzz_command_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_command_LDADD = $(fuzz_libs)
%C%_fuzz_conf_SOURCES = %D%/fuzz_conf.c
if !FUZZING
%C%_fuzz_conf_SOURCES += %D%/replay.c
endif
%C%_fuzz_conf_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_conf_LDADD = src/conf/libconf.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS)
%C%_fuzz_config_SOURCES = %D%/fuzz_config.c
if !FUZZING
%C%_fuzz_config_SOURCES += %D%/replay.c
endif
%C%_fuzz_config_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_config_LDADD = $(fuzz_libs)
%C%_fuzz_filter_SOURCES = %D%/fuzz_filter.c
if !FUZZING
%C%_fuzz_filter_SOURCES += %D%/replay.c
endif
%C%_fuzz_filter_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_filter_LDADD = src/filter/libfilter.a $(fuzz_libs)
%C%_fuzz_frame_SOURCES = %D%/fuzz_frame.c
if !FUZZING
%C%_fuzz_frame_SOURCES += %D%/replay.c
endif
%C%_fuzz_frame_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_frame_LDADD = $(fuzz_libs)
%C%_fuzz_heartbeat_SOURCES = %D%/fuzz_heartbeat.c
if !FUZZING
%C%_fuzz_heartbeat_SOURCES += %D%/replay.c
endif
%C%_fuzz_heartbeat_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_heartbeat_LDADD = $(fuzz_libs)
%C%_fuzz_http_SOURCES = %D%/fuzz_http.c
if !FUZZING
%C%_fuzz_http_SOURCES += %D%/replay.c
endif
%C%_fuzz_http_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_http_LDADD = lib/io/libio.la lib/crypt/libcrypt.la lib/wire/libwire.la lib/base/libbase.la
%C%_fuzz_import_SOURCES = %D%/fuzz_import.c
if !FUZZING
%C%_fuzz_import_SOURCES += %D%/replay.c
endif
%C%_fuzz_import_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_import_LDADD = src/conf/libconf.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS)
%C%_fuzz_json_SOURCES = %D%/fuzz_json.c
if !FUZZING
%C%_fuzz_json_SOURCES += %D%/replay.c
endif
%C%_fuzz_json_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_json_LDADD = $(fuzz_libs)
%C%_fuzz_lists_SOURCES = %D%/fuzz_lists.c
if !FUZZING
%C%_fuzz_lists_SOURCES += %D%/replay.c
endif
%C%_fuzz_lists_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_lists_LDADD = $(fuzz_libs)
%C%_fuzz_lock_SOURCES = %D%/fuzz_lock.c
if !FUZZING
%C%_fuzz_lock_SOURCES += %D%/replay.c
endif
%C%_fuzz_lock_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_lock_LDADD = $(fuzz_libs)
%C%_fuzz_namesrv_SOURCES = %D%/fuzz_namesrv.c
if !FUZZING
%C%_fuzz_namesrv_SOURCES += %D%/replay.c
endif
%C%_fuzz_namesrv_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_namesrv_LDADD = src/namesrv/libnamesrv.a src/conf/libconf.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS)
%C%_fuzz_pop_SOURCES = %D%/fuzz_pop.c
if !FUZZING
%C%_fuzz_pop_SOURCES += %D%/replay.c
endif
%C%_fuzz_pop_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_pop_LDADD = src/disk/libdiskcrash.a src/broker/libbroker.a src/filter/libfilter.a src/store/libstore.a src/conf/libconf.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS)
%C%_fuzz_props_SOURCES = %D%/fuzz_props.c
if !FUZZING
%C%_fuzz_props_SOURCES += %D%/replay.c
endif
%C%_fuzz_props_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_props_LDADD = $(fuzz_libs)
%C%_fuzz_proxy_SOURCES = %D%/fuzz_proxy.c
if !FUZZING
%C%_fuzz_proxy_SOURCES += %D%/replay.c
endif
%C%_fuzz_proxy_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_proxy_LDADD = lib/io/libio.la lib/crypt/libcrypt.la lib/wire/libwire.la lib/base/libbase.la
%C%_fuzz_received_SOURCES = %D%/fuzz_received.c
if !FUZZING
%C%_fuzz_received_SOURCES += %D%/replay.c
endif
%C%_fuzz_received_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_received_LDADD = lib/mock/libmock.la lib/client/libclient.la lib/io/libio.la lib/crypt/libcrypt.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la
%C%_fuzz_record_SOURCES = %D%/fuzz_record.c
if !FUZZING
%C%_fuzz_record_SOURCES += %D%/replay.c
endif
%C%_fuzz_record_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_record_LDADD = $(fuzz_libs)
%C%_fuzz_register_SOURCES = %D%/fuzz_register.c
if !FUZZING
%C%_fuzz_register_SOURCES += %D%/replay.c
endif
%C%_fuzz_register_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_register_LDADD = $(fuzz_libs)
%C%_fuzz_revive_SOURCES = %D%/fuzz_revive.c
if !FUZZING
%C%_fuzz_revive_SOURCES += %D%/replay.c
endif
%C%_fuzz_revive_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_revive_LDADD = src/broker/libbroker.a src/filter/libfilter.a src/store/libstore.a src/conf/libconf.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS)
%C%_fuzz_route_SOURCES = %D%/fuzz_route.c
if !FUZZING
%C%_fuzz_route_SOURCES += %D%/replay.c
endif
%C%_fuzz_route_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_route_LDADD = $(fuzz_libs)
%C%_fuzz_rules_SOURCES = %D%/fuzz_rules.c
if !FUZZING
%C%_fuzz_rules_SOURCES += %D%/replay.c
endif
%C%_fuzz_rules_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_rules_LDADD = $(fuzz_libs)
%C%_fuzz_snapshot_SOURCES = %D%/fuzz_snapshot.c
if !FUZZING
%C%_fuzz_snapshot_SOURCES += %D%/replay.c
endif
%C%_fuzz_snapshot_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_snapshot_LDADD = src/namesrv/libnamesrv.a src/conf/libconf.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS)
%C%_fuzz_store_SOURCES = %D%/fuzz_store.c
if !FUZZING
%C%_fuzz_store_SOURCES += %D%/replay.c
endif
%C%_fuzz_store_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_store_LDADD = src/disk/libdiskcrash.a src/store/libstore.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la
%C%_fuzz_sync_SOURCES = %D%/fuzz_sync.c
if !FUZZING
%C%_fuzz_sync_SOURCES += %D%/replay.c
endif
%C%_fuzz_sync_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_sync_LDADD = $(fuzz_libs)
%C%_fuzz_tables_SOURCES = %D%/fuzz_tables.c
if !FUZZING
%C%_fuzz_tables_SOURCES += %D%/replay.c
endif
%C%_fuzz_tables_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_tables_LDADD = src/namesrv/libnamesrv.a src/broker/libbroker.a src/filter/libfilter.a src/store/libstore.a src/conf/libconf.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS)
%C%_fuzz_timers_SOURCES = %D%/fuzz_timers.c
if !FUZZING
%C%_fuzz_timers_SOURCES += %D%/replay.c
endif
%C%_fuzz_timers_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_timers_LDADD = src/disk/libdiskcrash.a src/store/libstore.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la

# Each file of corpus/TARGET through its target.
dist_check_SCRIPTS += %D%/test_corpora.sh
TESTS += %D%/test_corpora.sh
EXTRA_DIST += %D%/corpus
EXTRA_DIST += \
	%D%/fuzz.h

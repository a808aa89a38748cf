# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: libFuzzer's with --enable-fuzzing, else programs that replay files.
fuzz_targets = \
	%D%/fuzz_batch \
	%D%/fuzz_command \
	%D%/fuzz_config \
	%D%/fuzz_filter \
	%D%/fuzz_frame \
	%D%/fuzz_heartbeat \
	%D%/fuzz_json \
	%D%/fuzz_lists \
	%D%/fuzz_lock \
	%D%/fuzz_props \
	%D%/fuzz_record \
	%D%/fuzz_register \
	%D%/fuzz_route
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
%C%_fuzz_props_SOURCES = %D%/fuzz_props.c
if !FUZZING
%C%_fuzz_props_SOURCES += %D%/replay.c
endif
%C%_fuzz_props_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_props_LDADD = $(fuzz_libs)
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
%C%_fuzz_route_SOURCES = %D%/fuzz_route.c
if !FUZZING
%C%_fuzz_route_SOURCES += %D%/replay.c
endif
%C%_fuzz_route_CFLAGS = $(AM_CFLAGS) $(fuzz_cflags)
%C%_fuzz_route_LDADD = $(fuzz_libs)

# Each file of corpus/TARGET through its target.
dist_check_SCRIPTS += %D%/test_corpora.sh
TESTS += %D%/test_corpora.sh
EXTRA_DIST += %D%/corpus
EXTRA_DIST += \
	%D%/fuzz.h

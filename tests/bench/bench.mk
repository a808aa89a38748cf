# SPDX-License-Identifier: Apache-2.0
# Measurements.
bin_PROGRAMS += lightmq-bench
lightmq_bench_SOURCES = \
	%D%/bench.c \
	%D%/load.h \
	%D%/load_cpu.c \
	%D%/load_run.c \
	%D%/load_setup.c \
	%D%/load_template.c \
	%D%/load_template.h
lightmq_bench_LDADD = lib/client/libclient.la lib/io/libio.la lib/crypt/libcrypt.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la -lpthread
noinst_PROGRAMS += %D%/bench_client
%C%_bench_client_LDADD = lib/liblightmq.la -lpthread
noinst_PROGRAMS += %D%/bench_disk
%C%_bench_disk_LDADD = lib/io/libio.la lib/crypt/libcrypt.la lib/wire/libwire.la lib/base/libbase.la -lpthread
noinst_PROGRAMS += %D%/bench_echo
%C%_bench_echo_LDADD = lib/io/libio.la lib/crypt/libcrypt.la lib/wire/libwire.la lib/base/libbase.la -lpthread
noinst_PROGRAMS += %D%/bench_idle
%C%_bench_idle_LDADD = lib/io/libio.la lib/crypt/libcrypt.la lib/wire/libwire.la lib/base/libbase.la -lpthread
noinst_PROGRAMS += %D%/bench_namesrv
%C%_bench_namesrv_LDADD = lib/io/libio.la lib/crypt/libcrypt.la lib/wire/libwire.la lib/base/libbase.la -lpthread
noinst_PROGRAMS += %D%/bench_start
%C%_bench_start_LDADD = lib/io/libio.la lib/crypt/libcrypt.la lib/wire/libwire.la lib/base/libbase.la -lpthread
noinst_PROGRAMS += %D%/bench_store
%C%_bench_store_LDADD = src/store/libstore.a src/disk/libdisk.a lib/io/libio.la lib/crypt/libcrypt.la lib/wire/libwire.la lib/base/libbase.la -lpthread
noinst_PROGRAMS += %D%/bench_tail
%C%_bench_tail_LDADD = lib/liblightmq.la -lpthread
EXTRA_DIST += \
	%D%/Client.java \
	%D%/client.sh \
	%D%/cold.sh \
	%D%/consume.sh \
	%D%/daemons.sh \
	%D%/footprint.sh \
	%D%/held.py \
	%D%/held.sh \
	%D%/namesrv.sh \
	%D%/peers.sh \
	%D%/standard.sh \
	%D%/store.sh \
	%D%/sync.sh \
	%D%/timer.sh \
	%D%/timer_many.sh \
	%D%/transaction.sh

# A short standard set against our own daemons; start and memory of both.
run_bench = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' bash
bench: lightmq-bench$(EXEEXT) rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/standard.sh
bench-footprint: %D%/bench_start$(EXEEXT) %D%/bench_idle$(EXEEXT) rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/footprint.sh
bench-namesrv: %D%/bench_namesrv$(EXEEXT) rmq-namesrvd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/namesrv.sh
.PHONY: bench bench-footprint bench-namesrv

# By hand
bench-client: %D%/bench_client$(EXEEXT) rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/client.sh
.PHONY: bench-client

# The store alone, without daemons.
bench-store: %D%/bench_store$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/store.sh
.PHONY: bench-store
# By hand: what consuming costs.
bench-consume: %D%/bench_tail$(EXEEXT) lightmq-bench$(EXEEXT) rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/consume.sh
bench-held: rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/held.sh
.PHONY: bench-consume bench-held

# What messages for a stated time and transactions cost.
bench-timer: lightmq-bench$(EXEEXT) rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/timer.sh
bench-timer-many: lightmq-bench$(EXEEXT) rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/timer_many.sh
bench-transaction: lightmq-bench$(EXEEXT) rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/transaction.sh
.PHONY: bench-timer bench-timer-many bench-transaction
# By hand: SYNC_FLUSH beside the Java broker and the bare disk.
bench-sync: lightmq-bench$(EXEEXT) %D%/bench_disk$(EXEEXT) rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/sync.sh
.PHONY: bench-sync
# By hand: what a reader of a cold backlog costs those at the tail.
bench-cold: lightmq-bench$(EXEEXT) rmq-namesrvd$(EXEEXT) rmq-brokerd$(EXEEXT)
	$(run_bench) $(srcdir)/%D%/cold.sh
.PHONY: bench-cold
EXTRA_DIST += %D%/go/go.mod %D%/go/go.sum %D%/go/main.go

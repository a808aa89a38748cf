# SPDX-License-Identifier: Apache-2.0
# Tests.  Each unit test links the room under test and those below it, nothing else.

check_LIBRARIES += tests/support/libsupport.a
tests_support_libsupport_a_SOURCES = \
	tests/support/lmt.c \
	tests/support/lmt.h
tests_support_libsupport_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)

check_PROGRAMS += tests/unit/base/test_map
TESTS += tests/unit/base/test_map
tests_unit_base_test_map_SOURCES = tests/unit/base/test_map.c
tests_unit_base_test_map_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_base_test_map_LDADD = tests/support/libsupport.a lib/base/libbase.la $(CHECK_LIBS)

noinst_PROGRAMS += lightmq-demo
lightmq_demo_SOURCES = tests/system/demo.c
lightmq_demo_LDADD = lib/liblightmq.la -lpthread

noinst_PROGRAMS += tests/bench/bench_cpu
tests_bench_bench_cpu_SOURCES = \
	tests/bench/bench_cpu.c
tests_bench_bench_cpu_LDADD =  lib/io/libio.la lib/base/libbase.la -lpthread

noinst_PROGRAMS += tests/bench/bench_echo
tests_bench_bench_echo_SOURCES = \
	tests/bench/bench_echo.c
tests_bench_bench_echo_LDADD =  lib/io/libio.la lib/base/libbase.la -lpthread

noinst_PROGRAMS += tests/bench/bench_setup
tests_bench_bench_setup_SOURCES = \
	tests/bench/bench_setup.c
tests_bench_bench_setup_LDADD =  lib/io/libio.la lib/base/libbase.la -lpthread

EXTRA_DIST += \
	tests/conformance/daemons \
	tests/conformance/java/pom.xml

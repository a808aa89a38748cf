# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	%D%/packages \
	%D%/run

noinst_PROGRAMS += %D%/w1
%C%_w1_LDADD = tests/support/libsupport.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS) -lpthread

# The crash tests with 100,000 seeds; LIGHTMQ_BUDGET says otherwise, in steps of 500.
crash-campaign: tests/unit/store/test_store_crash$(EXEEXT)
	budget=$${LIGHTMQ_BUDGET:-200}; LIGHTMQ_BUDGET=$$budget CK_TIMEOUT_MULTIPLIER=$$((budget + 1)) \
		nice -n 10 tests/unit/store/test_store_crash
.PHONY: crash-campaign

# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
client_tests = \
	%D%/test_alloc_fail \
	%D%/test_broadcast \
	%D%/test_bundle \
	%D%/test_client \
	%D%/test_compress \
	%D%/test_config \
	%D%/test_consumer \
	%D%/test_consumer_choice \
	%D%/test_consumer_storm \
	%D%/test_consumer_told \
	%D%/test_error \
	%D%/test_event \
	%D%/test_hostile \
	%D%/test_latency \
	%D%/test_message \
	%D%/test_namespace \
	%D%/test_orderly \
	%D%/test_popper \
	%D%/test_process_queue \
	%D%/test_process_queue_model \
	%D%/test_producer \
	%D%/test_publish \
	%D%/test_pull \
	%D%/test_rebalance_share \
	%D%/test_received \
	%D%/test_request \
	%D%/test_send_make \
	%D%/test_sign \
	%D%/test_tls \
	%D%/test_trace \
	%D%/test_transaction \
	%D%/test_unique_id
check_PROGRAMS += $(client_tests)
TESTS += $(client_tests)
client_tests_libs = tests/support/libsupport.a lib/mock/libmock.la lib/client/libclient.la lib/io/libio.la lib/crypt/libcrypt.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_alloc_fail_LDADD = $(client_tests_libs)
%C%_test_broadcast_LDADD = $(client_tests_libs)
%C%_test_bundle_LDADD = $(client_tests_libs)
%C%_test_client_LDADD = $(client_tests_libs)
%C%_test_compress_LDADD = $(client_tests_libs)
%C%_test_config_LDADD = $(client_tests_libs)
%C%_test_consumer_LDADD = $(client_tests_libs)
%C%_test_consumer_choice_LDADD = $(client_tests_libs)
%C%_test_consumer_storm_LDADD = $(client_tests_libs)
%C%_test_consumer_told_LDADD = $(client_tests_libs)
%C%_test_error_LDADD = $(client_tests_libs)
%C%_test_event_LDADD = $(client_tests_libs)
%C%_test_hostile_LDADD = $(client_tests_libs)
%C%_test_latency_LDADD = $(client_tests_libs)
%C%_test_message_LDADD = $(client_tests_libs)
%C%_test_namespace_LDADD = $(client_tests_libs)
%C%_test_orderly_LDADD = $(client_tests_libs)
%C%_test_popper_LDADD = $(client_tests_libs)
%C%_test_process_queue_LDADD = $(client_tests_libs)
%C%_test_process_queue_model_LDADD = $(client_tests_libs)
%C%_test_producer_LDADD = $(client_tests_libs)
%C%_test_publish_LDADD = $(client_tests_libs)
%C%_test_pull_LDADD = $(client_tests_libs)
%C%_test_rebalance_share_LDADD = $(client_tests_libs)
%C%_test_received_LDADD = $(client_tests_libs)
%C%_test_request_LDADD = $(client_tests_libs)
%C%_test_send_make_LDADD = $(client_tests_libs)
%C%_test_sign_LDADD = $(client_tests_libs)
%C%_test_tls_LDADD = $(client_tests_libs)
%C%_test_trace_LDADD = $(client_tests_libs)
%C%_test_transaction_LDADD = $(client_tests_libs)
%C%_test_unique_id_LDADD = $(client_tests_libs)
EXTRA_DIST += \
	%D%/client_lmt.h \
	%D%/consumer_lmt.h \
	%D%/producer_lmt.h

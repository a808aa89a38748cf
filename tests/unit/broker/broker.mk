# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
broker_tests = \
	%D%/test_announce \
	%D%/test_broker_conf \
	%D%/test_clean_handler \
	%D%/test_client_call \
	%D%/test_client_differ \
	%D%/test_client_handler \
	%D%/test_client_table \
	%D%/test_cold \
	%D%/test_config_handler \
	%D%/test_core \
	%D%/test_delay_duty \
	%D%/test_delay_table \
	%D%/test_dispatch \
	%D%/test_group_table \
	%D%/test_hold_table \
	%D%/test_lock_table \
	%D%/test_metrics \
	%D%/test_model \
	%D%/test_offset_admin \
	%D%/test_offset_handler \
	%D%/test_offset_table \
	%D%/test_pending \
	%D%/test_persist_duty \
	%D%/test_pop_handler \
	%D%/test_pop_model \
	%D%/test_pop_wait \
	%D%/test_pull_handler \
	%D%/test_pull_sql \
	%D%/test_queries \
	%D%/test_query_handler \
	%D%/test_refused \
	%D%/test_register_duty \
	%D%/test_revive_log \
	%D%/test_route_cache \
	%D%/test_send_handler \
	%D%/test_send_header \
	%D%/test_send_props \
	%D%/test_sendback_handler \
	%D%/test_stat_table \
	%D%/test_stat_view \
	%D%/test_timer_counts \
	%D%/test_timers \
	%D%/test_topic_handler \
	%D%/test_topic_journal \
	%D%/test_topic_table \
	%D%/test_transactions
check_PROGRAMS += $(broker_tests)
TESTS += $(broker_tests)
broker_tests_libs = tests/support/libsupport.a src/disk/libdiskcrash.a src/broker/libbroker.a src/filter/libfilter.a src/store/libstore.a src/conf/libconf.a src/disk/libdisk.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS) $(CHECK_LIBS)
%C%_test_announce_LDADD = $(broker_tests_libs)
%C%_test_broker_conf_LDADD = $(broker_tests_libs)
%C%_test_clean_handler_LDADD = $(broker_tests_libs)
%C%_test_client_call_LDADD = $(broker_tests_libs)
%C%_test_client_differ_LDADD = $(broker_tests_libs)
%C%_test_client_handler_LDADD = $(broker_tests_libs)
%C%_test_client_table_LDADD = $(broker_tests_libs)
%C%_test_cold_LDADD = $(broker_tests_libs)
%C%_test_config_handler_LDADD = $(broker_tests_libs)
%C%_test_core_LDADD = $(broker_tests_libs)
%C%_test_delay_duty_LDADD = $(broker_tests_libs)
%C%_test_delay_table_LDADD = $(broker_tests_libs)
%C%_test_dispatch_LDADD = $(broker_tests_libs)
%C%_test_group_table_LDADD = $(broker_tests_libs)
%C%_test_hold_table_LDADD = $(broker_tests_libs)
%C%_test_lock_table_LDADD = $(broker_tests_libs)
%C%_test_metrics_LDADD = $(broker_tests_libs)
%C%_test_model_LDADD = $(broker_tests_libs)
%C%_test_offset_admin_LDADD = $(broker_tests_libs)
%C%_test_offset_handler_LDADD = $(broker_tests_libs)
%C%_test_offset_table_LDADD = $(broker_tests_libs)
%C%_test_pending_LDADD = $(broker_tests_libs)
%C%_test_persist_duty_LDADD = $(broker_tests_libs)
%C%_test_pop_handler_LDADD = $(broker_tests_libs)
%C%_test_pop_model_LDADD = $(broker_tests_libs)
%C%_test_pop_wait_LDADD = $(broker_tests_libs)
%C%_test_pull_handler_LDADD = $(broker_tests_libs)
%C%_test_pull_sql_LDADD = $(broker_tests_libs)
%C%_test_queries_LDADD = $(broker_tests_libs)
%C%_test_query_handler_LDADD = $(broker_tests_libs)
%C%_test_refused_LDADD = $(broker_tests_libs)
%C%_test_register_duty_LDADD = $(broker_tests_libs)
%C%_test_revive_log_LDADD = $(broker_tests_libs)
%C%_test_route_cache_LDADD = $(broker_tests_libs)
%C%_test_send_handler_LDADD = $(broker_tests_libs)
%C%_test_send_header_LDADD = $(broker_tests_libs)
%C%_test_send_props_LDADD = $(broker_tests_libs)
%C%_test_sendback_handler_LDADD = $(broker_tests_libs)
%C%_test_stat_table_LDADD = $(broker_tests_libs)
%C%_test_stat_view_LDADD = $(broker_tests_libs)
%C%_test_timer_counts_LDADD = $(broker_tests_libs)
%C%_test_timers_LDADD = $(broker_tests_libs)
%C%_test_topic_handler_LDADD = $(broker_tests_libs)
%C%_test_topic_journal_LDADD = $(broker_tests_libs)
%C%_test_topic_table_LDADD = $(broker_tests_libs)
%C%_test_transactions_LDADD = $(broker_tests_libs)
EXTRA_DIST += \
	%D%/fixture.h

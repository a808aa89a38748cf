# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
wire_tests = \
	%D%/test_batch \
	%D%/test_cluster_info \
	%D%/test_codes \
	%D%/test_command \
	%D%/test_command_out \
	%D%/test_data_version \
	%D%/test_ext_key \
	%D%/test_frame \
	%D%/test_group_config \
	%D%/test_heartbeat \
	%D%/test_host \
	%D%/test_java_hash \
	%D%/test_json \
	%D%/test_json_oracle \
	%D%/test_json_out \
	%D%/test_json_value \
	%D%/test_lock_batch \
	%D%/test_props \
	%D%/test_record \
	%D%/test_register \
	%D%/test_route \
	%D%/test_subscription \
	%D%/test_topic_config \
	%D%/test_topic_list \
	%D%/test_topic_sync
check_PROGRAMS += $(wire_tests)
TESTS += $(wire_tests)
wire_tests_libs = tests/support/libsupport.a lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_batch_LDADD = $(wire_tests_libs)
%C%_test_cluster_info_LDADD = $(wire_tests_libs)
%C%_test_codes_LDADD = $(wire_tests_libs)
%C%_test_command_LDADD = $(wire_tests_libs)
%C%_test_command_out_LDADD = $(wire_tests_libs)
%C%_test_data_version_LDADD = $(wire_tests_libs)
%C%_test_ext_key_LDADD = $(wire_tests_libs)
%C%_test_frame_LDADD = $(wire_tests_libs)
%C%_test_group_config_LDADD = $(wire_tests_libs)
%C%_test_heartbeat_LDADD = $(wire_tests_libs)
%C%_test_host_LDADD = $(wire_tests_libs)
%C%_test_java_hash_LDADD = $(wire_tests_libs)
%C%_test_json_LDADD = $(wire_tests_libs)
%C%_test_json_oracle_LDADD = $(wire_tests_libs) $(JANSSON_LIBS)
%C%_test_json_out_LDADD = $(wire_tests_libs)
%C%_test_json_value_LDADD = $(wire_tests_libs)
%C%_test_lock_batch_LDADD = $(wire_tests_libs)
%C%_test_props_LDADD = $(wire_tests_libs)
%C%_test_record_LDADD = $(wire_tests_libs)
%C%_test_register_LDADD = $(wire_tests_libs)
%C%_test_route_LDADD = $(wire_tests_libs)
%C%_test_subscription_LDADD = $(wire_tests_libs)
%C%_test_topic_config_LDADD = $(wire_tests_libs)
%C%_test_topic_list_LDADD = $(wire_tests_libs)
%C%_test_topic_sync_LDADD = $(wire_tests_libs)
EXTRA_DIST += \
	%D%/wire_lmt.h

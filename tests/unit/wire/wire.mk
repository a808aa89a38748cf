# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
wire_tests = \
	%D%/test_codes \
	%D%/test_command \
	%D%/test_command_out \
	%D%/test_ext_key \
	%D%/test_frame \
	%D%/test_json \
	%D%/test_json_oracle \
	%D%/test_json_out \
	%D%/test_json_value
check_PROGRAMS += $(wire_tests)
TESTS += $(wire_tests)
wire_tests_libs = tests/support/libsupport.a lib/wire/libwire.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_codes_LDADD = $(wire_tests_libs)
%C%_test_command_LDADD = $(wire_tests_libs)
%C%_test_command_out_LDADD = $(wire_tests_libs)
%C%_test_ext_key_LDADD = $(wire_tests_libs)
%C%_test_frame_LDADD = $(wire_tests_libs)
%C%_test_json_LDADD = $(wire_tests_libs)
%C%_test_json_oracle_LDADD = $(wire_tests_libs) $(JANSSON_LIBS)
%C%_test_json_out_LDADD = $(wire_tests_libs)
%C%_test_json_value_LDADD = $(wire_tests_libs)
EXTRA_DIST += \
	%D%/wire_lmt.h

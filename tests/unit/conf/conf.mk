# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
conf_tests = \
	%D%/test_conf \
	%D%/test_conf_import \
	%D%/test_conf_properties
check_PROGRAMS += $(conf_tests)
TESTS += $(conf_tests)
conf_tests_libs = tests/support/libsupport.a src/conf/libconf.a lib/io/libio.la lib/wire/libwire.la lib/base/libbase.la $(YAML_LIBS) $(CHECK_LIBS)
%C%_test_conf_LDADD = $(conf_tests_libs)
%C%_test_conf_import_LDADD = $(conf_tests_libs)
%C%_test_conf_properties_LDADD = $(conf_tests_libs)

# SPDX-License-Identifier: Apache-2.0
# Unit tests: they link the room and those below it, nothing else.
crypt_tests = \
	%D%/test_md5 \
	%D%/test_signature
check_PROGRAMS += $(crypt_tests)
TESTS += $(crypt_tests)
crypt_tests_libs = tests/support/libsupport.a lib/crypt/libcrypt.la lib/base/libbase.la $(CHECK_LIBS)
%C%_test_md5_LDADD = $(crypt_tests_libs)
%C%_test_signature_LDADD = $(crypt_tests_libs)

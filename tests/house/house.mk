# SPDX-License-Identifier: Apache-2.0
# What no compiler checks: the arrows, the promised symbols, the documents.
dist_check_SCRIPTS += \
	%D%/test_abi.sh \
	%D%/test_arrows.sh \
	%D%/test_catalog.sh \
	%D%/test_headers.sh \
	%D%/test_keys.sh \
	%D%/test_manual.sh \
	%D%/test_migration.sh \
	%D%/test_only.sh \
	%D%/test_protocol.sh \
	%D%/test_symbols.sh \
	%D%/test_text.sh
TESTS += \
	%D%/test_abi.sh \
	%D%/test_arrows.sh \
	%D%/test_catalog.sh \
	%D%/test_headers.sh \
	%D%/test_keys.sh \
	%D%/test_manual.sh \
	%D%/test_migration.sh \
	%D%/test_only.sh \
	%D%/test_protocol.sh \
	%D%/test_symbols.sh \
	%D%/test_text.sh
EXTRA_DIST += \
	%D%/arrows.txt \
	%D%/code.awk \
	%D%/house.sh \
	%D%/only.txt

# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	%D%/badconfig.sh \
	%D%/box.sh \
	%D%/catalog.sh \
	%D%/crash.sh \
	%D%/instances.sh \
	%D%/nosocket.sh \
	%D%/packages \
	%D%/purge.sh \
	%D%/quickstart.sh \
	%D%/reload.sh \
	%D%/restart.sh \
	%D%/run \
	%D%/score.sh \
	%D%/services.sh \
	%D%/upgrade.sh

# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	%D%/badconfig.sh \
	%D%/box.sh \
	%D%/catalog.sh \
	%D%/crash.sh \
	%D%/ctl.sh \
	%D%/full.sh \
	%D%/instances.sh \
	%D%/load.sh \
	%D%/moved.sh \
	%D%/nosocket.sh \
	%D%/packages \
	%D%/ports.sh \
	%D%/purge.sh \
	%D%/quickstart.sh \
	%D%/reload.sh \
	%D%/restart.sh \
	%D%/run \
	%D%/score.sh \
	%D%/senders.c \
	%D%/services.sh \
	%D%/stop.sh \
	%D%/upgrade.sh

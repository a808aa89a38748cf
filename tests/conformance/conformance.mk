# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	%D%/daemons \
	%D%/go/go.mod \
	%D%/go/go.sum \
	%D%/go/main.go \
	%D%/java/Basics.java \
	%D%/java/Exchange.java \
	%D%/java/pom.xml \
	%D%/run \
	%D%/golden

# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	%D%/daemons \
	%D%/differential/cases.py \
	%D%/differential/compare.py \
	%D%/differential/differences \
	%D%/differential/run \
	%D%/differential/wire.py \
	%D%/fetch.sh \
	%D%/go/go.mod \
	%D%/go/go.sum \
	%D%/go/main.go \
	%D%/go/route.go \
	%D%/grpc/Grpc.java \
	%D%/grpc/client.mjs \
	%D%/grpc/client.py \
	%D%/grpc/pom.xml \
	%D%/grpc/topics.py \
	%D%/java-store \
	%D%/java/Amid.java \
	%D%/java/Asking.java \
	%D%/java/Basics.java \
	%D%/java/Clients.java \
	%D%/java/Cluster.java \
	%D%/java/Consumption.java \
	%D%/java/Delays.java \
	%D%/java/Elastic.java \
	%D%/java/Exchange.java \
	%D%/java/Firehose.java \
	%D%/java/Groups.java \
	%D%/java/Ledger.java \
	%D%/java/Library.java \
	%D%/java/ManyTopics.java \
	%D%/java/Mixed.java \
	%D%/java/Pop.java \
	%D%/java/PopTakeover.java \
	%D%/java/RestartOrder.java \
	%D%/java/Shares.java \
	%D%/java/Sql.java \
	%D%/java/StoreTrip.java \
	%D%/java/Storm.java \
	%D%/java/Tail.java \
	%D%/java/Tap.java \
	%D%/java/Timers.java \
	%D%/java/Transactions.java \
	%D%/java/pom.xml \
	%D%/library/run \
	%D%/mqadmin/Mqadmin.java \
	%D%/mqadmin/commands \
	%D%/mqadmin/compare.py \
	%D%/mqadmin/differences \
	%D%/mqadmin/run \
	%D%/names \
	%D%/packages \
	%D%/run \
	%D%/sql/Verdicts.java \
	%D%/sql/pairs.py \
	%D%/sql/run \
	%D%/golden

noinst_PROGRAMS += %D%/library/library_peer
%C%_library_library_peer_LDADD = lib/liblightmq.la -lpthread

noinst_PROGRAMS += %D%/sql/sql_verdicts
%C%_sql_sql_verdicts_LDADD = src/filter/libfilter.a lib/io/libio.la lib/rules/librules.la lib/wire/libwire.la lib/base/libbase.la

/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf_java.h"

const struct conf_java_key *conf_java_keys(const struct conf_table *t)
{
	return t == &conf_namesrv_table ? conf_java_namesrv : conf_java_broker;
}

const struct conf_java_key *conf_java_find(const struct conf_table *t, const char *name)
{
	for (const struct conf_java_key *k = conf_java_keys(t); k->name; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

const char *conf_java_reason(enum conf_java_why why)
{
	static const char *const reasons[] = {
		[JAVA_OURS] = "it is a key here too",
		[JAVA_HOME] = "there is no home folder: files have keys of their own",
		[JAVA_POOL] = "there are no thread pools, and no queues before them",
		[JAVA_NET] = "connections are served by one loop that needs no tuning",
		[JAVA_FLUSH] = "records are written once a turn and flushed by a worker, which needs no tuning",
		[JAVA_STATS] = "it is about statistics and log lines that are not made here",
		[JAVA_REGISTER] = "registering needs no tuning",
		[JAVA_POPBUF] = "what POP has in flight is a table with a journal, which needs no tuning",
		[JAVA_TIMER] = "the timer wheel needs no tuning",
		[JAVA_ACL] = "access control is not supported yet",
		[JAVA_TLS] = "connections are not encrypted yet",
		[JAVA_HA] = "replication is not supported yet",
		[JAVA_DLEDGER] = "DLedger is not supported",
		[JAVA_CONTROLLER] = "there is no controller",
		[JAVA_ROCKSDB] = "nothing is kept in RocksDB",
		[JAVA_TIERED] = "there is no tiered storage",
		[JAVA_COMPACTION] = "topics are not compacted",
		[JAVA_LMQ] = "there are no light message queues",
		[JAVA_CQEXT] = "extended and batch consume queues are not supported",
		[JAVA_PATHS] = "the commit log lies in storePathRootDir/commitlog",
		[JAVA_STORE] = "this file is YAML here, and a properties file there",
		[JAVA_METRICS] = "metrics are exported to Prometheus by a broker, and nowhere else yet",
		[JAVA_COLD] = "reading old messages is not limited",
		[JAVA_LACK] = "there is nothing like it here",
	};

	return reasons[why];
}

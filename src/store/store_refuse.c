/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Java broker may have left that this store does not serve: recognised by name and refused before anything is
 * touched, as serving the rest of such a directory would lose messages or offer wrong ones.
 */
#include <errno.h>

#include "store/store_internal.h"

struct foreign {
	const char *path;
	bool folder;        /* there and not empty; else a file or folder of the name */
	const char *what;
};

static const struct foreign foreign[] = {
	{ "consumequeue/CURRENT", false, "consume queues in RocksDB (storeType=defaultRocksDB)" },
	{ "batchconsumequeue", true, "batch consume queues (queue.type=BatchCQ)" },
	{ "consumequeue_ext", true, "extended consume queues (enableConsumeQueueExt)" },
	{ "compaction/compactionLog", true, "compacted topics (cleanup.policy=COMPACTION)" },
	{ "config/rdb", false, "its configuration in RocksDB (configManagerVersion=v2)" },
	{ "config/topics/CURRENT", false, "its topics in RocksDB (useRocksDBStore for configuration)" },
	{ "config/subscriptionGroups/CURRENT", false, "its groups in RocksDB (useRocksDBStore for configuration)" },
	{ "config/consumerOffsets/CURRENT", false, "its consumer offsets in RocksDB (useRocksDBStore for configuration)" },
	{ "kvStore/CURRENT", false, "messages in flight in RocksDB (popConsumerKVServiceEnable)" },
};

static int stop(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return 1;
}

static bool is_there(struct disk *d, const struct foreign *f)
{
	struct disk_stat st;
	return f->folder ? d->ops->list(d, f->path, stop, NULL) == 1 : d->ops->stat(d, f->path, &st) == 0;
}

static int refuse(char **out_why, const char *path, const char *what)
{
	return why(out_why, -LMQ_EUNSUPPORTED,
		   "%s: a Java broker keeps %s here, which is not served: nothing was touched; go on with the Java broker or move the messages over",
		   path, what);
}

static int look_at_root(void *ctx, const char *name)
{
	static const char dledger[] = "dledger-";
	char **out_why = ctx;
	if (strncmp(name, dledger, sizeof(dledger) - 1) != 0)
		return 0;
	return refuse(out_why, name, "its commit log in DLedger (enableDLegerCommitLog)");
}

int store_refuse_foreign(struct disk *d, char **out_why)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (is_there(d, &foreign[i]))
			return refuse(out_why, foreign[i].path, foreign[i].what);
	return d->ops->list(d, ".", look_at_root, out_why);
}

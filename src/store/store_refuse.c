/* SPDX-License-Identifier: Apache-2.0 */
/* What a Java broker may have left that is not served: found before anything is touched. */
#include <errno.h>

#include "store/store_internal.h"

static const struct {
	const char *folder, *prefix, *what;
} foreign[] = {
	{ ".", "dledger-", "a DLedger log" },
	{ ".", "rocksdb", "a RocksDB store" },
	{ ".", "consumequeue_r", "a RocksDB consume queue" },
	{ ".", "tieredStore", "a tiered store" },
	{ "config", "topics_rocksdb", "RocksDB metadata" },
	{ "config", "rocksdb", "RocksDB metadata" },
};

struct look {
	const char *folder;
	char **out_why;
};

static int one(void *ctx, const char *name)
{
	struct look *l = ctx;

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (strcmp(l->folder, foreign[i].folder) == 0 &&
		    strncmp(name, foreign[i].prefix, strlen(foreign[i].prefix)) == 0)
			return why(l->out_why, -LMQ_EUNSUPPORTED,
				   "%s/%s is %s, which is not supported: serve this store with Apache RocketMQ, or move the folder away",
				   l->folder, name, foreign[i].what);
	return 0;
}

int store_refuse_foreign(struct disk *d, char **out_why)
{
	static const char *const folders[] = { ".", "config" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct look l = { folders[i], out_why };
		int r = d->ops->list(d, folders[i], one, &l);

		if (r && r != -ENOENT)
			return r;
	}
	return 0;
}

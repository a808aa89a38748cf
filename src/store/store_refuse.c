/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Java broker may have left that this store does not serve: recognised by name and refused before anything is
 * touched, as serving the rest of such a directory would lose messages or offer wrong ones.  The table of
 * man/lightmq-store.5 tells of all of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/store_internal.h"
#include "wire/json.h"

#define MAPPING_FILE "config/topicQueueMapping.json"
#define MAPPING_MAX (64u * 1024 * 1024)

struct foreign {
	const char *path;
	enum {
		IS_THERE,       /* a file or folder of the name */
		IS_FILLED,      /* a folder that is not empty, a file that is not */
		HAS_ROCKS_DATA  /* a RocksDB folder into which something was put: a default Java broker leaves empty ones */
	} sign;
	const char *what;
};

static const struct foreign foreign[] = {
	{ "consumequeue/CURRENT", IS_THERE, "consume queues in RocksDB (storeType=defaultRocksDB)" },
	{ "rocksdbstore", HAS_ROCKS_DATA, "timers, key index or transactions in RocksDB (timerRocksDBEnable, indexRocksDBEnable, transRocksDBEnable)" },
	{ "batchconsumequeue", IS_FILLED, "batch consume queues (queue.type=BatchCQ)" },
	{ "consumequeue_ext", IS_FILLED, "extended consume queues (enableConsumeQueueExt)" },
	{ "compaction/compactionLog", IS_FILLED, "compacted topics (cleanup.policy=COMPACTION)" },
	{ "config/tieredStoreMetadata.json", IS_FILLED, "the list of what was moved to tiered storage (messageStorePlugIn)" },
	{ "config/rdb", IS_THERE, "its configuration in RocksDB (configManagerVersion=v2)" },
	{ "config/topics/CURRENT", IS_THERE, "its topics in RocksDB (useRocksDBStore for configuration)" },
	{ "config/subscriptionGroups/CURRENT", IS_THERE, "its groups in RocksDB (useRocksDBStore for configuration)" },
	{ "config/consumerOffsets/CURRENT", IS_THERE, "its consumer offsets in RocksDB (useRocksDBStore for configuration)" },
	{ "kvStore/CURRENT", IS_THERE, "messages in flight in RocksDB (popConsumerKVServiceEnable)" },
};

/* Names that begin so, in a folder. */
struct beginning {
	const char *folder, *begins, *what;
	char **out_why;
};

static const struct beginning beginnings[] = {
	{ .folder = ".", .begins = "dledger-", .what = "its commit log in DLedger (enableDLegerCommitLog)" },
	{ .folder = "consumequeue", .begins = "%LMQ%", .what = "light message queues (enableLmq)" },
};

static int refuse(char **out_why, const char *path, const char *what)
{
	return why(out_why, -LMQ_EUNSUPPORTED,
		   "%s: a Java broker keeps %s here, which is not served: nothing was touched; go on with the Java broker or move the messages over",
		   path, what);
}

/* ---- signs ---- */

static int stop(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return 1;
}

struct rocks {
	struct disk *disk;
	const char *folder;
};

static int is_rocks_data(void *ctx, const char *name)
{
	const struct rocks *r = ctx;
	size_t n = strlen(name);
	char path[DISK_PATH_MAX];
	struct disk_stat st;
	if (n > 4 && strcmp(name + n - 4, ".sst") == 0)
		return 1;
	if (n <= 4 || strcmp(name + n - 4, ".log") != 0 || snprintf(path, sizeof(path), "%s/%s", r->folder, name) >= DISK_PATH_MAX)
		return 0;
	return r->disk->ops->stat(r->disk, path, &st) == 0 && st.bytes > 0;
}

static bool shows(struct disk *d, const struct foreign *f)
{
	struct disk_stat st;
	struct rocks r = { .disk = d, .folder = f->path };
	if (d->ops->stat(d, f->path, &st) != 0)
		return false;
	switch (f->sign) {
	case IS_FILLED:
		return st.is_folder ? d->ops->list(d, f->path, stop, NULL) == 1 : st.bytes > 0;
	case HAS_ROCKS_DATA:
		return st.is_folder && d->ops->list(d, f->path, is_rocks_data, &r) == 1;
	case IS_THERE:
	default:
		return true;
	}
}

static int look_at_name(void *ctx, const char *name)
{
	const struct beginning *b = ctx;
	return strncmp(name, b->begins, strlen(b->begins)) == 0 ? refuse(b->out_why, name, b->what) : 0;
}

/** Static topics: a mapping with a topic in it.  Every Java broker writes the file, most with none. */
static bool maps_topics(struct lmi_span text)
{
	struct lmi_json j;
	struct lmi_json_token key;
	lmi_json_init(&j, text);
	if (lmi_json_enter(&j, LMI_JSON_OBJECT) != 1)
		return false;
	while (lmi_json_member(&j, &key) == 1) {
		if (lmi_json_is(&key, "topicQueueMappingInfoMap"))
			return lmi_json_enter(&j, LMI_JSON_OBJECT) == 1 && lmi_json_member(&j, &key) == 1;
		if (lmi_json_skip(&j) != 0)
			return false;
	}
	return false;
}

int store_refuse_foreign(struct disk *d, char **out_why)
{
	uint8_t *text;
	size_t bytes;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (shows(d, &foreign[i]))
			return refuse(out_why, foreign[i].path, foreign[i].what);
	if (disk_read_all(d, MAPPING_FILE, MAPPING_MAX, &text, &bytes) == 0) {
		bool maps = maps_topics(lmi_span(text, bytes));
		free(text);
		if (maps)
			return refuse(out_why, MAPPING_FILE, "static topics (a mapping of their queues)");
	}
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		struct beginning b = beginnings[i];
		b.out_why = out_why;
		int err = d->ops->list(d, b.folder, look_at_name, &b);
		if (err && err != -ENOENT)
			return err;
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what a Java broker may leave and this store does not serve is refused by its name before anything is touched; what is
 * merely its empty remains is not, and consume queues with files of another size are served as they are.
 * Shown: with the files that RocketMQ 5.5.0 was seen to leave, one set at a time, beside a store of ours.
 */
#include "tests/unit/store/store_rig.h"

static void put(struct rig *r, const char *path, const char *text)
{
	char folder[256];
	struct disk_file *f;
	snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash) {
		*slash = '\0';
		ck_assert_int_eq(r->disk->ops->mkdirs(r->disk, folder), 0);
	}
	ck_assert_int_eq(r->disk->ops->open(r->disk, path, DISK_READ | DISK_WRITE | DISK_CREATE, &f), 0);
	if (*text)
		ck_assert_int_eq(f->ops->pwrite(f, text, strlen(text), 0), 0);
	disk_file_close(f);
}

static struct rig *with_store(void)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	rig_must_open(r);
	rig_turn(r, 0, 3);
	ck_assert_int_eq(rig_close(r), 0);
	return r;
}

static void must_refuse(const char *path, const char *text, const char *named)
{
	struct rig *r = with_store();
	put(r, path, text);
	uint64_t before = disk_crash_digest(r->crash, ".");
	ck_assert_int_eq(rig_open(r), -LMQ_EUNSUPPORTED);
	ck_assert_msg(r->why && strstr(r->why, named) && strstr(r->why, "nothing was touched"), "%s: %s", path, r->why ? r->why : "no reason");
	ck_assert_uint_eq(disk_crash_digest(r->crash, "."), before);
	rig_free(r);
}

START_TEST(what_is_not_served_is_refused_by_name_and_left_untouched)
{
	must_refuse("consumequeue/CURRENT", "MANIFEST-000005\n", "storeType=defaultRocksDB");
	must_refuse("rocksdbstore/000013.sst", "x", "timerRocksDBEnable");
	must_refuse("rocksdbstore/000012.log", "x", "timerRocksDBEnable");
	must_refuse("config/rdb/CURRENT", "MANIFEST-000005\n", "configManagerVersion=v2");
	must_refuse("config/topics/CURRENT", "MANIFEST-000005\n", "config/topics");
	must_refuse("config/subscriptionGroups/CURRENT", "MANIFEST-000005\n", "config/subscriptionGroups");
	must_refuse("config/consumerOffsets/CURRENT", "MANIFEST-000005\n", "config/consumerOffsets");
	must_refuse("kvStore/CURRENT", "MANIFEST-000005\n", "popConsumerKVServiceEnable");
	must_refuse("batchconsumequeue/T/0/00000000000000000000", "", "queue.type=BatchCQ");
	must_refuse("consumequeue_ext/T/0/00000000000000000000", "", "enableConsumeQueueExt");
	must_refuse("compaction/compactionLog/T/0/00000000000000000000", "", "cleanup.policy=COMPACTION");
	must_refuse("config/tieredStoreMetadata.json", "{}", "tiered storage");
	must_refuse("dledger-n0/data/00000000000000000000", "", "enableDLegerCommitLog");
	must_refuse("consumequeue/%LMQ%one/0/00000000000000000000", "", "enableLmq");
	must_refuse("config/topicQueueMapping.json", "{\"dataVersion\":{\"counter\":1},\"topicQueueMappingInfoMap\":{\"T\":{\"bname\":\"b\"}}}",
		    "static topics");
}
END_TEST

START_TEST(empty_remains_are_no_reason)
{
	struct rig *r = with_store();
	put(r, "rocksdbstore/000004.log", "");
	put(r, "rocksdbstore/CURRENT", "MANIFEST-000005\n");
	put(r, "rocksdbstore/MANIFEST-000005", "x");
	put(r, "rocksdbstore/OPTIONS-000009", "x");
	put(r, "compaction/position-checkpoint", "{}");
	put(r, "abort.bak", "");
	put(r, "config/tieredStoreMetadata.json", "");
	put(r, "config/topicQueueMapping.json", "{\"dataVersion\":{\"counter\":0},\"topicQueueMappingInfoMap\":{}}");
	ck_assert_int_eq(r->disk->ops->mkdirs(r->disk, "batchconsumequeue"), 0);
	ck_assert_int_eq(r->disk->ops->mkdirs(r->disk, "consumequeue_ext"), 0);
	ck_assert_int_eq(r->disk->ops->mkdirs(r->disk, "compaction/compactionLog"), 0);
	rig_must_open(r);
	rig_check_all(r);
	rig_free(r);
}
END_TEST

START_TEST(a_mapping_that_is_no_json_is_no_reason)
{
	struct rig *r = with_store();
	put(r, "config/topicQueueMapping.json", "{\"topicQueueMappingInfoMap\":");
	rig_must_open(r);
	rig_free(r);
}
END_TEST

/** A store whose consume queues have files of 3,000 bytes, stopped. */
static struct rig *with_files_of_3000(void)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	r->cfg.queue_file_bytes = 3000;
	rig_must_open(r);
	for (int i = 0; i < 200; i++) {
		rig_turn(r, 0, 1);
		rig_turn(r, 1, 1);
	}
	ck_assert_int_eq(rig_close(r), 0);
	return r;
}

START_TEST(consume_queues_with_files_of_another_size_keep_it)
{
	struct rig *r = with_files_of_3000();
	struct disk_stat st;
	r->cfg.queue_file_bytes = 6000;
	uint64_t before = disk_crash_digest(r->crash, "consumequeue");
	rig_must_open(r);
	ck_assert_msg(strstr(r->last_finding, "files of 3000 bytes, not of 6000 (mappedFileSizeConsumeQueue)"), "%s", r->last_finding);
	ck_assert_uint_eq(disk_crash_digest(r->crash, "consumequeue"), before);
	rig_check_all(r);
	rig_turn(r, 0, 120); /* into the third file */
	ck_assert_int_eq(rig_close(r), 0);
	ck_assert_int_eq(r->disk->ops->stat(r->disk, "consumequeue/TopicA/0/00000000000000006000", &st), 0);
	ck_assert_int_eq(st.bytes, 3000);
	r->cfg.queue_file_bytes = 3000; /* as the broker that made it would open it */
	rig_must_open(r);
	rig_check_all(r);
	rig_free(r);
}
END_TEST

START_TEST(one_file_that_was_cut_is_not_taken_for_the_size_of_all)
{
	struct rig *r = with_files_of_3000();
	struct disk_file *f;
	ck_assert_int_eq(r->disk->ops->open(r->disk, "consumequeue/TopicA/0/00000000000000000000", DISK_READ | DISK_WRITE, &f), 0);
	ck_assert_int_eq(f->ops->set_size(f, 2000), 0);
	disk_file_close(f);
	rig_must_open(r);
	ck_assert_ptr_null(strstr(r->last_finding, "they stay so"));
	rig_check_all(r);
	rig_free(r);
}
END_TEST

LMT_MAIN("store_refuse", what_is_not_served_is_refused_by_name_and_left_untouched, empty_remains_are_no_reason,
	 a_mapping_that_is_no_json_is_no_reason, consume_queues_with_files_of_another_size_keep_it,
	 one_file_that_was_cut_is_not_taken_for_the_size_of_all)

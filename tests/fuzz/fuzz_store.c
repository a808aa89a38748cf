/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever lies in a store's folder, the store opens or says why not; what it then offers can be read or is refused,
 * it takes a message, stops cleanly, and opens again with the same queues.
 *
 * Input: pieces of one byte of which file and how, two bytes of length (big-endian), content.  A file's first piece makes
 * it; another piece of the same file is put behind.
 */
#include <errno.h>

#include "base/executor.h"
#include "disk/disk_crash.h"
#include "store/store.h"

#include "tests/fuzz/fuzz.h"

#define SEGMENT_BYTES 16384
#define QUEUE_FILE_BYTES (20 * 50)
#define NOW_MS 1700000000000
#define BODY_MAX 4096
#define QUEUES_MAX 64

/* Bits of a piece's first byte. */
#define PIECE_FILE 0x0f
#define PIECE_MEND 0x10 /* give the file's header the CRC that it asks for */
#define PIECE_FULL 0x20 /* fill the file up to its full size */

static const struct {
	const char *path;
	int64_t full;
	size_t crc_at, crc_from; /* 0: none */
} files[] = {
	{ "commitlog/00000000000000000000", SEGMENT_BYTES, 0, 0 },
	{ "commitlog/00000000000000016384", SEGMENT_BYTES, 0, 0 },
	{ "consumequeue/T/0/00000000000000000000", QUEUE_FILE_BYTES, 0, 0 },
	{ "consumequeue/T/0/00000000000000001000", QUEUE_FILE_BYTES, 0, 0 },
	{ "consumequeue/U/3/00000000000000000000", QUEUE_FILE_BYTES, 0, 0 },
	{ "checkpoint", 4096, 0, 0 },
	{ "lightmq.queues", 0, 12, 16 },
	{ "lightmq.mark", 1024, 8, 12 },
	{ "abort", 0, 0, 0 },
};
#define FILES (sizeof(files) / sizeof(files[0]))

struct run {
	struct disk *disk;
	struct store *store;
	struct lmi_clock_manual clock;
	struct store_config cfg;
	size_t queue_count;
	struct {
		char topic[128];
		size_t topic_bytes;
		int32_t id;
		struct store_bounds bounds;
	} queues[QUEUES_MAX];
};

static void put(struct disk *d, size_t which, uint8_t how, struct lmi_span content)
{
	char folder[64];
	struct disk_file *f;
	int64_t at = 0;

	snprintf(folder, sizeof(folder), "%s", files[which].path);
	if (strrchr(folder, '/')) {
		*strrchr(folder, '/') = '\0';
		FUZZ_CHECK(d->ops->mkdirs(d, folder) == 0);
	}
	FUZZ_CHECK(d->ops->open(d, files[which].path, DISK_READ | DISK_WRITE | DISK_CREATE, &f) == 0);
	FUZZ_CHECK(f->ops->size(f, &at) == 0);
	if ((how & PIECE_FULL) && at == files[which].full)
		at = 0;
	if (content.n > 0)
		FUZZ_CHECK(f->ops->pwrite(f, content.p, content.n, at) == 0);
	if (how & PIECE_FULL)
		FUZZ_CHECK(f->ops->set_size(f, files[which].full) == 0);
	disk_file_close(f);
}

static void mend(size_t which, uint8_t *content, size_t n)
{
	size_t from = files[which].crc_from;

	if (from > 0 && n > from)
		lmi_put32(content + files[which].crc_at, lmi_crc32(0, content + from, n - from));
}

static void lay_out(struct disk *d, const uint8_t *data, size_t size)
{
	while (size >= 3) {
		size_t which = (data[0] & PIECE_FILE) % FILES, n = lmi_get16(data + 1);
		uint8_t how = data[0], *copy;

		data += 3;
		size -= 3;
		n = n < size ? n : size;
		copy = malloc(n + 1);
		FUZZ_CHECK(copy);
		memcpy(copy, data, n);
		if (how & PIECE_MEND)
			mend(which, copy, n);
		put(d, which, how, lmi_span(copy, n));
		free(copy);
		data += n;
		size -= n;
	}
	FUZZ_CHECK(d->ops->sync_all(d) == 0);
}

static int note_queue(void *ctx, struct lmi_span topic, int32_t id)
{
	struct run *r = ctx;

	if (r->queue_count == QUEUES_MAX || topic.n > sizeof(r->queues[0].topic))
		return 0;
	memcpy(r->queues[r->queue_count].topic, topic.p, topic.n);
	r->queues[r->queue_count].topic_bytes = topic.n;
	r->queues[r->queue_count++].id = id;
	return 0;
}

static void read_extents(struct run *r, const struct store_get *g)
{
	for (size_t i = 0; i < g->count; i++) {
		uint8_t *dst;

		FUZZ_CHECK(g->extents[i].bytes > 0 && g->extents[i].bytes <= SEGMENT_BYTES);
		dst = malloc((size_t)g->extents[i].bytes);
		FUZZ_CHECK(dst);
		(void)store_read(r->store, &g->extents[i], dst, true);
		free(dst);
	}
}

static void get(struct run *r, size_t i, int64_t pos)
{
	struct store_get *g = calloc(1, sizeof(*g));

	FUZZ_CHECK(g);
	g->topic = lmi_span(r->queues[i].topic, r->queues[i].topic_bytes);
	g->queue_id = r->queues[i].id;
	g->queue_pos = pos;
	g->max_messages = 32;
	if (store_get(r->store, g) == 0) {
		FUZZ_CHECK(store_get_status_name(g->status) && g->count <= 32);
		FUZZ_CHECK(g->status != STORE_FOUND || (g->count > 0 && g->next_pos > pos));
		read_extents(r, g);
	}
	free(g);
}

static void read_queue(struct run *r, size_t i)
{
	struct lmi_span topic = lmi_span(r->queues[i].topic, r->queues[i].topic_bytes);
	struct store_bounds *b = &r->queues[i].bounds;
	int64_t pos;

	FUZZ_CHECK(store_queue_bounds(r->store, topic, r->queues[i].id, b) == 0);
	FUZZ_CHECK(b->min_pos >= 0 && b->min_pos <= b->max_pos);
	get(r, i, b->min_pos);
	get(r, i, b->max_pos > 0 ? b->max_pos - 1 : 0);
	get(r, i, b->max_pos);
	get(r, i, b->min_pos + (b->max_pos - b->min_pos) / 2);
	(void)store_queue_search(r->store, topic, r->queues[i].id, NOW_MS, false, &pos);
	(void)store_queue_time(r->store, topic, r->queues[i].id, b->min_pos);
}

static void write_one(struct run *r)
{
	struct store_message m = { .topic = LMI_SPAN_LIT("T"), .born_ms = NOW_MS, .body = LMI_SPAN_LIT("body") };
	struct store_ticket t;

	if (store_append(r->store, &m, &t) == 0)
		FUZZ_CHECK(t.log_end > t.log_pos && t.queue_pos >= 0);
	store_turn_end(r->store);
	lmi_clock_manual_pass(&r->clock, 2000);
	store_tick(r->store, lmi_mono_ms(&r->clock.clock));
}

static void note_finding(void *user, enum lmi_log_level level, const char *text)
{
	(void)user;
	(void)level;
	FUZZ_CHECK(*text);
}

static void on_arrival(void *user, struct lmi_span topic, int32_t id, int64_t end, int64_t tags_code, int64_t store_ms)
{
	(void)user;
	(void)id;
	(void)tags_code;
	(void)store_ms;
	FUZZ_CHECK(topic.n > 0 && end > 0);
}

static int open_store(struct run *r)
{
	char *why = NULL;
	int err = store_open(&r->cfg, &r->store, &why);

	FUZZ_CHECK(err <= 0 && err != -ENOMEM);
	free(why);
	return err;
}

static void reopened_is_the_same(struct run *r)
{
	for (size_t i = 0; i < r->queue_count; i++) {
		struct lmi_span topic = lmi_span(r->queues[i].topic, r->queues[i].topic_bytes);
		struct store_bounds b;

		FUZZ_CHECK(store_queue_bounds(r->store, topic, r->queues[i].id, &b) == 0);
		FUZZ_CHECK(b.max_pos == r->queues[i].bounds.max_pos); /* among damaged units any may be found the oldest */
	}
}

static void use(struct run *r)
{
	if (open_store(r) < 0)
		return;
	(void)store_each_queue(r->store, note_queue, r);
	for (size_t i = 0; i < r->queue_count; i++)
		read_queue(r, i);
	write_one(r);
	for (size_t i = 0; i < r->queue_count; i++)
		read_queue(r, i);
	if (store_close(r->store) < 0)
		return;
	FUZZ_CHECK(open_store(r) == 0);
	reopened_is_the_same(r);
	FUZZ_CHECK(store_close(r->store) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = { .disk = disk_crash_disk(disk_crash_new()) };

	lmi_clock_manual_init(&r.clock, NOW_MS);
	r.cfg = (struct store_config){
		.disk = r.disk,
		.executor = &lmi_executor_inline,
		.clock = &r.clock.clock,
		.segment_bytes = SEGMENT_BYTES,
		.queue_file_bytes = QUEUE_FILE_BYTES,
		.flush_interval_ms = 500,
		.queue_flush_interval_ms = 1000,
		.sync_timeout_ms = 5000,
		.message_max_bytes = BODY_MAX,
		.check_crc = size > 0 && (data[0] & 0x80),
		.store_host = { .addr = { 127, 0, 0, 1 }, .port = 10911 },
		.on_finding = note_finding,
		.on_arrival = on_arrival,
	};
	lay_out(r.disk, data, size);
	use(&r);
	disk_free(r.disk);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever timerwheel, timerlog and timercheck hold, the index opens or refuses; each unit that a slot gives is of that
 * slot; a unit can be entered; and what was saved is there again: the same units in the same slots.
 *
 * Input: pieces of one byte of which file and how, two bytes of length (big-endian), content.  A file's first piece makes it;
 * another piece of the same file is put behind.
 */
#include <errno.h>

#include "base/executor.h"
#include "disk/disk_crash.h"
#include "store/timer_files.h"

#include "tests/fuzz/fuzz.h"

#define HALF_SLOTS 64 /* a page of slots: the wheel turns every 128 */
#define PRECISION_MS 1000
#define LOG_BYTES 1024
#define SLOTS_SHOWN 512
#define FIRST_MS 1700000000000
#define PIECE_FILE 0x03
#define PIECE_FULL 0x20 /* fill the file up to its full size */

static const struct {
	const char *path;
	int64_t full;
} files[] = {
	{ TIMER_WHEEL_FILE, 2 * HALF_SLOTS * TIMER_SLOT_BYTES },
	{ TIMER_LOG_FOLDER "/00000000000000000000", LOG_BYTES },
	{ TIMER_LOG_FOLDER "/00000000000000001024", LOG_BYTES },
	{ TIMER_CHECK_FILE, TIMER_CHECK_FILE_BYTES },
};

struct seen {
	int64_t slot_ms;
	uint64_t sum; /* of all units, in order */
	size_t n;
	int err;
};

static void put(struct disk *d, size_t which, bool full, struct lmi_span content)
{
	struct disk_file *f;
	int64_t at = 0;

	FUZZ_CHECK(d->ops->mkdirs(d, TIMER_LOG_FOLDER) == 0 && d->ops->mkdirs(d, "config") == 0);
	FUZZ_CHECK(d->ops->open(d, files[which].path, DISK_READ | DISK_WRITE | DISK_CREATE, &f) == 0);
	FUZZ_CHECK(f->ops->size(f, &at) == 0);
	if (full && at == files[which].full)
		at = 0;
	if (content.n > 0)
		FUZZ_CHECK(f->ops->pwrite(f, content.p, content.n, at) == 0);
	if (full)
		FUZZ_CHECK(f->ops->set_size(f, files[which].full) == 0);
	disk_file_close(f);
}

static void lay_out(struct disk *d, const uint8_t *data, size_t size)
{
	while (size >= 3) {
		size_t n = lmi_get16(data + 1);
		uint8_t how = data[0];

		data += 3;
		size -= 3;
		n = n < size ? n : size;
		put(d, how & PIECE_FILE, how & PIECE_FULL, lmi_span(data, n));
		data += n;
		size -= n;
	}
	FUZZ_CHECK(d->ops->sync_all(d) == 0);
}

static void on_finding(void *user, enum lmi_log_level level, const char *text)
{
	(void)user;
	(void)level;
	FUZZ_CHECK(*text);
}

static int open_index(struct timer_index *t, struct disk *d)
{
	const struct timer_index_config cfg = { .disk = d, .executor = &lmi_executor_inline, .precision_ms = PRECISION_MS,
						.log_file_bytes = LOG_BYTES, .half_slots = HALF_SLOTS, .on_finding = on_finding };
	char *why = NULL;
	int err = timer_index_open(t, &cfg, &why);

	FUZZ_CHECK(err <= 0 && err != -ENOMEM);
	free(why);
	return err;
}

static void on_loaded(void *arg, const struct timer_unit *units, size_t n, int err)
{
	struct seen *s = arg;

	FUZZ_CHECK(err == 0 || err == -LMQ_ECORRUPT);
	s->err = err;
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(units[i].due_ms - units[i].due_ms % PRECISION_MS == s->slot_ms && units[i].bytes > 0 && units[i].log_pos >= 0);
		s->sum = s->sum * 31 + (uint64_t)units[i].due_ms + (uint64_t)units[i].log_pos * 7 + (uint64_t)units[i].magic;
	}
}

static void on_oldest(void *arg, int64_t log_pos, int err)
{
	(void)arg;
	FUZZ_CHECK(err || log_pos >= 0);
}

static void look(struct timer_index *t, struct seen *seen)
{
	struct timer_unit last;

	for (int64_t i = 0; i < SLOTS_SHOWN; i++) {
		seen[i] = (struct seen){ .slot_ms = FIRST_MS + (i - SLOTS_SHOWN / 2) * PRECISION_MS };
		(void)timer_index_count(t, seen[i].slot_ms);
		if (!timer_index_is_empty(t, seen[i].slot_ms))
			FUZZ_CHECK(timer_index_load(t, seen[i].slot_ms, on_loaded, &seen[i]) == 0);
	}
	FUZZ_CHECK(timer_index_oldest(t, FIRST_MS, on_oldest, NULL) == 0);
	(void)timer_index_last(t, &last);
}

/* Each slot gives what it gave before; of a chain that is damaged it may be less than that. */
static void is_the_same(const struct seen *a, const struct seen *b)
{
	for (int i = 0; i < SLOTS_SHOWN; i++)
		FUZZ_CHECK(a[i].err || (a[i].n == b[i].n && a[i].sum == b[i].sum));
}

static void use(struct timer_index *t, struct disk *d)
{
	static struct seen before[SLOTS_SHOWN], after[SLOTS_SHOWN];
	struct timer_unit u = { .due_ms = FIRST_MS + 5500, .written_ms = FIRST_MS, .log_pos = 77, .bytes = 200, .magic = TIMER_MAGIC_DEFAULT };

	look(t, before);
	for (int i = 0; i < 3; i++)
		FUZZ_CHECK(timer_index_put(t, &u) == 0);
	look(t, before);
	FUZZ_CHECK(before[SLOTS_SHOWN / 2 + 5].err || before[SLOTS_SHOWN / 2 + 5].n >= 3);
	struct timer_check c = t->check;
	FUZZ_CHECK(timer_index_flush_now(t, &c) == 0);
	timer_index_trim(t, 0);
	timer_index_close(t);
	FUZZ_CHECK(open_index(t, d) == 0);
	look(t, after);
	is_the_same(before, after);
	timer_index_close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk *d = disk_crash_disk(disk_crash_new());
	struct timer_index t;

	lay_out(d, data, size);
	if (open_index(&t, d) == 0)
		use(&t, d);
	disk_free(d);
	return 0;
}

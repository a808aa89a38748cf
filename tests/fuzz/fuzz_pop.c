/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever records a journal of messages in flight holds, it is read up to the first that cannot be, and what was read is
 * begun anew so that the next start reads the same.
 * Input: records without length and sum: two bytes of length, then kind and fields; the sums are made right, since bytes that
 * fail them are never looked at.  A first byte that is odd leaves them as they are.
 */
#include "broker/duty/pop_journal.h"
#include "disk/disk_crash.h"

#include "tests/fuzz/fuzz.h"

#define MAX_POS 1000000 /* how far every queue reaches */
#define LOOP_MAX 4096u  /* records of one input */

static int64_t max_pos(void *ctx, const struct offset_at *at)
{
	(void)ctx;
	(void)at;
	return MAX_POS;
}

__attribute__((format(printf, 4, 0))) static void quiet(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields,
							  const char *fmt, va_list ap)
{
	(void)l;
	(void)level;
	(void)fields;
	(void)fmt;
	(void)ap;
}

static void submit(struct lmi_executor *e, struct lmi_job *j)
{
	(void)e;
	j->run(j);
	j->done(j);
}

static struct lmi_log log_ = { quiet, LMI_LOG_DEBUG };
static struct lmi_executor executor = { .submit = submit };

struct life {
	struct lmi_clock_manual clock;
	struct offset_table offsets;
	struct pop_table table;
	struct pop_journal journal;
};

static void live(struct life *v, struct disk *d)
{
	*v = (struct life){ .offsets = { .unsaved = false } };
	lmi_clock_manual_init(&v->clock, 1700000000000);
	pop_table_init(&v->table, &v->clock.clock, &v->offsets);
	v->journal = (struct pop_journal){ .disk = d, .executor = &executor, .clock = &v->clock.clock, .log = &log_, .table = &v->table,
					   .offsets = &v->offsets };
	FUZZ_CHECK(pop_journal_open(&v->journal, max_pos, NULL) == 0);
}

static void die(struct life *v)
{
	pop_journal_abandon(&v->journal);
	pop_table_done(&v->table);
	offset_table_done(&v->offsets);
}

static size_t queues_with_something(const struct pop_table *t)
{
	const struct pop_queue *q;
	size_t n = 0;
	for (size_t i = 0; (q = pop_table_next(t, &i));) {
		FUZZ_CHECK(q->pop_pos <= MAX_POS && pop_queue_lowest(q) <= q->pop_pos);
		n += q->in_flight > 0;
	}
	return n;
}

/* A file of the records in @in, with sums that are right. */
static void put_file(struct lmi_buf *b, struct lmi_span in)
{
	static const uint8_t head[16] = { 'L', 'M', 'Q', 'P', 'O', 'P', 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 };
	uint32_t sum = lmi_crc32(0, head, sizeof(head));
	lmi_buf_put(b, head, sizeof(head));
	for (size_t at = 0, k = 0; at + 2 < in.n && k < LOOP_MAX; k++) {
		size_t n = lmi_get16(in.p + at), left = in.n - at - 2;
		n = n > left ? left : n;
		sum = lmi_crc32(sum, in.p + at + 2, n);
		lmi_buf_put32(b, (uint32_t)n);
		lmi_buf_put32(b, sum);
		lmi_buf_put(b, in.p + at + 2, n);
		at += 2 + n;
	}
}

static void write_file(struct disk *d, struct lmi_span bytes)
{
	struct disk_file *f;
	FUZZ_CHECK(d->ops->mkdirs(d, POP_JOURNAL_FOLDER) == 0);
	FUZZ_CHECK(d->ops->open(d, POP_JOURNAL_FOLDER "/journal.0000000000000001", DISK_CREATE | DISK_WRITE, &f) == 0);
	FUZZ_CHECK(f->ops->pwrite(f, bytes.p, bytes.n, 0) == 0);
	disk_file_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk_crash *crash = size ? disk_crash_new() : NULL;
	struct lmi_buf file = { 0 };
	struct life first, second;
	if (!crash)
		return 0;
	struct disk *d = disk_crash_disk(crash);
	if (data[0] & 1)
		lmi_buf_put(&file, data + 1, size - 1);
	else
		put_file(&file, lmi_span(data + 1, size - 1));
	write_file(d, lmi_buf_span(&file));
	live(&first, d);
	size_t queues = queues_with_something(&first.table), messages = first.table.messages;
	die(&first);
	live(&second, d);
	FUZZ_CHECK(queues_with_something(&second.table) == queues && second.table.messages == messages);
	die(&second);
	disk_free(d);
	lmi_buf_done(&file);
	return 0;
}

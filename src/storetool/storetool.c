/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a store for looking: sizes are those of the files that are there, not those of a configuration. */
#include "storetool/storetool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "store/why.h"
#include "wire/json.h"

#define LOCK_FILE "lock"
#define QUEUE_FILE_BYTES 6000000

/* ---- what is there ---- */

struct first_file {
	struct disk *disk;
	const char *folder;
	int64_t bytes; /* of the first that is not empty; 0: none */
};

static int look_at_segment(void *ctx, const char *name)
{
	struct first_file *f = ctx;
	char path[SEGMENT_PATH_MAX];
	struct disk_stat st;
	int64_t start;
	if (segment_name_parse(name, &start) != 0)
		return 0;
	segment_path(start, path);
	if (f->disk->ops->stat(f->disk, path, &st) == 0 && !st.is_folder)
		f->bytes = st.bytes;
	return f->bytes > 0;
}

static int look_at_queue_file(void *ctx, const char *name)
{
	struct first_file *f = ctx;
	char path[QUEUE_PATH_MAX];
	struct disk_stat st;
	int64_t start;
	if (segment_name_parse(name, &start) != 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	if (f->disk->ops->stat(f->disk, path, &st) == 0 && !st.is_folder && st.bytes % QUEUE_UNIT_BYTES == 0)
		f->bytes = st.bytes;
	return f->bytes > 0;
}

static int look_at_queue(void *ctx, struct consume_queue *q)
{
	struct first_file *f = ctx;
	char folder[QUEUE_PATH_MAX];
	consume_queue_folder(q, folder);
	f->folder = folder;
	(void)f->disk->ops->list(f->disk, folder, look_at_queue_file, f);
	return f->bytes > 0;
}

/** A broker that runs holds the lock.  A store that cannot be written to has no broker that does. */
static int take_lock(struct storetool *t, char **out_why)
{
	int err = t->real->ops->open(t->real, LOCK_FILE, DISK_READ | DISK_WRITE, &t->lock);
	if (err == -ENOENT || err == -EROFS || err == -EACCES)
		return 0;
	if (!err)
		err = t->lock->ops->lock(t->lock);
	return err ? why(out_why, err, err == -EAGAIN ? "a broker has the store open: stop it first" : "the file lock: %s", lmi_strerror(err)) : 0;
}

static int open_log(struct storetool *t, char **out_why)
{
	struct first_file f = { .disk = t->disk };
	int err = t->disk->ops->list(t->disk, SEGMENT_FOLDER, look_at_segment, &f);
	if (err < 0 || !f.bytes)
		return why(out_why, err < 0 ? err : -ENOENT, "%s: there is no commit log", SEGMENT_FOLDER);
	return commit_log_open(&t->log, t->disk, f.bytes, out_why);
}

static int open_queues(struct storetool *t, char **out_why)
{
	int err = queue_table_init(&t->queues, t->disk, QUEUE_FILE_BYTES);
	if (!err)
		err = queue_table_scan(&t->queues);
	if (err == -ENOENT)
		err = 0;
	if (err)
		return why(out_why, err, "%s cannot be read: %s", QUEUE_FOLDER, lmi_strerror(err));
	struct first_file f = { .disk = t->disk };
	(void)queue_table_each(&t->queues, look_at_queue, &f);
	t->queues.shared.file_bytes = t->queue_file_bytes = f.bytes ? f.bytes : QUEUE_FILE_BYTES;
	return 0;
}

int storetool_open(struct storetool *t, struct disk *d, const struct storetool_options *opt, FILE *out, FILE *err, char **out_why)
{
	*t = (struct storetool){ .opt = *opt, .real = d, .out = out, .err = err, .percent = -1 };
	t->shape.slots = opt->index_slots ? opt->index_slots : 5000000;
	t->shape.entries = opt->index_entries ? opt->index_entries : 20000000;
	t->disk = storetool_disk_new(d);
	int res = t->disk ? take_lock(t, out_why) : -ENOMEM;
	if (!res)
		res = open_log(t, out_why);
	if (!res)
		res = open_queues(t, out_why);
	if (res)
		storetool_done(t);
	return res;
}

void storetool_done(struct storetool *t)
{
	commit_log_done(&t->log);
	queue_table_done(&t->queues);
	disk_file_close(t->lock);
	disk_free(t->disk);
	t->lock = NULL;
	t->disk = NULL;
}

/* ---- telling ---- */

static void tell_json(struct storetool *t, const char *file, int64_t pos, const char *what)
{
	struct lmi_buf b = { 0 };
	struct lmi_json_out o;
	lmi_json_out_init(&o, &b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "file");
	lmi_json_put_str(&o, file);
	if (pos >= 0) {
		lmi_json_put_key(&o, "position");
		lmi_json_put_i64(&o, pos);
	}
	lmi_json_put_key(&o, "what");
	lmi_json_put_str(&o, what);
	lmi_json_put_object_end(&o);
	fprintf(t->out, "%.*s\n", (int)lmi_buf_len(&b), (const char *)lmi_buf_span(&b).p);
	lmi_buf_done(&b);
}

void storetool_tell(struct storetool *t, const char *file, int64_t pos, const char *fmt, ...)
{
	char what[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	t->findings++;
	if (t->opt.json)
		tell_json(t, file, pos, what);
	else if (pos >= 0)
		fprintf(t->out, "%s: at %" PRId64 ": %s\n", file, pos, what);
	else
		fprintf(t->out, "%s: %s\n", file, what);
}

void storetool_progress(struct storetool *t, const char *what, int64_t done, int64_t total)
{
	int percent = total > 0 ? (int)(done * 100.0 / (double)total) : 100;
	if (!t->opt.progress || percent == t->percent)
		return;
	t->percent = percent;
	fprintf(t->err, "\r%s: %d %%%s", what, percent, percent >= 100 ? "\n" : "");
	fflush(t->err);
}

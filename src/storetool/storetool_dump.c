/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a store, a line each: records, units of a queue, entries of the key index. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "store/queue_reader.h"
#include "storetool/storetool.h"
#include "wire/json.h"
#include "wire/props.h"

/* ---- JSON ---- */

static void put_line(struct storetool *t, struct lmi_buf *b)
{
	fwrite(lmi_buf_data(b), 1, lmi_buf_len(b), t->out);
	fputc('\n', t->out);
	lmi_buf_reset(b, 1 << 16);
}

static void put_number(struct lmi_json_out *o, const char *key, int64_t v)
{
	lmi_json_put_key(o, key);
	lmi_json_put_i64(o, v);
}

static void put_host(struct lmi_json_out *o, const char *key, const struct lmi_host *h)
{
	char text[LMI_HOST_CHARS];
	lmi_host_print(h, text, sizeof(text));
	lmi_json_put_key(o, key);
	lmi_json_put_str(o, text);
}

static void put_base64(struct lmi_json_out *o, const char *key, struct lmi_span s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct lmi_buf b = { 0 };
	for (size_t i = 0; i < s.n; i += 3) {
		size_t n = s.n - i < 3 ? s.n - i : 3;
		uint32_t v = (uint32_t)s.p[i] << 16 | (n > 1 ? (uint32_t)s.p[i + 1] << 8 : 0) | (n > 2 ? s.p[i + 2] : 0);
		char four[4] = { digits[v >> 18], digits[v >> 12 & 63], n > 1 ? digits[v >> 6 & 63] : '=', n > 2 ? digits[v & 63] : '=' };
		lmi_buf_put(&b, four, sizeof(four));
	}
	lmi_json_put_key(o, key);
	lmi_json_put_string(o, lmi_buf_len(&b) ? lmi_buf_span(&b) : LMI_SPAN_LIT(""));
	lmi_buf_done(&b);
}

/** Names are those of MessageExt. */
static void put_record(struct storetool *t, struct lmi_buf *b, const struct lmi_record *r)
{
	struct lmi_json_out o;
	struct lmi_span k, v;
	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "topic");
	lmi_json_put_string(&o, r->topic);
	put_number(&o, "queueId", r->queue_id);
	put_number(&o, "queueOffset", r->queue_pos);
	put_number(&o, "commitLogOffset", r->log_pos);
	put_number(&o, "storeSize", r->total);
	put_number(&o, "flag", r->flag);
	put_number(&o, "sysFlag", r->sysflag);
	put_number(&o, "bornTimestamp", r->born_ms);
	put_host(&o, "bornHost", &r->born);
	put_number(&o, "storeTimestamp", r->store_ms);
	put_host(&o, "storeHost", &r->store);
	put_number(&o, "reconsumeTimes", r->reconsume_times);
	put_number(&o, "preparedTransactionOffset", r->prepared_pos);
	put_number(&o, "bodyBytes", (int64_t)r->body.n);
	lmi_json_put_key(&o, "properties");
	lmi_json_put_object(&o);
	for (size_t at = 0; lmi_props_next(r->props, &at, &k, &v);) {
		lmi_json_put_key_span(&o, k);
		lmi_json_put_string(&o, v);
	}
	lmi_json_put_object_end(&o);
	if (t->opt.bodies)
		put_base64(&o, "body", r->body);
	lmi_json_put_object_end(&o);
	put_line(t, b);
}

/* ---- text: whatever a message holds, a line stays a line ---- */

static void put_text(struct storetool *t, const char *name, struct lmi_span s)
{
	if (!s.p)
		return;
	fprintf(t->out, " %s", name);
	for (size_t i = 0; i < s.n; i++)
		fputc(s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i], t->out);
}

static void print_record(struct storetool *t, const struct lmi_record *r)
{
	fprintf(t->out, "%" PRId64 " %u", r->log_pos, r->total);
	put_text(t, "", r->topic);
	fprintf(t->out, " queue %d position %" PRId64 " stored %" PRId64, r->queue_id, r->queue_pos, r->store_ms);
	put_text(t, "tag ", lmi_props_get(r->props, LMI_SPAN_LIT(LMI_PROP_TAGS)));
	put_text(t, "keys ", lmi_props_get(r->props, LMI_SPAN_LIT(LMI_PROP_KEYS)));
	put_text(t, "id ", lmi_props_get(r->props, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY)));
	fprintf(t->out, " body %zu\n", r->body.n);
}

/* ---- records ---- */

static bool has_word(struct lmi_span words, const char *word)
{
	size_t n = strlen(word);
	for (size_t at = 0; words.p && at < words.n;) {
		const uint8_t *blank = memchr(words.p + at, ' ', words.n - at);
		size_t stop = blank ? (size_t)(blank - words.p) : words.n;
		if (stop - at == n && memcmp(words.p + at, word, n) == 0)
			return true;
		at = stop + 1;
	}
	return false;
}

static bool wanted(const struct storetool *t, const struct lmi_record *r)
{
	const struct storetool_options *o = &t->opt;
	if (r->log_pos < o->from || r->log_pos >= o->to || r->store_ms < o->since_ms || r->store_ms >= o->until_ms)
		return false;
	if (o->topic && !lmi_span_is(r->topic, o->topic))
		return false;
	return !o->key || has_word(lmi_props_get(r->props, LMI_SPAN_LIT(LMI_PROP_KEYS)), o->key) ||
	       has_word(lmi_props_get(r->props, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY)), o->key);
}

static void show(struct storetool *t, struct lmi_buf *b, const struct lmi_record *r)
{
	if (t->opt.json)
		put_record(t, b, r);
	else
		print_record(t, r);
}

static int dump_log(struct storetool *t, bool queued_only)
{
	struct storetool_walk w;
	struct lmi_record r;
	struct lmi_buf b = { 0 };
	int64_t min = commit_log_min(&t->log), lines = 0;
	int res;
	storetool_walk_begin(t, &w, min, true);
	while (lines < t->opt.max && (res = storetool_walk_next(&w, &r)) == 1) {
		if (w.gap_to > w.gap_from) {
			t->findings++;
			fprintf(t->err, "from log position %" PRId64 " to %" PRId64 " there is no whole record\n", w.gap_from, w.gap_to);
		}
		storetool_progress(t, "log", w.tail - min, w.end - min);
		if (!wanted(t, &r) || (queued_only && !dispatcher_is_queued(r.sysflag)))
			continue;
		show(t, &b, &r);
		lines++;
	}
	res = lines < t->opt.max ? res : 0;
	storetool_progress(t, "log", 1, 1);
	storetool_walk_end(&w);
	lmi_buf_done(&b);
	return res ? res : t->findings ? 1 : 0;
}

/* ---- units ---- */

static struct consume_queue *named_queue(struct storetool *t, const char *name)
{
	const char *colon = strrchr(name, ':');
	char *end;
	long id = colon ? strtol(colon + 1, &end, 10) : -1;
	if (!colon || end == colon + 1 || *end || id < 0 || id > INT32_MAX)
		return NULL;
	return queue_table_get(&t->queues, lmi_span((const uint8_t *)name, (size_t)(colon - name)), (int32_t)id);
}

static int first_name(void *ctx, const char *name)
{
	int64_t *out = ctx;
	return segment_name_parse(name, out) == 0;
}

static void show_unit(struct storetool *t, int64_t pos, const struct queue_unit *u)
{
	const char *kind = queue_unit_hole(u) ? "hole" : queue_unit_gone(u) ? "lost" : u->log_pos < commit_log_min(&t->log) ? "deleted" : "kept";
	if (t->opt.json)
		fprintf(t->out, "{\"queueOffset\":%" PRId64 ",\"commitLogOffset\":%" PRId64 ",\"storeSize\":%d,\"tagsCode\":%" PRId64 ",\"what\":\"%s\"}\n",
			pos, u->log_pos, u->bytes, u->tags_code, kind);
	else
		fprintf(t->out, "%" PRId64 ": log position %" PRId64 ", %d bytes, tags code %" PRId64 ", %s\n", pos, u->log_pos, u->bytes,
			u->tags_code, kind);
}

static int dump_queue(struct storetool *t)
{
	struct consume_queue *q = named_queue(t, t->opt.queue);
	char folder[QUEUE_PATH_MAX];
	struct queue_reader reader;
	struct queue_unit u;
	int64_t start = -1;
	if (!q) {
		fprintf(t->err, "%s: there is no such queue; it is named TOPIC:QUEUEID\n", t->opt.queue);
		return 1;
	}
	consume_queue_folder(q, folder);
	int err = t->disk->ops->list(t->disk, folder, first_name, &start);
	if (err < 0 || start < 0)
		return err < 0 ? err : 0;
	int64_t pos = start / QUEUE_UNIT_BYTES;
	pos = t->opt.from > pos ? t->opt.from : pos;
	queue_reader_init(&reader, q);
	for (int64_t lines = 0; lines < t->opt.max && pos < t->opt.to; lines++, pos++) {
		err = queue_reader_unit(&reader, pos, &u);
		if (err != 1 || !queue_unit_valid(&u))
			break;
		show_unit(t, pos, &u);
	}
	queue_reader_done(&reader);
	return err < 0 ? err : 0;
}

/* ---- entries ---- */

struct entries {
	struct storetool *t;
	int64_t lines;
};

static int dump_index_file(void *ctx, const char *name)
{
	struct entries *d = ctx;
	struct storetool *t = d->t;
	struct key_index_header h;
	struct key_index_entry e;
	struct disk_file *f;
	char path[KEY_INDEX_PATH_MAX];
	const char *what = "";
	int64_t n;
	if (key_index_name_parse(name, &n) != 0)
		return 0;
	key_index_path(n, path);
	int err = key_index_file_check(t->disk, &t->shape, n, &h, &what);
	if (err == -LMQ_ECORRUPT)
		storetool_tell(t, path, -1, "%s", what);
	if (err)
		return err == -LMQ_ECORRUPT ? 0 : err;
	err = t->disk->ops->open(t->disk, path, DISK_READ, &f);
	for (int32_t i = 1; !err && i < h.count && d->lines < t->opt.max; i++) {
		err = key_index_entry_read(f, &t->shape, i, &e);
		if (err || e.log_pos < t->opt.from || e.log_pos >= t->opt.to)
			continue;
		d->lines++;
		fprintf(t->out, t->opt.json ? "{\"file\":\"%s\",\"entry\":%d,\"hash\":%u,\"commitLogOffset\":%" PRId64 ",\"seconds\":%d,\"previous\":%d}\n"
					    : "%s %d: hash %u, log position %" PRId64 ", %d s, after entry %d\n",
			path, i, e.hash, e.log_pos, e.seconds, e.prev);
	}
	disk_file_close(f);
	return err;
}

int storetool_dump(struct storetool *t)
{
	struct entries d = { .t = t };
	if (t->opt.queue)
		return dump_queue(t);
	if (!t->opt.index)
		return dump_log(t, false);
	int err = t->disk->ops->list(t->disk, KEY_INDEX_FOLDER, dump_index_file, &d);
	return err && err != -ENOENT ? err : t->findings ? 1 : 0;
}

int storetool_export(struct storetool *t)
{
	t->opt.json = t->opt.bodies = true;
	return dump_log(t, true);
}

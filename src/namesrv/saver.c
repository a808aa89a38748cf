/* SPDX-License-Identifier: Apache-2.0 */
#include "namesrv/saver.h"

#include <errno.h>
#include <stdlib.h>

#include "base/event.h"
#include "wire/codes.h"

/* Who is answered when the file is there. */
struct waiting {
	struct lmi_conn *conn; /* referenced */
	int32_t opaque;
	enum lmi_serialize serialize;
};

struct namesrv_saver {
	struct lmi_job job; /* first */
	struct namesrv *n;
	struct disk *disk;
	const char *file;
	struct lmi_buf text;
	struct lmi_buf queue; /* of struct waiting */
	size_t covered;       /* of them, by what is being written */
	bool busy, again;
	int err;
};

static void write_file(struct lmi_job *j)
{
	struct namesrv_saver *s = (struct namesrv_saver *)j;

	s->err = s->text.failed ? -ENOMEM : disk_replace(s->disk, s->file, lmi_buf_span(&s->text));
}

static void answer(const struct namesrv *n, const struct waiting *w, struct lmi_buf *out, int err)
{
	struct lmi_command_out o;

	(void)n;
	lmi_command_begin(&o, out, w->serialize, err < 0 ? LMI_RSP_SYSTEM_ERROR : LMI_RSP_SUCCESS, w->opaque, LMI_FLAG_RESPONSE);
	if (err < 0)
		lmi_command_remark(&o, lmi_span_str(lmi_strerror(err)));
	lmi_command_end(&o, 0);
}

static void say(const struct namesrv_saver *s)
{
	if (s->err < 0)
		lmi_log_with(s->n->cfg.log, LMI_LOG_ERR, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_STATE_NOT_SAVED)),
			     "cannot save %s: %s; check the folder and its free space", s->file, lmi_strerror(s->err));
}

static void encode(struct namesrv_saver *s)
{
	lmi_buf_reset(&s->text, 0);
	if (s == s->n->kv_saver)
		kv_table_encode(&s->n->kv, &s->text);
	else if (s == s->n->settings_saver)
		s->n->cfg.put_changes(s->n->cfg.user, &s->text);
	else
		route_table_save(s->n->routes, &s->text);
}

static void start(struct namesrv_saver *s);

static void on_written(struct lmi_job *j)
{
	struct namesrv_saver *s = (struct namesrv_saver *)j;
	struct waiting w;

	say(s);
	for (; s->covered > 0; s->covered--) {
		memcpy(&w, lmi_buf_data(&s->queue), sizeof(w));
		lmi_buf_consume(&s->queue, sizeof(w));
		answer(s->n, &w, lmi_conn_out(w.conn), s->err);
		lmi_conn_request_end(w.conn);
		lmi_conn_unref(w.conn);
	}
	s->busy = false;
	lmi_buf_reset(&s->text, 0);
	if (s->again)
		start(s);
}

static void start(struct namesrv_saver *s)
{
	s->again = s->busy;
	if (s->busy)
		return;
	s->busy = true;
	s->covered = lmi_buf_len(&s->queue) / sizeof(struct waiting);
	encode(s);
	lmi_executor_submit(s->n->cfg.executor, &s->job);
}

struct namesrv_saver *namesrv_saver_new(struct namesrv *n, struct disk *disk, const char *file)
{
	struct namesrv_saver *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct namesrv_saver){ .job = { .run = write_file, .done = on_written }, .n = n, .disk = disk, .file = file };
	return s;
}

void namesrv_saver_free(struct namesrv_saver *s)
{
	struct waiting w;

	if (!s)
		return;
	for (; lmi_buf_len(&s->queue) > 0; lmi_buf_consume(&s->queue, sizeof(w))) {
		memcpy(&w, lmi_buf_data(&s->queue), sizeof(w));
		lmi_conn_unref(w.conn);
	}
	lmi_buf_done(&s->queue);
	lmi_buf_done(&s->text);
	free(s);
}

static int save_now(struct namesrv_saver *s)
{
	encode(s);
	write_file(&s->job);
	say(s);
	lmi_buf_reset(&s->text, 0);
	return s->err;
}

static void save_and_answer(struct namesrv_saver *s, const struct lmi_command *c, struct lmi_buf *out)
{
	struct namesrv *n = s->n;
	struct waiting w = { n->conn, c->opaque, c->serialize };
	bool oneway = c->flag & LMI_FLAG_ONEWAY;

	if (!s->disk || !n->cfg.executor || !n->conn) {
		answer(n, &w, out, s->disk ? save_now(s) : 0);
		return;
	}
	if (!oneway && (lmi_buf_len(&s->queue) / sizeof(w) >= NAMESRV_KV_WAITING_MAX || !lmi_buf_reserve(&s->queue, sizeof(w)))) {
		s->queue.failed = false;
		answer(n, &w, out, -LMQ_EFULL);
		return;
	}
	if (!oneway) {
		lmi_buf_put(&s->queue, &w, sizeof(w));
		lmi_conn_ref(w.conn);
		lmi_conn_request_begin(w.conn);
	}
	start(s);
}

void namesrv_save_kv(struct namesrv *n, const struct lmi_command *c, struct lmi_buf *out) { save_and_answer(n->kv_saver, c, out); }

void namesrv_save_settings(struct namesrv *n, const struct lmi_command *c, struct lmi_buf *out)
{
	save_and_answer(n->settings_saver, c, out);
}

void namesrv_save_routes(struct namesrv *n)
{
	if (n->cfg.executor)
		start(n->snapshot_saver);
	else
		save_now(n->snapshot_saver);
}

void namesrv_last_snapshot(struct namesrv *n)
{
	if (n->cfg.snapshot_disk && n->snapshot_epoch != route_table_epoch(n->routes) && !n->snapshot_saver->busy)
		save_now(n->snapshot_saver);
}

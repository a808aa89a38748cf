/* SPDX-License-Identifier: Apache-2.0 */
/* Rule: LocalFileOffsetStore, MixAll.string2File. */
#include "client/local_offset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "wire/lock_batch.h"

struct local_offset {
	struct local_offset *next;
	const char *topic, *broker;
	int32_t queue_id;
	int64_t pos;
};

static struct local_offset *find(const struct local_offsets *t, struct lmi_span topic, struct lmi_span broker, int32_t queue_id)
{
	for (struct local_offset *e = t->first; e; e = e->next)
		if (e->queue_id == queue_id && lmi_span_is(topic, e->topic) && lmi_span_is(broker, e->broker))
			return e;
	return NULL;
}

static int set(struct local_offsets *t, const struct lmi_message_queue *q, int64_t pos)
{
	struct local_offset *e = find(t, q->topic, q->broker_name, q->queue_id);

	if (!e) {
		e = lmi_arena_alloc(&t->arena, sizeof(*e));
		if (!e)
			return -ENOMEM;
		*e = (struct local_offset){ .topic = lmi_arena_strdup(&t->arena, q->topic),
					    .broker = lmi_arena_strdup(&t->arena, q->broker_name), .queue_id = q->queue_id, .pos = -1 };
		if (!e->topic || !e->broker)
			return -ENOMEM;
		e->next = t->first;
		t->first = e;
	}
	t->changed |= e->pos != pos;
	e->pos = pos;
	return 0;
}

int64_t local_offsets_get(const struct local_offsets *t, const char *topic, const char *broker, int32_t queue_id)
{
	const struct local_offset *e = find(t, lmi_span_str(topic), lmi_span_str(broker), queue_id);

	return e ? e->pos : -1;
}

int local_offsets_set(struct local_offsets *t, const char *topic, const char *broker, int32_t queue_id, int64_t pos)
{
	return set(t, &(struct lmi_message_queue){ lmi_span_str(topic), lmi_span_str(broker), queue_id }, pos);
}

/* ---- the text ---- */

void local_offsets_put(const struct local_offsets *t, struct lmi_buf *b)
{
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "offsetTable");
	lmi_json_put_object(&o);
	for (const struct local_offset *e = t->first; e; e = e->next) {
		struct lmi_message_queue q = { lmi_span_str(e->topic), lmi_span_str(e->broker), e->queue_id };
		struct lmi_buf key = { 0 };
		struct lmi_json_out k;

		lmi_json_out_init(&k, &key);
		lmi_message_queue_put(&k, &q);
		lmi_json_put_key_raw(&o, lmi_buf_span(&key));
		lmi_json_put_i64(&o, e->pos);
		b->failed |= key.failed;
		lmi_buf_done(&key);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}

static int read_table(struct local_offsets *t, struct lmi_json *j)
{
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		struct lmi_message_queue q;
		int64_t pos = -1;
		int read = lmi_message_queue_from_key(&key, &t->arena, &q);

		if (read == 0)
			read = lmi_json_i64(j, &pos);
		if (read == 0 && pos >= 0)
			read = set(t, &q, pos);
		if (read < 0)
			return read;
	}
	return r;
}

static int decode(struct local_offsets *t, struct lmi_span text)
{
	struct lmi_json_token key;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, text);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		int read = lmi_json_is(&key, "offsetTable") ? read_table(t, &j) : lmi_json_skip(&j);

		if (read < 0)
			return read;
	}
	return r < 0 ? r : lmi_json_finish(&j);
}

/* ---- the file ---- */

static int read_all(int fd, struct lmi_buf *b)
{
	uint8_t part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (lmi_buf_len(b) > LOCAL_OFFSETS_FILE_MAX)
			return -LMQ_ETOOBIG;
		lmi_buf_put(b, part, (size_t)n);
	}
	return b->failed ? -ENOMEM : 0;
}

static int load(struct local_offsets *t, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;
	struct lmi_buf text = { 0 };

	if (fd < 0)
		return -errno;
	r = read_all(fd, &text);
	close(fd);
	if (r == 0)
		r = decode(t, lmi_buf_span(&text));
	lmi_buf_done(&text);
	return r;
}

int local_offsets_open(struct local_offsets *t, char *path)
{
	char *backup;
	int r;

	memset(t, 0, sizeof(*t));
	lmi_arena_init(&t->arena, 0);
	t->path = path;
	r = load(t, path);
	if (r < 0 && r != -ENOMEM) {
		if (asprintf(&backup, "%s.bak", path) < 0)
			return -ENOMEM;
		t->first = NULL;
		r = load(t, backup);
		free(backup);
	}
	t->changed = false;
	return r == -ENOMEM ? r : 0;
}

void local_offsets_done(struct local_offsets *t)
{
	lmi_arena_done(&t->arena);
	free(t->path);
	memset(t, 0, sizeof(*t));
}

static int make_folders(const char *path)
{
	char *copy = strdup(path);
	int r = 0;

	if (!copy)
		return -ENOMEM;
	for (char *slash = strchr(copy + 1, '/'); slash && r == 0; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			r = -errno;
		*slash = '/';
	}
	free(copy);
	return r;
}

static int write_new(const char *path, struct lmi_span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), r = 0;
	size_t done = 0;

	if (fd < 0)
		return -errno;
	while (done < text.n && r == 0) {
		ssize_t n = write(fd, text.p + done, text.n - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			r = -errno;
	}
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

int local_offsets_write(const char *path, struct lmi_span text)
{
	char *fresh = NULL, *backup = NULL;
	int r = make_folders(path);

	if (r == 0 && (asprintf(&fresh, "%s.tmp", path) < 0 || asprintf(&backup, "%s.bak", path) < 0))
		r = -ENOMEM;
	if (r == 0)
		r = write_new(fresh, text);
	if (r == 0 && rename(path, backup) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	free(fresh);
	free(backup);
	return r;
}

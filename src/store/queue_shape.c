/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queue_shape.h"

#include <errno.h>
#include <stdio.h>

#include "store/consume_queue.h"
#include "store/segment.h"

#define LOOK_FILES 64       /* then it is plain */
#define LOOK_FOLDERS 4096   /* queues may have no file */
#define SHAPE_MIN 2000      /* a file of less is one that was cut */

struct shape {
	struct disk *disk;
	char path[DISK_PATH_MAX];
	int depth;              /* 0 in consumequeue, 1 in a topic, 2 in a queue */
	int64_t configured, bytes; /* of the files so far */
	unsigned int files, folders;
	bool told;              /* nothing more is to be looked at */
	bool differs;
};

static void look_at_file(struct shape *s, const char *name)
{
	struct disk_stat st;
	int64_t start;
	if (segment_name_parse(name, &start) != 0 || s->disk->ops->stat(s->disk, s->path, &st) != 0 || st.is_folder || st.bytes == 0)
		return;
	if (!s->files)
		s->bytes = st.bytes;
	s->differs = st.bytes == s->configured || st.bytes != s->bytes || start % s->bytes != 0;
	s->told = s->differs || ++s->files == LOOK_FILES;
}

static int look(void *ctx, const char *name)
{
	struct shape *s = ctx;
	size_t n = strlen(s->path);
	if (snprintf(s->path + n, sizeof(s->path) - n, "/%s", name) >= (int)(sizeof(s->path) - n)) {
		s->path[n] = '\0';
		return 0;
	}
	if (s->depth == 2) {
		look_at_file(s, name);
	} else {
		s->depth++;
		(void)s->disk->ops->list(s->disk, s->path, look, s); /* a file here, or what cannot be read: not a queue */
		s->depth--;
		s->told = s->told || ++s->folders == LOOK_FOLDERS;
	}
	s->path[n] = '\0';
	return s->told;
}

int queue_shape_find(struct disk *d, int64_t configured, int64_t *out)
{
	struct shape s = { .disk = d, .path = QUEUE_FOLDER, .configured = configured };
	int err = d->ops->list(d, QUEUE_FOLDER, look, &s);
	if (err < 0 && err != -ENOENT)
		return err;
	bool one = s.files && !s.differs && s.bytes >= SHAPE_MIN && s.bytes % QUEUE_UNIT_BYTES == 0;
	*out = one ? s.bytes : configured;
	return 0;
}

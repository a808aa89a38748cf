/* SPDX-License-Identifier: Apache-2.0 */
#include "store/segment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "store/planted.h"

void segment_path(int64_t start, char out[SEGMENT_PATH_MAX])
{
	snprintf(out, SEGMENT_PATH_MAX, SEGMENT_FOLDER "/%020" PRId64, start);
}

int segment_name_parse(const char *name, int64_t *out)
{
	if (strlen(name) != SEGMENT_NAME_DIGITS)
		return -LMQ_EMALFORMED;
	int64_t v = 0;
	for (const char *p = name; *p; p++) {
		if (*p < '0' || *p > '9' || v > (INT64_MAX - 9) / 10)
			return -LMQ_EMALFORMED;
		v = v * 10 + (*p - '0');
	}
	*out = v;
	return 0;
}

static int make_aside(struct disk *d, int64_t bytes, struct disk_file **out)
{
	struct disk_file *f;
	int err = d->ops->unlink(d, SEGMENT_ASIDE);
	if (err && err != -ENOENT)
		return err;
	err = d->ops->open(d, SEGMENT_ASIDE, DISK_READ | DISK_WRITE | DISK_CREATE, &f);
	if (err)
		return err;
	err = f->ops->allocate(f, bytes);
	if (!err)
		err = f->ops->sync_data(f);
	if (err)
		disk_file_close(f);
	else
		*out = f;
	return err;
}

int segment_make(struct disk *d, int64_t start, int64_t bytes, struct disk_file **out)
{
	char path[SEGMENT_PATH_MAX];
	segment_path(start, path);
	struct disk_file *f = NULL;
	int err = make_aside(d, bytes, &f);
	if (!err)
		err = d->ops->rename(d, SEGMENT_ASIDE, path);
	if (err) {
		d->ops->unlink(d, SEGMENT_ASIDE);
		disk_file_close(f);
		return err;
	}
	err = STORE_PLANTED_IS(PLANT_NO_FOLDER_SYNC) ? 0 : d->ops->sync_folder(d, SEGMENT_FOLDER);
	if (err) {
		d->ops->unlink(d, path);
		disk_file_close(f);
		return err;
	}
	*out = f;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Small files as a whole: replaced atomically, read into memory; and the rule for paths. */
#include "disk/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int disk_path_check(const char *path)
{
	if (!*path || *path == '/')
		return -EINVAL;
	if (strlen(path) >= DISK_PATH_MAX)
		return -ENAMETOOLONG;
	for (const char *p = path; p; p = strchr(p, '/')) {
		if (*p == '/')
			p++;
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return -EINVAL;
	}
	return 0;
}

static int write_aside(struct disk *d, const char *path, struct lmi_span content)
{
	struct disk_file *f;
	int err = d->ops->open(d, path, DISK_READ | DISK_WRITE | DISK_CREATE, &f);
	if (err)
		return err;
	err = f->ops->set_size(f, 0);
	if (!err)
		err = f->ops->pwrite(f, content.p, content.n, 0);
	if (!err)
		err = f->ops->sync_data(f);
	disk_file_close(f);
	return err;
}

/** The folder of a path, as a string of its own in out. */
static void folder_of(const char *path, char out[DISK_PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	if (slash)
		snprintf(out, DISK_PATH_MAX, "%.*s", (int)(slash - path), path);
	else
		snprintf(out, DISK_PATH_MAX, ".");
}

int disk_replace(struct disk *d, const char *path, struct lmi_span content)
{
	char tmp[DISK_PATH_MAX], bak[DISK_PATH_MAX], folder[DISK_PATH_MAX];
	int err = disk_path_check(path);
	if (err)
		return err;
	if (snprintf(tmp, sizeof(tmp), "%s.tmp", path) >= DISK_PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(bak, sizeof(bak), "%s.bak", path);
	folder_of(path, folder);

	err = write_aside(d, tmp, content);
	if (err)
		return err;
	/* Between the two renames PATH is missing and PATH.bak is whole; a crash may also keep only the second. */
	err = d->ops->rename(d, path, bak);
	if (err && err != -ENOENT)
		return err;
	err = d->ops->rename(d, tmp, path);
	if (err)
		return err;
	return d->ops->sync_folder(d, folder);
}

int disk_read_all(struct disk *d, const char *path, size_t max_bytes, uint8_t **out, size_t *out_bytes)
{
	struct disk_file *f;
	int err = d->ops->open(d, path, DISK_READ, &f);
	if (err)
		return err;
	int64_t size = 0;
	uint8_t *mem = NULL;
	err = f->ops->size(f, &size);
	if (!err && (uint64_t)size > max_bytes)
		err = -EFBIG;
	if (!err) {
		mem = malloc((size_t)size + 1);
		err = mem ? 0 : -ENOMEM;
	}
	if (!err) {
		ssize_t n = f->ops->pread(f, mem, (size_t)size, 0);
		if (n >= 0) {
			mem[n] = 0;
			*out = mem;
			*out_bytes = (size_t)n;
			mem = NULL;
		} else {
			err = (int)n;
		}
	}
	free(mem);
	disk_file_close(f);
	return err;
}

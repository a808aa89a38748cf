/* SPDX-License-Identifier: Apache-2.0 */
/* Finding what is not zero in a file, and making it so.  Blocks. */
#ifndef LIGHTMQ_STORE_ZEROS_H
#define LIGHTMQ_STORE_ZEROS_H

#include "disk/disk.h"

/** The first byte that is not zero in [from, to); to when there is none.  Holes are not read.  0 or -errno. */
int zeros_end(struct disk_file *f, int64_t from, int64_t to, int64_t *out);

/** One past the last byte that is not zero in [from, to); from when there is none.  0 or -errno. */
int zeros_start(struct disk_file *f, int64_t from, int64_t to, int64_t *out);

/** Write zeros over [from, to).  0 or -errno. */
int zeros_write(struct disk_file *f, int64_t from, int64_t to);

#endif

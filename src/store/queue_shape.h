/* SPDX-License-Identifier: Apache-2.0 */
/* How large the files of a store's consume queues are.  Blocks: start-up. */
#ifndef LIGHTMQ_STORE_QUEUE_SHAPE_H
#define LIGHTMQ_STORE_QUEUE_SHAPE_H

#include "disk/disk.h"

/**
 * The size that the files have, when it is one and not @configured; else @configured.  A file that was cut or has grown is
 * no reason to believe that all are so: one of the size configured, or two that differ, leave it at that.
 *
 * Returns 0 or -errno.  Rule: MappedFileQueue.doLoad, which ends the start instead.
 */
int queue_shape_find(struct disk *d, int64_t configured, int64_t *out);

#endif

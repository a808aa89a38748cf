/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside src/namesrv: replacing a file on a worker, and the answers that wait for it.  Owner: the core loop; the worker reads
 * the text only.  What comes while a file is being written is covered by the next one.
 */
#ifndef LIGHTMQ_NAMESRV_SAVER_H
#define LIGHTMQ_NAMESRV_SAVER_H

#include "namesrv/namesrv.h"

struct namesrv_saver *namesrv_saver_new(struct namesrv *n, struct disk *disk, const char *file);
/** Not while it is busy; answers that still wait are dropped. */
void namesrv_saver_free(struct namesrv_saver *s);
/** Save the routes soon. */
void namesrv_save_routes(struct namesrv *n);

#endif

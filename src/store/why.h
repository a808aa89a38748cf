/* SPDX-License-Identifier: Apache-2.0 */
/* A sentence for people beside an error number. */
#ifndef LIGHTMQ_STORE_WHY_H
#define LIGHTMQ_STORE_WHY_H

#include "base/visibility.h"

/**
 * Say why: replaces *out_why (malloc'ed or NULL; out_why itself may be NULL) by the sentence, NULL without memory.
 * Returns err, so that it can stand in a return.
 */
int why(char **out_why, int err, const char *fmt, ...) LMI_PRINTF(3, 4);

#endif

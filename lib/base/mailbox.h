/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue of pointers between threads: many producers, one consumer.
 * The wake function is called when the box turns from empty to not empty.
 */
#ifndef LMI_BASE_MAILBOX_H
#define LMI_BASE_MAILBOX_H

#include <stddef.h>

#include "base/visibility.h"

struct lmi_mailbox;

/** Gives a box for at most cap (> 0) pointers, or NULL without memory.  wake: on the poster's thread, must not block; may be NULL. */
LMI_API struct lmi_mailbox *lmi_mailbox_new(size_t cap, void (*wake)(void *ctx), void *ctx);
/** Nobody may be posting any more.  Items still inside are forgotten.  Accepts NULL. */
LMI_API void lmi_mailbox_free(struct lmi_mailbox *m);

/** Post.  Returns 0, or -LMQ_EFULL (the item stays the caller's).  Any thread. */
LMI_API int lmi_mailbox_post(struct lmi_mailbox *m, void *item);

/**
 * Take up to max items in the order posted.  Returns how many.  The consumer's thread.
 * When it returns max, more may be there and no wake will tell: take again until it returns fewer.
 */
LMI_API size_t lmi_mailbox_take(struct lmi_mailbox *m, void **out_items, size_t max);

#endif

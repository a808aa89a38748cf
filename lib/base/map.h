/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table from byte-string keys to pointers, open addressing, insertion
 * anywhere, iteration in table order.  Keys are copied and owned by the table.
 * Owner: one thread.
 */
#ifndef LMI_BASE_MAP_H
#define LMI_BASE_MAP_H

#include "base/bytes.h"

struct lmi_map_slot {
	uint64_t hash;
	uint8_t *key;      /* owned while live; NULL = never used */
	uint32_t key_len;
	bool live;
	void *value;
};

struct lmi_map {
	struct lmi_map_slot *slots;
	size_t cap, live, used;
};

/** A zeroed struct is an empty map. */
LMI_API void lmi_map_done(struct lmi_map *m, void (*free_value)(void *));

/** The value, or NULL. */
LMI_API void *lmi_map_get(const struct lmi_map *m, struct lmi_span key);

/**
 * Insert or replace.
 *
 * @out_old  the value replaced, or NULL; may be NULL when not wanted
 *
 * Returns 0, or -ENOMEM (map unchanged).
 */
LMI_API int lmi_map_put(struct lmi_map *m, struct lmi_span key, void *value, void **out_old);

/** Remove; gives back the value, or NULL when it was not there. */
LMI_API void *lmi_map_del(struct lmi_map *m, struct lmi_span key);

static inline size_t lmi_map_count(const struct lmi_map *m) { return m->live; }

/* for (size_t i = 0; lmi_map_next(&m, &i, &key, &value);): deleting the entry just returned is allowed (its key is then gone),
 * inserting is not.  out_key and out_value may be NULL. */
LMI_API bool lmi_map_next(const struct lmi_map *m, size_t *iter, struct lmi_span *out_key, void **out_value);

#endif

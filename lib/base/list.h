/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked list.  Owner: one thread. */
#ifndef LMI_BASE_LIST_H
#define LMI_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct lmi_list {
	struct lmi_list *prev, *next;
};

#define lmi_container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

static inline void lmi_list_init(struct lmi_list *l) { l->prev = l->next = l; }
static inline bool lmi_list_empty(const struct lmi_list *l) { return l->next == l; }
static inline void lmi_list_add_tail(struct lmi_list *head, struct lmi_list *n)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}
/** Unlink; leaves n pointing at itself, so it may be called twice. */
static inline void lmi_list_del(struct lmi_list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	lmi_list_init(n);
}

/** Move everything of @from behind what @to holds; @from is empty then. */
static inline void lmi_list_splice(struct lmi_list *from, struct lmi_list *to)
{
	if (lmi_list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	lmi_list_init(from);
}

#define LMI_LIST_FOREACH_SAFE(head, it, tmp) \
	for (struct lmi_list *it = (head)->next, *tmp = it->next; it != (head); it = tmp, tmp = it->next)

#endif

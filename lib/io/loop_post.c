/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "io/loop_internal.h"

struct posted_call {
	struct lmi_post post; /* first */
	void (*fn)(void *arg);
	void *arg;
};

static void run_call(struct lmi_post *p)
{
	struct posted_call call = *(struct posted_call *)p;

	free(p);
	call.fn(call.arg);
}

int lmi_loop_post(struct lmi_loop *l, void (*fn)(void *arg), void *arg)
{
	struct posted_call *call = malloc(sizeof(*call));

	if (!call)
		return -ENOMEM;
	*call = (struct posted_call){ .post.fn = run_call, .fn = fn, .arg = arg };
	lmi_loop_post_item(l, &call->post);
	return 0;
}

void lmi_loop_post_item(struct lmi_loop *l, struct lmi_post *p)
{
	pthread_mutex_lock(&l->post_lock);
	if (!p->queued) {
		p->queued = true;
		p->next = NULL;
		*l->post_last = p;
		l->post_last = &p->next;
		if (l->post_first == p)
			ev_async_send(l->ev, &l->posted);
	}
	pthread_mutex_unlock(&l->post_lock);
}

bool lmi_loop_unpost_item(struct lmi_loop *l, struct lmi_post *p)
{
	bool was;

	pthread_mutex_lock(&l->post_lock);
	was = p->queued;
	for (struct lmi_post **at = &l->post_first; was && *at; at = &(*at)->next) {
		if (*at != p)
			continue;
		*at = p->next;
		if (l->post_last == &p->next)
			l->post_last = at;
		p->queued = false;
		break;
	}
	pthread_mutex_unlock(&l->post_lock);
	return was;
}

static struct lmi_post *take_first(struct lmi_loop *l)
{
	struct lmi_post *p;

	pthread_mutex_lock(&l->post_lock);
	p = l->post_first;
	if (p) {
		l->post_first = p->next;
		if (!l->post_first)
			l->post_last = &l->post_first;
		p->queued = false;
	}
	pthread_mutex_unlock(&l->post_lock);
	return p;
}

static struct lmi_post *peek_last(struct lmi_loop *l)
{
	struct lmi_post *last;

	pthread_mutex_lock(&l->post_lock);
	last = l->post_first ? lmi_container_of(l->post_last, struct lmi_post, next) : NULL;
	pthread_mutex_unlock(&l->post_lock);
	return last;
}

/* One at a time, so that one taken back by another is not run; those posted meanwhile have their turn later. */
void lmi_loop_run_posted(struct lmi_loop *l)
{
	struct lmi_post *last = peek_last(l), *p = NULL;

	while (last && p != last && (p = take_first(l)) != NULL)
		p->fn(p);
	if (peek_last(l))
		ev_async_send(l->ev, &l->posted); /* posters see a box that is not empty, and do not wake */
}

/* The arguments of calls are their posters' business. */
void lmi_loop_drop_posted(struct lmi_loop *l)
{
	struct lmi_post *p;

	while ((p = take_first(l)) != NULL)
		if (p->fn == run_call)
			free(p);
}

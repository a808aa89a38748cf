/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/register_duty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define BLANKS " \t"

static int add(struct register_duty *d, const char *text, size_t n, int64_t now_ms)
{
	if (d->count == REGISTER_SERVERS_MAX)
		return -LMQ_EILLEGAL;
	struct register_server *s = realloc(d->servers, (d->count + 1) * sizeof(*s));
	if (!s)
		return -ENOMEM;
	d->servers = s;
	s[d->count] = (struct register_server){ .address = strndup(text, n),
						.next_ms = now_ms,
						.backoff_ms = REGISTER_BACKOFF_MIN_MS };
	return s[d->count].address ? (int)(d->count++, 0) : -ENOMEM;
}

int register_duty_init(struct register_duty *d, const char *addresses, int64_t period_ms, int64_t now_ms)
{
	int err = 0;
	*d = (struct register_duty){ .period_ms = period_ms };
	while (*addresses && !err) {
		addresses += strspn(addresses, BLANKS ";");
		size_t n = strcspn(addresses, ";"), text = n;
		while (text && strchr(BLANKS, addresses[text - 1]))
			text--;
		if (text)
			err = add(d, addresses, text, now_ms);
		addresses += n;
	}
	if (err)
		register_duty_done(d);
	return err;
}

static struct register_server *find(struct register_duty *d, const char *address)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->servers[i].address, address) == 0)
			return &d->servers[i];
	return NULL;
}

/* Under a name of its own, or in the place of one that is gone. */
static int put(struct register_duty *d, const char *address, int64_t now_ms)
{
	for (size_t i = 0; i < d->count; i++) {
		struct register_server *s = &d->servers[i];
		char *copy = s->gone && !s->in_flight ? strdup(address) : NULL;
		if (!copy)
			continue;
		free(s->address);
		*s = (struct register_server){ .address = copy, .next_ms = now_ms, .backoff_ms = REGISTER_BACKOFF_MIN_MS };
		return 0;
	}
	return add(d, address, strlen(address), now_ms);
}

int register_duty_update(struct register_duty *d, const char *addresses, int64_t now_ms, bool *out_changed)
{
	struct register_duty want;
	size_t fresh = 0;
	int err = register_duty_init(&want, addresses, d->period_ms, now_ms);
	*out_changed = false;
	if (err)
		return err;
	for (size_t i = 0; i < want.count; i++)
		fresh += !find(d, want.servers[i].address);
	if (want.count == 0 || d->count + fresh > REGISTER_SERVERS_MAX)
		err = -LMQ_EILLEGAL;
	for (size_t i = 0; !err && i < d->count; i++) {
		bool gone = !find(&want, d->servers[i].address);
		*out_changed |= gone != d->servers[i].gone;
		d->servers[i].gone = gone;
		if (gone)
			d->servers[i].reachable = d->servers[i].asked = false;
	}
	for (size_t i = 0; !err && i < want.count; i++)
		if (!find(d, want.servers[i].address)) {
			*out_changed = true;
			err = put(d, want.servers[i].address, now_ms);
		}
	register_duty_done(&want);
	return err;
}

void register_duty_done(struct register_duty *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->servers[i].address);
	free(d->servers);
	*d = (struct register_duty){ 0 };
}

int register_duty_take(struct register_duty *d, int64_t now_ms)
{
	for (size_t i = 0; i < d->count; i++) {
		struct register_server *s = &d->servers[i];
		if (s->gone || s->in_flight || now_ms < s->next_ms)
			continue;
		s->in_flight = true;
		s->again = false;
		return (int)i;
	}
	return -1;
}

static void plan(struct register_duty *d, struct register_server *s, bool ok, int64_t now_ms)
{
	if (ok) {
		s->backoff_ms = REGISTER_BACKOFF_MIN_MS;
		s->next_ms = s->again ? now_ms : now_ms + d->period_ms;
		return;
	}
	s->next_ms = now_ms + s->backoff_ms;
	s->backoff_ms = s->backoff_ms * 2 < REGISTER_BACKOFF_MAX_MS ? s->backoff_ms * 2 : REGISTER_BACKOFF_MAX_MS;
}

enum register_news register_duty_answered(struct register_duty *d, size_t server, bool ok, int64_t now_ms)
{
	struct register_server *s = &d->servers[server];
	bool news = !s->asked || s->reachable != ok;
	s->in_flight = false;
	if (s->gone)
		return REGISTER_NOTHING_NEW;
	s->asked = true;
	s->reachable = ok;
	if (ok)
		s->told = s->sending;
	plan(d, s, ok, now_ms);
	if (!news)
		return REGISTER_NOTHING_NEW;
	return ok ? REGISTER_REACHED : REGISTER_LOST;
}

void register_duty_changed(struct register_duty *d, int64_t now_ms)
{
	for (size_t i = 0; i < d->count; i++) {
		struct register_server *s = &d->servers[i];
		if (s->in_flight)
			s->again = true;
		else if (s->reachable || !s->asked) /* the others are tried soon anyhow */
			s->next_ms = now_ms;
	}
}

void register_duty_closed(struct register_duty *d, const char *address, int64_t now_ms)
{
	for (size_t i = 0; i < d->count; i++) {
		struct register_server *s = &d->servers[i];
		if (strcmp(s->address, address) == 0 && !s->in_flight && s->next_ms > now_ms + REGISTER_BACKOFF_MIN_MS)
			s->next_ms = now_ms + REGISTER_BACKOFF_MIN_MS;
	}
}

size_t register_duty_servers(const struct register_duty *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->count; i++)
		n += !d->servers[i].gone;
	return n;
}

size_t register_duty_reachable(const struct register_duty *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->count; i++)
		n += d->servers[i].reachable;
	return n;
}

int64_t register_duty_told(const struct register_duty *d)
{
	int64_t least = INT64_MAX;
	for (size_t i = 0; i < d->count; i++) {
		const struct register_server *s = &d->servers[i];
		if (s->reachable && s->told < least)
			least = s->told;
	}
	return least;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ask.h"

#include <errno.h>

#define AGAIN_MS 50 /* a broker that has not taken up the group yet */

static void end(struct ask *a, int err)
{
	a->err = err;
	sem_post(&a->over);
}

static struct broker *find_broker(const struct ask *a)
{
	const struct publish *all = &a->route->subscribe;

	if (!a->broker)
		return all->count ? all->parts[a->turn % all->count].broker : NULL;
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->parts[i].broker->name, a->broker) == 0)
			return all->parts[i].broker;
	return NULL;
}

static void ask_now(struct ask *a);

static void on_again(struct lmi_timer *t)
{
	ask_now(t->arg);
}

static bool knows_us_not(int32_t code)
{
	return code == LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST || code == LMI_RSP_SUBSCRIPTION_NOT_EXIST ||
	       code == LMI_RSP_SUBSCRIPTION_NOT_LATEST;
}

static void answered(void *arg, int err, const struct lmi_command *answer)
{
	struct ask *a = arg;

	if (err == 0 && knows_us_not(answer->code) && client_now_ms(a->client) + AGAIN_MS < a->deadline_ms) {
		heartbeat_now(a->client);
		if (lmi_timer_start(a->client->loop, &a->again, AGAIN_MS, 0) == 0)
			return;
	}
	if (err < 0)
		route_cache_refresh(a->client, a->route);
	lmi_timer_stop(&a->again);
	end(a, err < 0 ? err : a->take(a, answer));
}

static void ask_now(struct ask *a)
{
	int64_t left_ms = a->deadline_ms - client_now_ms(a->client);
	const char *address;
	struct request r;
	int sent;

	a->at = find_broker(a);
	address = a->at ? broker_address(a->at, a->replica) : NULL;
	if (!address) {
		lmi_timer_stop(&a->again);
		end(a, -LMQ_ENOTFOUND);
		return;
	}
	request_begin(&r, a->client, a->code, false);
	a->put(a, &r);
	sent = request_send(&r, address, LMI_SPAN_NULL, left_ms > 0 ? left_ms : 1, answered, a);
	if (sent == 0)
		return;
	lmi_timer_stop(&a->again);
	end(a, sent);
}

static void ready(struct route_wait *w, int err, const char *detail)
{
	struct ask *a = lmi_container_of(w, struct ask, wait);

	(void)detail;
	if (err == 0 && !a->route->known)
		err = -LMQ_ENOROUTE;
	if (err < 0)
		end(a, err);
	else
		ask_now(a);
}

static void start(void *arg)
{
	struct ask *a = arg;

	a->route = route_cache_topic(a->client, a->topic);
	if (!a->route) {
		end(a, -ENOMEM);
		return;
	}
	route_cache_consume(a->client, a->route);
	lmi_list_init(&a->wait.link);
	a->wait.ready = ready;
	a->wait.deadline_ms = a->deadline_ms;
	a->again = (struct lmi_timer){ .fn = on_again, .arg = a };
	/* The publish side may be empty when nothing may be written: readable queues are enough. */
	if (a->route->known)
		ask_now(a);
	else
		route_cache_wait(a->client, a->route, &a->wait);
}

int ask_broker(struct ask *a)
{
	int r;

	a->deadline_ms = client_now_ms(a->client) + a->timeout_ms;
	if (sem_init(&a->over, 0, 0) < 0)
		return -errno;
	r = client_call(a->client, start, a);
	while (r == 0 && sem_wait(&a->over) < 0 && errno == EINTR)
		;
	sem_destroy(&a->over);
	return r < 0 ? r : a->err;
}

int ask_refused(const struct lmi_command *answer)
{
	return answer->code == LMI_RSP_SUCCESS ? 0 : -LMQ_EREMOTE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receive in a program that lives on libev: the callback is made by its loop, on its thread, beside its other watchers.  Ends after
 * COUNT messages, or when it is interrupted.  Also C++.
 *
 *	cc receive_libev.c $(pkg-config --cflags --libs liblightmq) -lev -o receive_libev && ./receive_libev 127.0.0.1:9876 orders 10
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include <lightmq/lightmq.h>

struct program {
	struct ev_loop *loop;
	struct lmq_client *client;
	long left;
	ev_io io;
	ev_signal interrupt;
};

static enum lmq_consumed on_message(void *user, const struct lmq_message *message)
{
	struct program *p = (struct program *)user;
	size_t n;
	const char *body = (const char *)lmq_message_body(message, &n);

	printf("%.*s\n", (int)n, body);
	fflush(stdout);
	if (--p->left == 0)
		ev_break(p->loop, EVBREAK_ALL);
	return LMQ_CONSUMED;
}

/* A few at a time, so that other watchers have their turn: the descriptor stays readable while there are more. */
static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct program *p = (struct program *)w->data;

	(void)loop;
	(void)events;
	(void)lmq_client_poll(p->client, 16, 0);
}

static void on_interrupt(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)w;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static int run(struct program *p, const char *topic)
{
	struct lmq_consumer *consumer = NULL;
	int r = lmq_consumer_new(p->client, "example-libev", NULL, &consumer);

	if (r == 0)
		r = lmq_consumer_subscribe(consumer, topic, "*");
	if (r == 0)
		r = lmq_consumer_on_message(consumer, on_message, p);
	if (r == 0)
		r = lmq_consumer_start(consumer);
	if (r == 0) {
		ev_io_init(&p->io, on_readable, lmq_client_poll_fd(p->client), EV_READ);
		p->io.data = p;
		ev_io_start(p->loop, &p->io);
		ev_signal_init(&p->interrupt, on_interrupt, SIGINT);
		ev_signal_start(p->loop, &p->interrupt);
		ev_run(p->loop, 0);
		ev_io_stop(p->loop, &p->io);
		ev_signal_stop(p->loop, &p->interrupt);
	}
	lmq_consumer_free(consumer);
	return r;
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct program p;
	char why[256] = "";
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: %s NAMESRV TOPIC COUNT\n", argv[0]);
		return 2;
	}
	memset(&p, 0, sizeof(p));
	p.left = atol(argv[3]);
	p.loop = ev_default_loop(0);
	r = lmq_config_set(config, "namesrvAddr", argv[1], why, sizeof(why));
	if (r == 0)
		r = lmq_config_set(config, "callbackMode", "POLL", why, sizeof(why));
	if (r == 0)
		r = lmq_config_set(config, "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", why, sizeof(why));
	if (r == 0)
		r = lmq_client_new(config, &p.client, why, sizeof(why));
	lmq_config_free(config);
	if (r == 0)
		r = run(&p, argv[2]);
	if (r < 0)
		fprintf(stderr, "%s: %s %s\n", argv[0], lmq_strerror(r), why);
	lmq_client_free(p.client);
	return r < 0;
}

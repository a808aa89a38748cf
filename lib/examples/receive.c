/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receive messages until interrupted.  Also C++.
 *
 *	cc receive.c $(pkg-config --cflags --libs liblightmq) -o receive && ./receive 127.0.0.1:9876 orders
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <lightmq/lightmq.h>

static enum lmq_consumed on_message(void *user, const struct lmq_message *message)
{
	size_t n;
	const char *body = (const char *)lmq_message_body(message, &n);

	(void)user;
	printf("%s queue %d position %lld: %.*s\n", lmq_message_topic(message), (int)lmq_message_queue_id(message),
	       (long long)lmq_message_queue_pos(message), (int)n, body);
	fflush(stdout);
	return LMQ_CONSUMED; /* LMQ_CONSUME_LATER would have it delivered again */
}

static int receive(struct lmq_consumer *consumer, const char *topic)
{
	sigset_t stop;
	int r, signum;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	r = lmq_consumer_subscribe(consumer, topic, "*");
	if (r == 0)
		r = lmq_consumer_on_message(consumer, on_message, NULL);
	if (r == 0)
		r = lmq_consumer_start(consumer);
	if (r < 0)
		return r;
	sigwait(&stop, &signum);
	return lmq_consumer_stop(consumer, 3000); /* what callbacks are at is finished and committed */
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_client *client = NULL;
	struct lmq_consumer *consumer = NULL;
	char why[256];
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: %s NAMESRV TOPIC\n", argv[0]);
		return 2;
	}
	r = lmq_config_set(config, "namesrvAddr", argv[1], why, sizeof(why));
	if (r == 0)
		r = lmq_config_set(config, "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", why, sizeof(why));
	if (r == 0)
		r = lmq_client_new(config, &client, why, sizeof(why));
	lmq_config_free(config);
	if (r < 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	r = lmq_consumer_new(client, "example", NULL, &consumer);
	if (r == 0)
		r = receive(consumer, argv[2]);
	if (r < 0)
		fprintf(stderr, "%s\n", lmq_strerror(r));
	lmq_consumer_free(consumer);
	lmq_client_free(client);
	return r < 0;
}

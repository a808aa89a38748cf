/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of one key are received in the order in which they were sent: they go to one queue, and each queue is read in order.
 * Sends a few steps of some orders, then receives until all have come.  Also C++.
 *
 *	cc orderly.c $(pkg-config --cflags --libs liblightmq) -o orderly && ./orderly 127.0.0.1:9876 orders
 */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lightmq/lightmq.h>

#define ORDERS 3
#define STEPS 4

static const char *const steps[STEPS] = { "placed", "paid", "packed", "sent" };

struct progress {
	int next[ORDERS]; /* the step that must come; each order is in one queue, and a queue is read by one thread at a time */
	sem_t came;
};

static enum lmq_consumed on_message(void *user, const struct lmq_message *message)
{
	struct progress *progress = (struct progress *)user;
	const char *order = lmq_message_property(message, "order"), *body = (const char *)lmq_message_body(message, NULL);
	int n = order ? atoi(order) : -1;

	if (n < 0 || n >= ORDERS)
		return LMQ_CONSUMED; /* somebody else's */
	if (strcmp(body, steps[progress->next[n]]) != 0)
		return LMQ_CONSUME_LATER; /* would stop this queue, not overtake */
	printf("order %d is %s\n", n, body);
	progress->next[n]++;
	sem_post(&progress->came);
	return LMQ_CONSUMED;
}

static int send_all(struct lmq_producer *producer, const char *topic)
{
	int r = 0;

	for (int step = 0; step < STEPS && r == 0; step++) {
		for (int order = 0; order < ORDERS && r == 0; order++) {
			struct lmq_message *message = lmq_message_new(topic, steps[step], strlen(steps[step]));
			char key[16];

			snprintf(key, sizeof(key), "%d", order);
			r = message ? lmq_message_set_queue_key(message, key) : -1; /* one key, one queue */
			if (r == 0)
				r = lmq_message_set_property(message, "order", key);
			if (r == 0)
				r = lmq_producer_send(producer, message, 0, NULL);
			lmq_message_free(message);
		}
	}
	return r;
}

static int receive_all(struct lmq_client *client, const char *topic, struct progress *progress)
{
	struct lmq_consumer *consumer = NULL;
	int r = lmq_consumer_new(client, "example-orderly", NULL, &consumer);

	if (r == 0)
		r = lmq_consumer_subscribe(consumer, topic, "*");
	if (r == 0)
		r = lmq_consumer_on_message_orderly(consumer, on_message, progress);
	if (r == 0)
		r = lmq_consumer_start(consumer);
	for (int i = 0; i < ORDERS * STEPS && r == 0; i++)
		sem_wait(&progress->came);
	lmq_consumer_free(consumer);
	return r;
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_client *client = NULL;
	struct lmq_producer *producer = NULL;
	struct progress progress;
	char why[256] = "";
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: %s NAMESRV TOPIC\n", argv[0]);
		return 2;
	}
	memset(&progress, 0, sizeof(progress));
	sem_init(&progress.came, 0, 0);
	r = lmq_config_set(config, "namesrvAddr", argv[1], why, sizeof(why));
	if (r == 0)
		r = lmq_config_set(config, "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", why, sizeof(why));
	if (r == 0)
		r = lmq_client_new(config, &client, why, sizeof(why));
	lmq_config_free(config);
	if (r == 0)
		r = lmq_producer_new(client, "example", NULL, &producer);
	if (r == 0)
		r = send_all(producer, argv[2]);
	if (r == 0)
		r = receive_all(client, argv[2], &progress);
	if (r < 0)
		fprintf(stderr, "%s: %s %s\n", argv[0], lmq_strerror(r), why);
	lmq_producer_free(producer);
	lmq_client_free(client);
	return r < 0;
}

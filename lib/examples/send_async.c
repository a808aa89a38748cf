/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send many messages without waiting for each.  Also C++.
 *
 *	cc send_async.c $(pkg-config --cflags --libs liblightmq) -o send_async && ./send_async 127.0.0.1:9876 orders 1000
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lightmq/lightmq.h>

/* Both are changed on the client's thread only, and read after the flush. */
struct tally {
	long stored, failed;
};

static void on_sent(void *user, const struct lmq_send_result *result)
{
	struct tally *tally = (struct tally *)user;

	if (lmq_send_result_error(result) == 0)
		tally->stored++;
	else
		tally->failed++;
}

static int send_many(struct lmq_producer *producer, const char *topic, long count, struct tally *tally)
{
	struct lmq_message *message = lmq_message_new(topic, "", 0);
	char body[32];
	int r = 0;

	for (long i = 0; i < count && r == 0; i++) {
		snprintf(body, sizeof(body), "number %ld", i);
		r = lmq_message_set_body(message, body, strlen(body));
		if (r == 0)
			r = lmq_producer_send_async(producer, message, on_sent, tally);
	}
	lmq_message_free(message);
	return r == 0 ? lmq_producer_flush(producer, -1) : r;
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_client *client = NULL;
	struct lmq_producer *producer = NULL;
	struct tally tally = { 0, 0 };
	char why[256];
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: %s NAMESRV TOPIC COUNT\n", argv[0]);
		return 2;
	}
	r = lmq_config_set(config, "namesrvAddr", argv[1], why, sizeof(why));
	if (r == 0)
		r = lmq_client_new(config, &client, why, sizeof(why));
	lmq_config_free(config);
	if (r < 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	r = lmq_producer_new(client, "example", NULL, &producer);
	if (r == 0)
		r = send_many(producer, argv[2], atol(argv[3]), &tally);
	lmq_producer_free(producer);
	lmq_client_free(client);
	printf("%ld stored, %ld failed\n", tally.stored, tally.failed);
	if (r < 0)
		fprintf(stderr, "%s\n", lmq_strerror(r));
	return r < 0 || tally.failed > 0;
}

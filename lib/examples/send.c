/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send one message and tell where it was stored.  Also C++.
 *
 *	cc send.c $(pkg-config --cflags --libs liblightmq) -o send && ./send 127.0.0.1:9876 orders hello
 */
#include <stdio.h>
#include <string.h>

#include <lightmq/lightmq.h>

static int send_text(struct lmq_producer *producer, const char *topic, const char *text)
{
	struct lmq_message *message = lmq_message_new(topic, text, strlen(text));
	struct lmq_send_result *result = lmq_send_result_new();
	int r = lmq_message_set_tag(message, "example");

	if (r == 0)
		r = lmq_producer_send(producer, message, 0, result);
	if (r == 0)
		printf("stored as %s in queue %d of broker %s\n", lmq_send_result_message_id(result),
		       (int)lmq_send_result_queue_id(result), lmq_send_result_broker(result));
	else
		fprintf(stderr, "not stored: %s\n", lmq_send_result_detail(result));
	lmq_send_result_free(result);
	lmq_message_free(message);
	return r;
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_client *client = NULL;
	struct lmq_producer *producer = NULL;
	char why[256];
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: %s NAMESRV TOPIC TEXT\n", argv[0]);
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
		r = send_text(producer, argv[2], argv[3]);
	lmq_producer_free(producer);
	lmq_client_free(client);
	return r < 0;
}

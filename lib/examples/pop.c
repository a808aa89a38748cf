/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receive messages by POP and acknowledge them, until none comes for a while.  Also C++.
 *
 *	cc pop.c $(pkg-config --cflags --libs liblightmq) -o pop && ./pop 127.0.0.1:9876 orders
 */
#include <stdio.h>

#include <lightmq/lightmq.h>

static int handle(struct lmq_popper *popper, const struct lmq_messages *batch)
{
	int r = 0;

	for (size_t i = 0; i < lmq_messages_count(batch) && r == 0; i++) {
		const struct lmq_message *message = lmq_messages_at(batch, i);

		printf("%s\n", (const char *)lmq_message_body(message, NULL));
		/* one that failed: lmq_popper_change_invisible says when it comes again */
		r = lmq_popper_ack(popper, message);
	}
	return r;
}

static int receive(struct lmq_popper *popper, const char *topic)
{
	int r = lmq_popper_subscribe(popper, topic, "*"), empty = 0;

	while (r == 0 && empty < 2) {
		struct lmq_messages *batch = NULL;

		r = lmq_popper_receive(popper, topic, 2000, &batch);
		if (r < 0)
			break;
		empty = lmq_messages_count(batch) == 0 ? empty + 1 : 0;
		r = handle(popper, batch);
		lmq_messages_free(batch);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_client *client = NULL;
	struct lmq_popper *popper = NULL;
	char why[256] = "";
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
	if (r == 0)
		r = lmq_popper_new(client, "example-pop", NULL, &popper);
	if (r == 0)
		r = receive(popper, argv[2]);
	if (r < 0)
		fprintf(stderr, "%s %s\n", lmq_strerror(r), why);
	lmq_popper_free(popper);
	lmq_client_free(client);
	return r < 0;
}

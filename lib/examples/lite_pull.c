/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Poll messages, commit them oneself, until none comes for a while.  Also C++.
 *
 *	cc lite_pull.c $(pkg-config --cflags --libs liblightmq) -o lite_pull && ./lite_pull 127.0.0.1:9876 orders
 */
#include <stdio.h>

#include <lightmq/lightmq.h>

static int receive(struct lmq_lite *lite, const char *topic)
{
	int r = lmq_lite_subscribe(lite, topic, "*"), empty = 0;

	if (r == 0)
		r = lmq_lite_start(lite);
	while (r == 0 && empty < 2) {
		struct lmq_messages *batch = NULL;

		r = lmq_lite_poll(lite, 100, 2000, &batch);
		if (r < 0)
			break;
		for (size_t i = 0; i < lmq_messages_count(batch); i++)
			printf("%s\n", (const char *)lmq_message_body(lmq_messages_at(batch, i), NULL));
		empty = lmq_messages_count(batch) == 0 ? empty + 1 : 0;
		lmq_messages_free(batch);
		r = lmq_lite_commit(lite); /* with autoCommit this is done by the library */
	}
	return r;
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_client *client = NULL;
	struct lmq_lite *lite = NULL;
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
		r = lmq_config_set(config, "autoCommit", "false", why, sizeof(why));
	if (r == 0)
		r = lmq_client_new(config, &client, why, sizeof(why));
	lmq_config_free(config);
	if (r == 0)
		r = lmq_lite_new(client, "example-lite", NULL, &lite);
	if (r == 0)
		r = receive(lite, argv[2]);
	if (r < 0)
		fprintf(stderr, "%s %s\n", lmq_strerror(r), why);
	lmq_lite_free(lite);
	lmq_client_free(client);
	return r < 0;
}

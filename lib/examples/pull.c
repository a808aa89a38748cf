/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read every queue of a topic from its first to its last position, and commit.  Also C++.
 *
 *	cc pull.c $(pkg-config --cflags --libs liblightmq) -o pull && ./pull 127.0.0.1:9876 orders
 */
#include <stdio.h>

#include <lightmq/lightmq.h>

static int read_queue(void *user, const struct lmq_queue *queue)
{
	struct lmq_puller *puller = (struct lmq_puller *)user;
	int64_t pos = 0, end = 0;
	int r = lmq_puller_min_pos(puller, queue, &pos);

	if (r == 0)
		r = lmq_puller_max_pos(puller, queue, &end);
	while (r == 0 && pos < end) {
		struct lmq_messages *batch = NULL;

		r = lmq_puller_pull(puller, queue, pos, 0, &batch);
		if (r < 0)
			break;
		for (size_t i = 0; i < lmq_messages_count(batch); i++)
			printf("%s\n", (const char *)lmq_message_body(lmq_messages_at(batch, i), NULL));
		pos = lmq_messages_next_pos(batch);
		lmq_messages_free(batch);
	}
	return r < 0 ? r : lmq_puller_commit(puller, queue, pos);
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_client *client = NULL;
	struct lmq_puller *puller = NULL;
	char why[256] = "";
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: %s NAMESRV TOPIC\n", argv[0]);
		return 2;
	}
	r = lmq_config_set(config, "namesrvAddr", argv[1], why, sizeof(why));
	if (r == 0)
		r = lmq_client_new(config, &client, why, sizeof(why));
	lmq_config_free(config);
	if (r == 0)
		r = lmq_puller_new(client, "example-pull", NULL, &puller);
	if (r == 0)
		r = lmq_puller_each_queue(puller, argv[2], read_queue, puller);
	if (r < 0)
		fprintf(stderr, "%s %s\n", lmq_strerror(r), why);
	lmq_puller_free(puller);
	lmq_client_free(client);
	return r < 0;
}

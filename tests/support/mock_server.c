/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mock for programs outside: prints the name server's address, and serves until its input ends.
 *
 *	mock_server TOPIC MESSAGES     the topic is there with 4 queues and so many messages
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <lightmq/lightmq.h>
#include <lightmq/mock.h>

int main(int argc, char **argv)
{
	struct lmq_mock *mock = NULL;
	long count = argc == 3 ? atol(argv[2]) : -1;

	if (count < 0 || lmq_mock_new(1, &mock) < 0 || lmq_mock_topic(mock, argv[1], 4) < 0) {
		fprintf(stderr, "usage: mock_server TOPIC MESSAGES\n");
		return 2;
	}
	for (long i = 0; i < count; i++) {
		struct lmq_message *m = lmq_message_new(argv[1], "hello", 5);
		char id[33];

		snprintf(id, sizeof(id), "%032ld", i);
		if (!m || lmq_message_set_property(m, "number", id) < 0 || lmq_mock_put(mock, 0, (int32_t)(i % 4), m) < 0)
			return 1;
		lmq_message_free(m);
	}
	printf("%s\n", lmq_mock_namesrv(mock));
	fflush(stdout);
	while (getchar() != EOF)
		;
	printf("%" PRIu64 " stored\n", lmq_mock_stored(mock, argv[1]));
	lmq_mock_free(mock);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send from a program that has an event loop of its own: callbacks are made by it, on its thread.  Also C++.
 *
 *	cc send_epoll.c $(pkg-config --cflags --libs liblightmq) -o send_epoll && ./send_epoll 127.0.0.1:9876 orders 100
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <lightmq/lightmq.h>

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

/* Any other descriptors of the program would be here too. */
static int run_loop(struct lmq_client *client, const struct tally *tally, long count)
{
	struct epoll_event event = { EPOLLIN, { NULL } };
	int ep = epoll_create1(EPOLL_CLOEXEC), r = 0;

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, lmq_client_poll_fd(client), &event) < 0) {
		perror("epoll");
		return -1;
	}
	while (r >= 0 && tally->stored + tally->failed < count)
		if (epoll_wait(ep, &event, 1, -1) == 1)
			r = lmq_client_poll(client, 0, 0);
	close(ep);
	return r < 0 ? r : 0;
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_client *client = NULL;
	struct lmq_producer *producer = NULL;
	struct lmq_message *message = NULL;
	struct tally tally = { 0, 0 };
	long count = argc == 4 ? atol(argv[3]) : 0;
	char why[256] = "";
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: %s NAMESRV TOPIC COUNT\n", argv[0]);
		return 2;
	}
	r = lmq_config_set(config, "namesrvAddr", argv[1], why, sizeof(why));
	if (r == 0)
		r = lmq_config_set(config, "callbackMode", "POLL", why, sizeof(why));
	if (r == 0)
		r = lmq_client_new(config, &client, why, sizeof(why));
	lmq_config_free(config);
	if (r == 0)
		r = lmq_producer_new(client, "example", NULL, &producer);
	if (r == 0)
		message = lmq_message_new(argv[2], "hello", 5);
	for (long i = 0; i < count && r == 0; i++)
		r = lmq_producer_send_async(producer, message, on_sent, &tally);
	if (r == 0)
		r = run_loop(client, &tally, count);
	if (r < 0)
		fprintf(stderr, "%s: %s %s\n", argv[0], lmq_strerror(r), why);
	else
		printf("%ld stored, %ld failed\n", tally.stored, tally.failed);
	lmq_message_free(message);
	lmq_producer_free(producer);
	lmq_client_free(client);
	return r < 0 || tally.failed > 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test a service without a broker: what it sends can be looked at, and it meets a broker that refuses.
 *
 *	cc mock.c $(pkg-config --cflags --libs liblightmq) && ./a.out
 */
#include <stdio.h>
#include <string.h>

#include <lightmq/lightmq.h>
#include <lightmq/mock.h>

/* The part of a service that is tested: an order is told to the others. */
static int place_order(struct lmq_producer *producer, const char *order)
{
	struct lmq_message *m = lmq_message_new("orders", order, strlen(order));
	int err = m ? lmq_message_set_tag(m, "placed") : -1;

	if (err == 0)
		err = lmq_producer_send(producer, m, 1000, NULL);
	lmq_message_free(m);
	return err;
}

static int failures;

static void expect(bool good, const char *what)
{
	printf("%s - %s\n", good ? "ok" : "not ok", what);
	failures += !good;
}

int main(void)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_mock *mock = NULL;
	struct lmq_client *client = NULL;
	struct lmq_producer *producer = NULL;
	struct lmq_message *sent = NULL;
	char why[256] = "";

	if (lmq_mock_new(1, &mock) < 0 || lmq_mock_topic(mock, "orders", 1) < 0 ||
	    lmq_config_set(config, "namesrvAddr", lmq_mock_namesrv(mock), why, sizeof(why)) < 0 ||
	    lmq_client_new(config, &client, why, sizeof(why)) < 0 || lmq_producer_new(client, "shop", NULL, &producer) < 0) {
		fprintf(stderr, "cannot start: %s\n", why);
		return 1;
	}
	expect(place_order(producer, "one book") == 0, "an order is told");
	expect(lmq_mock_message(mock, 0, "orders", 0, 0, &sent) == 0 && strcmp(lmq_message_tag(sent), "placed") == 0,
	       "it lies at the broker with its tag");

	/* the broker is busy once: the library tries again, the service notices nothing */
	lmq_mock_fault(mock, 0, LMQ_MOCK_SEND, LMQ_MOCK_REFUSE, 2, 1);
	expect(place_order(producer, "two books") == 0, "a busy broker is asked again");

	/* and it goes away: the service has to cope */
	lmq_mock_stop(mock, 0);
	expect(place_order(producer, "three books") < 0, "a broker that is gone is reported");
	lmq_mock_start(mock, 0);
	expect(place_order(producer, "three books") == 0, "and used again once it is back");

	lmq_message_free(sent);
	lmq_producer_free(producer);
	lmq_client_free(client);
	lmq_mock_free(mock);
	lmq_config_free(config);
	return failures ? 1 : 0;
}

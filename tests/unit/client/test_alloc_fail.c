/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whichever allocation fails, the library reports it or carries on, nothing is left behind, and what was reported sent is stored.
 * Shown: a program that uses producers and consumers of every kind, against a mock in another process, once for each allocation
 * that it makes, with that one failing; LIGHTMQ_BUDGET times as many as fit in a second or two, from a seed on.
 */
#include "client_lmt.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define INTERPOSED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define INTERPOSED 0
#endif
#endif
#ifndef INTERPOSED
#define INTERPOSED 1
#endif

static long countdown = -1; /* allocations until one fails; -1: none does */
static long made, balance;

/* libev has no way to report it: liblightmq(3), CAVEATS. */
static bool of_libev(void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "libev");
}

static bool fails(void *caller)
{
	if (__atomic_load_n(&countdown, __ATOMIC_RELAXED) == 0 && of_libev(caller))
		return false;
	__atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&countdown, __ATOMIC_RELAXED) < 0)
		return false;
	return __atomic_sub_fetch(&countdown, 1, __ATOMIC_RELAXED) == -1;
}

#if INTERPOSED
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

/* For libc and OpenSSL too. */
#define EXPORTED __attribute__((visibility("default")))
EXPORTED void *malloc(size_t n);
EXPORTED void *calloc(size_t n, size_t size);
EXPORTED void *realloc(void *p, size_t n);
EXPORTED void free(void *p);

static void *count(void *p)
{
	if (p)
		__atomic_add_fetch(&balance, 1, __ATOMIC_RELAXED);
	return p;
}

void *malloc(size_t n)
{
	if (fails(__builtin_return_address(0))) {
		errno = ENOMEM;
		return NULL;
	}
	return count(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
	if (fails(__builtin_return_address(0))) {
		errno = ENOMEM;
		return NULL;
	}
	return count(__libc_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
	void *q;

	if (fails(__builtin_return_address(0))) {
		errno = ENOMEM;
		return NULL;
	}
	q = __libc_realloc(p, n);
	return p ? q : count(q);
}

void free(void *p)
{
	if (p)
		__atomic_sub_fetch(&balance, 1, __ATOMIC_RELAXED);
	__libc_free(p);
}
#else
__attribute__((unused)) static void unused(void)
{
	(void)fails(NULL);
}
#endif

/* ---- a mock in a process of its own, whose allocations do not fail ---- */

static pid_t child;
static int to_child, from_child;
static char address[64];

static void serve(int in, int out)
{
	struct lmq_mock *m = mock_new(1);
	uint64_t n;
	char c;

	mock_topic(m, "T", 2);
	if (write(out, mock_namesrv(m), strlen(mock_namesrv(m)) + 1) < 0)
		_exit(1);
	while (read(in, &c, 1) == 1) {
		n = mock_stored(m, "T");
		if (write(out, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
	mock_free(m);
	_exit(0);
}

static void begin(void)
{
	int in[2], out[2];

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(in[1]);
		close(out[0]);
		serve(in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	to_child = in[1];
	from_child = out[0];
	ck_assert_int_gt(read(from_child, address, sizeof(address)), 0);
}

static uint64_t stored(void)
{
	uint64_t n;

	ck_assert_int_eq(write(to_child, "?", 1), 1);
	ck_assert_int_eq(read(from_child, &n, sizeof(n)), sizeof(n));
	return n;
}

static void end(void)
{
	int status;

	close(to_child);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

/* ---- the program ---- */

static uint64_t sent; /* atomic: reported as stored */

static void on_sent(void *user, const struct lmq_send_result *r)
{
	(void)user;
	if (lmq_send_result_error(r) == 0)
		__atomic_add_fetch(&sent, 1, __ATOMIC_RELAXED);
}

static enum lmq_consumed on_message(void *user, const struct lmq_message *m)
{
	(void)user;
	(void)m;
	return LMQ_CONSUMED;
}

static enum lmq_transaction commit(void *user, const struct lmq_message *m, const char *id)
{
	(void)user;
	(void)m;
	(void)id;
	return LMQ_TRANSACTION_COMMIT;
}

static enum lmq_transaction check(void *user, const struct lmq_message *m)
{
	(void)user;
	(void)m;
	return LMQ_TRANSACTION_COMMIT;
}

static void produce(struct lmq_client *client)
{
	struct lmq_message *m = lmq_message_new("T", "hello", 5);
	struct lmq_send_result *result = lmq_send_result_new();
	const struct lmq_message *two[] = { m, m };
	struct lmq_producer *p = NULL;

	if (m)
		(void)lmq_message_set_property(m, "color", "red");
	if (m && lmq_producer_new(client, "pg", NULL, &p) == 0) {
		sent += lmq_producer_send(p, m, 0, result) == 0;
		(void)lmq_producer_send_async(p, m, on_sent, NULL);
		sent += lmq_producer_send_batch(p, two, 2, 0, NULL) == 0 ? 2 : 0;
		if (lmq_producer_on_check(p, check, NULL) == 0)
			(void)lmq_producer_send_transaction(p, m, commit, NULL, 0, result);
		(void)lmq_producer_flush(p, 500);
	}
	lmq_producer_free(p);
	lmq_send_result_free(result);
	lmq_message_free(m);
}

static void consume(struct lmq_client *client, bool orderly)
{
	struct lmq_consumer *c = NULL;

	if (lmq_consumer_new(client, orderly ? "og" : "cg", NULL, &c) == 0 && lmq_consumer_subscribe(c, "T", "*") == 0 &&
	    (orderly ? lmq_consumer_on_message_orderly(c, on_message, NULL) : lmq_consumer_on_message(c, on_message, NULL)) == 0)
		(void)lmq_consumer_start(c);
	lmq_consumer_free(c);
}

static void fetch(struct lmq_client *client)
{
	struct lmq_queue q = { "T", "broker-0", 0 };
	struct lmq_messages *got;
	struct lmq_puller *puller = NULL;
	struct lmq_popper *popper = NULL;
	struct lmq_lite *lite = NULL;

	if (lmq_puller_new(client, "pull", NULL, &puller) == 0 && lmq_puller_pull(puller, &q, 0, 0, &got) == 0)
		lmq_messages_free(got);
	lmq_puller_free(puller);
	if (lmq_popper_new(client, "pop", NULL, &popper) == 0 && lmq_popper_subscribe(popper, "T", "*") == 0 &&
	    lmq_popper_receive(popper, "T", 0, &got) == 0)
		lmq_messages_free(got);
	lmq_popper_free(popper);
	if (lmq_lite_new(client, "lite", NULL, &lite) == 0 && lmq_lite_subscribe(lite, "T", "*") == 0 && lmq_lite_start(lite) == 0 &&
	    lmq_lite_poll(lite, 1, 20, &got) == 0)
		lmq_messages_free(got);
	lmq_lite_free(lite);
}

static void program(void)
{
	static const char *const settings[] = { "namesrvAddr", address, "sendMsgTimeout", "500", "mqClientApiTimeout", "300",
						"consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", "enableTrace", "true",
						"consumeThreadMax", "2", NULL };
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_client *client = NULL;

	for (size_t i = 0; cfg && settings[i]; i += 2)
		if (lmq_config_set(cfg, settings[i], settings[i + 1], NULL, 0) < 0) {
			lmq_config_free(cfg);
			return;
		}
	if (cfg && lmq_client_new(cfg, &client, NULL, 0) == 0) {
		produce(client);
		consume(client, false);
		consume(client, true);
		fetch(client);
		lmq_client_free(client);
	}
	lmq_config_free(cfg);
}

/* ---- each allocation in turn ---- */

static int budget(void)
{
	const char *text = getenv("LIGHTMQ_BUDGET");

	return text && atoi(text) > 0 ? atoi(text) : 1;
}

START_TEST(every_allocation_may_fail)
{
	long first, all, before, runs = 60L * budget(), stride;
	uint64_t had;

	if (!INTERPOSED)
		return; /* the sanitizer has malloc for itself */
	begin();
	program(); /* what is made once in a process is made now */
	program();
	made = 0;
	before = balance;
	program();
	all = made;
	ck_assert_int_gt(all, 100);
	had = stored();
	stride = all / runs > 0 ? all / runs : 1;
	first = stride > 1 ? (long)getpid() % stride : 0;
	printf("# %ld allocations, every %ld. fails, from %ld on\n", all, stride, first);
	for (long n = first; n < all; n += stride) {
		long left = 1;

		/* libc keeps stacks of threads with what belongs to them: a leak is what is left each time. */
		for (int again = 0; left != 0 && again < 4; again++) {
			sent = 0;
			before = balance;
			countdown = n;
			program();
			countdown = -1;
			left = balance - before;
		}
		ck_assert_msg(left <= 0, "allocation %ld: %ld are left", n, left);
		ck_assert_msg(stored() >= had + sent, "allocation %ld: %llu were reported stored", n, (unsigned long long)sent);
		had = stored();
	}
	end();
}
END_TEST

LMT_MAIN("alloc_fail", every_allocation_may_fail)

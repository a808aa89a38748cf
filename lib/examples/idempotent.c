/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message may be delivered more than once.  This consumer books each one once all the same: its unique id and what it changes
 * are written in one transaction of SQLite, so that either both are there or none.  Receives COUNT messages, or until interrupted.
 * Also C++.
 *
 *	cc idempotent.c $(pkg-config --cflags --libs liblightmq sqlite3) -o idempotent && ./idempotent 127.0.0.1:9876 orders books.db 10
 */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include <lightmq/lightmq.h>

struct books {
	sqlite3 *db;
	sqlite3_stmt *remember, *add;
	sem_t done;
};

static int open_books(struct books *b, const char *path)
{
	if (sqlite3_open(path, &b->db) != SQLITE_OK ||
	    sqlite3_exec(b->db, "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY);"
				"CREATE TABLE IF NOT EXISTS total (one INTEGER PRIMARY KEY CHECK (one = 1), messages INTEGER, bytes INTEGER);"
				"INSERT OR IGNORE INTO total VALUES (1, 0, 0)", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(b->db, "INSERT OR IGNORE INTO seen VALUES (?)", -1, &b->remember, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(b->db, "UPDATE total SET messages = messages + 1, bytes = bytes + ?", -1, &b->add, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", path, b->db ? sqlite3_errmsg(b->db) : "out of memory");
		return -1;
	}
	return 0;
}

static void close_books(struct books *b)
{
	sqlite3_finalize(b->remember);
	sqlite3_finalize(b->add);
	sqlite3_close(b->db);
}

static bool run(sqlite3_stmt *statement)
{
	int r = sqlite3_step(statement);

	sqlite3_reset(statement);
	return r == SQLITE_DONE;
}

/* Within a transaction: 1 booked, 0 it had been, -1 failed. */
static int book(struct books *b, const char *id, size_t bytes)
{
	sqlite3_bind_text(b->remember, 1, id, -1, SQLITE_TRANSIENT);
	if (!run(b->remember))
		return -1;
	if (sqlite3_changes(b->db) == 0)
		return 0;
	sqlite3_bind_int64(b->add, 1, (sqlite3_int64)bytes);
	return run(b->add) ? 1 : -1;
}

static enum lmq_consumed on_message(void *user, const struct lmq_message *message)
{
	struct books *b = (struct books *)user;
	const char *id = lmq_message_id(message);
	size_t bytes;
	int r = -1;

	(void)lmq_message_body(message, &bytes);
	if (!id)
		return LMQ_CONSUME_DEAD; /* not of a producer: there is nothing to know it by */
	if (sqlite3_exec(b->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK)
		r = book(b, id, bytes);
	if (r < 0 || sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", id, sqlite3_errmsg(b->db));
		sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
		return LMQ_CONSUME_LATER;
	}
	printf("%s %s\n", id, r ? "booked" : "came again");
	sem_post(&b->done);
	return LMQ_CONSUMED;
}

static int consume(struct lmq_client *client, const char *topic, struct books *b, long count)
{
	struct lmq_consumer *consumer = NULL;
	int r = lmq_consumer_new(client, "example-books", NULL, &consumer);

	if (r == 0)
		r = lmq_consumer_subscribe(consumer, topic, "*");
	if (r == 0)
		r = lmq_consumer_on_message(consumer, on_message, b);
	if (r == 0)
		r = lmq_consumer_start(consumer);
	for (long i = 0; i < count && r == 0; i++)
		sem_wait(&b->done);
	lmq_consumer_free(consumer); /* waits for the callback that runs, and commits */
	return r;
}

int main(int argc, char **argv)
{
	struct lmq_config *config = lmq_config_new();
	struct lmq_client *client = NULL;
	struct books books;
	char why[256] = "";
	int r;

	if (argc != 5) {
		fprintf(stderr, "usage: %s NAMESRV TOPIC DATABASE COUNT\n", argv[0]);
		return 2;
	}
	memset(&books, 0, sizeof(books));
	sem_init(&books.done, 0, 0);
	r = lmq_config_set(config, "namesrvAddr", argv[1], why, sizeof(why));
	if (r == 0)
		r = lmq_config_set(config, "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", why, sizeof(why));
	if (r == 0)
		r = lmq_config_set(config, "consumeThreadMax", "1", why, sizeof(why)); /* one connection to the database, one thread */
	if (r == 0 && open_books(&books, argv[3]) < 0)
		r = -1;
	if (r == 0)
		r = lmq_client_new(config, &client, why, sizeof(why));
	lmq_config_free(config);
	if (r == 0)
		r = consume(client, argv[2], &books, atol(argv[4]));
	if (r < 0)
		fprintf(stderr, "%s: %s %s\n", argv[0], lmq_strerror(r), why);
	lmq_client_free(client);
	close_books(&books);
	return r < 0;
}

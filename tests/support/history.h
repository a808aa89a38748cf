/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What producers were told and readers saw, and the rules that both must keep, whatever fault came between:
 *
 * R1 what was answered ok is read · R2 at the offset answered · R3 no offset twice, no gap in a queue · R4 nothing is read
 * that was never sent, torn or mixed · R5 a producer's messages are in each queue in the order they were sent · R6 what was
 * read once never changes or vanishes · R7 what failed or is unknown may be there or not, but only once.
 *
 * A message is known by its client and its number, which grows with each message of the client.  A round is one reader's way
 * through all queues from their beginning; what was answered before it began is to be in it.
 */
#ifndef LIGHTMQ_TESTS_SUPPORT_HISTORY_H
#define LIGHTMQ_TESTS_SUPPORT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum history_result { HISTORY_OK, HISTORY_FAIL, HISTORY_UNKNOWN };

struct history_send {
	uint32_t client;
	uint64_t number;
	uint32_t queue;
	enum history_result result;
	int64_t offset;      /* of HISTORY_OK */
};

struct history_read {
	uint32_t queue;
	int64_t offset;
	uint32_t client;
	uint64_t number;
	bool intact;         /* the bytes are those that were sent */
};

struct history_event {
	enum { HISTORY_SEND, HISTORY_ROUND, HISTORY_READ } kind;
	union {
		struct history_send send;
		struct history_read read;
	};
};

struct history {
	struct history_event *v;
	size_t count, cap;
	bool gaps;           /* damage was reported: what is missing for it is allowed (R1, R3, R6 do not ask for it) */
};

/** A zeroed history is empty.  Without memory the test ends. */
void history_done(struct history *h);
void history_send(struct history *h, const struct history_send *s);
void history_round(struct history *h);
void history_read(struct history *h, const struct history_read *r);

/** Add a line of a log: see history.c.  False when it is none. */
bool history_line(struct history *h, const char *line);

#define HISTORY_RULES 8 /* R1 to R7 at their index */

struct history_verdict {
	size_t breaches[HISTORY_RULES];
	size_t total;
	size_t sends, acknowledged, reads, rounds;
	char first[256];     /* the first breach, in words */
};

/** Check the rules; time and memory grow with the number of events. */
void history_check(const struct history *h, struct history_verdict *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: each strategy of sharing queues out gives what the Java client's class gives, MD5 being the system's.
 * Shown by: comparing with what the classes of rocketmq-client 5.5.0 gave.
 */
#include "base/error.h"
#include "crypt/md5.h"
#include "rules/rebalance.h"
#include "tests/support/lmt.h"

#include <errno.h>
#include <stdio.h>

/*
 * Printed by a program over the strategies of rocketmq-client 5.5.0: members room(i % 3)@10.0.0.(7i % 250)#i, queues of topic T on
 * brokers room(b % 4)@broker-b; MACHINE_ROOM for room0 and room2.  A letter is the owner's place in the sorted list.
 */
static const struct golden {
	enum lmi_rebalance_strategy strategy;
	size_t members, brokers, queues;
	const char *owners;
} golden[] = {
	{ LMI_REBALANCE_AVG, 1, 1, 4, "aaaa" },
	{ LMI_REBALANCE_CIRCLE, 1, 1, 4, "aaaa" },
	{ LMI_REBALANCE_MACHINE_ROOM, 1, 1, 4, "aaaa" },
	{ LMI_REBALANCE_NEARBY, 1, 1, 4, "aaaa" },
	{ LMI_REBALANCE_HASH, 1, 1, 4, "aaaa" },
	{ LMI_REBALANCE_AVG, 2, 1, 5, "aaabb" },
	{ LMI_REBALANCE_CIRCLE, 2, 1, 5, "ababa" },
	{ LMI_REBALANCE_MACHINE_ROOM, 2, 1, 5, "aabba" },
	{ LMI_REBALANCE_NEARBY, 2, 1, 5, "aaaaa" },
	{ LMI_REBALANCE_HASH, 2, 1, 5, "aabab" },
	{ LMI_REBALANCE_AVG, 3, 2, 4, "aaabbbcc" },
	{ LMI_REBALANCE_CIRCLE, 3, 2, 4, "abcabcab" },
	{ LMI_REBALANCE_MACHINE_ROOM, 3, 2, 4, "abca----" },
	{ LMI_REBALANCE_NEARBY, 3, 2, 4, "aaaabbbb" },
	{ LMI_REBALANCE_HASH, 3, 2, 4, "aabaccbc" },
	{ LMI_REBALANCE_AVG, 3, 3, 1, "abc" },
	{ LMI_REBALANCE_CIRCLE, 3, 3, 1, "abc" },
	{ LMI_REBALANCE_MACHINE_ROOM, 3, 3, 1, "a-b" },
	{ LMI_REBALANCE_NEARBY, 3, 3, 1, "abc" },
	{ LMI_REBALANCE_HASH, 3, 3, 1, "aca" },
	{ LMI_REBALANCE_AVG, 5, 2, 4, "aabbccde" },
	{ LMI_REBALANCE_CIRCLE, 5, 2, 4, "abcdeabc" },
	{ LMI_REBALANCE_MACHINE_ROOM, 5, 2, 4, "abcd----" },
	{ LMI_REBALANCE_NEARBY, 5, 2, 4, "aabbccdd" },
	{ LMI_REBALANCE_HASH, 5, 2, 4, "babcbbde" },
	{ LMI_REBALANCE_AVG, 5, 4, 7, "aaaaaabbbbbbccccccdddddeeeee" },
	{ LMI_REBALANCE_CIRCLE, 5, 4, 7, "abcdeabcdeabcdeabcdeabcdeabc" },
	{ LMI_REBALANCE_MACHINE_ROOM, 5, 4, 7, "aabbccd-------deeabcd-------" },
	{ LMI_REBALANCE_NEARBY, 5, 4, 7, "aaaabbbccccdddeeeeeeeaabbcde" },
	{ LMI_REBALANCE_HASH, 5, 4, 7, "babcdebbbdedacceecebaccbeebd" },
	{ LMI_REBALANCE_AVG, 7, 3, 2, "abcdef" },
	{ LMI_REBALANCE_CIRCLE, 7, 3, 2, "abcdef" },
	{ LMI_REBALANCE_MACHINE_ROOM, 7, 3, 2, "ab--cd" },
	{ LMI_REBALANCE_NEARBY, 7, 3, 2, "abdefg" },
	{ LMI_REBALANCE_HASH, 7, 3, 2, "baggdf" },
	{ LMI_REBALANCE_AVG, 4, 1, 1, "a" },
	{ LMI_REBALANCE_CIRCLE, 4, 1, 1, "a" },
	{ LMI_REBALANCE_MACHINE_ROOM, 4, 1, 1, "a" },
	{ LMI_REBALANCE_NEARBY, 4, 1, 1, "a" },
	{ LMI_REBALANCE_HASH, 4, 1, 1, "b" },
};

struct world {
	char text[16][48];
	struct lmi_span members[8], member_rooms[8], queue_rooms[64];
	struct lmi_message_queue queues[64];
	struct lmi_arena arena;
	struct lmi_rebalance ask;
};

static struct lmi_span before_at(struct lmi_span s)
{
	return lmi_span(s.p, (size_t)((const uint8_t *)memchr(s.p, '@', s.n) - s.p));
}

static void build(struct world *w, size_t members, size_t brokers, size_t queues)
{
	static const struct lmi_span rooms[] = { LMI_SPAN_LIT("room0"), LMI_SPAN_LIT("room2") };
	size_t n = 0;

	memset(w, 0, sizeof(*w));
	lmi_arena_init(&w->arena, 0);
	for (size_t i = 0; i < members; i++) {
		snprintf(w->text[i], sizeof(w->text[i]), "room%zu@10.0.0.%zu#%zu", i % 3, i * 7 % 250, i);
		w->members[i] = lmi_span_str(w->text[i]);
	}
	lmi_rebalance_sort_clients(w->members, members);
	for (size_t b = 0; b < brokers; b++) {
		snprintf(w->text[8 + b], sizeof(w->text[b]), "room%zu@broker-%zu", b % 4, b);
		for (size_t q = 0; q < queues; q++)
			w->queues[n++] = (struct lmi_message_queue){ LMI_SPAN_LIT("T"), lmi_span_str(w->text[8 + b]), (int32_t)q };
	}
	lmi_rebalance_sort_queues(w->queues, n);
	for (size_t i = 0; i < members; i++)
		w->member_rooms[i] = before_at(w->members[i]);
	for (size_t i = 0; i < n; i++)
		w->queue_rooms[i] = before_at(w->queues[i].broker_name);
	w->ask = (struct lmi_rebalance){ .queues = w->queues, .queue_count = n, .members = w->members, .member_count = members,
					 .rooms = rooms, .room_count = 2, .queue_rooms = w->queue_rooms,
					 .member_rooms = w->member_rooms, .md5 = lmi_md5, .arena = &w->arena };
}

START_TEST(every_strategy_gives_what_the_java_classes_give)
{
	static struct world w;

	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		const struct golden *g = &golden[i];
		char owners[65] = "";

		build(&w, g->members, g->brokers, g->queues);
		memset(owners, '-', w.ask.queue_count);
		for (w.ask.member = 0; w.ask.member < g->members; w.ask.member++) {
			bool owned[64] = { false };

			ck_assert_int_eq(lmi_rebalance_share(g->strategy, &w.ask, owned), 0);
			for (size_t q = 0; q < w.ask.queue_count; q++)
				if (owned[q])
					owners[q] = (char)('a' + w.ask.member);
		}
		ck_assert_str_eq(owners, g->owners);
		lmi_arena_done(&w.arena);
	}
}
END_TEST

START_TEST(config_gives_what_was_wanted)
{
	static struct world w;
	bool wanted[4] = { true, false, false, true }, owned[4];

	build(&w, 1, 1, 4);
	w.ask.wanted = wanted;
	ck_assert_int_eq(lmi_rebalance_share(LMI_REBALANCE_CONFIG, &w.ask, owned), 0);
	ck_assert_mem_eq(owned, wanted, sizeof(wanted));
	lmi_arena_done(&w.arena);
}
END_TEST

static int no_md5(struct lmi_span text, uint8_t out[16])
{
	(void)text;
	(void)out;
	return -LMQ_EUNSUPPORTED;
}

START_TEST(what_cannot_be_shared_is_told)
{
	static struct world w;
	bool owned[64];

	build(&w, 3, 2, 4);
	w.ask.member = 3;
	ck_assert_int_eq(lmi_rebalance_share(LMI_REBALANCE_AVG, &w.ask, owned), -LMQ_EILLEGAL);
	w.ask.member = 1;
	w.queue_rooms[5] = LMI_SPAN_NULL;
	ck_assert_int_eq(lmi_rebalance_share(LMI_REBALANCE_NEARBY, &w.ask, owned), -LMQ_EILLEGAL);
	w.queue_rooms[5] = w.queue_rooms[4];
	w.member_rooms[2] = LMI_SPAN_NULL;
	ck_assert_int_eq(lmi_rebalance_share(LMI_REBALANCE_NEARBY, &w.ask, owned), -LMQ_EILLEGAL);
	w.ask.md5 = no_md5;
	ck_assert_int_eq(lmi_rebalance_share(LMI_REBALANCE_HASH, &w.ask, owned), -LMQ_EUNSUPPORTED);
	w.ask.md5 = lmi_md5;
	lmi_arena_done(&w.arena);
	lmi_arena_init(&w.arena, 64);
	ck_assert_int_eq(lmi_rebalance_share(LMI_REBALANCE_HASH, &w.ask, owned), -ENOMEM);
	lmi_arena_done(&w.arena);
}
END_TEST

START_TEST(a_broker_of_no_room_or_of_two_is_in_none)
{
	static const char *const names[] = { "room0", "@b", "room0@", "room0@b@c", "room0@b" };
	static struct world w;
	bool owned[64];

	build(&w, 1, 5, 1);
	for (size_t i = 0; i < 5; i++)
		w.queues[i].broker_name = lmi_span_str(names[i]);
	ck_assert_int_eq(lmi_rebalance_share(LMI_REBALANCE_MACHINE_ROOM, &w.ask, owned), 0);
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(owned[i], i == 4);
	lmi_arena_done(&w.arena);
}
END_TEST

LMT_MAIN("rebalance_share", every_strategy_gives_what_the_java_classes_give, config_gives_what_was_wanted,
	 what_cannot_be_shared_is_told, a_broker_of_no_room_or_of_two_is_in_none)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the random lives of the crash tests find the classic bugs of a store, and pass where there is none.
 * Shown: the store is built with bugs that can be switched on; each is to be found within the number of seeds that make
 * check runs.
 */
#include <sys/wait.h>

#include "store/planted.h"
#include "tests/unit/store/store_life.h"

#define SEEDS 250

/** The seed that found the bug in a process of its own, or 0. */
static unsigned int found_by(enum store_plant bug, unsigned int seeds)
{
	int pipe_fd[2], status;
	unsigned int seed = 0;
	ck_assert_int_eq(pipe(pipe_fd), 0);
	pid_t child = fork();
	if (child == 0) {
		store_planted = bug;
		for (seed = 1; seed <= seeds; seed++) {
			if (write(pipe_fd[1], &seed, sizeof(seed)) != sizeof(seed))
				_exit(1);
			one_seed(seed, STORE_SYNC_FLUSH);
		}
		_exit(0);
	}
	close(pipe_fd[1]);
	for (unsigned int s; read(pipe_fd[0], &s, sizeof(s)) == sizeof(s);)
		seed = s;
	close(pipe_fd[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : seed;
}

START_TEST(a_store_without_a_bug_passes)
{
	ck_assert_uint_eq(found_by(PLANT_NOTHING, 10), 0);
}
END_TEST

#define CATCHES(name, bug)                              \
	START_TEST(name)                                \
	{                                               \
		unsigned int seed = found_by(bug, SEEDS); \
		ck_assert_uint_gt(seed, 0);             \
		fprintf(stderr, "# found by seed %u\n", seed); \
	}                                               \
	END_TEST

CATCHES(an_acknowledgement_before_the_sync_is_found, PLANT_ACK_BEFORE_SYNC)
CATCHES(a_failed_sync_that_is_tried_again_is_found, PLANT_SYNC_RETRIED)
CATCHES(a_folder_that_is_not_synced_is_found, PLANT_NO_FOLDER_SYNC)
CATCHES(a_tail_cut_one_record_too_early_is_found, PLANT_CUT_SHORT)
CATCHES(a_tail_that_is_not_zeroed_is_found, PLANT_CUT_LATE)

LMT_MAIN("store_planted", a_store_without_a_bug_passes, an_acknowledgement_before_the_sync_is_found,
	 a_failed_sync_that_is_tried_again_is_found, a_folder_that_is_not_synced_is_found,
	 a_tail_cut_one_record_too_early_is_found, a_tail_that_is_not_zeroed_is_found)

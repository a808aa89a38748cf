/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bugs to plant, so that tests show that they would find them: a store built with STORE_PLANTED has one of them when told
 * so, every other build has none of this.  tests/unit/store/test_store_planted.c names the test that catches each.
 */
#ifndef LIGHTMQ_STORE_PLANTED_H
#define LIGHTMQ_STORE_PLANTED_H

enum store_plant {
	PLANT_NOTHING,
	PLANT_ACK_BEFORE_SYNC,   /* *synced* moves without the sync */
	PLANT_SYNC_RETRIED,      /* a sync that failed is tried again and believed */
	PLANT_NO_FOLDER_SYNC,    /* names of new segments are not synced */
	PLANT_CUT_SHORT,         /* the tail is cut one record too early */
	PLANT_CUT_LATE           /* what lies behind the tail is not zeroed */
};

#ifdef STORE_PLANTED
extern enum store_plant store_planted; /* in store_flush.c */
#define STORE_PLANTED_IS(bug) (store_planted == (bug))
#else
#define STORE_PLANTED_IS(bug) 0
#endif

#endif

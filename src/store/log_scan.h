/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking the log record by record, as recovery and rebuilding do.  Blocks: start-up, or a thread of its own on a log that
 * nobody appends to.  Rule: CommitLog.checkMessageAndReturnSize.
 */
#ifndef LIGHTMQ_STORE_LOG_SCAN_H
#define LIGHTMQ_STORE_LOG_SCAN_H

#include "store/commit_log.h"

#define LOG_SCAN_WINDOW (1024u * 1024)
#define LOG_SCAN_ONE 4096u

struct log_scan {
	struct commit_log *log;
	int64_t pos;          /* of the next record; after LOG_SCAN_BAD of what is none */
	int64_t end;          /* nothing is read at or above it */
	bool check_crc;
	int64_t torn_from;    /* at or above it a record may be torn: see log_scan.c; INT64_MAX: nowhere */
	size_t ahead;         /* bytes read at a time; log_scan_one reads less */
	uint8_t *window;
	size_t cap, n;        /* bytes in window */
	int64_t window_pos;
};

enum log_scan_result {
	LOG_SCAN_RECORD,
	LOG_SCAN_END,         /* pos is the end of the last segment, or reached end */
	LOG_SCAN_BAD          /* there is no whole record at pos: the log's tail, or damage */
};

/** Start at a record's position.  end: commit_log_end for all. */
void log_scan_init(struct log_scan *s, struct commit_log *l, int64_t pos, int64_t end, bool check_crc);
void log_scan_done(struct log_scan *s);

/**
 * The next record.
 *
 * @out  borrows from the scan until the next call; set for LOG_SCAN_RECORD only
 *
 * Returns enum log_scan_result; -ENOMEM or -errno of reading.
 */
int log_scan_next(struct log_scan *s, struct lmi_record *out);

/** One record at a position, with or without its body's CRC; same results. */
int log_scan_one(struct log_scan *s, int64_t pos, struct lmi_record *out);

#endif

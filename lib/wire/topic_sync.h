/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling a name server of a broker's topics by what has changed: three requests of ours, between our broker and our name
 * server.  A Java name server answers them REQUEST_CODE_NOT_SUPPORTED.  Decoded values borrow; any thread.
 *
 *   REGISTER_DIGEST  identity (or none: that of the connection), version, number and digest of all topics: the heartbeat
 *   REGISTER_RANGES  digests by range of topic names; the answer is a bitmap of the ranges that differ
 *   REGISTER_TOPICS  topics: those of differing ranges in several requests, or what has changed since a known digest
 *
 * A digest is the sum, modulo 2^64, of a hash of each topic with its queues: it does not depend on an order, and a change of
 * one topic changes it by two additions.  A topic's range is given by the top bits of the hash of its name.
 */
#ifndef LMI_WIRE_TOPIC_SYNC_H
#define LMI_WIRE_TOPIC_SYNC_H

#include "wire/data_version.h"
#include "wire/topic_config.h"

#define LMI_SYNC_RANGE_BITS_MAX 14u   /* ranges are a power of two, at most 2^14 */
#define LMI_SYNC_RANGE_TOPICS 64u     /* topics that a range should have on average */
#define LMI_SYNC_TOPICS_MAX 4096u     /* topics in one request */
#define LMI_SYNC_NAME_MAX 255u

/** Hash of a topic as name servers see it: name, queues, perm, sysflag.  The same in every process and version. */
LMI_API uint64_t lmi_topic_digest(const struct lmi_topic_config *c);
/** Hash of a name; its top bits are the range. */
LMI_API uint64_t lmi_topic_name_digest(struct lmi_span name);

static inline uint32_t lmi_sync_range(uint64_t name_digest, unsigned int bits)
{
	return bits ? (uint32_t)(name_digest >> (64 - bits)) : 0;
}

/** Bits so that ranges have LMI_SYNC_RANGE_TOPICS topics or fewer, within the maximum. */
LMI_API unsigned int lmi_sync_range_bits(size_t topics);
static inline size_t lmi_sync_bitmap_bytes(unsigned int bits) { return bits > 3 ? (size_t)1 << (bits - 3) : 1; }
static inline bool lmi_sync_bitmap_has(const uint8_t *bitmap, uint32_t range) { return bitmap[range >> 3] >> (range & 7) & 1; }

/* ---- REGISTER_DIGEST ---- */

struct lmi_sync_digest {
	struct lmi_data_version version;
	uint32_t topics;
	uint64_t digest;
};

LMI_API void lmi_sync_digest_put(struct lmi_buf *b, const struct lmi_sync_digest *d);
/** 0; -LMQ_EMALFORMED; -LMQ_EUNSUPPORTED from a later version of the protocol. */
LMI_API int lmi_sync_digest_decode(struct lmi_span body, struct lmi_sync_digest *out);

/* ---- REGISTER_RANGES ---- */

/** @digests  1 << bits of them. */
LMI_API void lmi_sync_ranges_put(struct lmi_buf *b, unsigned int bits, const uint64_t *digests);
/** @out_digests  big-endian numbers of 8 bytes, 1 << bits of them.  Errors as above. */
LMI_API int lmi_sync_ranges_decode(struct lmi_span body, unsigned int *out_bits, const uint8_t **out_digests);

/* ---- REGISTER_TOPICS ---- */

enum {
	LMI_SYNC_BEGIN = 1, /* the first request of several: bits and bitmap say which ranges are sent */
	LMI_SYNC_END = 2,   /* the last one: what was not sent in these ranges is gone; digest says what must have come out */
	LMI_SYNC_DELTA = 4  /* the only one: changes since base */
};

struct lmi_sync_topics {
	uint8_t flags;
	struct lmi_data_version version;
	uint64_t base, digest;
	unsigned int bits;
	const uint8_t *bitmap; /* lmi_sync_bitmap_bytes(bits); NULL without LMI_SYNC_BEGIN */
	uint32_t puts, dels;
	struct lmi_span rest;  /* the topics; lmi_sync_next_put and then _del take them out */
};

/** Everything but the topics; they follow by lmi_sync_put_topic, puts of them, then lmi_sync_put_name, dels. */
LMI_API void lmi_sync_topics_begin(struct lmi_buf *b, const struct lmi_sync_topics *t);
LMI_API void lmi_sync_put_topic(struct lmi_buf *b, const struct lmi_topic_config *c);
LMI_API void lmi_sync_put_name(struct lmi_buf *b, struct lmi_span name);

/** Checks all of it.  0; -LMQ_EMALFORMED; -LMQ_EUNSUPPORTED; -LMQ_ETOOBIG above LMI_SYNC_TOPICS_MAX. */
LMI_API int lmi_sync_topics_decode(struct lmi_span body, struct lmi_sync_topics *out);
/** The next of the topics to put; called @puts times.  0; -LMQ_EMALFORMED. */
LMI_API int lmi_sync_next_put(struct lmi_span *rest, struct lmi_topic_config *out);
LMI_API int lmi_sync_next_del(struct lmi_span *rest, struct lmi_span *out_name);

#endif

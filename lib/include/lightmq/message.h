/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message: what a program sends, and what it receives.
 *
 * A message belongs to one thread at a time.  One that was made by lmq_message_new or lmq_message_dup is the caller's
 * until lmq_message_free; sending it copies what is needed, so that it can be changed, sent again or freed at once.
 * One that is handed to a callback is borrowed during the callback and cannot be changed; lmq_message_dup keeps it.
 *
 * Texts are UTF-8 and end with a NUL.  A setter copies what it is given.
 */
#ifndef LIGHTMQ_MESSAGE_H
#define LIGHTMQ_MESSAGE_H

#include <lightmq/api.h>

LMQ_BEGIN_DECLS

struct lmq_message;

/**
 * Make a message.
 *
 * @topic  1 to 127 of the characters % | a-z A-Z 0-9 _ -
 * @body   copied; must not be empty when it is sent
 *
 * Gives a message (free with lmq_message_free); NULL without memory or when topic is NULL.
 */
LMQ_API struct lmq_message *lmq_message_new(const char *topic, const void *body, size_t body_bytes);

/**
 * Make the reply to a request that was received: a message that lmq_producer_send brings to who asked.
 *
 * @request  borrowed
 *
 * Gives a message (free with lmq_message_free); NULL without memory or when @request is no request.
 */
LMQ_API struct lmq_message *lmq_message_new_reply(const struct lmq_message *request, const void *body, size_t body_bytes);

/** Gives an own copy of a message, received or made; NULL without memory. */
LMQ_API struct lmq_message *lmq_message_dup(const struct lmq_message *m);

/** Free a message that was made by lmq_message_new or lmq_message_dup.  Accepts NULL. */
LMQ_API void lmq_message_free(struct lmq_message *m);

/*
 * Setters.  Each returns 0; -ENOMEM; -LMQ_ESTATE for a message borrowed by a callback; and what is said besides.
 */

/** Change the topic.  The name is checked when the message is sent. */
LMQ_API int lmq_message_set_topic(struct lmq_message *m, const char *topic);
LMQ_API int lmq_message_set_body(struct lmq_message *m, const void *body, size_t body_bytes);

/**
 * Set the tag, by which consumers can choose.  NULL removes it.
 *
 * -LMQ_EILLEGAL: empty, longer than 127 bytes, holds control characters, blanks at its ends, or "||".
 */
LMQ_API int lmq_message_set_tag(struct lmq_message *m, const char *tag);

/**
 * Set the keys by which the message can be looked up later: words separated by one blank.  NULL removes them.
 *
 * -LMQ_EILLEGAL: empty or holds control characters.
 */
LMQ_API int lmq_message_set_keys(struct lmq_message *m, const char *keys);

/**
 * Set a property of the application.  A NULL value removes it.
 *
 * -LMQ_EILLEGAL: name or value is empty or holds the bytes 1 or 2, or the name is reserved by the protocol.
 */
LMQ_API int lmq_message_set_property(struct lmq_message *m, const char *name, const char *value);

/**
 * Have the message delivered later.
 *
 * @level  0: at once; 1 to 18: after 1 s, 5 s, 10 s, 30 s, 1 to 10 min, 20 min, 30 min, 1 h, 2 h, unless the broker has other levels
 *
 * -LMQ_EILLEGAL: negative.
 */
LMQ_API int lmq_message_set_delay_level(struct lmq_message *m, int level);

/**
 * Have the message delivered at a time, or after a time, to the precision that the broker has (a second unless configured
 * otherwise).  The last call of these three counts.  A send of such a message gives a handle by which it can be recalled.
 *
 * @at_ms     milliseconds since 1970; 0: at once
 * @after_ms  milliseconds from when the broker takes it; 0: at once
 *
 * -LMQ_EILLEGAL: negative.  A broker refuses times that are further away than it allows (three days by default).
 */
LMQ_API int lmq_message_set_deliver_at(struct lmq_message *m, int64_t at_ms);
LMQ_API int lmq_message_set_deliver_after(struct lmq_message *m, int64_t after_ms);

/** Set the application's own number, delivered as it is.  Default 0. */
LMQ_API int lmq_message_set_flag(struct lmq_message *m, int32_t flag);

/** Whether the broker answers only when the message is as safe as the broker is configured for.  Default true. */
LMQ_API int lmq_message_set_wait_stored(struct lmq_message *m, bool wait);

/**
 * Choose the queue.  Such a message is not tried on another broker.
 *
 * @broker    the broker's name, as lmq_client_each_queue gives it; NULL goes back to free choice
 * @queue_id  0 or above
 *
 * -LMQ_EILLEGAL: negative id.
 */
LMQ_API int lmq_message_set_queue(struct lmq_message *m, const char *broker, int32_t queue_id);

/**
 * Have the queue chosen by a key: messages with the same key go to the same queue as long as the topic has as many queues,
 * and so keep their order.  Such a message is not tried on another broker.
 *
 * @key  any text; NULL goes back to free choice
 *
 * Replaces lmq_message_set_queue, and the reverse.  Rule: Java's SelectMessageQueueByHash chooses the same queue for the same text.
 */
LMQ_API int lmq_message_set_queue_key(struct lmq_message *m, const char *key);

/*
 * Getters.  What they return is borrowed from the message until it is changed or freed.
 */

LMQ_API const char *lmq_message_topic(const struct lmq_message *m);

/**
 * The body.
 *
 * @out_bytes  its length; may be NULL.  The bytes are followed by a NUL that is not counted.
 *
 * Returns a pointer that is never NULL.
 */
LMQ_API const void *lmq_message_body(const struct lmq_message *m, size_t *out_bytes);

/** NULL when there is none. */
LMQ_API const char *lmq_message_tag(const struct lmq_message *m);
/** NULL when there are none. */
LMQ_API const char *lmq_message_keys(const struct lmq_message *m);
/** The value of a property, of the application or reserved; NULL when there is none. */
LMQ_API const char *lmq_message_property(const struct lmq_message *m, const char *name);

/**
 * Walk all properties, reserved ones too, in no promised order.
 *
 * @each  returns 0 to go on; anything else ends the walk
 *
 * Returns 0 or what @each returned.
 */
LMQ_API int lmq_message_each_property(const struct lmq_message *m,
				      int (*each)(void *user, const char *name, const char *value), void *user);
LMQ_API int lmq_message_delay_level(const struct lmq_message *m);
LMQ_API int32_t lmq_message_flag(const struct lmq_message *m);

/*
 * Getters for received messages; of one that was made here they return NULL, -1 or 0.
 */

/** The unique id that the producer gave it: the same for each delivery and each copy of a retried send.  NULL when there is none. */
LMQ_API const char *lmq_message_id(const struct lmq_message *m);
/** Name of the broker that it came from. */
LMQ_API const char *lmq_message_broker(const struct lmq_message *m);
/** Queue and position in it.  Of a redelivered message: those in the group's retry topic. */
LMQ_API int32_t lmq_message_queue_id(const struct lmq_message *m);
LMQ_API int64_t lmq_message_queue_pos(const struct lmq_message *m);
/** Milliseconds since 1970: made by the producer, stored by the broker. */
LMQ_API int64_t lmq_message_born_ms(const struct lmq_message *m);
LMQ_API int64_t lmq_message_stored_ms(const struct lmq_message *m);
/** How often consuming it has failed before; 0 at first delivery. */
LMQ_API int32_t lmq_message_reconsume_times(const struct lmq_message *m);

LMQ_END_DECLS

#endif

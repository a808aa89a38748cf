/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of liblightmq.  Functions return 0 or a negative number: -errno for the system's errors, -LMQ_E… for ours.
 * A number once published keeps its meaning; new numbers may be added.
 */
#ifndef LIGHTMQ_ERROR_H
#define LIGHTMQ_ERROR_H

#include <lightmq/api.h>

LMQ_BEGIN_DECLS

#ifndef LMI_BASE_ERROR_H /* inside the library the same numbers come from its own list */
enum lmq_error {
	LMQ_EMALFORMED = 1000, /* bytes from outside break their format */
	LMQ_ETOOBIG,           /* a message, frame or table is above its limit */
	LMQ_EUNSUPPORTED,      /* well formed, but of a kind that we do not know */
	LMQ_EDEPTH,            /* nested deeper than the limit */
	LMQ_ETIMEOUT,          /* no answer within the time given */
	LMQ_ECLOSED,           /* the connection or object was closed */
	LMQ_EREMOTE,           /* the server answered with an error code */
	LMQ_ENOROUTE,          /* no route for the topic */
	LMQ_EFULL,             /* a bounded queue or table is full */
	LMQ_ESTATE,            /* not allowed in the object's present state */
	LMQ_EREADONLY,         /* the store does not take writes */
	LMQ_ECORRUPT,          /* bytes on disk break their format */
	LMQ_ENOTFOUND,         /* nothing by that name or position */
	LMQ_EBADCONFIG,        /* a setting was refused */
	LMQ_EILLEGAL           /* a message or argument breaks a rule; see the detail text */
};
#endif

/**
 * Say what an error means, in a short English phrase.
 *
 * @err  0, -errno, or -LMQ_E…
 *
 * Returns a string that lives for ever.  Any thread.
 */
LMQ_API const char *lmq_strerror(int err);

LMQ_END_DECLS

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base, L0: the floor.  Anybody may use it; it uses nothing but libc.
 *
 * Errors: 0 or negative.  System errors are -errno, ours start at -1000.
 * RocketMQ's response codes are another enum, see wire/codes.h.
 */
#ifndef LMI_BASE_ERROR_H
#define LMI_BASE_ERROR_H

#include "base/visibility.h"

/*
 * The public header lightmq/lightmq.h promises the same numbers to users;
 * tests/unit/base/test_error.c holds the two lists together.
 */
enum lmi_error {
	LMQ_EMALFORMED = 1000, /* bytes from outside break their format */
	LMQ_ETOOBIG,           /* a frame, header, body or table is above its named limit */
	LMQ_EUNSUPPORTED,      /* well formed, but of a kind that we do not know */
	LMQ_EDEPTH,            /* nested deeper than the limit */
	LMQ_ETIMEOUT,          /* no answer within the time given */
	LMQ_ECLOSED,           /* the connection or object was closed */
	LMQ_EREMOTE,           /* the peer answered with an error code */
	LMQ_ENOROUTE,          /* no route for the topic */
	LMQ_EFULL,             /* a bounded queue or table is full */
	LMQ_ESTATE,            /* not allowed in the object's present state */
	LMQ_EREADONLY,         /* the store does not take writes */
	LMQ_ECORRUPT,          /* bytes on disk break their format */
	LMQ_ENOTFOUND,         /* nothing by that name or position */
	LMQ_EBADCONFIG,        /* configuration refused */
	LMQ_EILLEGAL,          /* a message or argument breaks a rule; see the detail text */
	LMQ_E_LAST
};

/**
 * Say what an error means, in a short English phrase.
 *
 * @err  0, -errno, or one of ours, negative
 *
 * Returns a string that lives for ever.  Any thread.
 */
LMI_API const char *lmi_strerror(int err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of Java properties: text to entries, total over hostile bytes.  Rule: java.util.Properties.load of a byte stream:
 * ISO 8859-1, comments with # or !, entries with = or : or a blank, a backslash at the end of a line goes on, \uXXXX.
 */
#ifndef LIGHTMQ_CONF_CONF_PROPERTIES_H
#define LIGHTMQ_CONF_CONF_PROPERTIES_H

#include "base/buf.h"
#include "base/error.h"

/* Where reading is; all zeros at the beginning. */
struct conf_properties {
	struct lmi_span text; /* set by the caller; borrowed */
	size_t at;
	unsigned int line;    /* lines before at */
	struct lmi_buf key, value; /* of the entry; UTF-8, closed by a NUL that is not counted */
	unsigned int entry_line;   /* on which it begins, from 1 */
};

/**
 * The next entry, in @p.  A NUL in it, and half of a pair of \uD800 escapes, become U+FFFD.
 *
 * Returns 1; 0 at the end; -LMQ_EMALFORMED for a \u without four hexadecimal digits, where Java gives up; -ENOMEM.
 */
int conf_properties_next(struct conf_properties *p);
void conf_properties_done(struct conf_properties *p);

#endif

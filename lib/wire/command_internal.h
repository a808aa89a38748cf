/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that are command.  Only for the files of lib/wire. */
#ifndef LMI_WIRE_COMMAND_INTERNAL_H
#define LMI_WIRE_COMMAND_INTERNAL_H

#include "wire/command.h"

#define COMMAND_BINARY_FIXED 21u /* bytes of a binary header without remark and extFields */

/* An ext array that grows in an arena. */
struct command_exts {
	struct lmi_arena *arena;
	struct lmi_ext *list;
	size_t count, cap;
};

/* Add an entry.  Returns 0; -LMQ_ETOOBIG above LMI_COMMAND_EXT_MAX; -ENOMEM. */
int command_ext_add(struct command_exts *e, struct lmi_span name, struct lmi_span value);

/* Decode a header into the fields of c but serialize and body.  Errors as lmi_command_decode. */
int command_decode_json(struct lmi_span header, struct lmi_arena *arena, struct lmi_command *c);
int command_decode_binary(struct lmi_span header, struct lmi_arena *arena, struct lmi_command *c);

#endif

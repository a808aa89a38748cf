/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/conf, L2: YAML and the key table: parse, check, explain, print.  The mains, host and ctl may use it; it uses base,
 * wire and libyaml, no libsystemd.  Start-up and reload only, one thread.
 */
#ifndef LIGHTMQ_CONF_CONF_H
#define LIGHTMQ_CONF_CONF_H

#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"

enum conf_type {
	CONF_INT,
	CONF_BOOL,
	CONF_TEXT,
	CONF_BYTES,    /* plain number of bytes, or with KiB, MiB, GiB */
	CONF_MS,       /* plain number of milliseconds, or with ms, s, m, h */
	CONF_SECONDS,  /* plain number of seconds, or with s, m, h */
	CONF_HOURS,    /* plain number of hours, or with s, m, h; held in seconds, its bounds in hours */
	CONF_CHOICE    /* one of the words in choices, separated by blanks */
};

/* One key: the table of a program is an array that ends with a NULL name. */
struct conf_key {
	const char *name;     /* RocketMQ's spelling where it has the key */
	enum conf_type type;
	const char *def;      /* text of the default */
	int64_t min, max;     /* of numbers, in the unit of the type */
	const char *choices;
	bool live;            /* a reload takes it over */
	const char *help;     /* a sentence or two */
};

/* A key that Apache RocketMQ has and we do not: refused by name, with a hint. */
struct conf_hint {
	const char *name;
	const char *hint;
};

struct conf_table {
	const char *program;
	const struct conf_key *keys;
	const struct conf_hint *hints;
};

extern const struct conf_table conf_broker_table;
extern const struct conf_table conf_namesrv_table;
extern const struct conf_table conf_ctl_table; /* read by each command: no key waits for a reload */

#define CONF_FILE_MAX (1u << 20)
#define CONF_DEPTH_MAX 16u
#define CONF_ERRORS_MAX 50u

struct conf;

/** Gives a configuration holding the defaults, or NULL without memory. */
struct conf *conf_new(const struct conf_table *table);
void conf_free(struct conf *c);

/**
 * Read a file, then each FILE.d/NAME.yaml in C-locale order; later wins per key.
 * A file that is not there is an error; an empty one (/dev/null) is not.
 *
 * Returns 0; -LMQ_EBADCONFIG with at least one conf_error: not readable, not YAML, an alias, a second document, too deep,
 * too long, a key that is unknown, repeated in one file, of another type or out of range, a value of several lines, with
 * control characters or not UTF-8.
 */
int conf_load(struct conf *c, const char *path);

/**
 * Read the file in which changes made by requests are kept: over the other files, but below the command line, which must have
 * been taken before.  A file that is not there is none.  Errors as conf_load, and for a key that a request may not change.
 */
int conf_load_changes(struct conf *c, const char *path);
/** What that file is to hold: values that requests have set, now or when they came from it. */
void conf_put_changes(const struct conf *c, const char *path, struct lmi_buf *b);

/** Take "KEY=VALUE" from the command line; wins over files.  Errors as conf_load. */
int conf_set(struct conf *c, const char *assignment);

/** Errors found so far, each a line for people: file, line, key, cause, nearest key.  NULL behind the last. */
const char *conf_error(const struct conf *c, size_t i);
/** Add one (checks between keys, by the mains). */
void conf_complain(struct conf *c, const char *fmt, ...) LMI_PRINTF(2, 3);

/* Values.  The name must be in the table (asserted).  Text lives as long as the configuration. */
int64_t conf_i64(const struct conf *c, const char *name);
bool conf_bool(const struct conf *c, const char *name);
const char *conf_text(const struct conf *c, const char *name);
/** "/etc/lightmq/x.yaml:3", "command line" or "default". */
const char *conf_origin(const struct conf *c, const char *name);

/** Effective values as key=value lines in RocketMQ's units (GET_…_CONFIG). */
void conf_put_properties(const struct conf *c, struct lmi_buf *b);
/**
 * Change a key that may change while running (UPDATE_…_CONFIG); until the next reload or start, unless conf_put_changes is kept.
 *
 * @change  false: only look whether it could be
 * @why     on failure a sentence for people
 *
 * Returns 0; -LMQ_ENOTFOUND no such key; -LMQ_EILLEGAL it may not change while running; -LMQ_EBADCONFIG a value that it cannot have.
 */
int conf_change(struct conf *c, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap);

/** Effective values as YAML, each with its origin in a comment. */
void conf_print(const struct conf *c, FILE *out);
/** Names, types and defaults, one a line. */
void conf_list_keys(const struct conf_table *t, FILE *out);
/** The commented example file, and the mdoc list of the manual page. */
void conf_print_example(const struct conf_table *t, FILE *out);
void conf_print_man(const struct conf_table *t, FILE *out);

/* Parse a value as the type wants it.  0; -LMQ_EMALFORMED; -ERANGE. Pure. */
int conf_parse_number(enum conf_type type, struct lmi_span text, int64_t *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Java broker's or name server's configuration turned into ours: what is carried over, what is not, and why.  Text in,
 * text out; one thread.
 */
#ifndef LIGHTMQ_CONF_CONF_IMPORT_H
#define LIGHTMQ_CONF_CONF_IMPORT_H

#include "base/buf.h"
#include "conf/conf.h"

#define CONF_IMPORT_ENTRIES_MAX 4096u

enum conf_import_what {
	CONF_IMPORT_CARRIED,
	CONF_IMPORT_NEEDLESS,    /* left out, and nothing is lost */
	CONF_IMPORT_UNKNOWN,     /* no key of RocketMQ's */
	CONF_IMPORT_UNSUPPORTED, /* RocketMQ's, for something that is not here */
	CONF_IMPORT_REFUSED,     /* one that our configuration refuses by name */
	CONF_IMPORT_VALUE        /* a key that is here too, with a value that it cannot have */
};

struct conf_import_item {
	enum conf_import_what what;
	unsigned int line; /* of the file */
	char *key;
	char *value;       /* as it is carried, else as it was */
	char *why;         /* of what is not carried, and of what is carried with another text */
};

struct conf_import;

/**
 * Read a file's text.
 *
 * @t  whose it is; conf_import_table tells
 *
 * Returns 0 with *out (gives; conf_import_free); -LMQ_EMALFORMED where Java cannot read it; -LMQ_ETOOBIG above CONF_FILE_MAX
 * bytes or CONF_IMPORT_ENTRIES_MAX entries; -ENOMEM.
 */
int conf_import_new(const struct conf_table *t, struct lmi_span text, struct conf_import **out);
void conf_import_free(struct conf_import *im); /* accepts NULL */

/** The server that reads most of the keys of a text: the name server's table, or the broker's, also when in doubt. */
const struct conf_table *conf_import_table(struct lmi_span text);

/** In the file's order; NULL behind the last. */
const struct conf_import_item *conf_import_item(const struct conf_import *im, size_t i);
const char *conf_import_what_name(enum conf_import_what what);
/** True when nothing is lost: all is carried or needless. */
bool conf_import_is_whole(const struct conf_import *im);

/**
 * The configuration as YAML: what is carried, and as comments what is not and which defaults differ that the file does not set.
 *
 * @source  name of the file, for the first line
 */
void conf_import_put_yaml(const struct conf_import *im, const char *source, struct lmi_buf *b);
/** What is not carried, a line each: "SOURCE:LINE: KEY: what: why". */
void conf_import_put_report(const struct conf_import *im, const char *source, struct lmi_buf *b);
/** All of it as one JSON object. */
void conf_import_put_json(const struct conf_import *im, const char *source, struct lmi_buf *b);

/**
 * The whole way: read a file, print YAML (or JSON) to @out and what is not carried to @err (of JSON it is a part).
 *
 * @t  NULL: by the keys in it
 *
 * Returns an exit status: 0; 1 when something is lost, the file cannot be read or @out cannot be written.
 */
int conf_import_run(const struct conf_table *t, const char *path, bool json, FILE *out, FILE *err);

#endif

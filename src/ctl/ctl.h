/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/ctl, L3: the rmqctl commands.  Uses lib/client and the rooms below; the main may use it.  One thread: a question is asked, its
 * answer waited for.
 *
 * A command reads what the line says, asks, and puts rows; how rows are printed (table, JSON, names) is one place.  It returns
 * one of enum ctl_exit, which is the exit status.
 */
#ifndef LIGHTMQ_CTL_CTL_H
#define LIGHTMQ_CTL_CTL_H

#include <stdio.h>

#include "io/rpc.h"
#include "wire/cluster_info.h"
#include "wire/route.h"
#include "wire/topic_list.h"

#define CTL_ARGS_MAX 8
#define CTL_BROKERS_MAX 1024
#define CTL_ARENA_MAX (1u << 30)

/* Part of what is promised: lightmq's manual names them. */
enum ctl_exit { CTL_DONE, CTL_REFUSED, CTL_USAGE, CTL_UNREACHABLE, CTL_NOT_FOUND, CTL_PARTLY };

enum ctl_format { CTL_TABLE, CTL_WIDE, CTL_JSON, CTL_JSONL, CTL_YAML, CTL_NAME };

/* What the command line says; NULL or -1: nothing. */
struct ctl_options {
	const char *namesrv; /* HOST:PORT;HOST:PORT */
	const char *topic, *group, *broker, *cluster, *key, *tag, *to, *perm, *attributes;
	const char *value, *id, *body;
	int64_t queues, count, warn, crit, timeout_ms;
	enum ctl_format format;
	bool format_said;
	bool yes, dry_run, order, all;
	const char *args[CTL_ARGS_MAX]; /* behind the command's words */
	size_t arg_count;
};

struct ctl {
	struct ctl_options opt;
	FILE *in, *out, *err;
	bool ask_before; /* a person is at the terminal */
	struct lmi_loop *loop;
	struct lmi_executor *executor;
	struct lmi_rpc *rpc;
	struct lmi_arena arena; /* until the program ends */
	struct lmi_buf frame;
};

/* 0, or -LMQ_… when there is no loop or memory. */
int ctl_open(struct ctl *c);
void ctl_done(struct ctl *c);

/* ---- saying ---- */

/** "rmqctl: …" on the error stream. */
void ctl_say(struct ctl *c, const char *fmt, ...) LMI_PRINTF(2, 3);

/* ---- asking: ctl_ask.c ---- */

/* A question.  Fields and body may be none. */
struct ctl_field {
	enum lmi_ext_key key;
	const char *value; /* NULL: left out */
};
struct ctl_question {
	int32_t code;
	const struct ctl_field *fields; /* ended by LMI_EXT_UNKNOWN */
	struct lmi_span body;
};
#define CTL_FIELDS(...) (const struct ctl_field[]){ __VA_ARGS__, { LMI_EXT_UNKNOWN, NULL } }

/**
 * Ask one server and wait.
 *
 * @out  lives as long as the arena; its code may be any
 *
 * Returns CTL_DONE when it answered, else CTL_UNREACHABLE, said on the error stream.
 */
enum ctl_exit ctl_ask(struct ctl *c, const char *address, const struct ctl_question *q, struct lmi_command *out);

/** The same of the first name server that answers. */
enum ctl_exit ctl_ask_namesrv(struct ctl *c, const struct ctl_question *q, struct lmi_command *out);
/** Of all of them, for what each keeps by itself. */
enum ctl_exit ctl_tell_namesrvs(struct ctl *c, const struct ctl_question *q);

/** What an answer's code means; anything but a success is said with its remark, after @what. */
enum ctl_exit ctl_judge(struct ctl *c, const struct lmi_command *answer, const char *what);
enum ctl_exit ctl_code_exit(int32_t code);

/* ---- who is there: ctl_brokers.c ---- */

struct ctl_broker {
	const char *cluster, *name, *address; /* of the master; address NULL: none is registered */
	int64_t replicas;
};
struct ctl_brokers {
	struct ctl_broker *items;
	size_t count;
};

/** Brokers that --cluster and --broker (a name or HOST:PORT) let through; CTL_NOT_FOUND when there is none, said. */
enum ctl_exit ctl_brokers(struct ctl *c, struct ctl_brokers *out);
/** Those that have a topic, filtered alike. */
enum ctl_exit ctl_topic_brokers(struct ctl *c, const char *topic, struct ctl_brokers *out);

/** Ask each, calling @take with each success.  CTL_DONE; CTL_PARTLY when some failed; else the last failure. */
enum ctl_exit ctl_each(struct ctl *c, const struct ctl_brokers *b, const struct ctl_question *q,
		       enum ctl_exit (*take)(void *arg, const struct ctl_broker *b, const struct lmi_command *answer), void *arg);
enum ctl_exit ctl_both(enum ctl_exit a, enum ctl_exit b);

/* ---- printing: ctl_rows.c ---- */

/*
 * Columns are named as JSON members; "#" before a name: a number; "@": a time; "+" before these: only with -o wide and in JSON.  Every row has a cell for each.
 */
struct ctl_rows {
	struct ctl *c;
	const char *const *columns; /* ended by NULL */
	size_t width;
	struct lmi_span *cells;
	size_t count, cap;
	bool failed;
};

void ctl_rows_begin(struct ctl_rows *r, struct ctl *c, const char *const *columns);
void ctl_cell(struct ctl_rows *r, struct lmi_span text);
void ctl_cell_str(struct ctl_rows *r, const char *text);
void ctl_cell_i64(struct ctl_rows *r, int64_t v);
/** Milliseconds since 1970 as local time; as a number in JSON.  0 and below: none. */
void ctl_cell_ms(struct ctl_rows *r, int64_t ms);
enum ctl_exit ctl_rows_end(struct ctl_rows *r);

/* ---- queues in answers: ctl_queues.c ---- */

struct ctl_queue {
	struct lmi_span broker, topic;
	int32_t id;
	int64_t min, max, updated_ms;                   /* TopicStatsTable */
	int64_t end, consumed, pulled, consumed_ms;     /* ConsumeStats */
};

/** The offsetTable of TopicStatsTable or ConsumeStats, appended to @queues in the arena.  0, -LMQ_EMALFORMED, -ENOMEM. */
int ctl_queues_read(struct ctl *c, struct lmi_span body, struct ctl_queue **queues, size_t *count, size_t *cap);
void ctl_queues_sort(struct ctl_queue *q, size_t n);

/* ---- asking a person ---- */

/** Before something is deleted: the name is to be typed, on a terminal.  True to go on. */
bool ctl_confirm(struct ctl *c, const char *what, const char *name);

/* ---- commands ---- */

struct ctl_command {
	const char *words;     /* "topic list" */
	const char *alias;     /* mqadmin's */
	const char *operands;  /* "TOPIC" */
	const char *what;
	const char *options;   /* long names it heeds besides those of all, for its help */
	const char *example;
	enum ctl_exit (*run)(struct ctl *c);
};

/** The table, ended by a NULL name. */
extern const struct ctl_command ctl_commands[];

typedef enum ctl_exit ctl_run_fn(struct ctl *c);
ctl_run_fn ctl_cluster_show, ctl_topic_list, ctl_topic_show, ctl_topic_route, ctl_topic_create, ctl_topic_delete;
ctl_run_fn ctl_group_list, ctl_group_lag, ctl_group_members, ctl_group_create, ctl_group_delete, ctl_offset_reset;
ctl_run_fn ctl_broker_status, ctl_config_list, ctl_config_set, ctl_config_import, ctl_namesrv_config, ctl_namesrv_set;
ctl_run_fn ctl_message_find, ctl_message_peek, ctl_message_show, ctl_send, ctl_check_lag, ctl_why, ctl_completion;

/** GET_BROKER_RUNTIME_INFO's and its like. */
struct lmi_span ctl_kv(const struct lmi_kv_table *t, const char *key);
/** Rows of key and value from properties text. */
enum ctl_exit ctl_properties(struct ctl_rows *r, const char *server, struct lmi_span text);

/** The operand at @i, or the option; NULL when neither was given. */
const char *ctl_operand(const struct ctl *c, size_t i, const char *option);

#endif

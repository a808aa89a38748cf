/* SPDX-License-Identifier: Apache-2.0 */
/* rmq-store, L5: read the command line, open the store, run one command. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/loop.h"
#include "storetool/storetool.h"

#define EXIT_USAGE 2

static const struct command {
	const char *name;
	int (*run)(struct storetool *t);
	const char *what;
} commands[] = {
	{ "check", storetool_check, "tell each inconsistency of log, queues, key index and configuration; exit status 1 if there is one" },
	{ "dump", storetool_dump, "list records, or units of a queue (--queue), or entries of the key index (--index)" },
	{ "export", storetool_export, "write messages as JSON lines, with bodies in base64" },
	{ "rebuild", storetool_rebuild, "make queues and key index anew from the log; the only command that writes" },
};

static const char usage[] =
	"rmq-store COMMAND [OPTIONS] FOLDER\n"
	"Looks into the store of a broker that is stopped.\n\n";

static const char options_text[] =
	"\nOptions:\n"
	"  --topic TOPIC           only of this topic\n"
	"  --key KEY               only with this key or unique id\n"
	"  --from N, --to N        log positions from N on, below N; with --queue queue positions\n"
	"  --since MS, --until MS  stored from this time on, before this time (milliseconds since 1970)\n"
	"  --max N                 so many lines\n"
	"  --queue TOPIC:QUEUEID   dump: units of this queue\n"
	"  --index                 dump: entries of the key index\n"
	"  --json                  a JSON object a line\n"
	"  --bodies                dump --json: with bodies, in base64\n"
	"  --index-slots N, --index-entries N\n"
	"                          sizes of the index files, where maxHashSlotNum and maxIndexNum are not RocketMQ's\n"
	"  --quiet                 no progress\n"
	"  --help, --version\n"
	"\nExit status: 0 all is well; 1 an inconsistency, or the store cannot be read; 2 usage.\n"
	"\nExamples:\n"
	"  rmq-store check /var/lib/lightmq/broker\n"
	"  rmq-store dump --topic Orders --key 4711 --json --bodies /var/lib/lightmq/broker\n"
	"  rmq-store dump --queue Orders:0 --from 100 --max 10 /var/lib/lightmq/broker\n"
	"  rmq-store export --topic Orders /var/lib/lightmq/broker | gzip >orders.jsonl.gz\n"
	"  rmq-store rebuild /var/lib/lightmq/broker\n";

static void help(FILE *out)
{
	fputs(usage, out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].what);
	fputs(options_text, out);
}

enum { OPT_TOPIC = 256, OPT_KEY, OPT_FROM, OPT_TO, OPT_SINCE, OPT_UNTIL, OPT_MAX, OPT_QUEUE, OPT_INDEX, OPT_JSON, OPT_BODIES, OPT_SLOTS,
       OPT_ENTRIES, OPT_QUIET, OPT_HELP, OPT_VERSION };

static const struct option longs[] = {
	{ "topic", required_argument, NULL, OPT_TOPIC },   { "key", required_argument, NULL, OPT_KEY },
	{ "from", required_argument, NULL, OPT_FROM },     { "to", required_argument, NULL, OPT_TO },
	{ "since", required_argument, NULL, OPT_SINCE },   { "until", required_argument, NULL, OPT_UNTIL },
	{ "max", required_argument, NULL, OPT_MAX },       { "queue", required_argument, NULL, OPT_QUEUE },
	{ "index", no_argument, NULL, OPT_INDEX },         { "json", no_argument, NULL, OPT_JSON },
	{ "bodies", no_argument, NULL, OPT_BODIES },       { "index-slots", required_argument, NULL, OPT_SLOTS },
	{ "index-entries", required_argument, NULL, OPT_ENTRIES }, { "quiet", no_argument, NULL, OPT_QUIET },
	{ "help", no_argument, NULL, OPT_HELP },           { "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

/** A number from 0 to max, or the program ends. */
static int64_t number(const char *text, int64_t max)
{
	char *end;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	if (errno || end == text || *end || v < 0 || v > max) {
		fprintf(stderr, "rmq-store: %s is not a number from 0 to %lld\n", text, (long long)max);
		exit(EXIT_USAGE);
	}
	return v;
}

static void take_option(struct storetool_options *o, int c)
{
	switch (c) {
	case OPT_TOPIC: o->topic = optarg; break;
	case OPT_KEY: o->key = optarg; break;
	case OPT_FROM: o->from = number(optarg, INT64_MAX); break;
	case OPT_TO: o->to = number(optarg, INT64_MAX); break;
	case OPT_SINCE: o->since_ms = number(optarg, INT64_MAX); break;
	case OPT_UNTIL: o->until_ms = number(optarg, INT64_MAX); break;
	case OPT_MAX: o->max = number(optarg, INT64_MAX); break;
	case OPT_QUEUE: o->queue = optarg; break;
	case OPT_INDEX: o->index = true; break;
	case OPT_JSON: o->json = true; break;
	case OPT_BODIES: o->bodies = true; break;
	case OPT_SLOTS: o->index_slots = (int32_t)number(optarg, 100000000); break;
	case OPT_ENTRIES: o->index_entries = (int32_t)number(optarg, 100000000); break;
	case OPT_QUIET: o->progress = false; break;
	case OPT_HELP:
		help(stdout);
		exit(0);
	case OPT_VERSION:
		printf("rmq-store %s\n", LMQ_VERSION_TEXT);
		exit(0);
	default:
		fprintf(stderr, "rmq-store: see rmq-store --help\n");
		exit(EXIT_USAGE);
	}
}

static int run(const struct command *cmd, const struct storetool_options *o, const char *folder)
{
	struct stat st;
	struct disk *d;
	struct storetool t;
	char *reason = NULL;
	int err = stat(folder, &st) ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR; /* a disk makes its root when missing */
	if (!err)
		err = disk_posix_new(folder, &d);
	if (err) {
		fprintf(stderr, "rmq-store: %s: %s\n", folder, lmi_strerror(err));
		return 1;
	}
	err = storetool_open(&t, d, o, stdout, stderr, &reason);
	if (!err) {
		err = cmd->run(&t);
		storetool_done(&t);
	} else if (reason) {
		fprintf(stderr, "rmq-store: %s: %s\n", folder, reason);
	}
	if (err < 0 && !reason)
		fprintf(stderr, "rmq-store: %s: %s\n", folder, lmi_strerror(err));
	free(reason);
	disk_free(d);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "rmq-store: the output cannot be written\n");
		return 1;
	}
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct storetool_options o = { .to = INT64_MAX, .until_ms = INT64_MAX, .max = INT64_MAX, .progress = isatty(STDERR_FILENO),
				       .wall_ms = lmi_wall_ms(lmi_clock_system()) };
	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;)
		take_option(&o, c);
	if (argc - optind != 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[optind], commands[i].name))
			return run(&commands[i], &o, argv[optind + 1]);
	fprintf(stderr, "rmq-store: %s is no command; see rmq-store --help\n", argv[optind]);
	return EXIT_USAGE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rmqctl, L5: read the command line, run one command. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/ctl_conf.h"

static const char options_text[] =
	"\nOptions:\n"
	"  -n, --namesrv LIST      name servers, HOST:PORT separated by semicolons; else NAMESRV_ADDR, else as rmqctl.yaml(5) says\n"
	"  -o, --output FORM       table, wide, json, jsonl, yaml or name (the first column alone)\n"
	"  -c, --cluster NAME      only brokers of this cluster\n"
	"  -b, --broker NAME       only this broker; as HOST:PORT no name server is asked\n"
	"  -t, --topic NAME        -g, --group NAME        instead of the operands\n"
	"  -k, --key TEXT          of a message or setting; -v, --value TEXT of a setting; --tag TEXT of a message\n"
	"  -i, --id ID             of a message\n"
	"  -p, --perm PERM         topic create: rw, r or w; with sendMessage the body\n"
	"  -r, -w, --queues N      topic create: queues\n"
	"      --order             topic create: an order topic\n"
	"  -a, --attributes LIST   topic create: +key=value,-key\n"
	"  -s, --to TIME           offset reset: earliest, latest, milliseconds since 1970 or 'YYYY-MM-DD HH:MM'\n"
	"      --count N           message find: so many at most\n"
	"      --warn N, --crit N  check: from which on\n"
	"      --all               system's and groups' own ones too\n"
	"      --dry-run           only say what would be done\n"
	"  -y, --yes               do not ask; without a terminal nothing is asked\n"
	"      --timeout SECONDS   for each question, 5\n"
	"      --config FILE       instead of /etc/lightmq/rmqctl.yaml and ~/.config/lightmq/rmqctl.yaml\n"
	"      --list-keys         names, types and defaults of its keys\n"
	"  -h, --help, --version\n"
	"\nExit status: 0 done; 1 refused or failed; 2 usage; 3 unreachable; 4 not found; 5 partly done.\n"
	"mqadmin's names and option letters are understood: rmqctl topicStatus -t orders.\n";

enum { OPT_QUEUES = 256, OPT_ORDER, OPT_COUNT, OPT_WARN, OPT_CRIT, OPT_ALL, OPT_DRY, OPT_TIMEOUT, OPT_TAG, OPT_CONFIG, OPT_KEYS, OPT_EXAMPLE, OPT_MAN, OPT_VERSION };

static const struct option longs[] = {
	{ "namesrv", required_argument, NULL, 'n' },    { "output", required_argument, NULL, 'o' },
	{ "cluster", required_argument, NULL, 'c' },    { "broker", required_argument, NULL, 'b' },
	{ "topic", required_argument, NULL, 't' },      { "group", required_argument, NULL, 'g' },
	{ "key", required_argument, NULL, 'k' },        { "value", required_argument, NULL, 'v' },
	{ "id", required_argument, NULL, 'i' },         { "perm", required_argument, NULL, 'p' },
	{ "queues", required_argument, NULL, OPT_QUEUES }, { "order", no_argument, NULL, OPT_ORDER },
	{ "attributes", required_argument, NULL, 'a' }, { "to", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, OPT_COUNT }, { "warn", required_argument, NULL, OPT_WARN },
	{ "crit", required_argument, NULL, OPT_CRIT },  { "all", no_argument, NULL, OPT_ALL },
	{ "dry-run", no_argument, NULL, OPT_DRY },      { "yes", no_argument, NULL, 'y' },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT }, { "tag", required_argument, NULL, OPT_TAG },
	{ "config", required_argument, NULL, OPT_CONFIG }, { "list-keys", no_argument, NULL, OPT_KEYS },
	{ "dump-example-config", no_argument, NULL, OPT_EXAMPLE }, { "dump-man-keys", no_argument, NULL, OPT_MAN },
	{ "help", no_argument, NULL, 'h' },             { "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static void help(FILE *out)
{
	fputs("rmqctl COMMAND [OPERANDS] [OPTIONS]\nLooks after brokers and name servers, RocketMQ's too.\n\n", out);
	for (const struct ctl_command *k = ctl_commands; k->words; k++)
		fprintf(out, "  %-15s %-14s %s\n", k->words, k->operands, k->what);
	fputs(options_text, out);
	fputs("\nExamples:\n", out);
	for (const struct ctl_command *k = ctl_commands; k->words; k++)
		fprintf(out, "  %s\n", k->example);
}

static void help_one(const struct ctl_command *k, FILE *out)
{
	fprintf(out, "rmqctl %s %s\n%s\n", k->words, k->operands, k->what);
	if (*k->alias)
		fprintf(out, "mqadmin's name: %s\n", k->alias);
	if (*k->options)
		fprintf(out, "Its options: %s; all are in rmqctl --help.\n", k->options);
	fprintf(out, "Example: %s\n", k->example);
}

/** A number from 0 to max, or the program ends. */
static int64_t number(const char *text, int64_t max)
{
	int64_t v;
	if (lmi_span_to_i64(lmi_span_str(text), &v) == 0 && v >= 0 && v <= max)
		return v;
	fprintf(stderr, "rmqctl: %s is not a number from 0 to %lld\n", text, (long long)max);
	exit(CTL_USAGE);
}

static void format(const char *text, struct ctl_options *o)
{
	if (!strcmp(text, "true") || !strcmp(text, "false")) { /* mqadmin updateTopic -o */
		o->order = text[0] == 't';
		return;
	}
	o->format_said = ctl_format_parse(text, &o->format);
	if (o->format_said)
		return;
	fprintf(stderr, "rmqctl: --output is table, wide, json, jsonl, yaml or name, not %s\n", text);
	exit(CTL_USAGE);
}

static int inform(void (*print)(const struct conf_table *t, FILE *out))
{
	print(&conf_ctl_table, stdout);
	return fflush(stdout) ? CTL_REFUSED : CTL_DONE;
}

static void take_option(struct ctl_options *o, int c, const char **config, bool *wants_help)
{
	switch (c) {
	case 'n': o->namesrv = optarg; break;
	case 'o': format(optarg, o); break;
	case 'c': o->cluster = optarg; break;
	case 'b': o->broker = optarg; break;
	case 't': o->topic = optarg; break;
	case 'g': o->group = optarg; break;
	case 'k': o->key = optarg; break;
	case 'v': o->value = optarg; break;
	case 'i': o->id = optarg; break;
	case 'p': o->perm = o->body = optarg; break;
	case 'a': o->attributes = optarg; break;
	case 's': o->to = optarg; break;
	case 'r':
	case 'w':
	case OPT_QUEUES: o->queues = number(optarg, 65536); break;
	case OPT_ORDER: o->order = true; break;
	case OPT_COUNT: o->count = number(optarg, 1000000); break;
	case OPT_WARN: o->warn = number(optarg, INT64_MAX); break;
	case OPT_CRIT: o->crit = number(optarg, INT64_MAX); break;
	case OPT_ALL: o->all = true; break;
	case OPT_DRY: o->dry_run = true; break;
	case OPT_TIMEOUT: o->timeout_ms = number(optarg, 3600) * 1000; break;
	case OPT_TAG: o->tag = optarg; break;
	case 'y': o->yes = true; break;
	case 'h': *wants_help = true; break;
	case OPT_CONFIG: *config = optarg; break;
	case OPT_KEYS: exit(inform(conf_list_keys));
	case OPT_EXAMPLE: exit(inform(conf_print_example));
	case OPT_MAN: exit(inform(conf_print_man));
	case OPT_VERSION:
		printf("rmqctl %s\n", LMQ_VERSION_TEXT);
		exit(0);
	default:
		fprintf(stderr, "rmqctl: see rmqctl --help\n");
		exit(CTL_USAGE);
	}
}

/* The command that the words begin with, ours or mqadmin's; how many they are. */
static const struct ctl_command *find(char **words, int n, int *out_used)
{
	char two[80];
	for (const struct ctl_command *k = ctl_commands; k->words; k++) {
		snprintf(two, sizeof(two), "%.30s %.30s", n > 0 ? words[0] : "", n > 1 ? words[1] : "");
		*out_used = strchr(k->words, ' ') ? 2 : 1;
		if (n > 0 && !strcmp(*out_used == 2 ? two : words[0], k->words))
			return k;
		*out_used = 1;
		if (n > 0 && *k->alias && !strcmp(words[0], k->alias))
			return k;
	}
	return NULL;
}

static int run(const struct ctl_command *k, struct ctl *c)
{
	int status;
	signal(SIGPIPE, SIG_IGN);
	if (ctl_open(c) == 0) {
		status = k->run(c);
	} else {
		ctl_say(c, "out of memory or descriptors");
		status = CTL_REFUSED;
	}
	ctl_done(c);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "rmqctl: the output cannot be written\n");
		return CTL_REFUSED;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct ctl c = { .opt = { .queues = -1, .count = -1, .warn = -1, .crit = -1, .timeout_ms = -1 },
			 .in = stdin, .out = stdout, .err = stderr, .ask_before = isatty(STDIN_FILENO) && isatty(STDERR_FILENO) };
	const char *config = NULL;
	bool wants_help = false;
	int used;
	for (int o; (o = getopt_long(argc, argv, "n:o:c:b:t:g:k:v:i:p:r:w:a:s:yh", longs, NULL)) != -1;)
		take_option(&c.opt, o, &config, &wants_help);
	const struct ctl_command *k = find(argv + optind, argc - optind, &used);
	if (wants_help) {
		if (k)
			help_one(k, stdout);
		else
			help(stdout);
		return 0;
	}
	if (!k) {
		fprintf(stderr, optind < argc ? "rmqctl: %s is no command; see rmqctl --help\n" : "rmqctl: which command? See rmqctl --help\n",
			optind < argc ? argv[optind] : "");
		return CTL_USAGE;
	}
	for (int i = optind + used; i < argc; i++) {
		if (c.opt.arg_count == CTL_ARGS_MAX) {
			ctl_say(&c, "too many operands");
			return CTL_USAGE;
		}
		c.opt.args[c.opt.arg_count++] = argv[i];
	}
	struct conf *conf = ctl_conf_read(config, stderr);
	if (!conf)
		return CTL_USAGE;
	ctl_conf_fill(conf, &c.opt);
	int status = run(k, &c);
	conf_free(conf);
	return status;
}

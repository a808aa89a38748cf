/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>

#include "host/host_internal.h"

enum { OPT_CHECK = 256, OPT_PRINT, OPT_LIST, OPT_VERSION, OPT_EXAMPLE, OPT_MAN };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "set", required_argument, NULL, 'o' },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "print-config", no_argument, NULL, OPT_PRINT },
	{ "list-keys", no_argument, NULL, OPT_LIST },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{ "dump-example-config", no_argument, NULL, OPT_EXAMPLE },
	{ "dump-man-keys", no_argument, NULL, OPT_MAN },
	{ NULL, 0, NULL, 0 },
};

static void print_help(const struct host_program *p)
{
	printf("usage: %s [options]\n\n%s\n\n", p->name, p->summary);
	printf("  -c, --config FILE     configuration (default %s, if it is there)\n", p->default_config);
	printf("  -o, --set KEY=VALUE   set a key; wins over files; may be repeated\n"
	       "      --check           check the configuration and end\n"
	       "      --print-config    print the effective configuration with its origins and end\n"
	       "      --list-keys       print all keys with type and default and end\n"
	       "      --version         print the version and end\n"
	       "  -h, --help            this text\n\n");
	printf("It runs in the foreground.  SIGTERM and SIGINT stop it, SIGHUP reloads, SIGUSR1 logs a summary.\n"
	       "Exit status: 0 clean stop, 1 failed, 2 usage, 78 bad configuration.\n\nExamples:\n");
	printf("  %s --check -c %s\n", p->name, p->default_config);
	printf("  %s -c /dev/null -o listenPort=0 -o logLevel=debug\n\nManual: %s(8), %s.yaml(5)\n", p->name, p->name, p->name);
}

int host_options_parse(const struct host_program *p, int argc, char **argv, struct host_options *out)
{
	int c;

	*out = (struct host_options){ 0 };
	while ((c = getopt_long(argc, argv, "c:o:h", long_options, NULL)) != -1) {
		switch (c) {
		case 'c': out->config = optarg; break;
		case 'o':
			if (out->set_count == sizeof(out->sets) / sizeof(out->sets[0])) {
				fprintf(stderr, "%s: too many -o options\n", p->name);
				return HOST_EXIT_USAGE;
			}
			out->sets[out->set_count++] = optarg;
			break;
		case OPT_CHECK: out->check = true; break;
		case OPT_PRINT: out->print = true; break;
		case OPT_LIST: out->list = true; break;
		case OPT_EXAMPLE: out->dump_example = true; break;
		case OPT_MAN: out->dump_man = true; break;
		case OPT_VERSION:
			printf("%s %s\n", p->name, LMQ_VERSION_TEXT);
			return HOST_EXIT_OK;
		case 'h':
			print_help(p);
			return HOST_EXIT_OK;
		default:
			fprintf(stderr, "Try %s --help.\n", p->name);
			return HOST_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument \"%s\"\nTry %s --help.\n", p->name, argv[optind], p->name);
		return HOST_EXIT_USAGE;
	}
	return -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for shells, made from the table of commands; names of topics and groups are asked for when they are wanted. */
#include <string.h>

#include "ctl/ctl.h"

static size_t first_word(const char *words) { return strcspn(words, " "); }

static bool same_first(const char *a, const char *b)
{
	size_t n = first_word(a);
	return n == first_word(b) && strncmp(a, b, n) == 0;
}

/* Commands of one noun stand together, or apart: each noun is put once. */
static bool seen(const struct ctl_command *k)
{
	for (const struct ctl_command *b = ctl_commands; b < k; b++)
		if (same_first(b->words, k->words))
			return true;
	return false;
}

static void put_cases(FILE *out)
{
	for (const struct ctl_command *k = ctl_commands; k->words; k++) {
		if (seen(k) || !strchr(k->words, ' '))
			continue;
		fprintf(out, "\t\t%.*s) words=\"", (int)first_word(k->words), k->words);
		for (const struct ctl_command *b = k; b->words; b++)
			if (same_first(b->words, k->words))
				fprintf(out, "%s ", strchr(b->words, ' ') + 1);
		fputs("\" ;;\n", out);
	}
}

static void put_bash(FILE *out)
{
	fputs("_rmqctl() {\n\tlocal words= current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n\tcase $COMP_CWORD in\n\t1) words=\"", out);
	for (const struct ctl_command *k = ctl_commands; k->words; k++)
		if (!seen(k))
			fprintf(out, "%.*s ", (int)first_word(k->words), k->words);
	fputs("\" ;;\n\t2) case ${COMP_WORDS[1]} in\n", out);
	put_cases(out);
	fputs("\t\tsend | why) words=$(rmqctl topic list -o name --timeout 1 2>/dev/null) ;;\n"
	      "\t\tesac ;;\n"
	      "\t*) case \"$before ${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n"
	      "\t\t-t\\ * | --topic\\ * | *\\ topic\\ * | *\\ message\\ find) words=$(rmqctl topic list -o name --timeout 1 2>/dev/null) ;;\n"
	      "\t\t-g\\ * | --group\\ * | *\\ group\\ * | *\\ offset\\ * | *\\ check\\ * | *\\ why\\ *) words=$(rmqctl group list -o name --timeout 1 2>/dev/null) ;;\n"
	      "\t\t-o\\ * | --output\\ *) words='table wide json jsonl yaml name' ;;\n"
	      "\t\t-b\\ * | --broker\\ * | *\\ broker\\ * | *\\ config\\ list) words=$(rmqctl cluster show -o name --timeout 1 2>/dev/null) ;;\n"
	      "\t\tesac ;;\n"
	      "\tesac\n"
	      "\t[[ $current != -* ]] || words='--namesrv --output --cluster --broker --topic --group --key --value --tag --id --perm --queues --order "
	      "--attributes --to --count --warn --crit --all --dry-run --yes --timeout --help --version'\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
	      "}\ncomplete -F _rmqctl rmqctl\n", out);
}

/* zsh understands bash's. */
static void put_zsh(FILE *out)
{
	fputs("autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n", out);
	put_bash(out);
}

static void put_fish(FILE *out)
{
	fputs("complete -c rmqctl -f\n", out);
	for (const struct ctl_command *k = ctl_commands; k->words; k++) {
		int n = (int)first_word(k->words);
		if (!seen(k))
			fprintf(out, "complete -c rmqctl -n __fish_use_subcommand -a %.*s\n", n, k->words);
		if (k->words[n])
			fprintf(out, "complete -c rmqctl -n '__fish_seen_subcommand_from %.*s' -a %s -d '%s'\n", n, k->words, k->words + n + 1, k->what);
	}
	fputs("complete -c rmqctl -s t -l topic -x -a '(rmqctl topic list -o name --timeout 1 2>/dev/null)'\n"
	      "complete -c rmqctl -s g -l group -x -a '(rmqctl group list -o name --timeout 1 2>/dev/null)'\n"
	      "complete -c rmqctl -s b -l broker -x -a '(rmqctl cluster show -o name --timeout 1 2>/dev/null)'\n"
	      "complete -c rmqctl -s o -l output -x -a 'table wide json jsonl yaml name'\n", out);
}

enum ctl_exit ctl_completion(struct ctl *c)
{
	const char *shell = ctl_operand(c, 0, "");
	if (!strcmp(shell, "bash"))
		put_bash(c->out);
	else if (!strcmp(shell, "zsh"))
		put_zsh(c->out);
	else if (!strcmp(shell, "fish"))
		put_fish(c->out);
	else {
		ctl_say(c, "bash, zsh or fish?");
		return CTL_USAGE;
	}
	return CTL_DONE;
}

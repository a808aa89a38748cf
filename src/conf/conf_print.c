/* SPDX-License-Identifier: Apache-2.0 */
/* The key table in its printed forms. */
#include <inttypes.h>

#include "conf/conf_internal.h"

static const char *type_name(const struct conf_key *k)
{
	switch (k->type) {
	case CONF_INT: return "number";
	case CONF_BOOL: return "bool";
	case CONF_TEXT: return "text";
	case CONF_BYTES: return "size";
	case CONF_MS: return "milliseconds";
	case CONF_SECONDS: return "seconds";
	case CONF_HOURS: return "hours";
	case CONF_CHOICE: return "choice";
	}
	return "";
}

static bool has_range(const struct conf_key *k)
{
	return k->type == CONF_INT || k->type == CONF_BYTES || k->type == CONF_MS || k->type == CONF_SECONDS ||
	       k->type == CONF_HOURS;
}

/* Text that YAML would read as something else is quoted. */
static void print_value(FILE *out, const struct conf_key *k, const char *text)
{
	if (k->type != CONF_TEXT) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void conf_print(const struct conf *c, FILE *out)
{
	for (size_t i = 0; i < c->key_count; i++) {
		fprintf(out, "%s: ", c->table->keys[i].name);
		print_value(out, &c->table->keys[i], c->values[i].text);
		fprintf(out, "  # %s\n", c->values[i].origin);
	}
}

void conf_list_keys(const struct conf_table *t, FILE *out)
{
	for (const struct conf_key *k = t->keys; k->name; k++)
		fprintf(out, "%-32s %-13s %s\n", k->name, type_name(k), *k->def ? k->def : "\"\"");
}

static void print_facts(FILE *out, const struct conf_table *t, const struct conf_key *k)
{
	fprintf(out, "%s%s", type_name(k), k->type == CONF_BYTES ? " in bytes" : "");
	if (has_range(k))
		fprintf(out, ", %" PRId64 " to %" PRId64, k->min, k->max);
	if (k->type == CONF_CHOICE)
		fprintf(out, " of %s", k->choices);
	if (t != &conf_ctl_table)
		fprintf(out, ", %s", k->live ? "taken over by a reload" : "needs a restart");
}

/* A sentence broken into comment lines of at most 78 characters. */
static void print_wrapped(FILE *out, const char *text)
{
	size_t column = 0;

	for (const char *p = text; *p;) {
		size_t word = strcspn(p, " ");

		if (column == 0 || column + 1 + word > 76) {
			fprintf(out, "%s# ", column ? "\n" : "");
			column = 0;
		} else {
			fputc(' ', out);
			column++;
		}
		fwrite(p, 1, word, out);
		column += word;
		p += word + (p[word] == ' ');
	}
	fputc('\n', out);
}

void conf_print_example(const struct conf_table *t, FILE *out)
{
	fprintf(out, "# Configuration of %s: every key with its default, commented out.\n", t->program);
	if (t == &conf_ctl_table)
		fprintf(out, "# Read by each command, and after it the user's own; see rmqctl.yaml(5).\n");
	else
		fprintf(out, "# %s --check tells whether a change is right; see %s.yaml(5).\n", t->program, t->program);
	for (const struct conf_key *k = t->keys; k->name; k++) {
		fputc('\n', out);
		print_wrapped(out, k->help);
		fputs("# (", out);
		print_facts(out, t, k);
		fprintf(out, ")\n#%s: ", k->name);
		print_value(out, k, k->def);
		fputc('\n', out);
	}
}

void conf_print_man(const struct conf_table *t, FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct conf_key *k = t->keys; k->name; k++) {
		fprintf(out, ".It Cm %s\n%s\n", k->name, k->help);
		fputs("Type: ", out);
		print_facts(out, t, k);
		fprintf(out, ".\nDefault: %s.\n", *k->def ? k->def : "empty");
	}
	fputs(".El\n", out);
}

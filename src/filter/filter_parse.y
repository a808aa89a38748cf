/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of expressions.  Rule: SelectorParser.jj, whose levels these are; what it checks while building its objects,
 * filter_build.c checks.
 *
 * The program is written out as operands are seen, in postfix order; the rules in the middle of a production put in the
 * jumps past an operand that RocketMQ would not evaluate.  The parser's default reductions end the expression before the
 * first word that does not continue it, as RocketMQ's parser does.
 */
%{
#include "filter/filter_internal.h"

#define YYMAXDEPTH FILTER_DEPTH_MAX
#define YYINITDEPTH 100

union filter_parse_value;
%}

%define api.pure full
%define api.prefix {filter_parse_}
%define parse.error custom
%parse-param { struct filter_build *b }
%lex-param { struct filter_build *b }

%union {
	struct filter_token token;
	struct filter_part part;
	uint32_t number;
}

%token NOT 258 AND 259 OR 260 BETWEEN 261 IN 262
%token <token> TRUTH 263 FALSITY 264 NOTHING 265
%token IS 266 CONTAINS 267 STARTSWITH 268 ENDSWITH 269 NE 270 GE 271 LE 272
%token <token> DECIMAL 273 FLOAT 274 STRING 275 ID 276

%type <part> any_of all_of equality comparison unary primary literal
%type <number> mark string list

%code {
static int filter_parse_lex(FILTER_PARSE_STYPE *value, struct filter_build *b);
static void filter_parse_error(struct filter_build *b, const char *text);

_Static_assert((int)NOT == W_NOT && (int)AND == W_AND && (int)OR == W_OR && (int)BETWEEN == W_BETWEEN && (int)IN == W_IN &&
	(int)TRUTH == W_TRUE && (int)FALSITY == W_FALSE && (int)NOTHING == W_NULL && (int)IS == W_IS &&
	(int)CONTAINS == W_CONTAINS && (int)STARTSWITH == W_STARTSWITH && (int)ENDSWITH == W_ENDSWITH && (int)NE == W_NE &&
	(int)GE == W_GE && (int)LE == W_LE && (int)DECIMAL == W_DECIMAL && (int)FLOAT == W_FLOAT && (int)STRING == W_STRING &&
	(int)ID == W_ID, "the lexer's words are the grammar's");

#define DO(call) do { if (!(call)) YYABORT; } while (0)
#define AS_TRUTH(p) ((struct filter_part){ .is = OPERAND_TRUTH, .at = (p).at, .from = (p).from })

/* The place of the next step, which is a jump to be set later. */
static inline uint32_t here(const struct filter_build *b)
{
	return (uint32_t)b->op_count;
}

static bool ordering(struct filter_build *b, const struct filter_part *left, const struct filter_part *right, enum filter_code code)
{
	return filter_ordered(b, left) && filter_ordered(b, right) && filter_emit(b, code, 0);
}
}

%%

selector:
	any_of					{ DO(filter_truth(b, &$1)); YYACCEPT; }

any_of:
	all_of
	| any_of OR				{ DO(filter_truth(b, &$1)); $<number>$ = here(b); DO(filter_emit(b, OP_IF_TRUE, 0)); }
	  all_of				{ DO(filter_truth(b, &$4)); DO(filter_emit(b, OP_OR, 0));
						  filter_land(b, $<number>3); $$ = AS_TRUTH($1); }

all_of:
	equality
	| all_of AND				{ DO(filter_truth(b, &$1)); $<number>$ = here(b); DO(filter_emit(b, OP_IF_FALSE, 0)); }
	  equality				{ DO(filter_truth(b, &$4)); DO(filter_emit(b, OP_AND, 0));
						  filter_land(b, $<number>3); $$ = AS_TRUTH($1); }

equality:
	comparison
	| equality '=' comparison		{ DO(filter_equal(b, &$1, &$3)); $$ = AS_TRUTH($1); }
	| equality NE comparison		{ DO(filter_equal(b, &$1, &$3)); DO(filter_emit(b, OP_NOT, 0)); $$ = AS_TRUTH($1); }
	| equality IS NOTHING			{ struct filter_part null;
						  DO(filter_literal(b, &$3, &null)); DO(filter_emit(b, OP_EQ, 0)); $$ = AS_TRUTH($1); }
	| equality IS NOT NOTHING		{ struct filter_part null;
						  DO(filter_literal(b, &$4, &null)); DO(filter_emit(b, OP_EQ, 0));
						  DO(filter_emit(b, OP_NOT, 0)); $$ = AS_TRUTH($1); }

comparison:
	unary
	| comparison '>' mark unary		{ DO(ordering(b, &$1, &$4, OP_GT)); filter_land(b, $3); $$ = AS_TRUTH($1); }
	| comparison GE mark unary		{ DO(ordering(b, &$1, &$4, OP_GE)); filter_land(b, $3); $$ = AS_TRUTH($1); }
	| comparison '<' mark unary		{ DO(ordering(b, &$1, &$4, OP_LT)); filter_land(b, $3); $$ = AS_TRUTH($1); }
	| comparison LE mark unary		{ DO(ordering(b, &$1, &$4, OP_LE)); filter_land(b, $3); $$ = AS_TRUTH($1); }
	| comparison CONTAINS string		{ DO(filter_search(b, &$1, OP_CONTAINS, $3)); $$ = AS_TRUTH($1); }
	| comparison NOT CONTAINS string	{ DO(filter_search(b, &$1, OP_NOT_CONTAINS, $4)); $$ = AS_TRUTH($1); }
	| comparison STARTSWITH string		{ DO(filter_search(b, &$1, OP_STARTS, $3)); $$ = AS_TRUTH($1); }
	| comparison NOT STARTSWITH string	{ DO(filter_search(b, &$1, OP_NOT_STARTS, $4)); $$ = AS_TRUTH($1); }
	| comparison ENDSWITH string		{ DO(filter_search(b, &$1, OP_ENDS, $3)); $$ = AS_TRUTH($1); }
	| comparison NOT ENDSWITH string	{ DO(filter_search(b, &$1, OP_NOT_ENDS, $4)); $$ = AS_TRUTH($1); }
	| comparison BETWEEN			{ DO(filter_emit(b, OP_DUP, 0)); $<number>$ = here(b); DO(filter_emit(b, OP_IF_NULL, 0)); }
	  unary AND				{ DO(ordering(b, &$1, &$4, OP_GE)); filter_land(b, $<number>3); $<number>$ = here(b);
						  DO(filter_emit(b, OP_IF_FALSE, 0)); DO(filter_emit(b, OP_SWAP, 0));
						  DO(filter_emit(b, OP_IF_NULL, 0)); }
	  unary					{ DO(ordering(b, &$1, &$7, OP_LE)); DO(filter_range(b, &$4, &$7));
						  filter_land(b, $<number>6 + 2); DO(filter_emit(b, OP_AND, 0));
						  uint32_t go = here(b); DO(filter_emit(b, OP_GO, 0));
						  filter_land(b, $<number>6); b->depth++; DO(filter_emit(b, OP_NIP, 0));
						  filter_land(b, go); $$ = AS_TRUTH($1); }
	| comparison NOT BETWEEN		{ DO(filter_emit(b, OP_DUP, 0)); $<number>$ = here(b); DO(filter_emit(b, OP_IF_NULL, 0)); }
	  unary AND				{ DO(ordering(b, &$1, &$5, OP_LT)); filter_land(b, $<number>4); $<number>$ = here(b);
						  DO(filter_emit(b, OP_IF_TRUE, 0)); DO(filter_emit(b, OP_SWAP, 0));
						  DO(filter_emit(b, OP_IF_NULL, 0)); }
	  unary					{ DO(ordering(b, &$1, &$8, OP_GT));
						  filter_land(b, $<number>7 + 2); DO(filter_emit(b, OP_OR, 0));
						  uint32_t go = here(b); DO(filter_emit(b, OP_GO, 0));
						  filter_land(b, $<number>7); b->depth++; DO(filter_emit(b, OP_NIP, 0));
						  filter_land(b, go); $$ = AS_TRUTH($1); }
	| comparison IN '(' list ')'		{ DO(filter_in(b, &$1, OP_IN, $4)); $$ = AS_TRUTH($1); }
	| comparison NOT IN '(' list ')'	{ DO(filter_in(b, &$1, OP_NOT_IN, $5)); $$ = AS_TRUTH($1); }

mark:
	%empty					{ $$ = here(b); DO(filter_emit(b, OP_IF_NULL, 0)); }

list:
	string
	| list ',' string			{ $$ = $1; }

string:
	STRING					{ DO(filter_string(b, &$1, &$$)); }

unary:
	primary
	| '+' unary				{ $$ = $2; }
	| '-' unary				{ DO(filter_emit(b, OP_NEGATE, 0)); $$ = $2; $$.is = OPERAND_NEGATIVE; }
	| NOT unary				{ DO(filter_truth(b, &$2)); DO(filter_emit(b, OP_NOT, 0)); $$ = AS_TRUTH($2); }

primary:
	literal
	| ID					{ DO(filter_property(b, &$1, &$$)); }
	| '(' any_of ')'			{ $$ = $2; }

literal:
	STRING					{ DO(filter_literal(b, &$1, &$$)); }
	| DECIMAL				{ DO(filter_literal(b, &$1, &$$)); }
	| FLOAT					{ DO(filter_literal(b, &$1, &$$)); }
	| TRUTH					{ DO(filter_literal(b, &$1, &$$)); }
	| FALSITY				{ DO(filter_literal(b, &$1, &$$)); }
	| NOTHING				{ DO(filter_literal(b, &$1, &$$)); }

%%

#define SHOWN_MAX 24 /* characters of a word in a message */

static const char *fault_text(int fault)
{
	switch (fault) {
	case FILTER_OPEN_STRING:
		return "the string that begins here has no closing '";
	case FILTER_OPEN_COMMENT:
		return "the comment that begins here has no end";
	default:
		return "no word begins with this character";
	}
}

static int filter_parse_lex(FILTER_PARSE_STYPE *value, struct filter_build *b)
{
	struct filter_token t;
	int fault = filter_lex(&b->lexer, &t);
	b->last_at = t.at;
	if (fault) {
		filter_fail(b, -LMQ_EILLEGAL, (enum filter_fault)fault, t.at, "%s", fault_text(fault));
		return FILTER_PARSE_UNDEF;
	}
	value->token = t;
	return t.word;
}

/* What is wanted instead: an operand, a string, or one of a few words. */
static const char *wanted(const yypcontext_t *ctx)
{
	yysymbol_kind_t expected[YYNTOKENS];
	int n = yypcontext_expected_tokens(ctx, expected, YYNTOKENS);
	for (int i = 0; i < n; i++)
		if (expected[i] == YYSYMBOL_ID)
			return "a property, a literal or an opening parenthesis";
	if (n == 1 && expected[0] == YYSYMBOL_STRING)
		return "a string such as 'x'";
	if (n == 1 && expected[0] == YYSYMBOL_AND)
		return "AND";
	for (int i = 0; i < n; i++)
		if (expected[i] == YYSYMBOL_NOTHING)
			return "NULL";
	return "an operator or a closing parenthesis";
}

static int yyreport_syntax_error(const yypcontext_t *ctx, struct filter_build *b)
{
	struct lmi_span text = b->lexer.text;
	size_t n = b->lexer.at - b->last_at;
	if (yypcontext_token(ctx) == YYSYMBOL_YYEOF)
		filter_fail(b, -LMQ_EILLEGAL, FILTER_SYNTAX, b->last_at, "the expression ends where %s is expected", wanted(ctx));
	else
		filter_fail(b, -LMQ_EILLEGAL, FILTER_SYNTAX, b->last_at, "%.*s stands where %s is expected",
			    (int)(n < SHOWN_MAX ? n : SHOWN_MAX), (const char *)text.p + b->last_at, wanted(ctx));
	return 0;
}

/* Of the parser's own: its stack is full. */
static void filter_parse_error(struct filter_build *b, const char *text)
{
	(void)b;
	(void)text;
}

int filter_parse(struct filter_build *b)
{
	int rc = filter_parse_parse(b);
	return rc ? rc : b->err ? 1 : 0; /* a word that is none ends an expression too */
}

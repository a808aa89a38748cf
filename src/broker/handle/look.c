/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/look.h"
#include "filter/filter.h"

/* What the store's scan matches with. */
struct matching {
	const struct lmi_tags_filter *tags;
	const struct filter *sql;
	uint64_t left; /* of the cost that was allowed */
};

static bool match_tags(void *ctx, int64_t tags_code)
{
	const struct matching *m = ctx;
	return lmi_tags_match(m->tags, tags_code);
}

static int match_props(void *ctx, struct lmi_span props)
{
	struct matching *m = ctx;
	uint64_t cost = filter_cost(m->sql, props.n);
	bool matches = filter_eval(m->sql, props) == FILTER_TRUE;
	m->left -= cost < m->left ? cost : m->left;
	return matches ? 1 : m->left ? 0 : -LMQ_EFULL;
}

int look_into(struct handle *h, const struct lmi_tags_filter *tags, const struct filter *sql, uint64_t cost)
{
	struct store_get *g = &h->get;
	struct matching m = { .tags = tags, .sql = sql, .left = cost };
	g->match_tags = tags && !tags->all ? match_tags : NULL;
	g->match_props = sql ? match_props : NULL;
	g->match_ctx = &m;
	int err = store_get(h->store, g);
	g->match_tags = NULL; /* others use the same struct */
	g->match_props = NULL;
	g->match_ctx = NULL;
	return err;
}

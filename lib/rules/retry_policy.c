/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/retry_policy.h"

#include "wire/json.h"

#define FIRST_STEP 2          /* of the first retry; rule: CustomizedRetryPolicy.nextDelayDuration */
#define EXPONENT_MAX 32       /* rule: ExponentialRetryPolicy.nextDelayDuration */
#define INITIAL_MS 5000
#define LONGEST_MS 7200000
#define MULTIPLIER 2

struct reading {
	struct lmi_retry_policy *p;
	bool exponential, has_steps, has_curve;
};

static int read_steps(struct lmi_json *j, struct reading *r)
{
	int rc = lmi_json_enter(j, LMI_JSON_ARRAY);
	if (rc <= 0)
		return rc;
	r->p->count = 0;
	while ((rc = lmi_json_element(j)) == 1) {
		int64_t ms = 0;
		rc = lmi_json_i64(j, &ms);
		if (rc)
			return rc;
		if (r->p->count < LMI_RETRY_POLICY_STEPS_MAX)
			r->p->next_ms[r->p->count++] = ms < 0 ? 0 : ms;
	}
	r->has_steps = r->p->count > 0;
	return rc;
}

static int read_customized(struct lmi_json *j, struct reading *r)
{
	struct lmi_json_token key;
	int rc = lmi_json_enter(j, LMI_JSON_OBJECT);
	if (rc <= 0)
		return rc;
	while ((rc = lmi_json_member(j, &key)) == 1) {
		rc = lmi_json_is(&key, "next") ? read_steps(j, r) : lmi_json_skip(j);
		if (rc)
			return rc;
	}
	return rc;
}

static int read_exponential(struct lmi_json *j, struct reading *r)
{
	struct lmi_json_token key;
	int rc = lmi_json_enter(j, LMI_JSON_OBJECT);
	if (rc <= 0)
		return rc;
	r->has_curve = true;
	while ((rc = lmi_json_member(j, &key)) == 1) {
		if (lmi_json_is(&key, "initial"))
			rc = lmi_json_i64(j, &r->p->initial_ms);
		else if (lmi_json_is(&key, "max"))
			rc = lmi_json_i64(j, &r->p->max_ms);
		else if (lmi_json_is(&key, "multiplier"))
			rc = lmi_json_i64(j, &r->p->multiplier);
		else
			rc = lmi_json_skip(j);
		if (rc)
			return rc;
	}
	return rc;
}

static int read_type(struct lmi_json *j, struct reading *r)
{
	struct lmi_json_token t;
	int err = lmi_json_next(j, &t);
	if (!err)
		r->exponential = t.kind == LMI_JSON_STRING && lmi_json_is(&t, "EXPONENTIAL");
	return err;
}

int lmi_retry_policy_read(struct lmi_span json, struct lmi_retry_policy *out)
{
	struct lmi_json j;
	struct lmi_json_token key;
	struct lmi_retry_policy p = { .initial_ms = INITIAL_MS, .max_ms = LONGEST_MS, .multiplier = MULTIPLIER };
	struct reading r = { .p = &p };
	int rc = 0;
	lmi_json_init(&j, json);
	if (json.n)
		rc = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (rc > 0 && (rc = lmi_json_member(&j, &key)) == 1) {
		int err;
		if (lmi_json_is(&key, "type"))
			err = read_type(&j, &r);
		else if (lmi_json_is(&key, "customizedRetryPolicy"))
			err = read_customized(&j, &r);
		else if (lmi_json_is(&key, "exponentialRetryPolicy"))
			err = read_exponential(&j, &r);
		else
			err = lmi_json_skip(&j);
		if (err)
			return err;
	}
	if (rc < 0)
		return rc;
	p.kind = r.exponential ? (r.has_curve ? LMI_RETRY_EXPONENTIAL : LMI_RETRY_BY_LEVEL) :
				 (r.has_steps ? LMI_RETRY_CUSTOMIZED : LMI_RETRY_BY_LEVEL);
	*out = p;
	return 0;
}

static int64_t curve_ms(const struct lmi_retry_policy *p, int32_t times)
{
	int64_t ms = p->initial_ms < 0 ? 0 : p->initial_ms;
	if (p->multiplier < 1)
		return ms < p->max_ms ? ms : p->max_ms;
	for (int32_t i = 0; i < times && i < EXPONENT_MAX && ms < p->max_ms; i++)
		if (__builtin_mul_overflow(ms, p->multiplier, &ms))
			return p->max_ms;
	return ms < p->max_ms ? ms : p->max_ms;
}

int64_t lmi_retry_policy_ms(const struct lmi_retry_policy *p, int32_t times)
{
	if (times < 0)
		times = 0;
	switch (p->kind) {
	case LMI_RETRY_CUSTOMIZED: {
		size_t step = (size_t)times + FIRST_STEP;
		return p->next_ms[step < p->count ? step : p->count - 1];
	}
	case LMI_RETRY_EXPONENTIAL:
		return curve_ms(p, times);
	case LMI_RETRY_BY_LEVEL:
		break;
	}
	return 0;
}

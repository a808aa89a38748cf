/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/setting_text.h"

struct lmi_span lmi_setting_trim(struct lmi_span s)
{
	while (s.n && s.p[0] <= ' ')
		s = lmi_span(s.p + 1, s.n - 1);
	while (s.n && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

bool lmi_setting_next(struct lmi_span *rest, struct lmi_span *key, struct lmi_span *value)
{
	while (rest->n) {
		const uint8_t *end = memchr(rest->p, '\n', rest->n), *sign;
		struct lmi_span line = lmi_span(rest->p, end ? (size_t)(end - rest->p) : rest->n);
		*rest = end ? lmi_span(end + 1, rest->n - line.n - 1) : LMI_SPAN_NULL;
		line = lmi_setting_trim(line);
		if (line.n == 0 || line.p[0] == '#' || line.p[0] == '!')
			continue;
		sign = memchr(line.p, '=', line.n);
		*key = lmi_setting_trim(lmi_span(line.p, sign ? (size_t)(sign - line.p) : line.n));
		*value = sign ? lmi_setting_trim(lmi_span(sign + 1, line.n - (size_t)(sign - line.p) - 1)) : LMI_SPAN_LIT("");
		return true;
	}
	return false;
}

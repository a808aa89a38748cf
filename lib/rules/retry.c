/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/retry.h"

#include "wire/codes.h"

int32_t lmi_retry_max_times(const struct lmi_retry_max *m)
{
	return m->in_request && m->client_version >= LMI_VERSION_3_4_9 ? m->of_request : m->of_group;
}

struct lmi_retry lmi_retry_sent_back(int32_t times, int32_t max_times, int32_t delay_level)
{
	if (times >= max_times || delay_level < 0)
		return (struct lmi_retry){ .dead = true };
	if (delay_level == 0)
		delay_level = times > INT32_MAX - LMI_RETRY_FIRST_LEVEL ? INT32_MAX : LMI_RETRY_FIRST_LEVEL + times;
	return (struct lmi_retry){ .delay_level = delay_level };
}

bool lmi_retry_send_is_dead(int32_t times, int32_t max_times, bool ordered)
{
	return times > max_times || ordered;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings as RocketMQ's requests carry them (UPDATE_…_CONFIG, GET_…_CONFIG): a `key=value` a line.  Rule: MixAll.string2Properties.
 */
#ifndef LMI_WIRE_SETTING_TEXT_H
#define LMI_WIRE_SETTING_TEXT_H

#include "base/bytes.h"

/** Without the blanks, control characters among them, at both ends.  Pure; lies in the text. */
LMI_API struct lmi_span lmi_setting_trim(struct lmi_span s);

/**
 * The next setting.  Empty lines and comments (# and !) are passed over; blanks around key and value do not count; a line without
 * = is a key without a value.
 *
 * @rest  what is left; cut behind the line
 *
 * Returns false at the end.  Pure; key and value lie in the text.
 */
LMI_API bool lmi_setting_next(struct lmi_span *rest, struct lmi_span *key, struct lmi_span *value);

#endif

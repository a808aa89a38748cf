/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces of the first kind: written in front of the names of topics and groups.  Rule: NamespaceUtil. */
#ifndef LMI_RULES_NAMESPACE_H
#define LMI_RULES_NAMESPACE_H

#include "rules/name.h"

#define LMI_NAMESPACE_MARK '%'

/**
 * Put a namespace in front of a name, behind %RETRY% or %DLQ%.  Names of the system's, those that have it already, and all names when
 * @ns is empty stay as they are.
 *
 * @out  LMI_NAME_MAX + 1 bytes, with a NUL behind
 *
 * Returns 0; -LMQ_ETOOBIG when it does not fit.
 */
LMI_API int lmi_namespace_wrap(struct lmi_span ns, struct lmi_span name, char *out);

/** The name behind the namespace, if it has that; retry and dead letter topics stay as they are.  Points into @name. */
LMI_API const char *lmi_namespace_strip(struct lmi_span ns, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ClusterInfo: all brokers, and which cluster each is in.  Decoded values borrow; any thread.  Rule: ClusterInfo.
 */
#ifndef LMI_WIRE_CLUSTER_INFO_H
#define LMI_WIRE_CLUSTER_INFO_H

#include "wire/route.h"

#define LMI_CLUSTER_BROKERS_MAX 16384u
#define LMI_CLUSTER_CLUSTERS_MAX 4096u

struct lmi_cluster {
	struct lmi_span name;
	struct lmi_span *broker_names;
	size_t broker_count;
};

struct lmi_cluster_info {
	struct lmi_route_broker *brokers; /* brokerAddrTable */
	size_t broker_count;
	struct lmi_cluster *clusters; /* clusterAddrTable */
	size_t cluster_count;
};

/** Returns 0; -LMQ_EMALFORMED; -LMQ_ETOOBIG; -LMQ_EDEPTH; -ENOMEM. */
LMI_API int lmi_cluster_info_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_cluster_info *out);

/** Append it, in fastjson's default dialect (broker ids unquoted). */
LMI_API void lmi_cluster_info_put(struct lmi_buf *b, const struct lmi_cluster_info *c);

#endif

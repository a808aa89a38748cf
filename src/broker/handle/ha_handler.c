/* SPDX-License-Identifier: Apache-2.0 */
/* Replication as RocketMQ's tools ask for it: this broker is a master without replicas. */
#include "broker/handle/handlers.h"

/* Rule: AdminBrokerProcessor.getBrokerHaStatus, HARuntimeInfo, as DefaultHAService of a master fills it. */
void ha_status_handler(struct handle *h, const struct request *r)
{
	struct lmi_json_out o;
	struct store_marks m;
	store_marks(h->store, &m);
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "haClientRuntimeInfo");
	lmi_json_put_raw(&o, LMI_SPAN_LIT("{\"lastReadTimestamp\":0,\"lastWriteTimestamp\":0,\"masterFlushOffset\":0,\"maxOffset\":0,"
					  "\"transferredByteInSecond\":0}"));
	lmi_json_put_key(&o, "haConnectionInfo");
	lmi_json_put_raw(&o, LMI_SPAN_LIT("[]"));
	lmi_json_put_key(&o, "inSyncSlaveNums");
	lmi_json_put_i64(&o, 0);
	lmi_json_put_key(&o, "master");
	lmi_json_put_bool(&o, true);
	lmi_json_put_key(&o, "masterCommitLogMaxOffset");
	lmi_json_put_i64(&o, m.written);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}

/* A master has no use for it, and says yes.  Rule: AdminBrokerProcessor.resetMasterFlushOffset. */
void ha_reset_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	fields_i64(&f, LMI_EXT_MASTER_FLUSH_OFFSET);
	if (fields_ok(h, r, &f))
		answer_code(r, LMI_RSP_SUCCESS);
}

/* Rule: AdminBrokerProcessor.getBrokerEpochCache without a controller. */
void ha_epoch_handler(struct handle *h, const struct request *r)
{
	answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "there is no controller: this broker has no epochs");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/md5.h"

#include <openssl/evp.h>

#include "base/error.h"

int lmi_md5(struct lmi_span in, uint8_t out[LMI_MD5_BYTES])
{
	unsigned int n = 0;

	if (EVP_Digest(in.n ? in.p : (const uint8_t *)"", in.n, out, &n, EVP_md5(), NULL) != 1 || n != LMI_MD5_BYTES)
		return -LMQ_EUNSUPPORTED;
	return 0;
}

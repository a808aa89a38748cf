/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: a request that is read has a path inside of it, and what was refused or read stays so when more comes. */
#include <errno.h>

#include "base/error.h"
#include "io/http_serve.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_http_request r, more;
	int err = lmi_http_request_read(lmi_span(data, size), &r);

	FUZZ_CHECK(err == 0 || err == -EAGAIN || err == -LMQ_ETOOBIG || err == -LMQ_EMALFORMED || err == -LMQ_EUNSUPPORTED);
	FUZZ_CHECK(err != 0 || (r.path.n > 0 && r.path.p[0] == '/' && r.path.p >= data && r.path.p + r.path.n <= data + size));
	for (size_t n = 0; n < size && n < 128; n++)
		if (lmi_http_request_read(lmi_span(data, n), &more) == 0)
			FUZZ_CHECK(err == -LMQ_ETOOBIG || (err == 0 && more.path.n == r.path.n));
	return 0;
}

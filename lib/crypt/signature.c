/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/signature.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#define SHA1_BYTES 20

static int digest(EVP_MAC_CTX *ctx, struct lmi_span secret, const struct lmi_span *parts, size_t count, uint8_t *out)
{
	char sha1[] = "SHA1";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", sha1, 0), OSSL_PARAM_construct_end() };
	bool good = EVP_MAC_init(ctx, secret.n > 0 ? secret.p : (const uint8_t *)"", secret.n, params);
	size_t n = 0;

	for (size_t i = 0; good && i < count; i++)
		good = parts[i].n == 0 || EVP_MAC_update(ctx, parts[i].p, parts[i].n);
	return good && EVP_MAC_final(ctx, out, &n, SHA1_BYTES) && n == SHA1_BYTES ? 0 : -LMQ_EUNSUPPORTED;
}

int lmi_signature(struct lmi_span secret, const struct lmi_span *parts, size_t count, char *out)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	uint8_t bytes[SHA1_BYTES];
	int r = !mac ? -LMQ_EUNSUPPORTED : !ctx ? -ENOMEM : digest(ctx, secret, parts, count, bytes);

	if (r == 0)
		(void)EVP_EncodeBlock((unsigned char *)out, bytes, SHA1_BYTES);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests, made on the spot. */
#ifndef LIGHTMQ_TESTS_SUPPORT_CERTS_H
#define LIGHTMQ_TESTS_SUPPORT_CERTS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* A self-signed certificate and its key, in files. */
struct certs {
	char folder[64], cert[96], key[96];
};

static inline void certs_extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

/* @names  subjectAltName, "IP:127.0.0.1,DNS:localhost";  @password  of the key, NULL: none */
static inline void certs_make(struct certs *c, const char *names, const char *password)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name;
	FILE *f;

	snprintf(c->folder, sizeof(c->folder), "/tmp/lightmq-certs-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(c->folder));
	snprintf(c->cert, sizeof(c->cert), "%s/cert.pem", c->folder);
	snprintf(c->key, sizeof(c->key), "%s/key.pem", c->folder);
	ck_assert(key && x);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400L * 365);
	X509_set_pubkey(x, key);
	name = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"lightmq test", -1, -1, 0);
	X509_set_issuer_name(x, name);
	certs_extend(x, NID_basic_constraints, "critical,CA:TRUE");
	certs_extend(x, NID_subject_alt_name, names);
	ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
	f = fopen(c->cert, "w");
	ck_assert(f && PEM_write_X509(f, x) == 1);
	fclose(f);
	f = fopen(c->key, "w");
	ck_assert(f && PEM_write_PKCS8PrivateKey(f, key, password ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL, (void *)(uintptr_t)password) == 1);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

static inline void certs_remove(struct certs *c)
{
	unlink(c->cert);
	unlink(c->key);
	rmdir(c->folder);
}

#endif

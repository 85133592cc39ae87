/* All functions of ours that Mbed TLS's own files call, in place of the function that each of them
 * is compared with. seam.txt says which file calls which; the build makes it so. None of them is
 * for anybody else. */
#ifndef MBED_SEAM_H
#define MBED_SEAM_H

#include <stddef.h>

#include "mbedtls/bignum.h"
#include "mbedtls/pk.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "psa/crypto.h"

/* --- elastic.c: record buffers ---------------------------------------------------------------- */

/** mbedtls_ssl_session_reset_msg_layer() of ssl_tls13_client.c and ..._server.c, without clearing
 *  buffers by the lengths that they would have. */
void et_mbed_reset_msg_layer(mbedtls_ssl_context *ssl, int partial);

/* --- scope.c: whose memory -------------------------------------------------------------------- */

/** psa_import_key() of ssl_tls.c: counted as the handshake's. */
psa_status_t et_mbed_session_import_key(const psa_key_attributes_t *attributes, const uint8_t *data,
                                        size_t len, mbedtls_svc_key_id_t *key);

/** mbedtls_x509_crt_parse_der() of ssl_tls.c and ssl_tls13_generic.c, for certificates of the
 *  peer. */
int et_mbed_peer_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *buf, size_t len);

#ifdef MBED_HAS_RETRY
/* --- retry.c: the key share ------------------------------------------------------------------- */

/** psa_destroy_key() of ssl_tls13_client.c: not where the share stays. */
psa_status_t et_mbed_retry_destroy_key(mbedtls_svc_key_id_t key);
/** psa_generate_key() of ssl_tls13_generic.c: not where there is one. */
psa_status_t et_mbed_retry_generate_key(const psa_key_attributes_t *attributes,
                                        mbedtls_svc_key_id_t *key);
#endif

/* --- checks.c: signatures of the peer --------------------------------------------------------- */

/** mbedtls_pk_verify_ext() of x509_crt.c: certificates. */
int et_mbed_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
                          mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len,
                          const unsigned char *sig, size_t sig_len);
/** mbedtls_pk_verify_ext() of ssl_tls13_generic.c: the handshake. */
int et_mbed_pk_verify_now(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *ctx,
                          mbedtls_md_type_t md_alg, const unsigned char *hash, size_t hash_len,
                          const unsigned char *sig, size_t sig_len);

/* --- public_exp.c: RSA's public operation ----------------------------------------------------- */

/** mbedtls_mpi_core_get_mont_r2_unsafe() of bignum.c and rsa.c. */
int et_mbed_mont_r2(mbedtls_mpi *X, const mbedtls_mpi *N);
/** mbedtls_mpi_exp_mod_unsafe() of rsa.c. */
int et_mbed_exp_mod_public(mbedtls_mpi *X, const mbedtls_mpi *A, const mbedtls_mpi *E,
                           const mbedtls_mpi *N, mbedtls_mpi *RR);

/* --- transform_keys.c: keys of TLS 1.3. The derivations are in tls13_keys.h ------------------- */

/** psa_import_key() of ssl_tls13_keys.c: a transform's first key goes when the second cannot be
 *  had. */
psa_status_t et_mbed_tls13_import_key(const psa_key_attributes_t *attributes, const uint8_t *data,
                                      size_t len, mbedtls_svc_key_id_t *key);

/* --- slots.c: PSA's key slots ----------------------------------------------------------------- */

/** mbedtls_calloc() and mbedtls_free() of psa_crypto_slot_management.c. */
void *et_mbed_slots_calloc(size_t n, size_t size);
void et_mbed_slots_free(void *table);

/* --- tap.c: messages, for observers  ---------------------------------------------------------- */

#ifdef MBED_HAS_MESSAGES
/** mbedtls_ssl_read_record(), ..._write_handshake_msg_ext() and ..._finish_handshake_msg() of all
 *  files but ssl_msg.c, which has them. */
int et_mbed_tap_read_record(mbedtls_ssl_context *ssl, unsigned update_hs_digest);
int et_mbed_tap_write_message(mbedtls_ssl_context *ssl, int update_checksum, int force_flush);
int et_mbed_tap_finish_message(mbedtls_ssl_context *ssl, size_t buf_len, size_t msg_len);
#endif

#endif

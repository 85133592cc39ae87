/* BearSSL: everything in one block of the caller's, with a record buffer of BUFFER bytes: 16 KB
 * ("bearssl-16k"), or 512 bytes ("bearssl-512"), for which it asks by max_fragment_length. TLS 1.2
 * only. Trust anchor and private key are constant tables on a device: decoded here before the first
 * phase, into memory that is not counted. */
#include <bearssl.h>
#include <string.h>

#include "bench_certs.h"
#include "meter.h"

const char meter_client[] = BEARSSL_CLIENT;

struct client {
    br_ssl_client_context ssl;
    br_x509_minimal_context x509;
    br_sslio_context io;
    unsigned char buffer[BEARSSL_BUFFER];
};

static int fd;

/* --- tables -------------------------------------------------------------------------------------
 */

static br_x509_trust_anchor anchor;
static unsigned char anchor_name[256];
static size_t anchor_name_len;
static br_x509_decoder_context anchor_decoder;
static br_skey_decoder_context key_decoder;

static void add_name(void *arg, const void *part, size_t len)
{
    (void)arg;
    if (len > sizeof(anchor_name) - anchor_name_len) {
        meter_fail("name of the CA", 0);
    }
    memcpy(anchor_name + anchor_name_len, part, len);
    anchor_name_len += len;
}

static void make_tables(void)
{
    const br_x509_pkey *key;

    br_x509_decoder_init(&anchor_decoder, add_name, NULL);
    br_x509_decoder_push(&anchor_decoder, meter_job.rsa ? rsa_root : ec_root,
                         meter_job.rsa ? sizeof(rsa_root) : sizeof(ec_root));
    key = br_x509_decoder_get_pkey(&anchor_decoder);
    br_skey_decoder_init(&key_decoder);
    br_skey_decoder_push(&key_decoder, meter_job.rsa ? rsa_cli_key : ec_cli_key,
                         meter_job.rsa ? sizeof(rsa_cli_key) : sizeof(ec_cli_key));
    if (key == NULL || br_skey_decoder_last_error(&key_decoder) != 0) {
        meter_fail("CA or own key", 0);
    }
    anchor = (br_x509_trust_anchor){
        .dn = {anchor_name, anchor_name_len}, .flags = BR_X509_TA_CA, .pkey = *key};
}

/* --- set-up -------------------------------------------------------------------------------------
 */

/** As few algorithms as do it: br_ssl_client_init_full() would link all of them. */
static void set_algorithms(struct client *c)
{
    static const uint16_t suites[] = {BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                      BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
    br_ssl_engine_context *engine = &c->ssl.eng;

    br_ssl_client_zero(&c->ssl);
    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(engine, suites, 2);
    br_ssl_client_set_default_rsapub(&c->ssl);
    br_ssl_engine_set_rsavrfy(engine, &br_rsa_i31_pkcs1_vrfy);
    br_ssl_engine_set_ec(engine, &br_ec_p256_m31);
    br_ssl_engine_set_ecdsa(engine, &br_ecdsa_i31_vrfy_asn1);
    br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
    br_ssl_engine_set_prf_sha256(engine, &br_tls12_sha256_prf);
    br_ssl_engine_set_gcm(engine, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
    br_ssl_engine_set_aes_ctr(engine, &br_aes_small_ctr_vtable);
    br_ssl_engine_set_ghash(engine, &br_ghash_ctmul32);
}

static void set_trust(struct client *c)
{
    br_x509_minimal_init(&c->x509, &br_sha256_vtable, &anchor, 1);
    br_x509_minimal_set_rsa(&c->x509, &br_rsa_i31_pkcs1_vrfy);
    br_x509_minimal_set_ecdsa(&c->x509, &br_ec_p256_m31, &br_ecdsa_i31_vrfy_asn1);
    br_x509_minimal_set_hash(&c->x509, br_sha256_ID, &br_sha256_vtable);
    br_ssl_engine_set_x509(&c->ssl.eng, &c->x509.vtable);
}

static void set_identity(struct client *c)
{
    static br_x509_certificate chain;

    chain.data = (unsigned char *)(meter_job.rsa ? rsa_cli : ec_cli);
    chain.data_len = meter_job.rsa ? sizeof(rsa_cli) : sizeof(ec_cli);
    if (meter_job.rsa) {
        br_ssl_client_set_single_rsa(&c->ssl, &chain, 1, br_skey_decoder_get_rsa(&key_decoder),
                                     &br_rsa_i31_pkcs1_sign);
    } else {
        br_ssl_client_set_single_ec(&c->ssl, &chain, 1, br_skey_decoder_get_ec(&key_decoder),
                                    BR_KEYTYPE_SIGN, BR_KEYTYPE_EC, &br_ec_p256_m31,
                                    &br_ecdsa_i31_sign_asn1);
    }
}

static int io_recv(void *arg, unsigned char *buf, size_t len)
{
    int n = meter_recv(*(int *)arg, buf, len);

    return n > 0 ? n : -1;
}

static int io_send(void *arg, const unsigned char *buf, size_t len)
{
    int n = meter_send(*(int *)arg, buf, len);

    return n > 0 ? n : -1;
}

static struct client *client_new(void)
{
    struct client *c = meter_malloc(sizeof(*c));
    unsigned char seed[32];

    set_algorithms(c);
    set_trust(c);
    br_ssl_engine_set_buffer(&c->ssl.eng, c->buffer, sizeof(c->buffer), 0);
    if (meter_job.mutual) {
        set_identity(c);
    }
    if (meter_random(seed, sizeof(seed)) != 0) {
        meter_fail("random", 0);
    }
    br_ssl_engine_inject_entropy(&c->ssl.eng, seed, sizeof(seed));
    if (!br_ssl_client_reset(&c->ssl, "localhost", 0)) {
        meter_fail("reset", br_ssl_engine_last_error(&c->ssl.eng));
    }
    fd = meter_connect();
    br_sslio_init(&c->io, &c->ssl.eng, io_recv, &fd, io_send, &fd);
    return c;
}

/* --- run ----------------------------------------------------------------------------------------
 */

static void move_record(struct client *c, unsigned state)
{
    size_t len;
    unsigned char *buf;
    int n;

    if (state & BR_SSL_SENDREC) {
        buf = br_ssl_engine_sendrec_buf(&c->ssl.eng, &len);
        n = io_send(&fd, buf, len);
        if (n > 0) {
            br_ssl_engine_sendrec_ack(&c->ssl.eng, (size_t)n);
        }
    } else {
        buf = br_ssl_engine_recvrec_buf(&c->ssl.eng, &len);
        n = io_recv(&fd, buf, len);
        if (n > 0) {
            br_ssl_engine_recvrec_ack(&c->ssl.eng, (size_t)n);
        }
    }
    if (n <= 0) {
        meter_fail("connection", 0);
    }
}

static void handshake(struct client *c)
{
    unsigned state;

    while (((state = br_ssl_engine_current_state(&c->ssl.eng)) & BR_SSL_SENDAPP) == 0) {
        if (state == BR_SSL_CLOSED) {
            meter_fail("handshake", br_ssl_engine_last_error(&c->ssl.eng));
        }
        move_record(c, state);
    }
}

static size_t fetch(struct client *c)
{
    char request[64];
    size_t len = meter_request(request, sizeof(request));
    size_t got = 0;
    int n;

    if (br_sslio_write_all(&c->io, request, len) != 0 || br_sslio_flush(&c->io) != 0) {
        meter_fail("write", br_ssl_engine_last_error(&c->ssl.eng));
    }
    meter_phase("write");
    while ((n = br_sslio_read(&c->io, meter_app, sizeof(meter_app))) > 0) {
        got += (size_t)n;
    }
    meter_phase("download");
    return got;
}

int meter_run(void)
{
    struct client *c;
    size_t got;

    make_tables();
    meter_phase("entry");
    c = client_new();
    meter_phase("setup");
    handshake(c);
    meter_phase("handshake");
    got = fetch(c);
    meter_free(c);
    meter_phase("close");
    return got < 65536;
}

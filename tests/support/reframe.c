#ifndef MBEDTLS_ALLOW_PRIVATE_ACCESS
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#endif
#include "reframe.h"

#include <stdlib.h>
#include <string.h>

#include "mbedtls/gcm.h"
#include "mbedtls/md.h"
#include "mbedtls/ssl.h"
#include "mbedtls/ssl_ciphersuites.h"

#define HEADER    5
#define TAG       16
#define MOST      (64 * 1024)
#define HANDSHAKE 22
#define FINISHED  20
#define DONE      14 /* ServerHelloDone */

const int reframe_suites[] = {MBEDTLS_TLS1_3_AES_128_GCM_SHA256, 0};

static void must(bool ok)
{
    if (!ok) {
        abort(); /* the test's own peer is wrong */
    }
}

/* --- keys ------------------------------------------------------------------------------------- */

/** HKDF-Expand-Label() for at most one block (RFC 8446 section 7.1). */
static void expand(const unsigned char *secret, const char *label, unsigned char *out, size_t len)
{
    unsigned char info[40] = {0, (unsigned char)len, (unsigned char)(6 + strlen(label))};
    unsigned char block[32];
    size_t n = 3;

    memcpy(info + n, "tls13 ", 6);
    n += 6;
    memcpy(info + n, label, strlen(label));
    n += strlen(label);
    info[n++] = 0; /* no context */
    info[n++] = 1; /* first block */
    must(mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), secret, 32, info, n,
                         block) == 0);
    memcpy(out, block, len);
}

/** Where the key of a secret of TLS 1.3's server belongs. @return NULL: it is another secret */
static struct reframe_key *key_of_secret(struct reframe *r, mbedtls_ssl_key_export_type type)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET) {
        return &r->next[0];
    }
    if (type == MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET) {
        return &r->next[1];
    }
#endif
    (void)r;
    (void)type;
    return NULL;
}

static void note_keys(void *arg, mbedtls_ssl_key_export_type type, const unsigned char *secret,
                      size_t secret_len, const unsigned char client_random[32],
                      const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
    struct reframe *r = arg;
    struct reframe_key *key;

    (void)client_random;
    (void)server_random;
    (void)prf;
    key = key_of_secret(r, type);
    if (key == NULL) {
        return;
    }
    must(secret_len == 32);
    r->is_13 = true;
    key->is_set = true;
    expand(secret, "key", key->key, sizeof(key->key));
    expand(secret, "iv", key->iv, sizeof(key->iv));
}

static void use_key(struct reframe *r, const struct reframe_key *key)
{
    must(key->is_set);
    r->in = (struct reframe_side){.key = *key};
    r->out = r->in;
}

static void next_nonce(struct reframe_side *side, unsigned char nonce[12])
{
    memcpy(nonce, side->key.iv, 12);
    for (size_t i = 0; i < 8; i++) {
        nonce[11 - i] ^= (unsigned char)(side->seq >> (8 * i));
    }
    side->seq++;
}

/** The content stands behind the header then.
 *  @return false: another key's, an alert of a server whose handshake ended half way */
static bool decrypt(struct reframe *r, unsigned char *record, size_t len, int *type,
                    size_t *content_len)
{
    mbedtls_gcm_context gcm;
    unsigned char nonce[12];
    size_t n = len - HEADER - TAG;
    int ret;

    mbedtls_gcm_init(&gcm);
    must(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, r->in.key.key, 128) == 0);
    next_nonce(&r->in, nonce);
    ret = mbedtls_gcm_auth_decrypt(&gcm, n, nonce, 12, record, HEADER, record + HEADER + n, TAG,
                                   record + HEADER, record + HEADER);
    mbedtls_gcm_free(&gcm);
    if (ret != 0) {
        return false;
    }
    while (n > 0 && record[HEADER + n - 1] == 0) {
        n--;
    }
    must(n > 0);
    *type = record[HEADER + n - 1];
    *content_len = n - 1;
    return true;
}

/* --- sending ---------------------------------------------------------------------------------- */

static void put(struct sim_peer *peer, const unsigned char *buf, size_t len)
{
    must(sim_peer_write(peer, buf, len) == len);
}

static void put_plain(struct sim_peer *peer, int type, const unsigned char *content, size_t len)
{
    const unsigned char header[HEADER] = {(unsigned char)type, 3, 3, (unsigned char)(len >> 8),
                                          (unsigned char)len};

    put(peer, header, HEADER);
    put(peer, content, len);
}

static void put_encrypted(struct reframe *r, struct sim_peer *peer, int type,
                          const unsigned char *content, size_t len)
{
    mbedtls_gcm_context gcm;
    unsigned char nonce[12];
    size_t n = len + 1 + r->padding;
    unsigned char *record = calloc(1, HEADER + n + TAG);

    must(record != NULL);
    record[0] = 23;
    record[1] = 3;
    record[2] = 3;
    record[3] = (unsigned char)((n + TAG) >> 8);
    record[4] = (unsigned char)(n + TAG);
    memcpy(record + HEADER, content, len);
    record[HEADER + len] = (unsigned char)type;
    mbedtls_gcm_init(&gcm);
    must(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, r->out.key.key, 128) == 0);
    next_nonce(&r->out, nonce);
    must(mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, n, nonce, 12, record, HEADER,
                                   record + HEADER, record + HEADER, TAG,
                                   record + HEADER + n) == 0);
    mbedtls_gcm_free(&gcm);
    put(peer, record, HEADER + n + TAG);
    free(record);
}

static void put_record(struct reframe *r, struct sim_peer *peer, int type,
                       const unsigned char *content, size_t len)
{
    static const unsigned char one = 1;

    r->largest = len > r->largest ? len : r->largest;
    if (!r->in.key.is_set) {
        put_plain(peer, type, content, len);
        return;
    }
    for (unsigned i = 0; type == HANDSHAKE && i < r->ccs; i++) {
        put_plain(peer, 20, &one, 1);
    }
    for (unsigned i = 0; type == 23 && i < r->empty; i++) {
        put_encrypted(r, peer, type, NULL, 0);
    }
    put_encrypted(r, peer, type, content, len);
}

static size_t message_len(const unsigned char *m)
{
    return 4 + ((size_t)m[1] << 16 | (size_t)m[2] << 8 | m[3]);
}

/** Mbed TLS wants the 4 bytes of a message's header in one record: cut in front of one rather than
 *  inside. @return the place of the cut, at most n */
static size_t cut_before_header(const unsigned char *flight, size_t len, size_t from, size_t n)
{
    for (size_t at = 0; at < len; at += message_len(flight + at)) {
        if (at > from && from + n > at && from + n < at + 4) {
            return at - from;
        }
    }
    return n;
}

static void put_pieces(struct reframe *r, struct sim_peer *peer, const unsigned char *content,
                       size_t len, size_t first, size_t piece)
{
    size_t n = first != 0 ? first : piece;

    while (len > 0) {
        n = n != 0 && n < len ? n : len;
        put_record(r, peer, HANDSHAKE, content, n);
        r->records++;
        content += n;
        len -= n;
        n = piece;
    }
}

/* --- messages --------------------------------------------------------------------------------- */

/** The last of a flight in these keys: what comes next is another's turn, or has other keys. */
static bool ends_flight(const struct reframe *r, int type)
{
    return r->in.key.is_set ? type == FINISHED : r->is_13 || type == DONE;
}

static void flight_send(struct reframe *r, struct sim_peer *peer)
{
    size_t most = r->record != 0 ? r->record : 16384;

    for (size_t at = 0; at < r->flight_len;) {
        size_t n = r->flight_len - at < most ? r->flight_len - at : most;

        n = cut_before_header(r->flight, r->flight_len, at, n);
        put_record(r, peer, HANDSHAKE, r->flight + at, n);
        r->records++;
        at += n;
    }
    r->flight_len = 0;
}

static void message(struct reframe *r, struct sim_peer *peer, const unsigned char *m, size_t len)
{
    r->messages++;
    if (!r->coalesce) {
        put_pieces(r, peer, m, len, r->first, r->piece);
    } else {
        must(r->flight_len + len <= MOST);
        memcpy(r->flight + r->flight_len, m, len);
        r->flight_len += len;
        if (ends_flight(r, m[0])) {
            flight_send(r, peer);
        }
    }
    if (r->in.key.is_set && m[0] == FINISHED) {
        use_key(r, &r->next[1]);
    }
}

/** The test's server writes whole messages into a record. */
static void messages(struct reframe *r, struct sim_peer *peer, const unsigned char *content,
                     size_t len)
{
    while (len > 0) {
        size_t n = message_len(content);

        must(len >= 4 && n <= len);
        message(r, peer, content, n);
        content += n;
        len -= n;
    }
}

static void record(struct reframe *r, struct sim_peer *peer, unsigned char *raw, size_t len)
{
    int type = raw[0];
    size_t n = len - HEADER;

    if (r->is_passing) {
        put(peer, raw, len);
        return;
    }
    if (type == 23 && r->is_13) {
        if (!r->in.key.is_set) {
            use_key(r, &r->next[0]);
        }
        if (!decrypt(r, raw, len, &type, &n)) {
            return;
        }
    } else if (type == 20) {
        flight_send(r, peer);
        r->is_passing = !r->is_13;
        put(peer, raw, len);
        return;
    }
    if (type == HANDSHAKE) {
        messages(r, peer, raw + HEADER, n);
        return;
    }
    flight_send(r, peer);
    put_record(r, peer, type, raw + HEADER, n);
}

/* --- behind the server ------------------------------------------------------------------------ */

static size_t reframe_send(void *arg, struct sim_peer *peer, const unsigned char *buf, size_t len)
{
    struct reframe *r = arg;

    must(r->raw_len + len <= MOST);
    memcpy(r->raw + r->raw_len, buf, len);
    r->raw_len += len;
    while (r->raw_len >= HEADER) {
        size_t n = HEADER + ((size_t)r->raw[3] << 8 | r->raw[4]);

        if (r->raw_len < n) {
            break;
        }
        record(r, peer, r->raw, n);
        r->raw_len -= n;
        memmove(r->raw, r->raw + n, r->raw_len);
    }
    return len;
}

static void reframe_setup(void *arg, mbedtls_ssl_context *ssl)
{
    struct reframe *r = arg;

    r->next[0].is_set = false;
    r->next[1].is_set = false;
    r->in = (struct reframe_side){.seq = 0};
    r->out = r->in;
    r->is_13 = false;
    r->is_passing = false;
    r->raw_len = 0;
    r->flight_len = 0;
    r->records = 0;
    r->messages = 0;
    r->largest = 0;
    mbedtls_ssl_set_export_keys_cb(ssl, note_keys, r);
}

void reframe_attach(struct reframe *r, struct sim_tls_server *server)
{
    r->raw = realloc(r->raw, MOST);
    r->flight = realloc(r->flight, MOST);
    must(r->raw != NULL && r->flight != NULL);
    server->setup = reframe_setup;
    server->send = reframe_send;
    server->hook_arg = r;
    if (server->version != 12) {
        server->suites = reframe_suites;
    }
}

void reframe_clear(struct reframe *r)
{
    free(r->raw);
    free(r->flight);
    r->raw = NULL;
    r->flight = NULL;
}

#include "probe_keys.h"

#include "octets.h"

#define HASH_MOST PSA_HASH_LENGTH(PSA_ALG_SHA_384)

static const struct group {
    uint16_t id; /* NamedGroup, RFC 8446 section 4.2.7 */
    psa_ecc_family_t family;
    uint16_t bits;
} groups[] = {
    {23, PSA_ECC_FAMILY_SECP_R1, 256},        {24, PSA_ECC_FAMILY_SECP_R1, 384},
    {25, PSA_ECC_FAMILY_SECP_R1, 521},        {29, PSA_ECC_FAMILY_MONTGOMERY, 255},
    {31, PSA_ECC_FAMILY_BRAINPOOL_P_R1, 256}, {32, PSA_ECC_FAMILY_BRAINPOOL_P_R1, 384},
    {33, PSA_ECC_FAMILY_BRAINPOOL_P_R1, 512},
};

static const struct suite {
    uint16_t id; /* RFC 8446 appendix B.4 */
    psa_algorithm_t hash;
    psa_algorithm_t aead;
    psa_key_type_t type;
    uint8_t key_len, tag_len;
} suites[] = {
    {0x1301, PSA_ALG_SHA_256, PSA_ALG_GCM, PSA_KEY_TYPE_AES, 16, 16},
    {0x1302, PSA_ALG_SHA_384, PSA_ALG_GCM, PSA_KEY_TYPE_AES, 32, 16},
    {0x1303, PSA_ALG_SHA_256, PSA_ALG_CHACHA20_POLY1305, PSA_KEY_TYPE_CHACHA20, 32, 16},
    {0x1304, PSA_ALG_SHA_256, PSA_ALG_CCM, PSA_KEY_TYPE_AES, 16, 16},
    {0x1305, PSA_ALG_SHA_256, PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, 8), PSA_KEY_TYPE_AES, 16,
     8},
};

static const struct group *find_group(uint16_t id)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (groups[i].id == id) {
            return &groups[i];
        }
    }
    return NULL;
}

static const struct suite *find_suite(uint16_t id)
{
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (suites[i].id == id) {
            return &suites[i];
        }
    }
    return NULL;
}

bool probe_keys_init(struct probe_keys *k, uint16_t group)
{
    const struct group *g = find_group(group);
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    memset(k, 0, sizeof(*k));
    k->group = group;
    if (g == NULL || psa_crypto_init() != PSA_SUCCESS) {
        return false;
    }
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(g->family));
    psa_set_key_bits(&attributes, g->bits);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    return psa_generate_key(&attributes, &k->pair) == PSA_SUCCESS &&
           psa_export_public_key(k->pair, k->share, sizeof(k->share), &k->share_len) == PSA_SUCCESS;
}

bool probe_keys_sent(struct probe_keys *k, const uint8_t *record, size_t len)
{
    if (len < 5 || len - 5 > sizeof(k->hello)) {
        return false;
    }
    memcpy(k->hello, record + 5, len - 5);
    k->hello_len = len - 5;
    return true;
}

void probe_keys_clear(struct probe_keys *k)
{
    (void)psa_destroy_key(k->pair);
    (void)psa_destroy_key(k->key);
    memset(k, 0, sizeof(*k));
}

/* --- HKDF (RFC 5869), and the labels of RFC 8446 section 7.1 ---------------------------------- */

static bool hmac(psa_algorithm_t hash, const uint8_t *key, size_t key_len, const uint8_t *data,
                 size_t len, uint8_t *out)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = PSA_KEY_ID_NULL;
    size_t out_len;
    bool ok;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
    psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(hash));
    ok = psa_import_key(&attributes, key, key_len, &id) == PSA_SUCCESS &&
         psa_mac_compute(id, PSA_ALG_HMAC(hash), data, len, out, PSA_HASH_LENGTH(hash), &out_len) ==
             PSA_SUCCESS;
    (void)psa_destroy_key(id);
    return ok;
}

/** HKDF-Expand-Label of no more than one block, which is all that is wanted here. */
static bool expand_label(psa_algorithm_t hash, const uint8_t *secret, const char *label,
                         const uint8_t *context, size_t context_len, uint8_t *out, size_t out_len)
{
    uint8_t info[128];
    uint8_t block[HASH_MOST];
    struct octets_out o = {.data = info, .cap = sizeof(info)};
    size_t began;

    octets_put_number(&o, (uint32_t)out_len, 2);
    began = octets_begin(&o, 1);
    octets_put(&o, "tls13 ", 6);
    octets_put(&o, label, strlen(label));
    octets_end(&o, began, 1);
    began = octets_begin(&o, 1);
    octets_put(&o, context, context_len);
    octets_end(&o, began, 1);
    octets_put_number(&o, 1, 1); /* HKDF's counter */
    if (o.is_bad || !hmac(hash, secret, PSA_HASH_LENGTH(hash), info, o.len, block)) {
        return false;
    }
    memcpy(out, block, out_len);
    return true;
}

/** From the shared secret to the server's handshake traffic secret. */
static bool derive_traffic(psa_algorithm_t hash, const uint8_t *shared, size_t shared_len,
                           const uint8_t *transcript, uint8_t *traffic)
{
    static const uint8_t zeros[HASH_MOST];
    size_t len = PSA_HASH_LENGTH(hash);
    uint8_t empty[HASH_MOST];
    uint8_t secret[HASH_MOST];
    uint8_t derived[HASH_MOST];
    size_t empty_len;

    return psa_hash_compute(hash, NULL, 0, empty, sizeof(empty), &empty_len) == PSA_SUCCESS &&
           hmac(hash, zeros, len, zeros, len, secret) && /* early secret */
           expand_label(hash, secret, "derived", empty, len, derived, len) &&
           hmac(hash, derived, len, shared, shared_len, secret) && /* handshake secret */
           expand_label(hash, secret, "s hs traffic", transcript, len, traffic, len);
}

/* --- the decoder's hooks ---------------------------------------------------------------------- */

static bool hash_transcript(const struct probe_keys *k, psa_algorithm_t hash,
                            const uint8_t *message, size_t len, uint8_t *out)
{
    psa_hash_operation_t op = PSA_HASH_OPERATION_INIT;
    size_t out_len;
    bool ok = psa_hash_setup(&op, hash) == PSA_SUCCESS &&
              psa_hash_update(&op, k->hello, k->hello_len) == PSA_SUCCESS &&
              psa_hash_update(&op, message, len) == PSA_SUCCESS &&
              psa_hash_finish(&op, out, HASH_MOST, &out_len) == PSA_SUCCESS;

    (void)psa_hash_abort(&op);
    return ok;
}

static bool import_key(struct probe_keys *k, const struct suite *s, const uint8_t *key)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_type(&attributes, s->type);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DECRYPT);
    psa_set_key_algorithm(&attributes, s->aead);
    return psa_import_key(&attributes, key, s->key_len, &k->key) == PSA_SUCCESS;
}

static bool on_hello(void *ctx, uint16_t suite, const uint8_t *message, size_t len,
                     const uint8_t *share, size_t share_len)
{
    struct probe_keys *k = ctx;
    const struct suite *s = find_suite(suite);
    uint8_t shared[66];
    uint8_t transcript[HASH_MOST];
    uint8_t traffic[HASH_MOST];
    uint8_t key[32];
    size_t shared_len;

    if (s == NULL || k->key != PSA_KEY_ID_NULL) {
        return false;
    }
    k->aead = s->aead;
    k->tag_len = s->tag_len;
    return psa_raw_key_agreement(PSA_ALG_ECDH, k->pair, share, share_len, shared, sizeof(shared),
                                 &shared_len) == PSA_SUCCESS &&
           hash_transcript(k, s->hash, message, len, transcript) &&
           derive_traffic(s->hash, shared, shared_len, transcript, traffic) &&
           expand_label(s->hash, traffic, "key", NULL, 0, key, s->key_len) &&
           expand_label(s->hash, traffic, "iv", NULL, 0, k->iv, sizeof(k->iv)) &&
           import_key(k, s, key);
}

/** RFC 8446 section 5.2: the padding goes, the type that stood before it stays. */
static size_t without_padding(const uint8_t *data, size_t len)
{
    while (len > 0 && data[len - 1] == 0) {
        len--;
    }
    return len;
}

static bool open_record(void *ctx, const uint8_t header[5], uint8_t *data, size_t *len)
{
    struct probe_keys *k = ctx;
    uint8_t nonce[12];
    size_t plain_len;

    if (*len < k->tag_len) {
        return false;
    }
    memcpy(nonce, k->iv, sizeof(nonce));
    for (unsigned i = 0; i < 8; i++) {
        nonce[11 - i] ^= (uint8_t)(k->sequence >> 8 * i);
    }
    k->sequence++;
    if (psa_aead_decrypt(k->key, k->aead, nonce, sizeof(nonce), header, 5, data, *len, data,
                         *len - k->tag_len, &plain_len) != PSA_SUCCESS) {
        return false;
    }
    *len = without_padding(data, plain_len);
    return true;
}

struct probe_opener probe_keys_opener(struct probe_keys *k)
{
    return (struct probe_opener){.ctx = k, .on_hello = on_hello, .open = open_record};
}

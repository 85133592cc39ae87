/* Public keys (SubjectPublicKeyInfo, RFC 5280 section 4.1.2.7) and private ones. */
#include <string.h>

#include "walk.h"

/* --- numbers ---------------------------------------------------------------------------------- */

/** Leave leading zeros out. */
static void trim(struct walk *w, struct der_item *number)
{
    while (number->len > 0 && et_der_byte(w->src, number->content) == 0) {
        number->content++;
        number->len--;
    }
}

static unsigned bits_of(struct walk *w, const struct der_item *number)
{
    unsigned bits = (unsigned)(number->len < 8192 ? number->len * 8 : 65535);

    for (unsigned top = number->len > 0 ? et_der_byte(w->src, number->content) : 0x80;
         (top & 0x80) == 0; top <<= 1) {
        bits--;
    }
    return bits;
}

static bool is_odd(struct walk *w, const struct der_item *number)
{
    return number->len > 0 && (et_der_byte(w->src, number->content + number->len - 1) & 1) != 0;
}

/** An INTEGER, without leading zeros. */
static bool number(struct walk *w, struct der_span *in, const char *field, struct der_item *item)
{
    if (!et_walk_item(w, in, DER_INTEGER, field, item)) {
        return false;
    }
    trim(w, item);
    return true;
}

/** a < b? Both without leading zeros. */
static bool is_below(struct walk *w, const struct der_item *a, const struct der_item *b)
{
    if (a->len != b->len) {
        return a->len < b->len;
    }
    for (size_t i = 0; i < a->len; i++) {
        uint8_t x = et_der_byte(w->src, a->content + i);
        uint8_t y = et_der_byte(w->src, b->content + i);

        if (x != y) {
            return x < y;
        }
    }
    return false;
}

/** Modulus and exponent: what Mbed TLS asks of them (RFC 8017 section 3.1). */
static void rsa_pair(struct walk *w, struct der_span *in, const char *field,
                     struct der_item *modulus, unsigned *bits)
{
    struct der_item exponent;

    if (!number(w, in, field, modulus)) {
        return;
    }
    *bits = bits_of(w, modulus);
    if (!number(w, in, field, &exponent)) {
        return;
    }
    if (*bits > et_support_rsa_bits()) {
        et_walk_value(w, ESP_TLS_INPUT_KEY_SIZE, field, modulus->begin);
    } else if (*bits < 128 || !is_odd(w, modulus) || bits_of(w, &exponent) < 2 ||
               !is_odd(w, &exponent) || !is_below(w, &exponent, modulus)) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, modulus->begin);
    }
}

/* --- public keys ------------------------------------------------------------------------------ */

static void rsa_public(struct walk *w, struct der_span in, esp_tls_public_key_t *key)
{
    const char *field = "tbsCertificate.subjectPublicKeyInfo.subjectPublicKey";
    struct der_span inside;
    struct der_item modulus;
    unsigned bits = 0;

    memset(&modulus, 0, sizeof(modulus));
    if (et_walk_enter(w, &in, DER_SEQUENCE, field, &inside) && et_walk_end(w, &in, field)) {
        rsa_pair(w, &inside, field, &modulus, &bits);
        (void)et_walk_end(w, &inside, field);
        key->bits = (uint16_t)bits;
        key->modulus = et_walk_view_of(w, &modulus);
    }
}

/** The curve: named, or written out. @return its bits, 0: not known */
static unsigned ec_curve(struct walk *w, const struct algorithm *alg, const char *field,
                         esp_tls_bytes_t *view, const char **name)
{
    struct der_span in = {alg->parameters.begin, alg->parameters.content + alg->parameters.len};
    struct oid curve;

    if (!alg->has_parameters) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, alg->oid.item.begin);
        return 0;
    }
    if (alg->parameters.tag != DER_OID) {
        if (!et_support_explicit_curves() || alg->parameters.tag != DER_SEQUENCE) {
            et_walk_unsupported(w, ESP_TLS_INPUT_CURVE, field, &alg->oid);
        }
        return 0;
    }
    if (!et_walk_oid(w, &in, field, &curve)) {
        return 0;
    }
    *view = et_walk_view_of(w, &curve.item);
    if (curve.row->kind == OID_CURVE) {
        *name = curve.row->label;
    }
    if (!et_support_curve(curve.bytes, curve.len)) {
        et_walk_unsupported(w, ESP_TLS_INPUT_CURVE, field, &curve);
    }
    return curve.row->kind == OID_CURVE ? curve.row->value : 0;
}

/** A point (RFC 5480 section 2.2). Whether it lies on the curve is for who computes with it. */
static void ec_point(struct walk *w, const struct der_item *point, unsigned bits, const char *field)
{
    size_t len = (bits + 7) / 8;
    uint8_t form = point->len > 0 ? et_der_byte(w->src, point->content) : 0;

    if (bits == 0) {
        return;
    }
    if (!(form == 4 && point->len == 1 + 2 * len) &&
        !((form == 2 || form == 3) && point->len == 1 + len)) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, point->content);
    }
}

static void montgomery_public(struct walk *w, const struct algorithm *alg,
                              const struct der_item *bits, esp_tls_public_key_t *key)
{
    size_t len = alg->oid.len == 3 && alg->oid.bytes[2] == 0x6F ? 56 : 32; /* RFC 8410 section 3 */

    key->bits = len == 32 ? 255 : 448;
    if (alg->has_parameters || bits->len != len) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, "tbsCertificate.subjectPublicKeyInfo", bits->begin);
    }
}

static void public_key_of_type(struct walk *w, const struct algorithm *alg,
                               const struct der_item *bits, esp_tls_public_key_t *key)
{
    const char *field = "tbsCertificate.subjectPublicKeyInfo.algorithm";
    unsigned curve;

    switch (key->type) {
    case ESP_TLS_KEY_RSA:
        if (alg->has_parameters && ((alg->parameters.tag != DER_NULL && alg->parameters.tag != 0) ||
                                    alg->parameters.len != 0)) {
            et_walk_value(w, ESP_TLS_INPUT_VALUE, field, alg->parameters.begin);
        }
        rsa_public(w, et_der_inside(bits), key);
        break;
    case ESP_TLS_KEY_EC:
        curve = ec_curve(w, alg, field, &key->curve, &key->name);
        key->bits = (uint16_t)curve;
        ec_point(w, bits, curve, "tbsCertificate.subjectPublicKeyInfo.subjectPublicKey");
        break;
    case ESP_TLS_KEY_MONTGOMERY:
        montgomery_public(w, alg, bits, key);
        break;
    case ESP_TLS_KEY_EDWARDS:
        key->bits = alg->oid.bytes[2] == 0x70 ? 256 : 456;
        break;
    default:
        break;
    }
}

void et_walk_public_key(struct walk *w, struct der_span *in, esp_tls_public_key_t *key)
{
    const char *field = "tbsCertificate.subjectPublicKeyInfo";
    size_t begin = in->at;
    struct der_span inside;
    struct algorithm alg;
    struct der_item bits;

    if (!et_walk_enter(w, in, DER_SEQUENCE, field, &inside)) {
        return;
    }
    key->info = et_walk_view(w, begin, in->at - begin);
    if (!et_walk_algorithm(w, &inside, "tbsCertificate.subjectPublicKeyInfo.algorithm", &alg)) {
        return;
    }
    key->algorithm = et_walk_view_of(w, &alg.oid.item);
    if (alg.oid.row->kind == OID_KEY) {
        key->type = (esp_tls_key_type_t)alg.oid.row->value;
        key->name = alg.oid.row->label;
    }
    if (!et_support_key(alg.oid.bytes, alg.oid.len)) {
        et_walk_unsupported(w, ESP_TLS_INPUT_ALGORITHM,
                            "tbsCertificate.subjectPublicKeyInfo.algorithm", &alg.oid);
    }
    if (et_walk_bits(w, &inside, "tbsCertificate.subjectPublicKeyInfo.subjectPublicKey", &bits) &&
        et_walk_end(w, &inside, field)) {
        key->key = et_walk_view_of(w, &bits);
        public_key_of_type(w, &alg, &bits, key);
    }
}

/* --- private keys ----------------------------------------------------------------------------- */

static void version_is(struct walk *w, struct der_span *in, const char *field, int wanted)
{
    size_t begin = in->at;
    int version;

    if (et_walk_int(w, in, field, &version) && version != wanted) {
        et_walk_value(w, ESP_TLS_INPUT_VERSION, field, begin);
    }
}

/** RSAPrivateKey, RFC 8017 appendix A.1.2. */
static void rsa_private(struct walk *w, struct der_span *in, esp_tls_private_key_t *key)
{
    const char *field = "RSAPrivateKey";
    struct der_span inside;
    struct der_item modulus;
    struct der_item item;
    unsigned bits = 0;

    memset(&modulus, 0, sizeof(modulus));
    if (!et_walk_enter(w, in, DER_SEQUENCE, field, &inside) || !et_walk_end(w, in, field)) {
        return;
    }
    version_is(w, &inside, "RSAPrivateKey.version", 0);
    rsa_pair(w, &inside, "RSAPrivateKey.modulus", &modulus, &bits);
    for (int i = 0; i < 6 && number(w, &inside, field, &item); i++) { /* d p q dp dq qinv */
        if (item.len == 0) {
            et_walk_value(w, ESP_TLS_INPUT_VALUE, field, item.begin);
        }
    }
    (void)et_walk_end(w, &inside, field);
    key->type = ESP_TLS_KEY_RSA;
    key->name = "RSA";
    key->bits = (uint16_t)bits;
    key->modulus = et_walk_view_of(w, &modulus);
}

/** ECPrivateKey, RFC 5915 section 3. @param bits  of the curve if it is known from outside, or 0 */
static void ec_private(struct walk *w, struct der_span *in, unsigned bits,
                       esp_tls_private_key_t *key)
{
    const char *field = "ECPrivateKey";
    struct der_span inside;
    struct der_span part;
    struct der_item item;
    struct der_item point;
    struct algorithm alg;

    memset(&alg, 0, sizeof(alg));
    if (!et_walk_enter(w, in, DER_SEQUENCE, field, &inside)) {
        return;
    }
    version_is(w, &inside, "ECPrivateKey.version", 1);
    if (!et_walk_item(w, &inside, DER_OCTETS, "ECPrivateKey.privateKey", &item)) {
        return;
    }
    key->type = ESP_TLS_KEY_EC;
    if (et_walk_peek(w, &inside, DER_NESTED(0)) &&
        et_walk_enter(w, &inside, DER_NESTED(0), "ECPrivateKey.parameters", &part) &&
        et_walk_any(w, &part, "ECPrivateKey.parameters", &alg.parameters)) {
        alg.has_parameters = true;
        alg.oid.item = alg.parameters;
        bits = ec_curve(w, &alg, "ECPrivateKey.parameters", &key->curve, &key->name);
        (void)et_walk_end(w, &part, "ECPrivateKey.parameters");
    } else if (bits == 0 && key->format == ESP_TLS_KEY_FORMAT_SEC1) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, "ECPrivateKey.parameters", inside.at);
    }
    key->bits = (uint16_t)bits;
    if (et_walk_peek(w, &inside, DER_NESTED(1)) &&
        et_walk_enter(w, &inside, DER_NESTED(1), "ECPrivateKey.publicKey", &part) &&
        et_walk_bits(w, &part, "ECPrivateKey.publicKey", &point) &&
        et_walk_end(w, &part, "ECPrivateKey.publicKey")) {
        ec_point(w, &point, bits, "ECPrivateKey.publicKey");
        key->point = et_walk_view_of(w, &point);
    }
}

/** PrivateKeyInfo, RFC 5958 section 2; Mbed TLS takes version 1 (0) only. */
static void pkcs8(struct walk *w, struct der_span *in, esp_tls_private_key_t *key)
{
    const char *field = "PrivateKeyInfo";
    const char *algorithm = "PrivateKeyInfo.privateKeyAlgorithm";
    struct der_span inside;
    struct der_span octets;
    struct algorithm alg;
    unsigned bits;

    if (!et_walk_enter(w, in, DER_SEQUENCE, field, &inside)) {
        return;
    }
    version_is(w, &inside, "PrivateKeyInfo.version", 0);
    if (!et_walk_algorithm(w, &inside, algorithm, &alg)) {
        return;
    }
    key->algorithm = et_walk_view_of(w, &alg.oid.item);
    if (alg.oid.row->kind == OID_KEY) {
        key->type = (esp_tls_key_type_t)alg.oid.row->value;
        key->name = alg.oid.row->label;
    }
    if (!et_support_key(alg.oid.bytes, alg.oid.len)) {
        et_walk_unsupported(w, ESP_TLS_INPUT_ALGORITHM, algorithm, &alg.oid);
    }
    if (!et_walk_enter(w, &inside, DER_OCTETS, "PrivateKeyInfo.privateKey", &octets)) {
        return;
    }
    if (key->type == ESP_TLS_KEY_RSA) {
        rsa_private(w, &octets, key);
    } else if (key->type == ESP_TLS_KEY_EC) {
        bits = ec_curve(w, &alg, algorithm, &key->curve, &key->name);
        ec_private(w, &octets, bits, key);
    }
    if (!w->is_broken && octets.end != w->src->len) { /* attributes: Mbed TLS refuses them */
        w->problem.available =
            w->problem.reason == ESP_TLS_INPUT_OK ? w->src->len - octets.end : w->problem.available;
        et_walk_break(w, ESP_TLS_INPUT_TRAILING, field, octets.end);
    }
}

static bool is_pbes2(const struct oid *oid)
{
    return oid->row->name != NULL && strcmp(oid->row->name, "id-PBES2") == 0;
}

/** PBES2-params, RFC 8018 appendix A.4: which cipher?
 *  @param cipher  receives it, where it is there */
static void pbes2(struct walk *w, const struct algorithm *alg, struct algorithm *cipher)
{
    const char *field = "EncryptedPrivateKeyInfo.encryptionAlgorithm";
    struct der_span in = et_der_inside(&alg->parameters);
    struct algorithm derive;

    if (!alg->has_parameters || alg->parameters.tag != DER_SEQUENCE) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, alg->oid.item.begin);
    } else if (et_walk_algorithm(w, &in, field, &derive) &&
               et_walk_algorithm(w, &in, field, cipher)) {
        if (derive.oid.row->name == NULL || strcmp(derive.oid.row->name, "id-PBKDF2") != 0) {
            et_walk_unsupported(w, ESP_TLS_INPUT_ENCRYPTION, field, &derive.oid);
        } else if (!et_support_cipher(cipher->oid.bytes, cipher->oid.len)) {
            et_walk_unsupported(w, ESP_TLS_INPUT_ENCRYPTION, field, &cipher->oid);
        }
    }
}

/** EncryptedPrivateKeyInfo, RFC 5958 section 3. */
static void pkcs8_encrypted(struct walk *w, struct der_span *in, bool with_password,
                            esp_tls_private_key_t *key)
{
    const char *field = "EncryptedPrivateKeyInfo.encryptionAlgorithm";
    struct der_span inside;
    struct algorithm alg;
    struct algorithm cipher;
    struct der_item item;

    if (!et_walk_enter(w, in, DER_SEQUENCE, "EncryptedPrivateKeyInfo", &inside) ||
        !et_walk_algorithm(w, &inside, field, &alg) ||
        !et_walk_item(w, &inside, DER_OCTETS, "EncryptedPrivateKeyInfo.encryptedData", &item)) {
        return;
    }
    key->algorithm = et_walk_view_of(w, &alg.oid.item);
    cipher = alg;
    if (!et_support_encryption(alg.oid.bytes, alg.oid.len)) {
        et_walk_unsupported(w, ESP_TLS_INPUT_ENCRYPTION, field, &alg.oid);
    } else if (is_pbes2(&alg.oid)) {
        pbes2(w, &alg, &cipher);
    }
    if (!with_password && !w->is_broken) { /* where one would help */
        cipher.oid.item = alg.oid.item;
        et_walk_unsupported(w, ESP_TLS_INPUT_NEEDS_PASSWORD, "EncryptedPrivateKeyInfo",
                            &cipher.oid);
    }
}

esp_tls_key_format_t et_der_key_format(enum der_kind kind)
{
    switch (kind) {
    case DER_KIND_PKCS8:
        return ESP_TLS_KEY_FORMAT_PKCS8;
    case DER_KIND_PKCS8_ENCRYPTED:
        return ESP_TLS_KEY_FORMAT_PKCS8_ENCRYPTED;
    case DER_KIND_PKCS1:
        return ESP_TLS_KEY_FORMAT_PKCS1;
    case DER_KIND_SEC1:
        return ESP_TLS_KEY_FORMAT_SEC1;
    default:
        return ESP_TLS_KEY_FORMAT_NONE;
    }
}

void et_walk_private_key(struct walk *w, struct der_span *in, bool with_password,
                         esp_tls_key_format_t format, esp_tls_private_key_t *key)
{
    enum der_kind kind = et_der_kind(w->src);

    memset(key, 0, sizeof(*key));
    key->format = format != ESP_TLS_KEY_FORMAT_NONE ? format : et_der_key_format(kind);
    switch (key->format) {
    case ESP_TLS_KEY_FORMAT_PKCS8:
        pkcs8(w, in, key);
        break;
    case ESP_TLS_KEY_FORMAT_PKCS8_ENCRYPTED:
        pkcs8_encrypted(w, in, with_password, key);
        break;
    case ESP_TLS_KEY_FORMAT_PKCS1:
        rsa_private(w, in, key);
        break;
    case ESP_TLS_KEY_FORMAT_SEC1:
        ec_private(w, in, 0, key);
        break;
    default:
        et_walk_break(w, ESP_TLS_INPUT_WRONG_KIND, NULL, 0);
        break;
    }
}

esp_err_t esp_tls_private_key_read(const void *der, size_t len, esp_tls_private_key_t *key)
{
    struct der_source src;
    struct der_span in = {0, len};
    struct walk w;

    if (key != NULL) {
        memset(key, 0, sizeof(*key));
    }
    if (der == NULL || key == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_der_source_raw(&src, der, len);
    et_walk_init(&w, &src);
    et_walk_private_key(&w, &in, true, ESP_TLS_KEY_FORMAT_NONE, key);
    return w.is_damaged ? ESP_FAIL : ESP_OK;
}

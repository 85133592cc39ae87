#include "probe_answer.h"

#include <string.h>

#include "octets.h"
#include "probe_hello.h"

enum {
    RECORD_CCS = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_DATA = 23
};

enum {
    HS_SERVER_HELLO = 2,
    HS_ENCRYPTED_EXTENSIONS = 8,
    HS_CERTIFICATE = 11,
    HS_SERVER_KEY_EXCHANGE = 12,
    HS_CERTIFICATE_REQUEST = 13,
    HS_SERVER_HELLO_DONE = 14,
    HS_CERTIFICATE_VERIFY = 15,
    HS_FINISHED = 20,
    HS_CERTIFICATE_STATUS = 22
};

static enum probe_result broken(struct probe_decoder *d, const char *why)
{
    d->answer->result = PROBE_BROKEN;
    d->answer->why = why;
    return PROBE_BROKEN;
}

static enum probe_result more_or(struct probe_decoder *d, bool is_bad, const char *why)
{
    return is_bad ? broken(d, why) : PROBE_MORE;
}

/* --- extensions ------------------------------------------------------------------------------- */

static void read_alpn(struct probe_answer *a, struct octets *ext)
{
    struct octets list = octets_vector(ext, 2);
    struct octets name = octets_vector(&list, 1);

    ext->is_bad = ext->is_bad || list.is_bad || name.is_bad || name.left == 0 || list.left != 0;
    if (!ext->is_bad) {
        for (size_t i = 0; i < name.left; i++) { /* RFC 7301: any bytes */
            bool is_text = name.at[i] > 0x20 && name.at[i] < 0x7F;

            a->alpn[i] = is_text ? (char)name.at[i] : '?';
        }
        a->alpn[name.left] = '\0';
    }
}

/** A retry has the group alone, ServerHello the share as well (RFC 8446 section 4.2.8). */
static void read_key_share(struct probe_answer *a, struct octets *ext, struct octets *share)
{
    a->group = (uint16_t)octets_number(ext, 2);
    if (!a->is_retry) {
        *share = octets_vector(ext, 2);
        ext->is_bad = ext->is_bad || share->left == 0;
    }
}

static void read_extension(struct probe_answer *a, uint32_t type, struct octets *ext,
                           struct octets *share)
{
    switch (type) {
    case EXT_MAX_FRAGMENT_LENGTH:
        a->max_fragment = (uint8_t)octets_number(ext, 1);
        break;
    case EXT_RECORD_SIZE_LIMIT:
        a->record_limit = (uint16_t)octets_number(ext, 2);
        break;
    case EXT_ALPN:
        read_alpn(a, ext);
        break;
    case EXT_SESSION_TICKET:
        a->has_ticket = true;
        break;
    case EXT_EXTENDED_MASTER_SECRET:
        a->has_ems = true;
        break;
    case EXT_RENEGOTIATION_INFO:
        a->has_renegotiation = true;
        break;
    case EXT_SUPPORTED_VERSIONS:
        a->version = (uint16_t)octets_number(ext, 2);
        break;
    case EXT_KEY_SHARE:
        read_key_share(a, ext, share);
        break;
    default:
        break; /* what was not asked for is no concern here */
    }
}

/** @param share  receives the server's key share, or may be NULL */
static bool read_extensions(struct probe_answer *a, struct octets *body, struct octets *share)
{
    struct octets list = octets_vector(body, 2);
    struct octets none = {0};

    while (!list.is_bad && list.left > 0) {
        uint32_t type = octets_number(&list, 2);
        struct octets ext = octets_vector(&list, 2);

        if (!list.is_bad) {
            read_extension(a, type, &ext, share != NULL ? share : &none);
            list.is_bad = ext.is_bad;
        }
    }
    return !body->is_bad && !list.is_bad;
}

/* --- messages --------------------------------------------------------------------------------- */

/** RFC 8446 section 4.1.3: SHA-256 of "HelloRetryRequest" in the place of the random. */
static const uint8_t retry_random[32] = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

/** TLS 1.3 and its keys: go on in them, or end here. */
static enum probe_result after_hello_1_3(struct probe_decoder *d, const uint8_t *message,
                                         size_t len, struct octets share)
{
    struct probe_answer *a = d->answer;

    if (a->is_retry || d->opener == NULL) {
        a->result = PROBE_DONE;
        return PROBE_DONE;
    }
    if (share.left == 0 ||
        !d->opener->on_hello(d->opener->ctx, a->suite, message, len, share.at, share.left)) {
        return broken(d, "the keys of TLS 1.3 cannot be derived from its ServerHello");
    }
    d->is_sealed = true;
    return PROBE_MORE;
}

static enum probe_result read_hello(struct probe_decoder *d, const uint8_t *message, size_t len,
                                    struct octets body)
{
    struct probe_answer *a = d->answer;
    struct octets share = {0};
    const uint8_t *random;
    struct octets session_id;

    if (a->has_hello) {
        return broken(d, "a second ServerHello");
    }
    a->version = (uint16_t)octets_number(&body, 2);
    random = octets_take(&body, sizeof(retry_random));
    session_id = octets_vector(&body, 1);
    a->suite = (uint16_t)octets_number(&body, 2);
    (void)octets_number(&body, 1); /* compression */
    if (random == NULL || body.is_bad || session_id.left > 32) {
        return broken(d, "a ServerHello that is too short");
    }
    a->is_retry = memcmp(random, retry_random, sizeof(retry_random)) == 0;
    a->session_id_len = (uint8_t)session_id.left;
    if (body.left > 0 && !read_extensions(a, &body, &share)) {
        return broken(d, "a ServerHello with faulty extensions");
    }
    a->has_hello = true;
    return a->version >= PROBE_TLS_1_3 ? after_hello_1_3(d, message, len, share) : PROBE_MORE;
}

/** Extensions of one certificate in TLS 1.3 (RFC 8446 section 4.4.2). */
static bool read_entry_extensions(struct probe_answer *a, struct octets *list)
{
    struct octets all = octets_vector(list, 2);

    while (!all.is_bad && all.left > 0) {
        uint32_t type = octets_number(&all, 2);
        struct octets ext = octets_vector(&all, 2);

        if (type == EXT_STATUS_REQUEST && octets_number(&ext, 1) == 1) {
            a->ocsp_len = octets_number(&ext, 3);
        }
    }
    return !all.is_bad;
}

static enum probe_result read_certificate(struct probe_decoder *d, struct octets body)
{
    struct probe_answer *a = d->answer;
    struct octets list;

    if (d->is_sealed) {
        (void)octets_vector(&body, 1); /* the context is empty */
    }
    list = octets_vector(&body, 3);
    a->has_certificates = true;
    while (!list.is_bad && list.left > 0) {
        struct octets one = octets_vector(&list, 3);
        bool is_good = !one.is_bad && (!d->is_sealed || read_entry_extensions(a, &list));

        if (!is_good) {
            return broken(d, "a Certificate message with faulty lengths");
        }
        a->certificates_len += one.left;
        if (d->on_certificate != NULL) {
            d->on_certificate(d->arg, one.at, one.left);
        }
    }
    return more_or(d, body.is_bad || list.is_bad, "a Certificate message that is too short");
}

static enum probe_result read_status(struct probe_decoder *d, struct octets body)
{
    if (octets_number(&body, 1) == 1) { /* ocsp */
        d->answer->ocsp_len = octets_number(&body, 3);
        body.is_bad = body.is_bad || d->answer->ocsp_len > body.left;
    }
    return more_or(d, body.is_bad, "a CertificateStatus that is too short");
}

/** How many bits a number of so many bytes has. */
static uint16_t bits_of(struct octets number)
{
    while (number.left > 0 && number.at[0] == 0) {
        number.at++;
        number.left--;
    }
    if (number.left == 0 || number.left > 4096) {
        return 0;
    }
    for (unsigned bit = 0; bit < 8; bit++) {
        if ((number.at[0] & 0x80u >> bit) != 0) {
            return (uint16_t)(8 * number.left - bit);
        }
    }
    return 0;
}

/** Is it a suite of finite-field Diffie-Hellman? */
static bool is_dhe(uint16_t suite)
{
    static const uint16_t suites[] = {0x0016, 0x0033, 0x0039, 0x0045, 0x0067, 0x006B, 0x0088,
                                      0x009E, 0x009F, 0xC09E, 0xC09F, 0xC0A2, 0xC0A3, 0xCCAA};

    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (suites[i] == suite) {
            return true;
        }
    }
    return false;
}

/** RFC 8422 section 5.4, RFC 5246 section 7.4.3. */
static enum probe_result read_key_exchange(struct probe_decoder *d, struct octets body)
{
    struct probe_answer *a = d->answer;

    if (is_dhe(a->suite)) {
        a->dh_bits = bits_of(octets_vector(&body, 2));
        (void)octets_vector(&body, 2);
        (void)octets_vector(&body, 2);
    } else {
        uint32_t curve_type = octets_number(&body, 1);

        if (curve_type != 3) { /* named_curve */
            return more_or(d, body.is_bad, "a ServerKeyExchange that is too short");
        }
        a->group = (uint16_t)octets_number(&body, 2);
        (void)octets_vector(&body, 1);
    }
    a->has_signature = !body.is_bad && body.left > 0;
    if (a->has_signature && a->version >= PROBE_TLS_1_2) {
        a->signature = (uint16_t)octets_number(&body, 2);
    }
    return more_or(d, body.is_bad, "a ServerKeyExchange that is too short");
}

static enum probe_result finish_answer(struct probe_decoder *d)
{
    d->answer->result = PROBE_DONE;
    return PROBE_DONE;
}

/** @param message  whole, with its header */
static enum probe_result read_message(struct probe_decoder *d, const uint8_t *message, size_t len)
{
    struct probe_answer *a = d->answer;
    struct octets body = {.at = message + 4, .left = len - 4};

    if (a->messages < PROBE_MESSAGES) {
        a->message[a->messages] = (struct probe_message){message[0], (uint32_t)len};
    }
    a->messages++;
    if (!a->has_hello && message[0] != HS_SERVER_HELLO) {
        return broken(d, "a handshake that does not begin with ServerHello");
    }
    switch (message[0]) {
    case HS_SERVER_HELLO:
        return read_hello(d, message, len, body);
    case HS_ENCRYPTED_EXTENSIONS:
        return more_or(d, !read_extensions(a, &body, NULL), "faulty EncryptedExtensions");
    case HS_CERTIFICATE:
        return read_certificate(d, body);
    case HS_CERTIFICATE_STATUS:
        return read_status(d, body);
    case HS_SERVER_KEY_EXCHANGE:
        return read_key_exchange(d, body);
    case HS_CERTIFICATE_REQUEST:
        a->wants_certificate = true;
        return PROBE_MORE;
    case HS_CERTIFICATE_VERIFY:
        a->has_signature = true;
        a->signature = (uint16_t)octets_number(&body, 2);
        return more_or(d, body.is_bad, "a CertificateVerify that is too short");
    case HS_SERVER_HELLO_DONE:
    case HS_FINISHED:
        return finish_answer(d);
    default:
        return PROBE_MORE; /* HelloRequest, NewSessionTicket: nothing to be seen */
    }
}

/* --- records ---------------------------------------------------------------------------------- */

/** Handshake messages may lie across records, and records across messages (RFC 8446 section
 *  5.1). */
static enum probe_result read_handshake(struct probe_decoder *d, const uint8_t *data, size_t len)
{
    size_t at = 0;

    if (len > PROBE_MESSAGE_MOST - d->message_len) {
        return broken(d, "a handshake message of more than 128 KB");
    }
    memcpy(d->message_data + d->message_len, data, len);
    d->message_len += len;
    while (d->message_len - at >= 4) {
        const uint8_t *m = d->message_data + at;
        size_t whole = 4 + ((size_t)m[1] << 16 | (size_t)m[2] << 8 | m[3]);
        enum probe_result result;

        if (whole > PROBE_MESSAGE_MOST) {
            return broken(d, "a handshake message of more than 128 KB");
        }
        if (whole > d->message_len - at) {
            break;
        }
        result = read_message(d, m, whole);
        if (result != PROBE_MORE) {
            return result;
        }
        at += whole;
    }
    memmove(d->message_data, d->message_data + at, d->message_len - at);
    d->message_len -= at;
    return PROBE_MORE;
}

static enum probe_result read_alert(struct probe_decoder *d, const uint8_t *data, size_t len)
{
    struct probe_answer *a = d->answer;

    if (len != 2) {
        return broken(d, "an alert that is not of two bytes");
    }
    if (data[0] == 1 && data[1] != 0) { /* a warning, such as unrecognized_name: it goes on */
        return PROBE_MORE;
    }
    a->alert_level = data[0];
    a->alert = data[1];
    a->result = PROBE_ALERT;
    return PROBE_ALERT;
}

static enum probe_result read_content(struct probe_decoder *d, uint8_t type, const uint8_t *data,
                                      size_t len)
{
    switch (type) {
    case RECORD_ALERT:
        return read_alert(d, data, len);
    case RECORD_HANDSHAKE:
        return read_handshake(d, data, len);
    case RECORD_CCS:
        return PROBE_MORE; /* RFC 8446 appendix D.4 */
    default:
        return broken(d, "data before the end of the handshake");
    }
}

static enum probe_result read_record(struct probe_decoder *d)
{
    struct probe_answer *a = d->answer;
    size_t len = d->record_len;

    if (a->records < PROBE_RECORDS) {
        a->record[a->records] = (struct probe_record){d->header[0], (uint16_t)len};
    }
    a->records++;
    if (!d->is_sealed || d->header[0] != RECORD_DATA) {
        return read_content(d, d->header[0], d->record_data, len);
    }
    if (!d->opener->open(d->opener->ctx, d->header, d->record_data, &len) || len == 0) {
        return broken(d, "a record that cannot be opened");
    }
    return read_content(d, d->record_data[len - 1], d->record_data, len - 1);
}

/** The header is complete: is it one? */
static enum probe_result read_header(struct probe_decoder *d)
{
    size_t len = (size_t)d->header[3] << 8 | d->header[4];

    if (d->header[0] < RECORD_CCS || d->header[0] > RECORD_DATA || d->header[1] != 3) {
        return broken(d, "something that is not TLS");
    }
    return more_or(d, len > sizeof(d->record_data) || len == 0,
                   "a record whose length is not allowed");
}

void probe_decoder_init(struct probe_decoder *d, struct probe_answer *answer,
                        const struct probe_opener *opener, probe_certificate_fn on_certificate,
                        void *arg)
{
    memset(d, 0, offsetof(struct probe_decoder, record_data));
    d->message_len = 0;
    d->answer = answer;
    d->opener = opener;
    d->on_certificate = on_certificate;
    d->arg = arg;
    *answer = (struct probe_answer){.alert = -1};
}

static void keep_first(struct probe_answer *a, const uint8_t *data, size_t len)
{
    size_t room = sizeof(a->first) - a->first_len;
    size_t n = len < room ? len : room;

    memcpy(a->first + a->first_len, data, n);
    a->first_len = (uint8_t)(a->first_len + n);
}

/** Fill up to `wanted` bytes. @return how many of the given ones were used */
static size_t fill(uint8_t *to, size_t *have, size_t wanted, const uint8_t *data, size_t len)
{
    size_t n = wanted - *have < len ? wanted - *have : len;

    memcpy(to + *have, data, n);
    *have += n;
    return n;
}

/** @return how many of the bytes were used */
static size_t feed_some(struct probe_decoder *d, const uint8_t *data, size_t len)
{
    size_t wanted;
    size_t n;

    if (d->header_len < sizeof(d->header)) {
        n = fill(d->header, &d->header_len, sizeof(d->header), data, len);
        if (d->header_len == sizeof(d->header)) {
            (void)read_header(d);
        }
        return n;
    }
    wanted = (size_t)d->header[3] << 8 | d->header[4];
    n = fill(d->record_data, &d->record_len, wanted, data, len);
    if (d->record_len == wanted) {
        (void)read_record(d);
        d->record_len = 0;
        d->header_len = 0;
    }
    return n;
}

enum probe_result probe_decoder_feed(struct probe_decoder *d, const uint8_t *data, size_t len)
{
    if (len > 0) {
        keep_first(d->answer, data, len);
    }
    while (len > 0 && d->answer->result == PROBE_MORE) {
        size_t used = feed_some(d, data, len);

        data += used;
        len -= used;
    }
    return d->answer->result;
}

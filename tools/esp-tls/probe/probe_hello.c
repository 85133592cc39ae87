#include "probe_hello.h"

#include "octets.h"

/* Extension types, from IANA's registry of TLS ExtensionType values. */
static size_t begin_extension(struct octets_out *o, uint16_t type)
{
    octets_put_number(o, type, 2);
    return octets_begin(o, 2);
}

static void empty_extension(struct octets_out *o, uint16_t type)
{
    octets_end(o, begin_extension(o, type), 2);
}

static void number_extension(struct octets_out *o, uint16_t type, uint32_t number, size_t bytes)
{
    size_t began = begin_extension(o, type);

    octets_put_number(o, number, bytes);
    octets_end(o, began, 2);
}

static void put_list(struct octets_out *o, struct probe_list list)
{
    size_t began = octets_begin(o, 2);

    for (size_t i = 0; i < list.count; i++) {
        octets_put_number(o, list.at[i], 2);
    }
    octets_end(o, began, 2);
}

static void list_extension(struct octets_out *o, uint16_t type, struct probe_list list)
{
    if (list.count > 0) {
        size_t began = begin_extension(o, type);

        put_list(o, list);
        octets_end(o, began, 2);
    }
}

static void put_name(struct octets_out *o, const char *name)
{
    size_t began = begin_extension(o, EXT_SERVER_NAME);
    size_t list = octets_begin(o, 2);
    size_t text;

    octets_put_number(o, 0, 1); /* host_name */
    text = octets_begin(o, 2);
    octets_put(o, name, strlen(name));
    octets_end(o, text, 2);
    octets_end(o, list, 2);
    octets_end(o, began, 2);
}

static void put_alpn(struct octets_out *o, const char *const *alpn)
{
    size_t began = begin_extension(o, EXT_ALPN);
    size_t list = octets_begin(o, 2);

    for (; *alpn != NULL; alpn++) {
        size_t text = octets_begin(o, 1);

        octets_put(o, *alpn, strlen(*alpn));
        octets_end(o, text, 1);
    }
    octets_end(o, list, 2);
    octets_end(o, began, 2);
}

static void put_status_request(struct octets_out *o)
{
    size_t began = begin_extension(o, EXT_STATUS_REQUEST);

    octets_put_number(o, 1, 1); /* ocsp; no responder ids, no extensions */
    octets_put_number(o, 0, 2);
    octets_put_number(o, 0, 2);
    octets_end(o, began, 2);
}

static void put_1_3(struct octets_out *o, const struct probe_hello *h)
{
    size_t began = begin_extension(o, EXT_SUPPORTED_VERSIONS);
    size_t list = octets_begin(o, 1);

    octets_put_number(o, h->version, 2);
    octets_end(o, list, 1);
    octets_end(o, began, 2);

    began = begin_extension(o, EXT_KEY_SHARE);
    list = octets_begin(o, 2);
    if (h->share_group != 0) {
        size_t share;

        octets_put_number(o, h->share_group, 2);
        share = octets_begin(o, 2);
        octets_put(o, h->share, h->share_len);
        octets_end(o, share, 2);
    }
    octets_end(o, list, 2);
    octets_end(o, began, 2);
}

/** What only TLS 1.2 and older know. */
static void put_1_2(struct octets_out *o, const struct probe_hello *h)
{
    if (h->groups.count > 0) { /* RFC 8422 section 5.1.2: uncompressed */
        number_extension(o, EXT_EC_POINT_FORMATS, 0x0100, 2);
    }
    empty_extension(o, EXT_EXTENDED_MASTER_SECRET);
    number_extension(o, EXT_RENEGOTIATION_INFO, 0, 1); /* RFC 5746 section 3.4 */
    if (h->ask_ticket) {
        empty_extension(o, EXT_SESSION_TICKET);
    }
}

static void put_extensions(struct octets_out *o, const struct probe_hello *h)
{
    size_t began = octets_begin(o, 2);

    if (h->name != NULL) {
        put_name(o, h->name);
    }
    list_extension(o, EXT_SUPPORTED_GROUPS, h->groups);
    if (h->version >= PROBE_TLS_1_2) { /* RFC 5246 section 7.4.1.4.1: not before */
        list_extension(o, EXT_SIGNATURE_ALGORITHMS, h->signatures);
    }
    if (h->alpn != NULL) {
        put_alpn(o, h->alpn);
    }
    if (h->max_fragment != 0) {
        number_extension(o, EXT_MAX_FRAGMENT_LENGTH, h->max_fragment, 1);
    }
    if (h->record_limit != 0) {
        number_extension(o, EXT_RECORD_SIZE_LIMIT, h->record_limit, 2);
    }
    if (h->ask_ocsp) {
        put_status_request(o);
    }
    if (h->version >= PROBE_TLS_1_3) {
        put_1_3(o, h);
    } else {
        put_1_2(o, h);
    }
    octets_end(o, began, 2);
}

static void put_body(struct octets_out *o, const struct probe_hello *h)
{
    bool is_1_3 = h->version >= PROBE_TLS_1_3;

    octets_put_number(o, is_1_3 ? PROBE_TLS_1_2 : h->version, 2);
    octets_put(o, h->random, 32);
    /* RFC 8446 appendix D.4: what stands between expects a session id */
    octets_put_number(o, is_1_3 ? 32 : 0, 1);
    octets_put(o, h->random, is_1_3 ? 32 : 0);
    put_list(o, h->suites);
    octets_put_number(o, 0x0100, 2); /* one compression method: none */
    put_extensions(o, h);
}

bool probe_hello_write(const struct probe_hello *h, uint8_t *out, size_t cap, size_t *len)
{
    struct octets_out o = {.data = out, .cap = cap};
    size_t record;
    size_t message;

    octets_put_number(&o, 22, 1);            /* handshake */
    octets_put_number(&o, PROBE_TLS_1_0, 2); /* RFC 8446 section 5.1: of a first ClientHello */
    record = octets_begin(&o, 2);
    octets_put_number(&o, 1, 1); /* client_hello */
    message = octets_begin(&o, 3);
    put_body(&o, h);
    octets_end(&o, message, 3);
    octets_end(&o, record, 2);
    *len = o.len;
    return !o.is_bad;
}

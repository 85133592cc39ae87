/* The evidence observer: it copies what is known at the moment of a failure, and no more. Nothing
 * here reads a certificate or knows a reason, because every program that is observed carries this
 * file. */
#include <string.h>

#include "evidence.h"
#include "plat_clock.h"

_Static_assert((int)STACK_CHAIN_SELF_SIGNED == (int)ESP_TLS_CHAIN_SELF_SIGNED &&
                   (int)STACK_CHAIN_OUT_OF_ORDER == (int)ESP_TLS_CHAIN_OUT_OF_ORDER &&
                   (int)STACK_CHAIN_EXTRA == (int)ESP_TLS_CHAIN_EXTRA &&
                   (int)STACK_CHAIN_NO_CONSTRAINTS == (int)ESP_TLS_CHAIN_NO_CONSTRAINTS &&
                   (int)STACK_CHAIN_ANCHOR_NAMESAKE == (int)ESP_TLS_CHAIN_ANCHOR_NAMESAKE &&
                   (int)STACK_CHAIN_ROOT_SENT == (int)ESP_TLS_CHAIN_ROOT_SENT &&
                   (int)STACK_CHAIN_NO_IP_NAMES == (int)ESP_TLS_CHAIN_NO_IP_NAMES &&
                   (int)STACK_CHAIN_ANCHOR_KIN == (int)ESP_TLS_CHAIN_ANCHOR_KIN &&
                   (int)STACK_CHAIN_BAD_SIGNATURE == (int)ESP_TLS_CHAIN_BAD_SIGNATURE &&
                   (int)STACK_CHAIN_NO_CERT_SIGN == (int)ESP_TLS_CHAIN_NO_CERT_SIGN &&
                   (int)STACK_CHAIN_PATH_LENGTH == (int)ESP_TLS_CHAIN_PATH_LENGTH &&
                   (int)STACK_CHAIN_FIRST_ISSUED == (int)ESP_TLS_CHAIN_FIRST_ISSUED &&
                   (int)STACK_CHAIN_ANCHOR_IS_LEAF == (int)ESP_TLS_CHAIN_ANCHOR_IS_LEAF &&
                   (int)STACK_CHAIN_ANCHOR_RENEWED == (int)ESP_TLS_CHAIN_ANCHOR_RENEWED &&
                   (int)STACK_CHAIN_WEAK_ISSUER == (int)ESP_TLS_CHAIN_WEAK_ISSUER,
               "one list of bits");

/** Memory of the connection's. Without it the record still says what failed. */
static void *take_room(struct observed *on, size_t size)
{
    const struct plat_mem_failure before = on->account->failure;
    void *block = plat_alloc(on->account, PLAT_MEM_CONNECTION, size);

    on->account->failure = before;
    return block;
}

/** What is kept, made when it is first needed. @return NULL: there is no room */
static struct evidence *evidence_of(struct observed *on, struct conn_watch *w)
{
    struct evidence *e = (struct evidence *)(void *)w;

    if (e == NULL) {
        e = take_room(on, sizeof(*e));
        if (e != NULL) {
            e->watch.observer = &et_evidence_observer;
            et_observed_add(on, &e->watch);
        }
    }
    return e;
}

static void evidence_free(struct conn_watch *w)
{
    struct evidence *e = (struct evidence *)(void *)w;

    plat_free(e->chain);
    plat_free_secret(e->input.bytes);
    plat_free(e);
}

/* --- inputs that cannot be read --------------------------------------------------------------- */

static void note_input(struct observed *on, struct evidence *e, const char *name, const void *buf,
                       size_t len, esp_tls_input_t as)
{
    struct evidence_input *in = &e->input;

    in->name = name;
    in->as = (uint8_t)as;
    in->len = buf != NULL ? len : 0;
    if (in->len == 0) {
        return;
    }
    in->last = ((const uint8_t *)buf)[len - 1];
    in->copied = len < EVIDENCE_INPUT_MAX ? len : EVIDENCE_INPUT_MAX;
    in->bytes = take_room(on, in->copied + 1); /* a NUL may be put behind it */
    if (in->bytes == NULL) {
        in->copied = 0;
        return;
    }
    memcpy(in->bytes, buf, in->copied);
}

static void note_key(struct observed *on, struct evidence *e, const esp_tls_cfg_t *cfg)
{
    const esp_key_config_t *key = cfg->client_key;

    if (key != NULL && key->source == ESP_KEY_SOURCE_BUFFER) {
        note_input(on, e, "client_key", key->buffer.data, key->buffer.len,
                   key->buffer.password != NULL ? ESP_TLS_INPUT_KEY_PASSWORD : ESP_TLS_INPUT_KEY);
    } else {
        note_input(on, e, "clientkey_buf", cfg->clientkey_buf, cfg->clientkey_bytes,
                   cfg->clientkey_password != NULL ? ESP_TLS_INPUT_KEY_PASSWORD
                                                   : ESP_TLS_INPUT_KEY);
    }
}

/** Which input the failure was about: the code and the option say so. */
static void note_inputs(struct observed *on, struct evidence *e, const struct conn_failure *f)
{
    const esp_tls_cfg_t *cfg = f->asked->cfg;

    if (f->phase != ESP_TLS_PHASE_CONFIG) {
        return;
    }
    if (f->esp == ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED) {
        note_key(on, e, cfg);
    } else if (f->esp == ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED) {
        if (f->option != NULL && strcmp(f->option, "clientcert_buf") == 0) {
            note_input(on, e, "clientcert_buf", cfg->clientcert_buf, cfg->clientcert_bytes,
                       ESP_TLS_INPUT_CERTIFICATES);
        } else {
            note_input(on, e, "cacert_buf", cfg->cacert_buf, cfg->cacert_bytes,
                       ESP_TLS_INPUT_CERTIFICATES);
        }
    }
}

/* --- the peer's chain ------------------------------------------------------------------------- */

/** Length of the element that begins a piece, header included; 0: it is not whole. */
static size_t element_len(const struct stack_bytes *b, size_t *header)
{
    size_t len = b->len > 1 ? b->ptr[1] : 0;

    *header = 2;
    if (len > 0x80 && len <= 0x82) {
        size_t count = len - 0x80;

        if (b->len < 2 + count) {
            return 0;
        }
        len = b->ptr[2];
        if (count == 2) {
            len = len << 8 | b->ptr[3];
        }
        *header += count;
    }
    return b->len >= *header && len <= b->len - *header ? *header + len : 0;
}

/** The content of a Name, without its leading parts where it is too long. */
static struct stack_bytes shorten(struct stack_bytes name)
{
    size_t header = 0;
    size_t len = element_len(&name, &header);

    if (len == 0) {
        return (struct stack_bytes){NULL, 0};
    }
    name = (struct stack_bytes){name.ptr + header, len - header};
    while (name.len > EVIDENCE_NAME_MAX) {
        len = element_len(&name, &header);
        if (len == 0) {
            return (struct stack_bytes){NULL, 0};
        }
        name = (struct stack_bytes){name.ptr + len, name.len - len};
    }
    return name;
}

static uint16_t put_bytes(uint8_t **at, struct stack_bytes b, size_t most)
{
    size_t len = b.len < most ? b.len : most;

    if (len > 0) {
        memcpy(*at, b.ptr, len);
    }
    *at += len;
    return (uint16_t)len;
}

/** The names of the peer's own certificate that can be shown (RFC 5280 section 4.2.1.6).
 *  @param to  EVIDENCE_LIST_MAX bytes @return as many as are used */
static uint16_t copy_names(const void *stack, uint8_t *to)
{
    const uint8_t *end = to + EVIDENCE_LIST_MAX;
    const uint8_t *begin = to;
    const void *at = NULL;
    struct stack_bytes name;
    uint8_t tag;

    while (end - to > 3 && et_stack_next_name(stack, &at, &tag, &name)) {
        if (tag == EVIDENCE_NAME_DNS || tag == EVIDENCE_NAME_IP) {
            uint8_t *head = to;
            uint16_t len;

            to += 3;
            len = put_bytes(&to, name, (size_t)(end - to));
            head[0] = tag;
            head[1] = (uint8_t)(len >> 8);
            head[2] = (uint8_t)len;
        }
    }
    return (uint16_t)(to - begin);
}

static void note_chain(struct observed *on, struct evidence *e, const void *stack)
{
    struct stack_refused r;
    struct evidence_chain *c;
    uint8_t *to;

    et_stack_refused(stack, &r);
    r.subject = shorten(r.subject);
    r.issuer = shorten(r.issuer);
    c = take_room(on,
                  sizeof(*c) + r.subject.len + r.issuer.len + EVIDENCE_LIST_MAX + EVIDENCE_URL_MAX);
    if (c == NULL) {
        return;
    }
    to = c->bytes;
    c->not_before = r.not_before;
    c->not_after = r.not_after;
    c->key_bits = r.key_bits;
    c->count = r.count;
    c->relations = r.relations;
    c->subject_len = put_bytes(&to, r.subject, EVIDENCE_NAME_MAX);
    c->issuer_len = put_bytes(&to, r.issuer, EVIDENCE_NAME_MAX);
    c->names_len = copy_names(stack, to);
    to += c->names_len;
    if (c->names_len == 0) {
        c->leaf_len = put_bytes(&to, shorten(r.leaf), EVIDENCE_LIST_MAX);
    }
    c->aia_len = put_bytes(&to, r.aia, EVIDENCE_URL_MAX);
    plat_free(e->chain);
    e->chain = c;
}

/** @param arg  receives how many certificates there are */
static void count_sent(void *arg, const uint8_t *body, size_t len, bool is_tls13)
{
    size_t at = is_tls13 && len > 0 ? 1U + body[0] : 0; /* behind certificate_request_context */
    size_t tail = is_tls13 ? 2 : 0; /* the length of a certificate's extensions */
    uint8_t *count = arg;

    for (at += 3; at + 3 <= len && *count < UINT8_MAX; (*count)++) {
        at += 3 + ((size_t)body[at] << 16 | (size_t)body[at + 1] << 8 | body[at + 2]);
        if (tail != 0 && at + tail <= len) {
            at += tail + ((size_t)body[at] << 8 | body[at + 1]);
        }
    }
}

static void on_chain(struct observed *on, struct conn_watch *w, const struct conn_chain *chain)
{
    struct evidence *e = evidence_of(on, w);

    if (e == NULL) {
        return;
    }
    if (chain->event == CONN_CHAIN_REFUSED) {
        note_chain(on, e, chain->stack);
    } else if (chain->event == CONN_CHAIN_TOO_LONG) {
        et_stack_certificates(chain->stack, count_sent, &e->sent);
    } else if (chain->event == CONN_CHAIN_UNREADABLE && e->input.name == NULL) {
        note_input(on, e, "peer", chain->der, chain->len, ESP_TLS_INPUT_CERTIFICATES);
        e->input.item = (uint16_t)chain->index;
    }
}

/* --- a failure -------------------------------------------------------------------------------- */

static unsigned asked_version(const esp_tls_cfg_t *cfg)
{
#if !defined(CONFIG_MBEDTLS_SSL_PROTO_TLS1_3)
    (void)cfg;
    return ESP_TLS_ASKED_TLS_1_2_ONLY;
#elif !defined(CONFIG_MBEDTLS_SSL_PROTO_TLS1_2)
    (void)cfg;
    return ESP_TLS_ASKED_TLS_1_3_ONLY;
#else
    return cfg->tls_version == ESP_TLS_VER_TLS_1_2   ? ESP_TLS_ASKED_TLS_1_2_ONLY
           : cfg->tls_version == ESP_TLS_VER_TLS_1_3 ? ESP_TLS_ASKED_TLS_1_3_ONLY
                                                     : 0U;
#endif
}

static uint16_t asked_bits(const esp_tls_cfg_t *cfg)
{
    unsigned bits = asked_version(cfg);

    bits |= cfg->clientcert_buf != NULL ? ESP_TLS_ASKED_IDENTITY : 0U;
    bits |= cfg->ciphersuites_list != NULL ? ESP_TLS_ASKED_SUITES : 0U;
    bits |= cfg->alpn_protos != NULL ? ESP_TLS_ASKED_ALPN : 0U;
    bits |= cfg->is_plain_tcp ? ESP_TLS_ASKED_PLAIN : 0U;
    bits |= cfg->if_name != NULL ? ESP_TLS_ASKED_INTERFACE : 0U;
    bits |= cfg->addr_family != ESP_TLS_AF_UNSPEC ? ESP_TLS_ASKED_FAMILY : 0U;
    return (uint16_t)bits;
}

static void copy_text(struct evidence_text *to, const char *from, size_t len)
{
    to->len = (uint8_t)(len < sizeof(to->bytes) ? len : sizeof(to->bytes));
    memcpy(to->bytes, from, to->len);
}

static void note_request(struct evidence *e, const struct conn_request *asked)
{
    const esp_tls_cfg_t *cfg = asked->cfg;

    copy_text(&e->host, asked->host, asked->len);
    e->port = asked->port > 0 && asked->port <= UINT16_MAX ? (uint16_t)asked->port : 0;
    e->asked = asked_bits(cfg);
    if (cfg->is_plain_tcp || cfg->skip_common_name) {
        return;
    }
    if (cfg->common_name != NULL) {
        copy_text(&e->name, cfg->common_name, strlen(cfg->common_name));
    } else {
        e->name = e->host;
    }
}

static void on_failed(struct observed *on, struct conn_watch *w, const struct conn_failure *f)
{
    struct evidence *e;

    if (f->asked == NULL && f->stack == NULL) {
        return; /* the record says all that is known */
    }
    e = evidence_of(on, w);
    if (e == NULL || e->is_complete) {
        return;
    }
    e->is_complete = true;
    if (f->stack != NULL) {
        et_stack_moment(f->stack, &e->moment);
    }
    if (f->asked != NULL) {
        note_request(e, f->asked);
        note_inputs(on, e, f);
    }
    e->mem_free = on->account->failure.free_bytes;
    e->mem_over_limit = on->account->failure.over_limit != 0;
    e->clock_is_set = plat_wall_clock(&e->now);
}

const struct conn_observer et_evidence_observer = {
    .is_listed = true,
    .chain = on_chain,
    .failed = on_failed,
    .free = evidence_free,
};

void esp_tls_diagnosis_enable(void)
{
    static struct observer_entry entry = {.observer = &et_evidence_observer};

    et_observers_add(&entry);
}

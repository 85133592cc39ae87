/* KEY=VALUE. Files are given by path; a PEM file gets the NUL that its length must count. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "mbedtls/pk.h"
#include "psa/crypto.h"

static bool bad(const char *what, const char *text)
{
    fprintf(stderr, "tls-client: %s: %s\n", what, text);
    return false;
}

static int number(const char *text)
{
    return (int)strtol(text, NULL, 0);
}

static void *load(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    size_t cap = 1 << 20;
    char *data = malloc(cap);

    if (f == NULL || data == NULL) {
        (void)bad("cannot read", path);
        exit(2);
    }
    *len = fread(data, 1, cap - 1, f);
    fclose(f);
    data[*len] = '\0';
    data = realloc(data, *len + 1); /* so that valgrind sees a read behind the end */
    if (strstr(data, "-----BEGIN") != NULL) {
        (*len)++;
    }
    return data;
}

static void load_into(const unsigned char **buf, unsigned *bytes, const char *path)
{
    size_t len;

    *buf = load(path, &len);
    *bytes = (unsigned)len;
}

static char *copy_of(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        exit(2);
    }
    return copy;
}

static esp_err_t attach_bundle(void *conf)
{
    (void)conf;
    return ESP_OK;
}

/* --- one function per key
 * ------------------------------------------------------------------------- */

static bool set_mode(struct script *s, const char *v)
{
    static const char *const names[] = {"sync", "async", "plain", "adopt"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(v, names[i]) == 0) {
            s->mode = (enum mode)i;
            return true;
        }
    }
    return bad("no such mode", v);
}

static bool set_null(struct script *s, const char *v)
{
    s->no_cfg |= strcmp(v, "cfg") == 0;
    s->no_host |= strcmp(v, "host") == 0;
    s->no_tls |= strcmp(v, "tls") == 0;
    return true;
}

static bool set_alpn(struct script *s, const char *v)
{
    char *list = copy_of(v);
    size_t n = 0;

    for (char *at = list; at != NULL && n < MAX_LIST;) {
        s->alpn[n++] = strsep(&at, ",");
    }
    s->cfg.alpn_protos = s->alpn;
    return true;
}

static bool set_suites(struct script *s, const char *v)
{
    char *list = copy_of(v);
    size_t n = 0;

    for (char *at = list; at != NULL && n < MAX_LIST;) {
        s->suites[n++] = number(strsep(&at, ","));
    }
    free(list);
    s->cfg.ciphersuites_list = s->suites;
    return true;
}

static bool set_cacert(struct script *s, const char *v)
{
    load_into(&s->cfg.cacert_buf, &s->cfg.cacert_bytes, v);
    return true;
}

static bool set_cert(struct script *s, const char *v)
{
    load_into(&s->cfg.clientcert_buf, &s->cfg.clientcert_bytes, v);
    return true;
}

static bool set_key(struct script *s, const char *v)
{
    load_into(&s->cfg.clientkey_buf, &s->cfg.clientkey_bytes, v);
    return true;
}

static bool set_pass(struct script *s, const char *v)
{
    s->cfg.clientkey_password = (const unsigned char *)v;
    s->cfg.clientkey_password_len = (unsigned)strlen(v);
    return true;
}

static bool set_client_key(struct script *s, const char *v)
{
    size_t len = 0;

    s->key.source = ESP_KEY_SOURCE_BUFFER;
    s->key.buffer.data = *v != '\0' ? load(v, &len) : NULL;
    s->key.buffer.len = len;
    s->cfg.client_key = &s->key;
    return true;
}

static bool set_client_key_pass(struct script *s, const char *v)
{
    s->key.buffer.password = v;
    s->key.buffer.password_len = strlen(v);
    return true;
}

static bool set_client_key_psa(struct script *s, const char *v)
{
    s->psa_key = v;
    s->key.source = ESP_KEY_SOURCE_PSA;
    s->cfg.client_key = &s->key;
    return true;
}

static bool set_keep_alive(struct script *s, const char *v)
{
    int n = sscanf(v, "%d:%d:%d", &s->keep_alive.keep_alive_idle,
                   &s->keep_alive.keep_alive_interval, &s->keep_alive.keep_alive_count);

    s->keep_alive.keep_alive_enable = n == 3; /* "off": there, but not enabled */
    s->cfg.keep_alive_cfg = &s->keep_alive;
    return true;
}

static bool set_if(struct script *s, const char *v)
{
    snprintf(s->ifr.ifr_name, sizeof(s->ifr.ifr_name), "%s", v);
    s->cfg.if_name = &s->ifr;
    return true;
}

static bool set_store(struct script *s, const char *v)
{
    if (s->stores == MAX_LIST) {
        return bad("too many", "store");
    }
    s->store[s->stores++] = v;
    return true;
}

static bool set_unsupported(struct script *s, const char *v)
{
    if (strcmp(v, "bundle") == 0) {
        s->cfg.crt_bundle_attach = attach_bundle;
    } else if (strcmp(v, "ds") == 0) {
        s->cfg.ds_data = s;
    } else if (strcmp(v, "ecdsa") == 0) {
        s->cfg.use_ecdsa_peripheral = true;
        s->cfg.ecdsa_key_efuse_blk = 4;
        s->cfg.ecdsa_key_efuse_blk_high = 5;
        s->cfg.ecdsa_curve = ESP_TLS_ECDSA_CURVE_SECP256R1;
    } else if (strcmp(v, "se") == 0) {
        s->cfg.use_secure_element = true;
#ifdef CONFIG_ESP_TLS_PSK_VERIFICATION
    } else if (strcmp(v, "psk") == 0) {
        static const psk_hint_key_t psk = {(const uint8_t *)"0123456789abcdef", 16, "client"};

        s->cfg.psk_hint_key = &psk;
#endif
#ifdef CONFIG_ESP_TLS_CLIENT_SESSION_TICKETS
    } else if (strcmp(v, "session") == 0) {
        static esp_tls_client_session_t session;

        s->cfg.client_session = &session;
#endif
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    } else if (strcmp(v, "dynbuf") == 0) {
        s->cfg.esp_tls_dyn_buf_strategy = ESP_TLS_DYN_BUF_RX_STATIC;
#endif
    } else {
        return bad("not in this build", v);
    }
    return true;
}

#define TEXT(name, field)                                                                          \
    static bool name(struct script *s, const char *v)                                              \
    {                                                                                              \
        s->field = v;                                                                              \
        return true;                                                                               \
    }
#define NUMBER(name, field, type)                                                                  \
    static bool name(struct script *s, const char *v)                                              \
    {                                                                                              \
        s->field = (type)number(v);                                                                \
        return true;                                                                               \
    }
TEXT(set_host, host)
TEXT(set_url, url)
TEXT(set_name, cfg.common_name)
NUMBER(set_hostlen, hostlen, int)
NUMBER(set_port, port, int)
NUMBER(set_cancel, cancel_ms, int)
NUMBER(set_every, every_ms, int)
NUMBER(set_repeat, repeat, int)
NUMBER(set_fds, fds, int)
NUMBER(set_stalled, stalled, int)
NUMBER(set_close_stdin, close_stdin, bool)
NUMBER(set_hook, hook, bool)
NUMBER(set_hook_fails, hook_fails, bool)
NUMBER(set_timeout, cfg.timeout_ms, int)
NUMBER(set_non_block, cfg.non_block, bool)
NUMBER(set_global, cfg.use_global_ca_store, bool)
NUMBER(set_skip_name, cfg.skip_common_name, bool)
NUMBER(set_plain, cfg.is_plain_tcp, bool)
NUMBER(set_family, cfg.addr_family, esp_tls_addr_family_t)
NUMBER(set_version, cfg.tls_version, esp_tls_proto_ver_t)

static const struct {
    const char *key;
    bool (*set)(struct script *s, const char *value);
} keys[] = {
    {"mode", set_mode},       /* sync async plain adopt */
    {"host", set_host},       /* name or address */
    {"hostlen", set_hostlen}, /* if not all of it */
    {"port", set_port},
    {"url", set_url},       /* the calls that take a URL */
    {"null", set_null},     /* cfg, host, tls: NULL instead */
    {"cancel", set_cancel}, /* from another thread, ms after the connect began */
    {"every", set_every},   /* async: call each .. ms, not when it asks to */
    {"repeat", set_repeat},
    {"fds", set_fds},                 /* open this many descriptors first */
    {"stalled", set_stalled},         /* give up this many look-ups first */
    {"close_stdin", set_close_stdin}, /* descriptor 0 is free */
    {"hook", set_hook},               /* socket hook that reports */
    {"hook_fails", set_hook_fails},   /* and refuses */
    {"alpn", set_alpn},               /* a,b */
    {"cacert", set_cacert},
    {"cert", set_cert},
    {"key", set_key},
    {"pass", set_pass},
    {"client_key", set_client_key}, /* esp_key_config_t, a buffer */
    {"client_key_pass", set_client_key_pass},
    {"client_key_psa", set_client_key_psa}, /* the same, imported into PSA */
    {"non_block", set_non_block},
    {"timeout", set_timeout},
    {"global", set_global},
    {"store", set_store}, /* a file for the global store; may come several times */
    {"name", set_name},
    {"skip_name", set_skip_name},
    {"keepalive", set_keep_alive}, /* idle:interval:count, or off */
    {"plain", set_plain},
    {"if", set_if},
    {"family", set_family},    /* 0 1 2, as the enum */
    {"version", set_version},  /* 0 1 2 3, as the enum */
    {"suites", set_suites},    /* 0x1301,0xc02b */
    {"with", set_unsupported}, /* bundle ds ecdsa se psk session dynbuf */
};

static bool set_key_value(struct script *s, const char *text, size_t key_len)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strlen(keys[i].key) == key_len && memcmp(keys[i].key, text, key_len) == 0) {
            return keys[i].set(s, text + key_len + 1);
        }
    }
    return bad("no such key", text);
}

bool options_parse(struct script *s, int argc, char **argv)
{
    s->hostlen = -1;
    s->cancel_ms = -1;
    s->repeat = 1;
    for (int i = 1; i < argc; i++) {
        size_t word = strcspn(argv[i], "=:");

        if (argv[i][word] == '=') {
            if (!set_key_value(s, argv[i], word)) {
                return false;
            }
        } else if (s->actions < ACTIONS_MAX) {
            s->action[s->actions++] = argv[i];
        }
    }
    return s->host != NULL || s->url != NULL || s->no_host || bad("missing", "host= or url=");
}

/* --- the key that PSA holds
 * ------------------------------------------------------------------------ */

static int no_random(void *ctx, unsigned char *out, size_t len)
{
    (void)ctx;
    return psa_generate_random(out, len) == PSA_SUCCESS ? 0 : -1;
}

bool options_load_key(struct script *s)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    mbedtls_svc_key_id_t id = MBEDTLS_SVC_KEY_ID_INIT;
    mbedtls_pk_context pk;
    size_t len = 0;
    unsigned char *data;
    int ret;

    if (psa_crypto_init() != PSA_SUCCESS) {
        return bad("PSA", "psa_crypto_init");
    }
    if (s->psa_key == NULL) {
        return true;
    }
    data = load(s->psa_key, &len);
    mbedtls_pk_init(&pk);
    ret = mbedtls_pk_parse_key(&pk, data, len, NULL, 0, no_random, NULL);
    if (ret == 0) {
        ret = mbedtls_pk_get_psa_attributes(&pk, PSA_KEY_USAGE_SIGN_HASH, &attributes);
    }
    if (mbedtls_pk_get_type(&pk) == MBEDTLS_PK_RSA &&
        s->cfg.tls_version != ESP_TLS_VER_TLS_1_2) { /* RFC 8446 section 4.2.3 */
        psa_set_key_algorithm(&attributes, PSA_ALG_RSA_PSS(PSA_ALG_ANY_HASH));
    }
    if (ret == 0) {
        ret = mbedtls_pk_import_into_psa(&pk, &attributes, &id);
    }
    mbedtls_pk_free(&pk);
    free(data);
    s->key.psa.key_id = (uint32_t)id;
    return ret == 0 || bad("cannot import", s->psa_key);
}

bool options_key_is_alive(const struct script *s)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    bool is_alive = psa_get_key_attributes(s->key.psa.key_id, &attributes) == PSA_SUCCESS;

    psa_reset_key_attributes(&attributes);
    return is_alive;
}

void options_drop_key(const struct script *s)
{
    if (s->psa_key != NULL) {
        (void)psa_destroy_key(s->key.psa.key_id);
    }
}

/* A configuration made of the input, field by field, and a connection with it to a real server.
 * Each field is left out, good, or arbitrary bytes, so that some inputs get through every check. */
#include "sim_fuzz.h"

#include <net/if.h>
#include <stdlib.h>

#include "esp_key_config.h"

#define PIECES 16

struct world {
    struct sim_input in;
    struct sim_case t;
    char *texts[PIECES]; /* copies with a NUL, to be freed */
    size_t text_count;
    esp_key_config_t key;
    tls_keep_alive_cfg_t keep_alive;
    struct ifreq ifr;
    const char *protocols[4];
    int suites[6];
};

/** A piece of the input as a text. */
static const char *text_of(struct world *w)
{
    struct sim_cert piece = sim_input_piece(&w->in, 2);
    char *text = calloc(1, piece.len + 1u);

    sim_must(text != NULL && w->text_count < PIECES);
    memcpy(text, piece.buf, piece.len);
    w->texts[w->text_count++] = text;
    return text;
}

/** 0: nothing; 1: the first file, 2: the second; else bytes of the input. */
static struct sim_cert buffer_of(struct world *w, struct sim_cert first, struct sim_cert second)
{
    switch (sim_input_byte(&w->in) % 4) {
    case 0:
        return (struct sim_cert){NULL, 0};
    case 1:
        return first;
    case 2:
        return second;
    default:
        return sim_input_piece(&w->in, 8);
    }
}

static void fill_identity(struct world *w, esp_tls_cfg_t *cfg)
{
    struct sim_cert cert = buffer_of(w, CERT(client_ec_chain_pem), CERT(client_rsa_der));
    struct sim_cert key = buffer_of(w, CERT(client_ec_key), CERT(client_ec_aes128_pem));
    uint8_t how = sim_input_byte(&w->in);

    cfg->clientcert_buf = cert.buf;
    cfg->clientcert_bytes = cert.len;
    if ((how & 1) == 0) {
        cfg->clientkey_buf = key.buf;
        cfg->clientkey_bytes = key.len;
    } else {
        w->key.source = (esp_key_source_t)(how >> 1 & 3);
        if (w->key.source == ESP_KEY_SOURCE_PSA) {
            w->key.psa.key_id = sim_input_u16(&w->in);
        } else {
            w->key.buffer.data = key.buf;
            w->key.buffer.len = key.len;
        }
        cfg->client_key = &w->key;
    }
    if ((how & 8) != 0) {
        cfg->clientkey_password = cert_password_txt;
        cfg->clientkey_password_len = sizeof(cert_password_txt) - 1;
    }
    cfg->use_ecdsa_peripheral = (how & 16) != 0;
    cfg->ds_data = (how & 32) != 0 ? w : NULL;
    cfg->use_secure_element = (how & 64) != 0;
}

static void fill_protocol(struct world *w, esp_tls_cfg_t *cfg)
{
    uint8_t how = sim_input_byte(&w->in);

    if ((how & 1) != 0) {
        for (size_t i = 0; i < (size_t)(how >> 1 & 3); i++) {
            w->protocols[i] = text_of(w);
        }
        cfg->alpn_protos = w->protocols;
    }
    if ((how & 8) != 0) {
        static const int known[] = {0x1301, 0x1302, 0xC02B, 0xC02C, 0x7777, 0};

        for (size_t i = 0; i < 5; i++) {
            w->suites[i] = known[sim_input_byte(&w->in) % COUNT(known)];
        }
        cfg->ciphersuites_list = w->suites;
    }
    cfg->tls_version = (esp_tls_proto_ver_t)(how >> 4 & 3);
    w->t.server.version = (how & 64) != 0 ? 12 : (how & 128) != 0 ? 13 : 0;
}

static void fill_socket(struct world *w, esp_tls_cfg_t *cfg)
{
    uint8_t how = sim_input_byte(&w->in);

    if ((how & 1) != 0) {
        w->keep_alive.keep_alive_enable = (how & 2) != 0;
        w->keep_alive.keep_alive_idle = (int8_t)sim_input_byte(&w->in);
        w->keep_alive.keep_alive_interval = (int8_t)sim_input_byte(&w->in);
        w->keep_alive.keep_alive_count = (int8_t)sim_input_byte(&w->in);
        cfg->keep_alive_cfg = &w->keep_alive;
    }
    if ((how & 4) != 0) {
        memcpy(w->ifr.ifr_name, (how & 8) != 0 ? "eth0" : "eth9", 5);
        cfg->if_name = &w->ifr;
    }
    cfg->addr_family = (esp_tls_addr_family_t)(how >> 4 & 3);
    cfg->is_plain_tcp = (how & 64) != 0;
    cfg->non_block = (how & 128) != 0;
    cfg->timeout_ms = (int16_t)sim_input_u16(&w->in);
}

static esp_err_t attach(void *conf)
{
    (void)conf;
    return ESP_OK;
}

static void fill_trust(struct world *w, esp_tls_cfg_t *cfg)
{
    struct sim_cert ca = buffer_of(w, CERT(root_ec_pem), CERT(bundle_one_bad_pem));
    uint8_t how = sim_input_byte(&w->in);

    cfg->cacert_buf = ca.buf;
    cfg->cacert_bytes = ca.len;
    cfg->skip_common_name = (how & 1) != 0;
    cfg->common_name = (how & 2) != 0 ? text_of(w) : NULL;
    cfg->crt_bundle_attach = (how & 12) == 12 ? attach : NULL;
    cfg->use_global_ca_store = (how & 16) != 0;
    if ((how & 32) != 0) {
        (void)esp_tls_set_global_ca_store(cert_root_ec_pem, sizeof(cert_root_ec_pem));
    }
    w->t.server.client_ca = (how & 64) != 0 ? CERT(root_client_pem) : (struct sim_cert){NULL, 0};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.in = {data, size}};

    sim_fuzz_open(&w.t);
    w.t.cfg = (esp_tls_cfg_t){.timeout_ms = 0};
    fill_trust(&w, &w.t.cfg);
    fill_socket(&w, &w.t.cfg);
    fill_protocol(&w, &w.t.cfg);
    fill_identity(&w, &w.t.cfg);
    sim_fuzz_run(&w.t);
    for (size_t i = 0; i < w.text_count; i++) {
        free(w.texts[i]);
    }
    return 0;
}

/* The function that a log names beside a code of the TLS library: it says whose certificate, key
 * or message the code is about. */
#include <string.h>

#include "reading_words.h"

static const struct {
    const char *name;
    enum scene scene;
} functions[] = {
    {"crt_parse", OWN_INPUT},       {"crl_parse", OWN_INPUT},        {"parse_key", OWN_INPUT},
    {"parse_keyfile", OWN_INPUT},   {"parse_public_key", OWN_INPUT}, {"pem_read", OWN_INPUT},
    {"ssl_handshake", OF_PEER},     {"verify_cert", OF_PEER},        {"crt_verify", OF_PEER},
    {"parse_certificate", OF_PEER},
};

/* What one function means by one code, where the code alone may mean more: neither PEM nor DER is
 * in these mostly PEM whose length does not count the NUL, for that is taken for DER. */
static const struct {
    const char *function;
    int value;
    uint8_t reasons[3];
} meanings[] = {
    {"parse_key",
     0x3D00,
     {ESP_TLS_REASON_INPUT_NO_NUL, ESP_TLS_REASON_INPUT_WRONG_KIND,
      ESP_TLS_REASON_INPUT_MALFORMED}},
    {"crt_parse",
     0x2180,
     {ESP_TLS_REASON_INPUT_NO_NUL, ESP_TLS_REASON_INPUT_NOT_A_CERTIFICATE,
      ESP_TLS_REASON_INPUT_MALFORMED}},
};

bool scene_allows(enum scene scene, esp_tls_reason_t reason)
{
    bool is_of_input =
        (reason >= ESP_TLS_REASON_INPUT_EMPTY && reason <= ESP_TLS_REASON_INPUT_MALFORMED) ||
        reason == ESP_TLS_REASON_KEY_PASSWORD;

    return scene == OF_PEER     ? !is_of_input
           : scene == OWN_INPUT ? esp_tls_reason_class(reason) != ESP_TLS_CLASS_CERTIFICATE
                                : true;
}

/** The reasons that the scene allows; all of them, where it allows none. */
static void choose_reasons(esp_tls_code_t *code, enum scene scene)
{
    uint8_t chosen[sizeof(code->reasons)] = {0};
    size_t count = 0;

    for (size_t i = 0; i < sizeof(code->reasons); i++) {
        if (code->reasons[i] != ESP_TLS_REASON_NONE &&
            scene_allows(scene, (esp_tls_reason_t)code->reasons[i])) {
            chosen[count++] = code->reasons[i];
        }
    }
    if (count > 0) {
        memcpy(code->reasons, chosen, sizeof(chosen));
    }
}

static void set_scene(struct reading *row, const struct spot *function, enum scene scene)
{
    row->scene = scene;
    row->ends_handshake = word_is(function, "mbedtls_ssl_handshake");
    choose_reasons(&row->code, scene);
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (scene == OWN_INPUT && meanings[i].value == row->value &&
            word_has(function, meanings[i].function)) {
            memcpy(row->code.reasons, meanings[i].reasons, sizeof(row->code.reasons));
        }
    }
}

/* How far before its code a function may stand. */
#define SCENE_REACH 16

static size_t reach_begin(size_t i)
{
    return i > SCENE_REACH ? i - SCENE_REACH : 0;
}

/** Messages of Mbed TLS itself have its source's name before them: what ssl_*.c reads, the peer
 *  sent. */
static bool is_inside_tls(const struct words *words, size_t i)
{
    for (size_t k = reach_begin(i); k < i; k++) {
        if (word_has(&words->items[k], "ssl_") && word_has(&words->items[k], ".c") &&
            !word_has(&words->items[k], ".cpp")) {
            return true;
        }
    }
    return false;
}

void scene_read(struct readings *r, const struct words *words, size_t i)
{
    size_t begin = r->count > r->first ? reach_begin(i) : i; /* else there is nothing to set */

    for (size_t at = i; at-- > begin;) {
        const struct spot *word = &words->items[at];

        for (size_t k = 0; k < sizeof(functions) / sizeof(functions[0]); k++) {
            if (word_has(word, functions[k].name)) {
                enum scene scene = is_inside_tls(words, i) ? OF_PEER : functions[k].scene;

                for (size_t row = r->first; row < r->count; row++) {
                    if (r->rows[row].code.name != NULL &&
                        r->rows[row].code.domain == ESP_TLS_CODE_STACK) {
                        set_scene(&r->rows[row], word, scene);
                    }
                }
                return;
            }
        }
    }
}

#include "sim_fuzz.h"

#include <stdlib.h>

#include "esp_log.h"
#include "esp_tls_diagnosis.h"
#include "esp_tls_trace.h"

uint8_t sim_input_byte(struct sim_input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

uint16_t sim_input_u16(struct sim_input *in)
{
    uint8_t high = sim_input_byte(in);

    return (uint16_t)(high << 8 | sim_input_byte(in));
}

struct sim_cert sim_input_piece(struct sim_input *in, size_t unit)
{
    size_t len = sim_input_byte(in) * unit;
    struct sim_cert piece;

    len = len < in->left ? len : in->left;
    piece = (struct sim_cert){in->at, (unsigned)len};
    in->at += len;
    in->left -= len;
    return piece;
}

void sim_must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static int print_nothing(const char *format, va_list args)
{
    (void)format;
    (void)args;
    return 0;
}

void sim_fuzz_open(struct sim_case *t)
{
    static const uint16_t quickest[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};

    sim_case_open(t);
    t->server.groups = quickest;
    (void)esp_log_set_vprintf(print_nothing);
    sim_must(t->tls != NULL);
}

/** The same text, whole or cut off: its whole length is told, and it ends in a NUL. */
static void must_fit(size_t (*print)(const esp_tls_diagnosis_t *d, char *text, size_t cap),
                     const esp_tls_diagnosis_t *d)
{
    static const size_t caps[] = {1, 100, 8192};

    for (size_t i = 0; i < COUNT(caps); i++) {
        char *text = malloc(caps[i]); /* its end is where the sanitizer looks */
        size_t len;

        sim_must(text != NULL);
        len = print(d, text, caps[i]);
        sim_must(len < caps[i] ? strlen(text) == len : strlen(text) < caps[i]);
        free(text);
    }
}

static void must_have_record(struct sim_case *t)
{
    esp_tls_record_t r;
    esp_tls_diagnosis_t d;

    sim_must(esp_tls_get_record(t->tls, &r) == ESP_OK);
    sim_must(r.cause != ESP_TLS_CAUSE_NONE && r.esp_code != ESP_OK);
    sim_must(esp_tls_get_diagnosis(t->tls, &d) == ESP_OK);
    must_fit(esp_tls_diagnosis_text, &d);
    must_fit(esp_tls_diagnosis_json, &d);
}

/* --- a trace of everything, which reads what the peer sends as well --------------------------- */

static void on_message(void *arg, const esp_tls_trace_message_t *message)
{
    (void)arg;
    sim_must(strlen(esp_tls_trace_message_name(message->type)) > 0);
}

static void on_record(void *arg, const esp_tls_trace_record_t *record)
{
    (void)arg;
    sim_must(strlen(esp_tls_trace_record_name(record->type)) > 0);
}

static void on_key(void *arg, const char *line)
{
    (void)arg;
    sim_must(strchr(line, '\n') == NULL);
}

/** pcapng (draft-ietf-opsawg-pcapng section 3.1): blocks, each with its length at both ends. */
static esp_err_t on_block(void *arg, const void *block, size_t len)
{
    const char *at = block;

    (void)arg;
    while (len > 0) {
        uint32_t first;
        uint32_t last;

        sim_must(len >= 12);
        memcpy(&first, at + 4, 4);
        sim_must(first >= 12 && first % 4 == 0 && first <= len);
        memcpy(&last, at + first - 4, 4);
        sim_must(first == last);
        at += first;
        len -= first;
    }
    return ESP_OK;
}

static void set_trace(struct sim_case *t)
{
    static esp_tls_capture_t capture;
    const esp_tls_trace_t trace = {
        .message = on_message, .record = on_record, .keylog = on_key, .capture = &capture};
    esp_err_t err;

    capture = (esp_tls_capture_t){.write = on_block};
    err = esp_tls_set_trace(t->tls, &trace);
    sim_must(err == ESP_OK || err == ESP_ERR_NOT_SUPPORTED);
}

static void talk(struct sim_case *t)
{
    char buf[300] = {0};
    ssize_t ret = esp_tls_conn_write(t->tls, buf, sizeof(buf));

    for (int i = 0; i < 4; i++) {
        if (ret < 0 && !(t->cfg.non_block &&
                         (ret == ESP_TLS_ERR_SSL_WANT_READ || ret == ESP_TLS_ERR_SSL_WANT_WRITE))) {
            must_have_record(t);
        }
        ret = esp_tls_conn_read(t->tls, buf, sizeof(buf));
        sim_must(ret <= (ssize_t)sizeof(buf));
    }
}

void sim_fuzz_run(struct sim_case *t)
{
    uint64_t end = plat_clock_us() + MS(11000); /* the default deadline and a bit */
    int ret;

    set_trace(t);
    while ((ret = esp_tls_conn_new_async("test.example", 12, 443, &t->cfg, t->tls)) == 0) {
        (void)sim_wait_until(t->tls, end);
        sim_must(plat_clock_us() < end || t->cfg.timeout_ms > 10000);
        if (plat_clock_us() >= end) {
            break;
        }
    }
    if (ret < 0) {
        must_have_record(t);
    } else if (ret == 1) {
        talk(t);
    }
    sim_must(sim_case_close(t) == 0);
}

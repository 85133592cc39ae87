/* What codes mean, as JSON. */
#include <string.h>

#include "cli/json.h"
#include "reading_report.h"

#define TEXT_MAX 800

static const char *const domains[ESP_TLS_CODE_DOMAINS] = {
    [ESP_TLS_CODE_ESP] = "esp",     [ESP_TLS_CODE_STACK] = "stack",
    [ESP_TLS_CODE_ALERT] = "alert", [ESP_TLS_CODE_VERIFY] = "verify",
    [ESP_TLS_CODE_ERRNO] = "errno", [ESP_TLS_CODE_RESOLVER] = "resolver",
};

static void put_code(struct json *j, const esp_tls_code_t *code, int value)
{
    char number[24];

    number_text(code, value, number, sizeof(number));
    json_string(j, "domain", domains[code->domain]);
    json_number(j, "value", value);
    json_string(j, "number", number);
    json_string(j, "name", code->name);
    json_string(j, "class", esp_tls_class_name((esp_tls_class_t)code->kind));
    json_string(j, "what", code->sentence);
}

static void put_reason_names(struct json *j, const esp_tls_reason_t *reasons, size_t count)
{
    json_array(j, "reasons");
    for (size_t i = 0; i < count; i++) {
        json_string(j, NULL, esp_tls_reason_name(reasons[i]));
    }
    json_end(j, true);
}

static void put_reason(struct json *j, esp_tls_reason_t reason, const esp_tls_diagnosis_t *d)
{
    char text[TEXT_MAX];

    json_object(j, NULL);
    json_string(j, "name", esp_tls_reason_name(reason));
    json_string(j, "class", esp_tls_class_name(esp_tls_reason_class(reason)));
    (void)esp_tls_reason_sentence(d, reason, text, sizeof(text));
    json_string(j, "text", text);
    json_array(j, "remedies");
    for (unsigned i = 0; i < ESP_TLS_REASON_REMEDIES; i++) {
        esp_tls_remedy_t remedy = esp_tls_reason_remedy(reason, i);

        if (remedy != ESP_TLS_REMEDY_NONE) {
            json_object(j, NULL);
            json_string(j, "setting", esp_tls_remedy_setting(remedy));
            (void)esp_tls_remedy_sentence(d, remedy, text, sizeof(text));
            json_string(j, "text", text);
            json_end(j, false);
        }
    }
    json_end(j, true);
    json_end(j, false);
}

static void put_reading(struct json *j, const struct reading *row)
{
    esp_tls_reason_t reasons[3];

    json_object(j, NULL);
    if (row->code.name != NULL) {
        put_code(j, &row->code, row->value);
    }
    if (row->low.name != NULL) {
        json_object(j, "low");
        put_code(j, &row->low, row->low.value);
        json_end(j, false);
    }
    if (row->note != NULL) {
        json_string(j, "note", row->note);
    }
    put_reason_names(j, reasons, reasons_of(row, reasons));
    json_end(j, false);
}

static void put_places(struct json *j, const struct readings *r)
{
    json_array(j, "codes");
    for (size_t i = 0; i < r->count; i++) {
        if (i == 0 || r->rows[i - 1].place != r->rows[i].place) {
            json_object(j, NULL);
            json_string(j, "text", r->rows[i].spelled);
            json_number(j, "line", r->rows[i].line);
            json_array(j, "readings");
        }
        put_reading(j, &r->rows[i]);
        if (i + 1 == r->count || r->rows[i + 1].place != r->rows[i].place) {
            json_end(j, true);
            json_end(j, false);
        }
    }
    json_end(j, true);
}

/** Those that are named above, each once, the likeliest first. */
static void put_reasons(struct json *j, const struct report *report)
{
    const struct readings *r = &report->readings;
    bool done[ESP_TLS_REASON_COUNT] = {false};

    json_array(j, "reasons");
    for (unsigned k = 0; k < report->failures; k++) {
        const esp_tls_diagnosis_t *d = &report->diagnoses[k];

        for (size_t i = 0; i < d->reason_count; i++) {
            if (!done[d->reasons[i]]) {
                done[d->reasons[i]] = true;
                put_reason(j, d->reasons[i], diagnosis_with_numbers(d));
            }
        }
    }
    for (size_t i = 0; !report->is_together && i < r->count; i++) {
        esp_tls_reason_t reasons[3];
        size_t count = reasons_of(&r->rows[i], reasons);

        for (size_t k = 0; k < count; k++) {
            if (!done[reasons[k]]) {
                done[reasons[k]] = true;
                put_reason(j, reasons[k], NULL);
            }
        }
    }
    json_end(j, true);
}

/** Where there are several: which lines and which reasons each has. */
static void put_failures(struct json *j, const struct report *report)
{
    json_array(j, "failures");
    for (unsigned i = 0; i < report->failures; i++) {
        unsigned lines[2];

        failure_lines(report, i, lines);
        json_object(j, NULL);
        json_number(j, "first_line", lines[0]);
        json_number(j, "last_line", lines[1]);
        put_reason_names(j, report->diagnoses[i].reasons, report->diagnoses[i].reason_count);
        json_end(j, false);
    }
    json_end(j, true);
}

static void put_heap(struct json *j, const struct heap_said *heap)
{
    json_object(j, "heap");
    json_number(j, "free_bytes", heap->free);
    json_number(j, "largest_bytes", heap->largest);
    json_number(j, "wanted_bytes", heap->wanted);
    json_end(j, false);
}

void report_json(const struct report *report, FILE *out)
{
    struct json j = {.out = out};

    json_report(&j, "explain");
    json_number(&j, "exit", 0);
    put_places(&j, &report->readings);
    put_reasons(&j, report);
    if (report->failures > 1) {
        put_failures(&j, report);
    }
    if (report->heap_counts) {
        put_heap(&j, &report->readings.heap);
    }
    json_end(&j, false);
}

void codes_json(FILE *out)
{
    struct json j = {.out = out};
    esp_tls_code_t code;

    json_report(&j, "explain");
    json_number(&j, "exit", 0);
    json_array(&j, "codes");
    for (size_t i = 0; esp_tls_code_at(i, &code); i++) {
        const struct reading row = {.code = code, .value = code.value};

        put_reading(&j, &row);
    }
    json_end(&j, true);
    json_array(&j, "reasons");
    for (int i = ESP_TLS_REASON_NONE + 1; i < ESP_TLS_REASON_COUNT; i++) {
        put_reason(&j, (esp_tls_reason_t)i, NULL);
    }
    json_end(&j, true);
    json_end(&j, false);
}

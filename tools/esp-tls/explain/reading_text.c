/* What a text of codes means, in words. */
#include <string.h>

#include "cli/text.h"
#include "reading_report.h"

#define TEXT_MAX 800

const char *domain_of(const esp_tls_code_t *code)
{
    static const char *const names[ESP_TLS_CODE_DOMAINS] = {
        [ESP_TLS_CODE_ESP] = "ESP-IDF error", [ESP_TLS_CODE_STACK] = "TLS library",
        [ESP_TLS_CODE_ALERT] = "TLS alert",   [ESP_TLS_CODE_VERIFY] = "certificate check",
        [ESP_TLS_CODE_ERRNO] = "errno",       [ESP_TLS_CODE_RESOLVER] = "resolver",
    };

    return code->domain < ESP_TLS_CODE_DOMAINS ? names[code->domain] : "?";
}

void number_text(const esp_tls_code_t *code, int value, char *text, size_t cap)
{
    switch (code->domain) {
    case ESP_TLS_CODE_STACK:
        snprintf(text, cap, value > 0x80 && value < 0x100 ? "-%d" : "-0x%04X", (unsigned)value);
        break;
    case ESP_TLS_CODE_ESP:
        snprintf(text, cap, value > 0 ? "0x%X" : "%d", value);
        break;
    case ESP_TLS_CODE_VERIFY:
        snprintf(text, cap, "0x%X", (unsigned)value);
        break;
    default:
        snprintf(text, cap, "%d", value);
        break;
    }
}

/** @param d  what the log says beside the codes, or NULL */
static void print_reason(FILE *out, unsigned number, esp_tls_reason_t reason,
                         const esp_tls_diagnosis_t *d)
{
    char text[TEXT_MAX];
    char head[16];
    size_t len = esp_tls_reason_sentence(d, reason, text, sizeof(text) - 80);

    len = strlen(text) < len ? strlen(text) : len;
    snprintf(text + len, sizeof(text) - len, "%s[%s]", len > 0 ? " " : "",
             esp_tls_reason_name(reason));
    snprintf(head, sizeof(head), "%u. ", number);
    text_paragraph(out, head, 4, text);
    for (unsigned i = 0; i < ESP_TLS_REASON_REMEDIES; i++) {
        esp_tls_remedy_t remedy = esp_tls_reason_remedy(reason, i);

        if (remedy == ESP_TLS_REMEDY_NONE) {
            break;
        }
        if (esp_tls_remedy_sentence(d, remedy, text, sizeof(text)) > 0) {
            text_paragraph(out, "- ", 6, text);
        } else if (esp_tls_remedy_setting(remedy)[0] != '\0') { /* a build without sentences */
            text_paragraph(out, "- ", 6, esp_tls_remedy_setting(remedy));
        }
    }
}

static void print_reasons(FILE *out, const char *title, const esp_tls_reason_t *reasons,
                          size_t count, const esp_tls_diagnosis_t *d)
{
    if (count > 0) {
        fprintf(out, "\n%s\n", title);
    }
    for (size_t i = 0; i < count; i++) {
        print_reason(out, (unsigned)i + 1, reasons[i], d);
    }
}

#define LONE_TITLE "Why, and what helps:"
#define OWN_TITLE  "Why, the likeliest first, and what helps:"

size_t reasons_of(const struct reading *row, esp_tls_reason_t reasons[3])
{
    size_t count = 0;

    if (row->code.name == NULL) {
        reasons[count++] = row->reason;
    }
    for (size_t i = 0; row->code.name != NULL && i < 3; i++) {
        if (row->code.reasons[i] != ESP_TLS_REASON_NONE) {
            reasons[count++] = (esp_tls_reason_t)row->code.reasons[i];
        }
    }
    return count;
}

/** "-0x4290: MBEDTLS_ERR_RSA_PUBLIC_FAILED + MBEDTLS_ERR_MPI_ALLOC_FAILED (TLS library)" */
static void print_name(FILE *out, const struct reading *row, bool has_lines)
{
    char number[24];

    if (has_lines) {
        fprintf(out, "line %u: ", row->line);
    }
    if (row->code.name == NULL) {
        fprintf(out, "\"%s\": reason %s\n", row->spelled, esp_tls_reason_name(row->reason));
        return;
    }
    number_text(&row->code, row->value, number, sizeof(number));
    fprintf(out, "%s: %s", number, row->code.name);
    if (row->low.name != NULL) {
        fprintf(out, " + %s", row->low.name);
    }
    fprintf(out, " (%s%s%s)\n", domain_of(&row->code), row->note != NULL ? ", " : "",
            row->note != NULL ? row->note : "");
}

static void print_meaning(FILE *out, const struct reading *row)
{
    if (row->code.name != NULL && row->code.sentence[0] != '\0') {
        text_paragraph(out, "", 4, row->code.sentence);
    }
    if (row->low.name != NULL && row->low.sentence[0] != '\0') {
        text_paragraph(out, "", 4, row->low.sentence);
    }
}

static void print_failure(FILE *out, const struct report *report, unsigned failure)
{
    const esp_tls_diagnosis_t *d = &report->diagnoses[failure];
    unsigned lines[2];
    char title[96];

    if (report->failures == 1) {
        print_reasons(out,
                      d->reason_count > 1 ? "Together, the likeliest first, and what helps:"
                                          : LONE_TITLE,
                      d->reasons, d->reason_count, diagnosis_with_numbers(d));
        return;
    }
    failure_lines(report, failure, lines);
    snprintf(title, sizeof(title),
             lines[0] < lines[1] ? "Failure %u, lines %u to %u: why, and what helps:"
                                 : "Failure %u, line %u: why, and what helps:",
             failure + 1, lines[0], lines[1]);
    print_reasons(out, title, d->reasons, d->reason_count, diagnosis_with_numbers(d));
}

/** What the log says of the heap, where memory is a reason. */
static void print_heap(FILE *out, const struct report *report)
{
    const struct heap_said *heap = &report->readings.heap;

    if (!report->heap_counts) {
        return;
    }
    fputs("\nOf the heap the log says:", out);
    if (heap->free != 0) {
        fprintf(out, " %u bytes free", heap->free);
    }
    if (heap->largest != 0) {
        fprintf(out, "%s %u in one piece", heap->free != 0 ? "," : "", heap->largest);
    }
    if (heap->wanted != 0) {
        fprintf(out, "%s %u wanted", heap->free != 0 || heap->largest != 0 ? "," : "",
                heap->wanted);
    }
    fputs(".\n", out);
}

void report_text(const struct report *report, FILE *out)
{
    const struct readings *r = &report->readings;
    bool has_lines = r->count > 0 && r->rows[r->count - 1].line > 1;

    for (size_t i = 0; i < r->count; i++) {
        const struct reading *row = &r->rows[i];
        bool begins = i == 0 || r->rows[i - 1].place != row->place;
        bool goes_on = i + 1 < r->count && r->rows[i + 1].place == row->place;
        bool alone = r->places == 1;
        esp_tls_reason_t reasons[3];

        if (i > 0 && alone) {
            fputc('\n', out);
        }
        if (begins && goes_on && row->code.domain != ESP_TLS_CODE_VERIFY) {
            fprintf(out, "\"%s\" can be more than one thing:\n%s", row->spelled, alone ? "\n" : "");
        }
        print_name(out, row, has_lines);
        print_meaning(out, row);
        if (alone && !report->is_together) {
            size_t count = reasons_of(row, reasons);

            print_reasons(out, count > 1 ? OWN_TITLE : LONE_TITLE, reasons, count, NULL);
        }
    }
    print_heap(out, report);
    for (unsigned i = 0; i < report->failures; i++) {
        print_failure(out, report, i);
    }
    if (r->overflow) {
        fputs("\nThere are more codes in it; these are the first.\n", out);
    }
}

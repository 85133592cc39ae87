/* A log that somebody sent, or a few words, for `esp-tls explain`: whatever is in it, what is said
 * about it has its bounds, is JSON where it should be, and is nothing that a terminal obeys. */
#include <stdlib.h>
#include <string.h>

#include "explain/reading_report.h"
#include "sim_fuzz.h"
#include "tool_output.h"

static void must_hold(const struct readings *r)
{
    sim_must(r->count > 0 && r->count <= READINGS_MOST && r->places <= r->count);
    for (size_t i = 0; i < r->count; i++) {
        const struct reading *row = &r->rows[i];
        esp_tls_reason_t reasons[3];

        sim_must(row->line > 0 && row->place < r->places);
        sim_must(strlen(row->spelled) < sizeof(row->spelled));
        sim_must(row->code.domain != ESP_TLS_CODE_STACK || row->value >= 0);
        sim_must(reasons_of(row, reasons) <= 3);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct report *report = malloc(sizeof(*report));
    struct tool_output out;
    const char *names[4];

    sim_must(text != NULL && report != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < size; i++) { /* as cmd_explain.c does */
        text[i] = text[i] == '\0' ? ' ' : text[i];
    }
    if (report_make(report, text)) {
        must_hold(&report->readings);
        report_text(report, tool_output_open(&out));
        tool_output_must_be_harmless(&out);
        report_json(report, tool_output_open(&out));
        tool_output_must_be_json(&out);
    } else {
        (void)names_like(text, names, COUNT(names));
    }
    free(report);
    free(text);
    return 0;
}

/* Several codes of one log are those of one failure: the library's own diagnosis takes them
 * together, as if a connection had noted them. */
#include "reading_report.h"

#include <string.h>

static void note_code(esp_tls_record_t *record, const struct reading *row)
{
    switch (row->code.domain) {
    case ESP_TLS_CODE_ESP:
        record->esp_code = record->esp_code != 0 ? record->esp_code : row->value;
        break;
    case ESP_TLS_CODE_STACK:
        record->stack_code = record->stack_code != 0 ? record->stack_code : row->value;
        break;
    case ESP_TLS_CODE_ALERT:
        if (row->note == NULL && record->alert_received < 0) { /* none of our own */
            record->alert_received = (int16_t)row->value;
        }
        break;
    case ESP_TLS_CODE_VERIFY:
        record->verify_flags |= (uint32_t)row->value;
        break;
    case ESP_TLS_CODE_ERRNO: /* after the TLS library has given up it is a consequence */
        if (record->os_errno == 0 && record->stack_code == 0) {
            record->os_errno = row->code.value;
        }
        break;
    case ESP_TLS_CODE_RESOLVER:
        record->resolver_code =
            record->resolver_code != 0 ? record->resolver_code : row->code.value;
        break;
    default:
        break;
    }
}

static bool is_no_failure(const struct reading *row)
{
    return row->code.name != NULL &&
           (row->code.kind == ESP_TLS_CLASS_WAITING || row->code.kind == ESP_TLS_CLASS_NONE);
}

/** The first reading of each place. */
static bool is_first(const struct readings *r, size_t i)
{
    return i == 0 || r->rows[i - 1].place != r->rows[i].place ||
           r->rows[i].code.domain == ESP_TLS_CODE_VERIFY;
}

static bool all_wait(const struct readings *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (is_first(r, i) && !is_no_failure(&r->rows[i])) {
            return false;
        }
    }
    return true;
}

static void diagnose_report(struct report *report)
{
    const struct readings *r = &report->readings;
    esp_tls_record_t record = {.phase = ESP_TLS_PHASE_NONE,
                               .cause = ESP_TLS_CAUSE_FAILED,
                               .verify_depth = -1,
                               .alert_sent = -1,
                               .alert_received = -1};
    bool waits = all_wait(r); /* "no error" next to an error says nothing */

    for (size_t i = 0; i < r->count; i++) {
        if (is_first(r, i) && r->rows[i].code.name != NULL &&
            (waits || !is_no_failure(&r->rows[i]))) {
            note_code(&record, &r->rows[i]);
        }
    }
    if (record.verify_flags != 0) {
        record.cause = ESP_TLS_CAUSE_VERIFY;
    }
    esp_tls_diagnose(&record, NULL, &report->diagnosis);
    for (size_t i = r->count; i-- > 0;) { /* the first one goes before the others */
        if (is_first(r, i) && r->rows[i].code.name == NULL) {
            esp_tls_diagnosis_lead(&report->diagnosis, r->rows[i].reason);
        }
    }
}

bool report_make(struct report *report, const char *text)
{
    const struct readings *r = &report->readings;

    memset(report, 0, sizeof(*report));
    readings_of(&report->readings, text);
    if (r->count == 0) {
        return false;
    }
    report->is_together = r->places > 1 || (r->count > 1 && r->rows[0].code.name != NULL &&
                                            r->rows[0].code.domain == ESP_TLS_CODE_VERIFY &&
                                            r->rows[1].code.domain == ESP_TLS_CODE_VERIFY);
    if (report->is_together) {
        diagnose_report(report);
    }
    return true;
}

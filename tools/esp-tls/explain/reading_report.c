/* What the codes of a log say of each failure in it: the library's own diagnosis takes those of one
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

/** The first reading of each place; of flags, and where words mean several reasons, all. */
static bool counts(const struct readings *r, size_t i, unsigned failure)
{
    const struct reading *row = &r->rows[i];

    return row->failure == failure &&
           (i == 0 || row[-1].place != row->place || row->code.name == NULL ||
            row->code.domain == ESP_TLS_CODE_VERIFY);
}

static bool all_wait(const struct readings *r, unsigned failure)
{
    for (size_t i = 0; i < r->count; i++) {
        if (counts(r, i, failure) && !reading_is_no_cause(&r->rows[i])) {
            return false;
        }
    }
    return true;
}

/** An errno says why, unless the failure was before there was a socket. */
static bool is_of_socket(const esp_tls_record_t *record)
{
    esp_tls_code_t code;

    if (record->os_errno == 0 || record->resolver_code != 0) {
        return false;
    }
    return !esp_tls_code_find(ESP_TLS_CODE_ESP, record->esp_code, &code) || record->esp_code == 0 ||
           (code.kind != ESP_TLS_CLASS_DNS && code.kind != ESP_TLS_CLASS_CONFIG &&
            code.kind != ESP_TLS_CLASS_MEMORY && code.kind != ESP_TLS_CLASS_PROXY);
}

/** @return false: the failure has no code that the library diagnoses */
static bool note_codes(esp_tls_record_t *record, const struct readings *r, unsigned failure)
{
    bool waits = all_wait(r, failure); /* "no error" next to an error says nothing */
    bool has_code = false;

    for (size_t i = 0; i < r->count; i++) {
        if (counts(r, i, failure) && r->rows[i].code.name != NULL &&
            (waits || !reading_is_no_cause(&r->rows[i]))) {
            note_code(record, &r->rows[i]);
            has_code = true;
        }
    }
    record->cause = record->verify_flags != 0 ? ESP_TLS_CAUSE_VERIFY
                    : is_of_socket(record)    ? ESP_TLS_CAUSE_SYSTEM
                                              : ESP_TLS_CAUSE_FAILED;
    return has_code;
}

/** Take back what the scene of a code excludes, unless nothing else is left. */
static void drop_excluded(esp_tls_diagnosis_t *d, enum scene scene)
{
    unsigned count = 0;

    for (unsigned i = 0; i < d->reason_count; i++) {
        if (scene_allows(scene, d->reasons[i])) {
            d->reasons[count++] = d->reasons[i];
        }
    }
    d->reason_count = (uint8_t)(count > 0 ? count : d->reason_count);
}

/** What the TLS library's code means where it came up, if the diagnosis is made from it. */
static void look_at_scene(esp_tls_diagnosis_t *d, const struct reading *row)
{
    const esp_tls_record_t *record = &d->record;

    if (row->scene == ANY_SCENE || row->value != record->stack_code || record->verify_flags != 0 ||
        record->alert_received >= 0 || record->os_errno != 0) {
        return;
    }
    for (size_t i = sizeof(row->code.reasons); i-- > 0;) {
        if (row->code.reasons[i] != ESP_TLS_REASON_NONE) {
            esp_tls_diagnosis_lead(d, (esp_tls_reason_t)row->code.reasons[i]);
        }
    }
    drop_excluded(d, row->scene);
}

static bool is_of_memory(const esp_tls_diagnosis_t *d)
{
    return d->reason_count > 0 && (d->reasons[0] == ESP_TLS_REASON_NO_MEMORY ||
                                   d->reasons[0] == ESP_TLS_REASON_MEMORY_FRAGMENTED);
}

static void drop_reason(esp_tls_diagnosis_t *d, esp_tls_reason_t reason)
{
    unsigned count = 0;

    for (unsigned i = 0; i < d->reason_count; i++) {
        if (d->reasons[i] != reason) {
            d->reasons[count++] = d->reasons[i];
        }
    }
    d->reason_count = (uint8_t)count;
}

/** Out of memory: the heap that the log tells of says whether it is used up or in pieces. */
static void look_at_heap(esp_tls_diagnosis_t *d, const struct heap_said *heap)
{
    if (!is_of_memory(d) || heap->wanted == 0 || heap->free == 0) {
        return;
    }
    if (heap->wanted > heap->free) {
        drop_reason(d, ESP_TLS_REASON_MEMORY_FRAGMENTED);
        esp_tls_diagnosis_lead(d, ESP_TLS_REASON_NO_MEMORY);
    } else if (heap->largest != 0 && heap->wanted > heap->largest) {
        drop_reason(d, ESP_TLS_REASON_NO_MEMORY);
        esp_tls_diagnosis_lead(d, ESP_TLS_REASON_MEMORY_FRAGMENTED);
    }
    d->record.mem_size = heap->wanted;
    d->record.mem_largest_free = heap->largest;
    d->evidence.mem_free = heap->free;
}

#define VERIFY_FAILED 0x2700 /* X509_CERT_VERIFY_FAILED: the flags say why, or the log does */

/** Do the words say what the check of the certificate found? Then its general code adds nothing. */
static bool says_what_failed(const esp_tls_record_t *record, const struct readings *r,
                             unsigned failure)
{
    bool is_said = false;

    for (size_t i = 0; i < r->count; i++) {
        is_said |= counts(r, i, failure) && r->rows[i].code.name == NULL &&
                   esp_tls_reason_class(r->rows[i].reason) == ESP_TLS_CLASS_CERTIFICATE;
    }
    return is_said && record->stack_code == VERIFY_FAILED && record->verify_flags == 0;
}

static void diagnose_failure(esp_tls_diagnosis_t *d, const struct readings *r, unsigned failure)
{
    esp_tls_record_t record = {
        .phase = ESP_TLS_PHASE_NONE, .verify_depth = -1, .alert_sent = -1, .alert_received = -1};
    bool has_code = note_codes(&record, r, failure);

    esp_tls_diagnose(&record, NULL, d);
    d->reason_count = has_code && !says_what_failed(&record, r, failure) ? d->reason_count : 0;
    for (size_t i = 0; d->reason_count > 0 && i < r->count; i++) {
        if (counts(r, i, failure) && r->rows[i].code.name != NULL) {
            look_at_scene(d, &r->rows[i]);
        }
    }
    for (size_t i = r->count; i-- > 0;) { /* the first one goes before the others */
        if (counts(r, i, failure) && r->rows[i].code.name == NULL) {
            esp_tls_diagnosis_lead(d, r->rows[i].reason);
        }
    }
    look_at_heap(d, &r->heap);
}

static bool speaks_of_heap(const struct report *report)
{
    const struct readings *r = &report->readings;
    bool is_memory = false;

    for (unsigned i = 0; i < report->failures; i++) {
        is_memory |= is_of_memory(&report->diagnoses[i]);
    }
    for (size_t i = 0; i < r->count && report->failures == 0; i++) {
        esp_tls_reason_t reasons[3] = {ESP_TLS_REASON_NONE};

        (void)reasons_of(&r->rows[i], reasons);
        is_memory |= esp_tls_reason_class(reasons[0]) == ESP_TLS_CLASS_MEMORY;
    }
    return is_memory && (r->heap.free != 0 || r->heap.largest != 0);
}

bool report_make(struct report *report, const char *text)
{
    struct readings *r = &report->readings;

    memset(report, 0, sizeof(*report));
    readings_of(r, text);
    if (r->count == 0) {
        return false;
    }
    report->is_together = r->places > 1 || (r->count > 1 && r->rows[0].code.name != NULL &&
                                            r->rows[0].code.domain == ESP_TLS_CODE_VERIFY &&
                                            r->rows[1].code.domain == ESP_TLS_CODE_VERIFY);
    report->failures = report->is_together ? r->failures + 1 : 0;
    for (unsigned i = 0; i < report->failures; i++) {
        diagnose_failure(&report->diagnoses[i], r, i);
    }
    report->heap_counts = speaks_of_heap(report);
    return true;
}

void failure_lines(const struct report *report, unsigned failure, unsigned lines[2])
{
    const struct readings *r = &report->readings;

    lines[0] = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (r->rows[i].failure == failure) {
            lines[0] = lines[0] != 0 ? lines[0] : r->rows[i].line;
            lines[1] = r->rows[i].line;
        }
    }
}

const esp_tls_diagnosis_t *diagnosis_with_numbers(const esp_tls_diagnosis_t *d)
{
    return d->record.mem_size != 0 ? d : NULL;
}

#include "walk.h"

#include <string.h>

/* --- noting ----------------------------------------------------------------------------------- */

void et_walk_init(struct walk *w, struct der_source *src)
{
    memset(w, 0, sizeof(*w));
    w->src = src;
}

static bool note(struct walk *w, esp_tls_input_reason_t reason, const char *field, size_t offset)
{
    if (w->problem.reason != ESP_TLS_INPUT_OK) {
        return false;
    }
    w->problem.reason = reason;
    w->problem.field = field;
    w->problem.der_offset = offset;
    return true;
}

void et_walk_break(struct walk *w, esp_tls_input_reason_t reason, const char *field, size_t offset)
{
    (void)note(w, reason, field, offset);
    w->is_broken = true;
    w->is_damaged = true;
}

void et_walk_value(struct walk *w, esp_tls_input_reason_t reason, const char *field, size_t offset)
{
    (void)note(w, reason, field, offset);
    w->is_damaged = true;
}

void et_walk_unsupported(struct walk *w, esp_tls_input_reason_t reason, const char *field,
                         const struct oid *oid)
{
    if (note(w, reason, field, oid->item.begin)) {
        size_t len = oid->len < sizeof(oid->bytes) ? oid->len : sizeof(oid->bytes);

        (void)esp_tls_oid_text((esp_tls_bytes_t){oid->bytes, len}, w->problem.oid,
                               sizeof(w->problem.oid));
        if (oid->row != NULL) { /* parameters of an ECPrivateKey have no OID in front */
            w->problem.oid_name = oid->row->label;
        }
    }
}

/* --- elements --------------------------------------------------------------------------------- */

/** A header or a content that does not fit: does the whole DER end too early, or only its part? */
static void note_length(struct walk *w, const struct der_span *in, const char *field,
                        const struct der_item *item, enum der_result result)
{
    bool is_cut = in->end >= w->src->len && result != DER_BAD_LENGTH;

    if (w->problem.reason == ESP_TLS_INPUT_OK) {
        w->problem.announced = result == DER_TOO_LONG ? item->len : 0;
        w->problem.available = in->end - item->content;
    }
    et_walk_break(w, is_cut ? ESP_TLS_INPUT_TRUNCATED : ESP_TLS_INPUT_LENGTH, field, item->begin);
}

bool et_walk_any(struct walk *w, struct der_span *in, const char *field, struct der_item *item)
{
    enum der_result result;

    if (w->is_broken) {
        return false;
    }
    result = et_der_next(w->src, in, item);
    if (result != DER_OK) {
        note_length(w, in, field, item, result);
    }
    return result == DER_OK;
}

bool et_walk_peek(const struct walk *w, const struct der_span *in, uint8_t tag)
{
    return !w->is_broken && in->at < in->end && et_der_byte(w->src, in->at) == tag;
}

bool et_walk_item(struct walk *w, struct der_span *in, uint8_t tag, const char *field,
                  struct der_item *item)
{
    if (w->is_broken) {
        return false;
    }
    if (in->at < in->end && !et_walk_peek(w, in, tag)) {
        if (w->problem.reason == ESP_TLS_INPUT_OK) {
            w->problem.tag = et_der_byte(w->src, in->at);
        }
        et_walk_break(w, ESP_TLS_INPUT_TAG, field, in->at);
        return false;
    }
    return et_walk_any(w, in, field, item);
}

bool et_walk_enter(struct walk *w, struct der_span *in, uint8_t tag, const char *field,
                   struct der_span *inside)
{
    struct der_item item;

    if (!et_walk_item(w, in, tag, field, &item)) {
        return false;
    }
    *inside = et_der_inside(&item);
    return true;
}

bool et_walk_end(struct walk *w, const struct der_span *in, const char *field)
{
    if (w->is_broken) {
        return false;
    }
    if (in->at != in->end) {
        if (w->problem.reason == ESP_TLS_INPUT_OK) {
            w->problem.available = in->end - in->at;
        }
        et_walk_break(w, ESP_TLS_INPUT_TRAILING, field, in->at);
        return false;
    }
    return true;
}

bool et_walk_oid(struct walk *w, struct der_span *in, const char *field, struct oid *oid)
{
    size_t n;

    if (!et_walk_item(w, in, DER_OID, field, &oid->item)) {
        return false;
    }
    oid->len = oid->item.len;
    n = et_der_copy(w->src, oid->item.content, oid->len, oid->bytes, sizeof(oid->bytes));
    oid->row = et_oid_find(oid->bytes, n == oid->len ? n : SIZE_MAX);
    return true;
}

bool et_walk_algorithm(struct walk *w, struct der_span *in, const char *field,
                       struct algorithm *alg)
{
    struct der_span inside;

    memset(alg, 0, sizeof(*alg));
    if (!et_walk_enter(w, in, DER_SEQUENCE, field, &inside) ||
        !et_walk_oid(w, &inside, field, &alg->oid)) {
        return false;
    }
    if (inside.at == inside.end) {
        return true;
    }
    alg->has_parameters = true;
    return et_walk_any(w, &inside, field, &alg->parameters) && et_walk_end(w, &inside, field);
}

bool et_walk_bits(struct walk *w, struct der_span *in, const char *field, struct der_item *item)
{
    if (!et_walk_item(w, in, DER_BITS, field, item)) {
        return false;
    }
    if (item->len == 0 || et_der_byte(w->src, item->content) != 0) {
        et_walk_break(w, ESP_TLS_INPUT_VALUE, field, item->content);
        return false;
    }
    item->content++;
    item->len--;
    return true;
}

bool et_walk_int(struct walk *w, struct der_span *in, const char *field, int *value)
{
    struct der_item item;
    uint32_t n = 0;

    if (!et_walk_item(w, in, DER_INTEGER, field, &item)) {
        return false;
    }
    if (item.len == 0 || (et_der_byte(w->src, item.content) & 0x80) != 0) {
        et_walk_break(w, ESP_TLS_INPUT_VALUE, field, item.content);
        return false;
    }
    for (size_t i = 0; i < item.len; i++) {
        if (n > INT32_MAX >> 8) {
            et_walk_break(w, ESP_TLS_INPUT_VALUE, field, item.content);
            return false;
        }
        n = n << 8 | et_der_byte(w->src, item.content + i);
    }
    *value = (int)n;
    return true;
}

/* --- views ------------------------------------------------------------------------------------ */

esp_tls_bytes_t et_walk_view(const struct walk *w, size_t offset, size_t len)
{
    if (w->src->is_base64) {
        return (esp_tls_bytes_t){NULL, 0};
    }
    return (esp_tls_bytes_t){w->src->buf + offset, len};
}

esp_tls_bytes_t et_walk_view_of(const struct walk *w, const struct der_item *item)
{
    return et_walk_view(w, item->content, item->len);
}

/* --- names ------------------------------------------------------------------------------------ */

static bool is_string(uint8_t tag)
{
    return tag == DER_BMP || tag == DER_UTF8 || tag == DER_T61 || tag == DER_PRINTABLE ||
           tag == DER_IA5 || tag == DER_UNIVERSAL || tag == DER_BITS;
}

/** AttributeTypeAndValue. */
static void walk_attribute(struct walk *w, struct der_span *in, const char *field)
{
    struct der_span inside;
    struct der_item item;
    struct oid oid;

    if (!et_walk_enter(w, in, DER_SEQUENCE, field, &inside) ||
        !et_walk_oid(w, &inside, field, &oid) || !et_walk_any(w, &inside, field, &item)) {
        return;
    }
    if (!is_string(item.tag)) {
        if (w->problem.reason == ESP_TLS_INPUT_OK) {
            w->problem.tag = item.tag;
        }
        et_walk_value(w, ESP_TLS_INPUT_TAG, field, item.begin);
    }
    (void)et_walk_end(w, &inside, field);
}

void et_walk_name(struct walk *w, struct der_span *in, const char *field, bool may_be_empty)
{
    struct der_span sets;
    struct der_span set;

    if (!et_walk_enter(w, in, DER_SEQUENCE, field, &sets)) {
        return;
    }
    if (sets.at == sets.end && !may_be_empty) {
        et_walk_value(w, ESP_TLS_INPUT_VALUE, field, sets.at);
    }
    while (!w->is_broken && sets.at < sets.end) {
        if (!et_walk_enter(w, &sets, DER_SET, field, &set)) {
            return;
        }
        do {
            walk_attribute(w, &set, field);
        } while (!w->is_broken && set.at < set.end);
    }
}

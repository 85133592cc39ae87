/* Names and their like as text, and the lists of names in extensions. */
#include <string.h>

#include "der.h"
#include "oids.h"
#include "out.h"

/* --- characters ------------------------------------------------------------------------------- */

/** How a string is written: RFC 4514 section 2.4 escapes what would end a value. */
struct style {
    bool escapes; /* separators and blanks at the ends */
};

static void escaped_byte(struct out *o, uint8_t byte)
{
    et_out_char(o, '\\');
    et_out_hex(o, byte);
}

/** A character as UTF-8 (RFC 3629). */
static void character(struct out *o, uint32_t c, const struct style *style, bool is_first,
                      bool is_last)
{
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
        if (c >= 0x80) {
            escaped_byte(o, 0xC2);
        }
        escaped_byte(o, (uint8_t)c);
    } else if (c < 0x80) {
        bool is_special = strchr("\"+,;<>\\", (int)c) != NULL || (is_first && c == '#') ||
                          ((is_first || is_last) && c == ' ');

        if ((is_special && style->escapes) || c == '\\') {
            et_out_char(o, '\\');
        }
        et_out_char(o, (char)c);
    } else if (c < 0x800) {
        et_out_char(o, (char)(0xC0 | c >> 6));
        et_out_char(o, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        et_out_char(o, (char)(0xE0 | c >> 12));
        et_out_char(o, (char)(0x80 | (c >> 6 & 0x3F)));
        et_out_char(o, (char)(0x80 | (c & 0x3F)));
    } else {
        et_out_char(o, (char)(0xF0 | c >> 18));
        et_out_char(o, (char)(0x80 | (c >> 12 & 0x3F)));
        et_out_char(o, (char)(0x80 | (c >> 6 & 0x3F)));
        et_out_char(o, (char)(0x80 | (c & 0x3F)));
    }
}

/** The next character of UTF-8. @return its length; 0: it is none */
static size_t utf8_next(const uint8_t *p, size_t len, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;

    if (n == 1) {
        *c = p[0];
        return 1;
    }
    if (p[0] < 0xC2 || p[0] > 0xF4 || n > len) {
        return 0;
    }
    *c = p[0] & 0x7FU >> n;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        *c = *c << 6 | (p[i] & 0x3FU);
    }
    return *c < least[n] || *c > 0x10FFFF || (*c >= 0xD800 && *c < 0xE000) ? 0 : n;
}

/** The next character of a string of any type. @return bytes it takes; 0: it is no character */
static size_t next_character(uint8_t tag, const uint8_t *p, size_t len, uint32_t *c)
{
    switch (tag) {
    case DER_BMP:
        *c = len >= 2 ? (uint32_t)(p[0] << 8 | p[1]) : 0;
        return len >= 2 && (*c < 0xD800 || *c >= 0xE000) ? 2 : 0;
    case DER_UNIVERSAL:
        *c = len >= 4 ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)(p[2] << 8 | p[3])
                      : UINT32_MAX;
        return *c <= 0x10FFFF ? 4 : 0;
    case DER_T61: /* T61String is read as Latin-1, as other readers do */
        *c = p[0];
        return 1;
    default:
        return utf8_next(p, len, c);
    }
}

static void put_string(struct out *o, uint8_t tag, esp_tls_bytes_t text, const struct style *style)
{
    size_t at = 0;

    while (at < text.len) {
        uint32_t c;
        size_t n = next_character(tag, text.ptr + at, text.len - at, &c);

        if (n == 0) {
            escaped_byte(o, text.ptr[at]);
            n = 1;
        } else {
            character(o, c, style, at == 0, at + n == text.len);
        }
        at += n;
    }
}

/* --- distinguished names ---------------------------------------------------------------------- */

/** An attribute: its type and its value. */
struct attribute {
    esp_tls_bytes_t oid;
    uint8_t tag;
    esp_tls_bytes_t value;
};

static bool next_attribute(struct der_source *src, struct der_span *set, struct attribute *a)
{
    struct der_item item;
    struct der_span in;

    if (et_der_next(src, set, &item) != DER_OK) {
        return false;
    }
    in = et_der_inside(&item);
    if (et_der_next(src, &in, &item) != DER_OK) {
        return false;
    }
    a->oid = (esp_tls_bytes_t){src->buf + item.content, item.len};
    if (et_der_next(src, &in, &item) != DER_OK) {
        return false;
    }
    a->tag = item.tag;
    a->value = (esp_tls_bytes_t){src->buf + item.content, item.len};
    return true;
}

static bool is_text(uint8_t tag)
{
    return tag == DER_UTF8 || tag == DER_PRINTABLE || tag == DER_IA5 || tag == DER_T61 ||
           tag == DER_BMP || tag == DER_UNIVERSAL;
}

static void put_attribute(struct out *o, const struct attribute *a)
{
    static const struct style escaped = {.escapes = true};
    const struct oid_row *row = et_oid_find(a->oid.ptr, a->oid.len);
    char dotted[64];

    if (row->kind == OID_ATTRIBUTE && is_text(a->tag)) {
        et_out_text(o, row->label);
        et_out_char(o, '=');
        put_string(o, a->tag, a->value, &escaped);
        return;
    }
    (void)esp_tls_oid_text(a->oid, dotted, sizeof(dotted));
    et_out_text(o, dotted);
    et_out_text(o, "=#"); /* RFC 4514 section 2.4: the DER of the value */
    for (const uint8_t *p = a->oid.ptr + a->oid.len; p < a->value.ptr + a->value.len; p++) {
        et_out_hex(o, *p);
    }
}

static void put_set(struct out *o, struct der_source *src, struct der_span set)
{
    struct attribute a;
    bool is_first = true;

    while (next_attribute(src, &set, &a)) {
        if (!is_first) {
            et_out_char(o, '+');
        }
        put_attribute(o, &a);
        is_first = false;
    }
}

/** The sets of a Name; none where it is no Name. */
static struct der_span sets_of(struct der_source *src, esp_tls_bytes_t name)
{
    struct der_span in = {0, name.len};
    struct der_item item;

    et_der_source_raw(src, name.ptr, name.len);
    return et_der_next(src, &in, &item) == DER_OK ? et_der_inside(&item) : (struct der_span){0, 0};
}

/** RFC 4514 section 2.1: the last set first. */
size_t esp_tls_name_text(esp_tls_bytes_t name, char *out, size_t cap)
{
    struct der_source src;
    struct der_span sets;
    struct der_item item;
    struct out o;
    size_t end;

    et_out_init(&o, out, cap);
    sets = sets_of(&src, name);
    end = sets.end;
    while (end > sets.at) { /* the set that ends where the one before began */
        struct der_span in = sets;

        while (et_der_next(&src, &in, &item) == DER_OK && in.at < end) {
        }
        if (in.at != end || item.begin >= end) {
            break;
        }
        if (o.len > 0) {
            et_out_char(&o, ',');
        }
        put_set(&o, &src, et_der_inside(&item));
        end = item.begin;
    }
    return o.len;
}

size_t esp_tls_name_attribute(esp_tls_bytes_t name, const char *oid, char *out, size_t cap)
{
    static const struct style plain = {.escapes = false};
    struct attribute found = {.tag = 0};
    struct attribute a;
    struct der_source src;
    struct der_span sets;
    struct der_item item;
    struct out o;

    et_out_init(&o, out, cap);
    sets = sets_of(&src, name);
    while (et_der_next(&src, &sets, &item) == DER_OK) {
        struct der_span set = et_der_inside(&item);

        while (next_attribute(&src, &set, &a)) {
            if (a.oid.len == strlen(oid) && memcmp(a.oid.ptr, oid, a.oid.len) == 0) {
                found = a;
            }
        }
    }
    put_string(&o, found.tag, found.value, &plain);
    return o.len;
}

/* --- lists in extensions ---------------------------------------------------------------------- */

static const uint8_t name_kinds[] = {
    [1] = ESP_TLS_NAME_EMAIL, [2] = ESP_TLS_NAME_DNS, [4] = ESP_TLS_NAME_DIRECTORY,
    [6] = ESP_TLS_NAME_URI,   [7] = ESP_TLS_NAME_IP,  [8] = ESP_TLS_NAME_OTHER};

bool esp_tls_certificate_next_name(const esp_tls_certificate_t *cert, size_t *at,
                                   esp_tls_name_kind_t *kind, esp_tls_bytes_t *value)
{
    struct der_source src;
    struct der_span in;
    struct der_item item;
    unsigned number;

    if (cert == NULL || cert->names.ptr == NULL || *at >= cert->names.len) {
        return false;
    }
    et_der_source_raw(&src, cert->names.ptr, cert->names.len);
    in = (struct der_span){*at, cert->names.len};
    if (et_der_next(&src, &in, &item) != DER_OK) {
        return false;
    }
    *at = in.at;
    number = item.tag & 0x1FU;
    *kind = (esp_tls_name_kind_t)(number < sizeof(name_kinds) ? name_kinds[number]
                                                              : ESP_TLS_NAME_OTHER);
    *value = (esp_tls_bytes_t){src.buf + item.content, item.len};
    return true;
}

/** AccessDescription: accessMethod, accessLocation; only URLs are of use. */
static bool access_url(struct der_source *src, struct der_span in, esp_tls_access_kind_t *kind,
                       esp_tls_bytes_t *url)
{
    const struct oid_row *row;
    struct der_item item;

    if (et_der_next(src, &in, &item) != DER_OK || item.tag != DER_OID) {
        return false;
    }
    row = et_oid_find(src->buf + item.content, item.len);
    *kind = (esp_tls_access_kind_t)(row->kind == OID_ACCESS ? row->value : ESP_TLS_ACCESS_OTHER);
    if (et_der_next(src, &in, &item) != DER_OK || item.tag != DER_CONTEXT(6)) {
        return false;
    }
    *url = (esp_tls_bytes_t){src->buf + item.content, item.len};
    return true;
}

bool esp_tls_certificate_next_access(const esp_tls_certificate_t *cert, size_t *at,
                                     esp_tls_access_kind_t *kind, esp_tls_bytes_t *url)
{
    struct der_source src;
    struct der_span in;
    struct der_item item;

    if (cert == NULL || cert->access.ptr == NULL) {
        return false;
    }
    et_der_source_raw(&src, cert->access.ptr, cert->access.len);
    in = (struct der_span){0, cert->access.len};
    if (et_der_next(&src, &in, &item) != DER_OK || item.tag != DER_SEQUENCE) {
        return false;
    }
    in = et_der_inside(&item);
    in.at += *at;
    while (in.at < in.end && et_der_next(&src, &in, &item) == DER_OK) {
        *at += in.at - item.begin;
        if (access_url(&src, et_der_inside(&item), kind, url)) {
            return true;
        }
    }
    return false;
}

/* --- OIDs, times, addresses ------------------------------------------------------------------- */

/** X.690 section 8.19. */
size_t esp_tls_oid_text(esp_tls_bytes_t oid, char *out, size_t cap)
{
    struct out o;
    uint64_t n = 0;
    bool is_first = true;

    et_out_init(&o, out, cap);
    for (size_t i = 0; i < oid.len; i++) {
        if (n > UINT64_MAX >> 7) {
            et_out_text(&o, is_first ? "?" : ".?"); /* no registered arc is so large */
            return o.len;
        }
        n = n << 7 | (oid.ptr[i] & 0x7FU);
        if ((oid.ptr[i] & 0x80) != 0) {
            continue;
        }
        if (is_first) {
            unsigned root = n < 40 ? 0 : n < 80 ? 1 : 2;

            et_out_number(&o, root);
            n -= root * 40U;
            is_first = false;
        }
        et_out_char(&o, '.');
        et_out_number(&o, n);
        n = 0;
    }
    return o.len;
}

static void two_digits(struct out *o, int64_t n)
{
    et_out_char(o, (char)('0' + n / 10 % 10));
    et_out_char(o, (char)('0' + n % 10));
}

void esp_tls_time_text(int64_t unix_s, char out[ESP_TLS_TIME_TEXT])
{
    const int64_t first = INT64_C(-62167219200); /* 0000-01-01 */
    int64_t days;
    int64_t era;
    int64_t of_era;
    int64_t year;
    int64_t day;
    int64_t month;
    int64_t second;
    struct out o;

    et_out_init(&o, out, ESP_TLS_TIME_TEXT);
    if (unix_s < first || unix_s > INT64_C(253402300799)) {
        et_out_char(&o, '?');
        return;
    }
    second = (unix_s - first) % 86400;
    days = (unix_s - first) / 86400 - 60 + 146097; /* since 1 March of the year -400 */
    era = days / 146097 - 1;
    of_era = days % 146097;
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    day = of_era - (365 * year + year / 4 - year / 100);
    month = (5 * day + 2) / 153;
    year += era * 400 + (month >= 10 ? 1 : 0);
    day = day - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    two_digits(&o, year / 100);
    two_digits(&o, year % 100);
    et_out_char(&o, '-');
    two_digits(&o, month);
    et_out_char(&o, '-');
    two_digits(&o, day);
    et_out_char(&o, ' ');
    two_digits(&o, second / 3600);
    et_out_char(&o, ':');
    two_digits(&o, second / 60 % 60);
    et_out_char(&o, ':');
    two_digits(&o, second % 60);
}

static unsigned group_of(const uint8_t *ip, unsigned i)
{
    return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

static void put_group(struct out *o, unsigned n)
{
    static const char digits[] = "0123456789abcdef";
    bool is_begun = false;

    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = n >> shift & 15U;

        if (digit != 0 || is_begun || shift == 0) {
            et_out_char(o, digits[digit]);
            is_begun = true;
        }
    }
}

/** RFC 5952 section 4: the longest run of two or more zero groups is "::", the first of equals. */
static void put_ipv6(struct out *o, const uint8_t *ip)
{
    unsigned best = 8;
    unsigned best_len = 1;

    for (unsigned i = 0; i < 8; i++) {
        unsigned n = 0;

        while (i + n < 8 && group_of(ip, i + n) == 0) {
            n++;
        }
        if (n > best_len) {
            best = i;
            best_len = n;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            et_out_text(o, "::");
            i += best_len - 1;
            continue;
        }
        if (i > 0 && i != best + best_len) {
            et_out_char(o, ':');
        }
        put_group(o, group_of(ip, i));
    }
}

size_t esp_tls_ip_text(esp_tls_bytes_t address, char *out, size_t cap)
{
    struct out o;

    et_out_init(&o, out, cap);
    if (address.len == 16) {
        put_ipv6(&o, address.ptr);
        return o.len;
    }
    for (size_t i = 0; i < address.len; i++) {
        if (address.len == 4) {
            if (i > 0) {
                et_out_char(&o, '.');
            }
            et_out_number(&o, address.ptr[i]);
        } else {
            et_out_hex(&o, address.ptr[i]);
        }
    }
    return o.len;
}

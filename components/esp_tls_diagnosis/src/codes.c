/* The one table of codes, put together from those of each domain. */
#include "code_row.h"
#include "codes_alert.h"
#include "codes_esp.h"
#include "codes_os.h"
#include "codes_stack.h"
#include "plat_errno.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const esp_tls_code_t esp_codes[] = {
#define ROW(value, name, a, b, c, text) CODE_ROW(ESP, value, #name, a, b, c, text),
    CODES_ESP(ROW)
#undef ROW
};

static const esp_tls_code_t alert_codes[] = {
#define ROW(value, name, a, b, c, text) CODE_ROW(ALERT, value, #name, a, b, c, text),
    CODES_ALERT(ROW)
#undef ROW
};

/* The numbers of these are the platform's: value is filled in when one is asked for. */
static const esp_tls_code_t errno_codes[] = {
#define ROW(name, a, b, c, text) CODE_ROW(ERRNO, 0, #name, a, b, c, text),
    CODES_ERRNO(ROW)
#undef ROW
};

static const esp_tls_code_t resolver_codes[] = {
#define ROW(name, a, b, c, text) CODE_ROW(RESOLVER, 0, #name, a, b, c, text),
    CODES_RESOLVER(ROW)
#undef ROW
};

static const esp_tls_code_t *table(esp_tls_code_domain_t domain, size_t *count)
{
    switch (domain) {
    case ESP_TLS_CODE_ESP:
        *count = COUNT(esp_codes);
        return esp_codes;
    case ESP_TLS_CODE_STACK:
        return et_codes_stack(count);
    case ESP_TLS_CODE_ALERT:
        *count = COUNT(alert_codes);
        return alert_codes;
    case ESP_TLS_CODE_VERIFY:
        return et_codes_flags(count);
    case ESP_TLS_CODE_ERRNO:
        *count = COUNT(errno_codes);
        return errno_codes;
    case ESP_TLS_CODE_RESOLVER:
        *count = COUNT(resolver_codes);
        return resolver_codes;
    default:
        *count = 0;
        return NULL;
    }
}

/** Copy a row, with the platform's number where it is the platform's.
 *  @return false: this platform does not have the code */
static bool take_row(const esp_tls_code_t *row, esp_tls_code_t *code)
{
    *code = *row;
    if (row->domain == ESP_TLS_CODE_ERRNO) {
        return plat_errno_value(row->name, &code->value);
    }
    if (row->domain == ESP_TLS_CODE_RESOLVER) {
        return plat_resolve_value(row->name, &code->value);
    }
    return true;
}

static bool find_code(esp_tls_code_domain_t domain, int value, esp_tls_code_t *code)
{
    size_t count;
    const esp_tls_code_t *rows = table(domain, &count);

    for (size_t i = 0; i < count; i++) {
        if (take_row(&rows[i], code) && code->value == value) {
            return true;
        }
    }
    return false;
}

/** A code of the stack, or the sum of one with a low-level code. Where the low-level part says that
 *  memory was short, that is what the sum means. */
static bool find_stack(int value, esp_tls_code_t *code)
{
    /* one less than the magnitude, which fits for INT_MIN as well */
    int magnitude = value < 0 ? -(value + 1) : value - 1;
    int high;
    esp_tls_code_t low;

    if (value == 0 || magnitude >= UINT16_MAX) {
        return false;
    }
    magnitude++;
    if (find_code(ESP_TLS_CODE_STACK, magnitude, code)) {
        return true;
    }
    high = et_codes_high(magnitude);
    if (!find_code(ESP_TLS_CODE_STACK, high, code)) {
        return false;
    }
    if (find_code(ESP_TLS_CODE_STACK, magnitude - high, &low) && low.kind == ESP_TLS_CLASS_MEMORY) {
        code->kind = low.kind;
        for (size_t i = 0; i < COUNT(code->reasons); i++) {
            code->reasons[i] = low.reasons[i];
        }
    }
    return true;
}

bool esp_tls_code_find(esp_tls_code_domain_t domain, int value, esp_tls_code_t *code)
{
    esp_tls_code_t found;
    bool has =
        domain == ESP_TLS_CODE_STACK ? find_stack(value, &found) : find_code(domain, value, &found);

    if (has && code != NULL) {
        *code = found;
    }
    return has;
}

bool esp_tls_code_at(size_t i, esp_tls_code_t *code)
{
    for (int domain = 0; domain < ESP_TLS_CODE_DOMAINS; domain++) {
        size_t count;
        const esp_tls_code_t *rows = table((esp_tls_code_domain_t)domain, &count);

        if (domain != ESP_TLS_CODE_ERRNO && domain != ESP_TLS_CODE_RESOLVER) {
            if (i < count) {
                *code = rows[i];
                return true;
            }
            i -= count;
            continue;
        }
        for (size_t row = 0; row < count; row++) {
            esp_tls_code_t found;

            if (take_row(&rows[row], &found) && i-- == 0) {
                *code = found;
                return true;
            }
        }
    }
    return false;
}

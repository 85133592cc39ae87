/* Names of error codes, and what ESP_ERROR_CHECK() says. */
#define _GNU_SOURCE
#include "esp_err.h"

#include <stdio.h>
#include <string.h>

#include "err_list.h"

#ifdef CONFIG_ESP_ERR_TO_NAME_LOOKUP
#define UNKNOWN "ERROR"

static const struct {
    esp_err_t code;
    const char *name;
} names[] = {
#define ROW(name, value) {value, #name},
    ERR_LIST(ROW)
#undef ROW
};

static const char *find_name(esp_err_t code)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    return NULL;
}
#else
#define UNKNOWN "UNKNOWN ERROR"

static const char *find_name(esp_err_t code)
{
    (void)code;
    return NULL;
}
#endif

const char *esp_err_to_name(esp_err_t code)
{
    const char *name = find_name(code);

    return name != NULL ? name : UNKNOWN;
}

const char *esp_err_to_name_r(esp_err_t code, char *buf, size_t buflen)
{
    const char *name = find_name(code);

    if (buflen == 0) {
        return buf;
    }
    if (name == NULL) {
        /* strerrordesc_np() gives NULL for an unknown number, which strerror_r() does not */
        name = code > 0 ? strerrordesc_np(code) : NULL;
    }
    if (name != NULL) {
        (void)snprintf(buf, buflen, "%s", name);
    } else {
        (void)snprintf(buf, buflen, "%s 0x%x(%d)", UNKNOWN, (unsigned)code, code);
    }
    return buf;
}

void _esp_error_check_failed_without_abort(esp_err_t rc, const char *file, int line,
                                           const char *function, const char *expression)
{
    char name[64];

    (void)fprintf(stderr,
                  "ESP_ERROR_CHECK_WITHOUT_ABORT failed: esp_err_t 0x%x (%s)\n"
                  "file: \"%s\" line %d\nfunc: %s\nexpression: %s\n",
                  (unsigned)rc, esp_err_to_name_r(rc, name, sizeof(name)), file, line,
                  function == NULL ? "?" : function, expression);
}

void _esp_error_check_failed(esp_err_t rc, const char *file, int line, const char *function,
                             const char *expression)
{
    char name[64];

    (void)fprintf(stderr,
                  "ESP_ERROR_CHECK failed: esp_err_t 0x%x (%s)\n"
                  "file: \"%s\" line %d\nfunc: %s\nexpression: %s\n",
                  (unsigned)rc, esp_err_to_name_r(rc, name, sizeof(name)), file, line,
                  function == NULL ? "?" : function, expression);
    abort();
}

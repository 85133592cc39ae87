/* errno and the resolver's codes: each C library has numbers of its own. */
#include <string.h>

#include "reading_report.h"

struct foreign {
    int value;
    const char *name;
};

/* newlib, the C library of ESP-IDF (sys/errno.h), and with it lwIP there. */
static const struct foreign newlib[] = {
    {1, "EPERM"},
    {2, "ENOENT"},
    {4, "EINTR"},
    {5, "EIO"},
    {6, "ENXIO"},
    {9, "EBADF"},
    {11, "EAGAIN"},
    {12, "ENOMEM"},
    {13, "EACCES"},
    {14, "EFAULT"},
    {16, "EBUSY"},
    {17, "EEXIST"},
    {19, "ENODEV"},
    {22, "EINVAL"},
    {23, "ENFILE"},
    {24, "EMFILE"},
    {28, "ENOSPC"},
    {32, "EPIPE"},
    {34, "ERANGE"},
    {71, "EPROTO"},
    {88, "ENOSYS"},
    {95, "EOPNOTSUPP"},
    {104, "ECONNRESET"},
    {105, "ENOBUFS"},
    {106, "EAFNOSUPPORT"},
    {107, "EPROTOTYPE"},
    {108, "ENOTSOCK"},
    {109, "ENOPROTOOPT"},
    {111, "ECONNREFUSED"},
    {112, "EADDRINUSE"},
    {113, "ECONNABORTED"},
    {114, "ENETUNREACH"},
    {115, "ENETDOWN"},
    {116, "ETIMEDOUT"},
    {117, "EHOSTDOWN"},
    {118, "EHOSTUNREACH"},
    {119, "EINPROGRESS"},
    {120, "EALREADY"},
    {121, "EDESTADDRREQ"},
    {122, "EMSGSIZE"},
    {123, "EPROTONOSUPPORT"},
    {125, "EADDRNOTAVAIL"},
    {126, "ENETRESET"},
    {127, "EISCONN"},
    {128, "ENOTCONN"},
    {139, "EOVERFLOW"},
    {140, "ECANCELED"},
};

/* lwip/netdb.h, whose names are the same. */
static const struct foreign lwip[] = {
    {200, "EAI_NONAME"}, {201, "EAI_SERVICE"}, {202, "EAI_FAIL"},
    {203, "EAI_MEMORY"}, {204, "EAI_FAMILY"},
};

/** The row that has this name here. */
static bool by_name(esp_tls_code_domain_t domain, const char *name, esp_tls_code_t *code)
{
    size_t count;
    const esp_tls_code_t *codes = all_codes(&count);

    for (size_t i = 0; i < count; i++) {
        if (codes[i].domain == domain && strcmp(codes[i].name, name) == 0) {
            *code = codes[i];
            return true;
        }
    }
    return false;
}

static bool foreign_code(const struct foreign *rows, size_t count, int value,
                         esp_tls_code_domain_t domain, esp_tls_code_t *code)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].value == value) {
            return by_name(domain, rows[i].name, code);
        }
    }
    return false;
}

bool errno_read(struct readings *r, int value, bool is_esp_idf)
{
    esp_tls_code_t theirs;
    esp_tls_code_t ours;
    bool has_theirs = foreign_code(newlib, sizeof(newlib) / sizeof(newlib[0]), value,
                                   ESP_TLS_CODE_ERRNO, &theirs);
    bool has_ours = esp_tls_code_find(ESP_TLS_CODE_ERRNO, value, &ours);

    if (has_theirs && has_ours && theirs.value == ours.value) {
        reading_row(r, &ours, value, NULL);
        return true;
    }
    if (has_theirs) {
        reading_row(r, &theirs, value, "as ESP-IDF numbers errno");
    }
    if (has_ours && !(is_esp_idf && has_theirs)) {
        reading_row(r, &ours, value, "as Linux numbers errno");
    }
    return has_theirs || has_ours;
}

bool resolver_read(struct readings *r, int value)
{
    esp_tls_code_t code;

    if (foreign_code(lwip, sizeof(lwip) / sizeof(lwip[0]), value, ESP_TLS_CODE_RESOLVER, &code)) {
        reading_row(r, &code, value, "as lwIP numbers it");
        return true;
    }
    return reading_code(r, ESP_TLS_CODE_RESOLVER, value, "as Linux numbers it");
}

bool esp_idf_number(const esp_tls_code_t *code, int *value)
{
    bool is_errno = code->domain == ESP_TLS_CODE_ERRNO;
    const struct foreign *rows = is_errno ? newlib : lwip;
    size_t count = is_errno ? sizeof(newlib) / sizeof(newlib[0]) : sizeof(lwip) / sizeof(lwip[0]);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, code->name) == 0) {
            *value = rows[i].value;
            return true;
        }
    }
    return false;
}

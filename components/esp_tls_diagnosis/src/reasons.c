/* The list of esp_tls_reasons.h as tables. */
#include "reasons.h"

#include "sdkconfig.h"

#ifdef CONFIG_ESP_TLS_DIAGNOSIS_TEXT
#define SENTENCE(text) text
#else
#define SENTENCE(text) ""
#endif

static const struct {
    uint8_t kind;
    uint8_t remedies[ESP_TLS_REASON_REMEDIES];
    const char *name;
    const char *sentence;
} reasons[ESP_TLS_REASON_COUNT] = {
    [ESP_TLS_REASON_NONE] = {ESP_TLS_CLASS_NONE, {0, 0, 0}, "NONE", ""},
#define ROW(id, kind, text, a, b, c)                                                               \
    [ESP_TLS_REASON_##id] = {ESP_TLS_CLASS_##kind,                                                 \
                             {ESP_TLS_REMEDY_##a, ESP_TLS_REMEDY_##b, ESP_TLS_REMEDY_##c},         \
                             #id,                                                                  \
                             SENTENCE(text)},
    ESP_TLS_REASONS(ROW)
#undef ROW
};

static const struct {
    const char *setting;
    const char *sentence;
} remedies[ESP_TLS_REMEDY_COUNT] = {[ESP_TLS_REMEDY_NONE] = {"", ""},
#define ROW(id, setting, text) [ESP_TLS_REMEDY_##id] = {setting, SENTENCE(text)},
                                    ESP_TLS_REMEDIES(ROW)
#undef ROW
};

_Static_assert(ESP_TLS_REASON_COUNT <= UINT8_MAX, "reasons are kept in bytes");
_Static_assert(ESP_TLS_REMEDY_COUNT <= UINT8_MAX, "remedies are kept in bytes");

static bool is_reason(esp_tls_reason_t reason)
{
    return (unsigned)reason < ESP_TLS_REASON_COUNT;
}

const char *esp_tls_reason_name(esp_tls_reason_t reason)
{
    return is_reason(reason) ? reasons[reason].name : "?";
}

esp_tls_class_t esp_tls_reason_class(esp_tls_reason_t reason)
{
    return is_reason(reason) ? (esp_tls_class_t)reasons[reason].kind : ESP_TLS_CLASS_NONE;
}

esp_tls_remedy_t esp_tls_reason_remedy(esp_tls_reason_t reason, unsigned i)
{
    return is_reason(reason) && i < ESP_TLS_REASON_REMEDIES
               ? (esp_tls_remedy_t)reasons[reason].remedies[i]
               : ESP_TLS_REMEDY_NONE;
}

const char *esp_tls_remedy_setting(esp_tls_remedy_t remedy)
{
    return (unsigned)remedy < ESP_TLS_REMEDY_COUNT ? remedies[remedy].setting : "";
}

const char *et_reason_template(esp_tls_reason_t reason)
{
    return is_reason(reason) ? reasons[reason].sentence : "";
}

const char *et_remedy_template(esp_tls_remedy_t remedy)
{
    return (unsigned)remedy < ESP_TLS_REMEDY_COUNT ? remedies[remedy].sentence : "";
}

const char *esp_tls_class_name(esp_tls_class_t kind)
{
    static const char *const names[] = {
        [ESP_TLS_CLASS_NONE] = "none",
        [ESP_TLS_CLASS_WAITING] = "waiting",
        [ESP_TLS_CLASS_CONFIG] = "configuration",
        [ESP_TLS_CLASS_MEMORY] = "memory",
        [ESP_TLS_CLASS_DNS] = "dns",
        [ESP_TLS_CLASS_NETWORK] = "network",
        [ESP_TLS_CLASS_TIMEOUT] = "timeout",
        [ESP_TLS_CLASS_PROTOCOL] = "protocol",
        [ESP_TLS_CLASS_NEGOTIATION] = "negotiation",
        [ESP_TLS_CLASS_CERTIFICATE] = "certificate",
        [ESP_TLS_CLASS_IDENTITY] = "identity",
        [ESP_TLS_CLASS_CLOSED] = "closed",
        [ESP_TLS_CLASS_PROXY] = "proxy",
        [ESP_TLS_CLASS_HTTP] = "http",
        [ESP_TLS_CLASS_CANCELLED] = "cancelled",
        [ESP_TLS_CLASS_INTERNAL] = "internal",
    };

    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "?";
}

/* The URL parser: whatever the bytes, its parts lie inside them and hold what their header says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "esp_tls_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
    if (!condition) {
        abort();
    }
}

static void must_lie_in(esp_tls_url_part_t part, const char *text, size_t len)
{
    if (part.ptr == NULL) {
        must(part.len == 0);
        return;
    }
    must(part.ptr >= text && part.len <= len && part.ptr + part.len <= text + len);
    for (size_t i = 0; i < part.len; i++) {
        must(part.ptr[i] > ' ' && part.ptr[i] <= '~');
    }
}

/** The bytes up to the first NUL are a reference; what it leads to leads to itself. */
static void resolve(const char *reference)
{
    static const char base[] = "https://h:8443/a/b/c;d?e";
    const size_t enough = sizeof(base) + strlen(reference) + 1;
    char *out = malloc(enough);
    char *again;
    esp_tls_url_t url;
    size_t needed;
    size_t len;

    must(out != NULL);
    if (esp_tls_url_resolve(base, reference, out, enough, &len) == ESP_OK) {
        const char *colon = strchr(out, ':');

        must(len == strlen(out) && len < enough);
        /* a URL, unless the reference names a scheme and no host */
        must(colon != NULL && esp_tls_url_parse(out, len, &url) == (strncmp(colon, "://", 3) == 0));
        again = malloc(len + 1); /* the sanitizer sees its end */
        must(again != NULL);
        must(esp_tls_url_resolve(base, out, again, len + 1, &needed) == ESP_OK && needed == len);
        must(strcmp(out, again) == 0);
        must(esp_tls_url_resolve(base, reference, again, len, &needed) == ESP_ERR_INVALID_SIZE);
        must(needed == len);
        free(again);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *reference = strndup((const char *)data, size);
    char *text = malloc(size + (size == 0)); /* the sanitizer sees its end */
    esp_tls_url_t url;

    must(text != NULL);
    memcpy(text, data, size);
    if (esp_tls_url_parse(text, size, &url)) {
        must(url.scheme.len > 0 && url.host.len > 0 && url.path.ptr != NULL);
        must_lie_in(url.scheme, text, size);
        must_lie_in(url.userinfo, text, size);
        must_lie_in(url.host, text, size);
        must_lie_in(url.path, text, size);
        must_lie_in(url.query, text, size);
        must_lie_in(url.fragment, text, size);
        must(memchr(url.host.ptr, '/', url.host.len) == NULL);
        must(memchr(url.host.ptr, '@', url.host.len) == NULL);
        must(url.path.len == 0 || url.path.ptr[0] == '/');
        must(url.port == 0 || esp_tls_url_port(&url) == url.port);
        must(esp_tls_url_part_is(url.scheme, "https") ==
             (url.scheme.len == 5 && (url.scheme.ptr[4] | 0x20) == 's' &&
              esp_tls_url_part_is(url.scheme, "HTTPS")));
    }
    free(text);
    must(reference != NULL);
    resolve(reference);
    free(reference);
    return 0;
}

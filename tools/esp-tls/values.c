#include "values.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MAX_S 86400.0

bool value_version(const char *text, esp_tls_proto_ver_t *version)
{
    if (strcmp(text, "1.2") == 0) {
        *version = ESP_TLS_VER_TLS_1_2;
    } else if (strcmp(text, "1.3") == 0) {
        *version = ESP_TLS_VER_TLS_1_3;
    } else {
        fprintf(stderr,
                "esp-tls: --tls takes 1.2 or 1.3, not '%s': older versions are insecure and not "
                "available\n",
                text);
        return false;
    }
    return true;
}

bool value_time(const char *text, int *ms)
{
    char *end;
    double seconds = strtod(text, &end);
    bool is_number = end != text && isdigit((unsigned char)text[0]);

    if (strcmp(end, "ms") == 0) {
        seconds /= 1000;
    } else if (*end != '\0' && strcmp(end, "s") != 0) {
        is_number = false;
    }
    if (!is_number || !(seconds >= 0.001 && seconds <= TIME_MAX_S)) {
        fprintf(stderr,
                "esp-tls: --timeout takes seconds (5, 0.5) or milliseconds (500ms), up to a day, "
                "not '%s'\n",
                text);
        return false;
    }
    *ms = (int)(seconds * 1000 + 0.5);
    return true;
}

bool value_bytes(const char *text, const char *name, uint32_t least, uint32_t most, uint32_t *bytes)
{
    char *end;
    unsigned long long n;

    errno = 0;
    n = strtoull(text, &end, 10);
    if (*end == 'K' || *end == 'k') {
        n = n < UINT32_MAX ? n * 1024 : n;
        end++;
    } else if (*end == 'M' || *end == 'm') {
        n = n < UINT32_MAX ? n * 1024 * 1024 : n;
        end++;
    }
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || n < least || n > most) {
        fprintf(stderr, "esp-tls: %s takes %u to %u bytes (K and M are understood), not '%s'\n",
                name, (unsigned)least, (unsigned)most, text);
        return false;
    }
    *bytes = (uint32_t)n;
    return true;
}

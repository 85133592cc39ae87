/* Challenges, line by line, and an answer to what was kept of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "esp_http_auth.h"
#include "esp_http_field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    esp_http_auth_t *auth = esp_http_auth_new(ESP_HTTP_AUTH_BASIC | ESP_HTTP_AUTH_DIGEST);
    char *value = NULL;

    if (text == NULL || auth == NULL) {
        abort();
    }
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');

        if (end != NULL) {
            *end = '\0';
        }
        (void)esp_http_auth_challenge(auth, line);
        line = end != NULL ? end + 1 : NULL;
    }
    if (esp_http_auth_authorize(auth, "user", "password", "GET", "/path", &value) == ESP_OK &&
        !esp_http_is_field_value(value)) {
        abort(); /* it would be a second header */
    }
    esp_http_auth_free_value(value);
    esp_http_auth_free(auth);
    free(text);
    return 0;
}

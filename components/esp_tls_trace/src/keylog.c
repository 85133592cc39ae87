#include "keylog.h"

#include <string.h>

static char *put_hex(char *at, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    return at;
}

size_t et_keylog_line(char *line, const char *label, const uint8_t *client_random,
                      const uint8_t *secret, size_t secret_len)
{
    size_t label_len = strlen(label);
    char *at = line;

    if (label_len > KEYLOG_LABEL_MAX || secret_len > KEYLOG_SECRET_MAX) {
        return 0;
    }
    memcpy(at, label, label_len);
    at += label_len;
    *at++ = ' ';
    at = put_hex(at, client_random, KEYLOG_RANDOM_LEN);
    *at++ = ' ';
    at = put_hex(at, secret, secret_len);
    *at = '\0';
    return (size_t)(at - line);
}

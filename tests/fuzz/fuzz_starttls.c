/* What a mail server says before TLS: whatever it is, there is an end, and no line leaves its
 * bounds. The first byte says how large the pieces are. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/starttls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct starttls s;
    size_t piece;

    if (size < 1) {
        return 0;
    }
    piece = 1u + data[0] % 64u;
    starttls_init(&s, "[192.0.2.1]");
    for (size_t at = 1; at < size; at += piece) {
        enum starttls_result before = s.result;
        enum starttls_result after =
            starttls_feed(&s, (const char *)data + at, size - at < piece ? size - at : piece);

        if (before > STARTTLS_SEND && after != before) {
            abort();
        }
        if (after == STARTTLS_SEND && strstr(s.out, "\r\n") != s.out + strlen(s.out) - 2) {
            abort();
        }
        if ((after == STARTTLS_REFUSED || after == STARTTLS_BROKEN) && s.why == NULL) {
            abort();
        }
        if (after == STARTTLS_READY && !s.is_offered) {
            abort();
        }
    }
    return memchr(s.line, '\0', sizeof(s.line)) != NULL ? 0 : (abort(), 0);
}

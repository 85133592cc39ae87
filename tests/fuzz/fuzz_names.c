/* Names of a certificate against name constraints: three pieces of DER, each behind its length of
 * two bytes: the constraints, the subject, the alternative names. Whatever they hold, the work that
 * is left only shrinks, and a refused name lies in the certificate. */
#include <stdint.h>
#include <stdlib.h>

#include "cert_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
    if (!condition) {
        abort();
    }
}

static struct name_span take(const uint8_t **data, size_t *size)
{
    struct name_span piece = {*data, 0};
    size_t len;

    if (*size < 2) {
        return piece;
    }
    len = (size_t)(*data)[0] << 8 | (*data)[1];
    len = len < *size - 2 ? len : *size - 2;
    piece = (struct name_span){*data + 2, len};
    *data += 2 + len;
    *size -= 2 + len;
    return piece;
}

static int lies_in(struct name_span name, struct name_span in)
{
    return in.ptr != NULL && name.ptr >= in.ptr && name.ptr + name.len <= in.ptr + in.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct name_span constraints = take(&data, &size);
    struct name_set names = {.subject = take(&data, &size), .alt = take(&data, &size)};
    struct name_refusal refusal;
    size_t work = NAMES_MOST_WORK;
    enum name_verdict verdict;

    names.is_peer = size > 0;
    verdict = et_names_judge(constraints, &names, &work, &refusal);
    must(work <= NAMES_MOST_WORK);
    must(verdict >= NAMES_HOLD && verdict <= NAMES_TOO_MANY);
    must(refusal.name.ptr == NULL || verdict != NAMES_HOLD);
    must(refusal.name.ptr == NULL || lies_in(refusal.name, names.subject) ||
         lies_in(refusal.name, names.alt));
    must(!et_names_dns_is_for(names.subject, names.subject) || names.subject.len > 0);
    return 0;
}

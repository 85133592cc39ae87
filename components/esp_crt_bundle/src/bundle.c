/* The reader of certificate bundles. It needs nothing but the bytes, and allocates nothing. */
#include "bundle.h"

#include <string.h>

#define OFFSET_LEN 4
#define HEAD_LEN   4 /* of a root: the two lengths */

static size_t get16(const uint8_t *p)
{
    return p[0] | (size_t)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

size_t et_bundle_count(const uint8_t *bundle)
{
    return get32(bundle) / OFFSET_LEN;
}

void et_bundle_root(const uint8_t *bundle, size_t number, struct bundle_root *root)
{
    const uint8_t *head = bundle + get32(bundle + number * OFFSET_LEN);

    root->name_len = get16(head);
    root->key_len = get16(head + 2);
    root->name = head + HEAD_LEN;
    root->key = root->name + root->name_len;
}

/** As memcmp(); of two that begin alike the shorter one comes first. */
static int compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

size_t et_bundle_find(const uint8_t *bundle, const uint8_t *name, size_t name_len)
{
    const size_t count = et_bundle_count(bundle);
    struct bundle_root root;
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        et_bundle_root(bundle, middle, &root);
        if (compare(root.name, root.name_len, name, name_len) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < count) {
        et_bundle_root(bundle, low, &root);
        low = compare(root.name, root.name_len, name, name_len) == 0 ? low : count;
    }
    return low;
}

/* --- checking --------------------------------------------------------------------------------- */

/** Is this one DER SEQUENCE, and nothing else? Its content is read when it is used. */
static bool is_sequence(const uint8_t *der, size_t len)
{
    size_t head = 2;
    size_t content;

    if (len < 2 || der[0] != 0x30) {
        return false;
    }
    content = der[1];
    if (content > 0x80 && content <= 0x82) { /* a root's name and key are shorter than 64 KB */
        head += content - 0x80;
        if (len < head) {
            return false;
        }
        content = head == 3 ? der[2] : (size_t)der[2] << 8 | der[3];
    } else if (content >= 0x80) {
        return false;
    }
    return content == len - head;
}

/** @param begin  where the root must begin; behind it when this returns
 *  @return what is wrong, NULL: nothing */
static const char *check_root(const uint8_t *bundle, size_t len, size_t number, size_t *begin)
{
    struct bundle_root before;
    struct bundle_root root;

    if (get32(bundle + number * OFFSET_LEN) != *begin) {
        return "a root does not begin where the one before it ends";
    }
    if (len - *begin < HEAD_LEN) {
        return "it ends within a root";
    }
    et_bundle_root(bundle, number, &root);
    if (root.name_len + root.key_len > len - *begin - HEAD_LEN) {
        return "it ends within a root";
    }
    if (!is_sequence(root.name, root.name_len) || !is_sequence(root.key, root.key_len)) {
        return "a root has no name or no key";
    }
    if (number > 0) {
        et_bundle_root(bundle, number - 1, &before);
        if (compare(before.name, before.name_len, root.name, root.name_len) > 0) {
            return "its roots are not sorted by their names";
        }
    }
    *begin += HEAD_LEN + root.name_len + root.key_len;
    return NULL;
}

bool et_bundle_check(const uint8_t *bundle, size_t len, size_t most, const char **why)
{
    size_t begin;

    *why = NULL;
    if (len <= OFFSET_LEN + HEAD_LEN) {
        *why = "it is empty or too short";
        return false;
    }
    begin = get32(bundle);
    if (begin == 0 || begin % OFFSET_LEN != 0 || begin >= len) {
        *why = "it is no bundle, or one of another format";
        return false;
    }
    if (begin / OFFSET_LEN > most) {
        *why = "it has more roots than CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_MAX_CERTS";
        return false;
    }
    for (size_t i = 0, count = begin / OFFSET_LEN; i < count && *why == NULL; i++) {
        *why = check_root(bundle, len, i, &begin);
    }
    return *why == NULL;
}

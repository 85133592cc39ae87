/* ESP-IDF's format of a certificate bundle, read without copying. All numbers are little-endian.
 *
 *     N x uint32   where each root begins, counted from the bundle's first byte
 *     N x root     uint16 length of the name, uint16 length of the key,
 *                  the name (Name, RFC 5280 section 4.1.2.4), the key (SubjectPublicKeyInfo)
 *
 * The roots follow each other without gaps, sorted by the bytes of their names. N is not written
 * down: the first root begins behind the N numbers. Bytes behind the last root are passed over. */
#ifndef BUNDLE_H
#define BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A root certificate, as far as a bundle has it: views into the bundle. */
struct bundle_root {
    const uint8_t *name;
    size_t name_len;
    const uint8_t *key;
    size_t key_len;
};

/** Is this a bundle? Every length and the order are checked, and that name and key are each one
 *  SEQUENCE of that length. The other calls take only what has passed here.
 *  @param most  roots that it may have
 *  @param why  what is wrong with it, static text */
bool et_bundle_check(const uint8_t *bundle, size_t len, size_t most, const char **why);

/** @return how many roots there are */
size_t et_bundle_count(const uint8_t *bundle);

/** The root of that number, which is below the count. */
void et_bundle_root(const uint8_t *bundle, size_t number, struct bundle_root *root);

/** Several may have one name: they stand behind each other. One binary search.
 *  @return the number of the first that has this very name, or the count: there is none */
size_t et_bundle_find(const uint8_t *bundle, const uint8_t *name, size_t name_len);

#endif

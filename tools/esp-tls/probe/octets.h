/* Reading and writing numbers and vectors of a binary protocol, most significant byte first
 * (RFC 8446 section 3). Neither goes beyond its end: what does not fit makes it bad, and bad it
 * stays. */
#ifndef OCTETS_H
#define OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Bytes that are read from the front. */
struct octets {
    const uint8_t *at;
    size_t left;
    bool is_bad;
};

/** @return `count` bytes, which are then behind; NULL when there are not so many */
static inline const uint8_t *octets_take(struct octets *o, size_t count)
{
    const uint8_t *at = o->at;

    if (o->is_bad || count > o->left) {
        o->is_bad = true;
        return NULL;
    }
    o->at += count;
    o->left -= count;
    return at;
}

/** A number of 1 to 3 bytes; 0 when it is not there. */
static inline uint32_t octets_number(struct octets *o, size_t bytes)
{
    const uint8_t *at = octets_take(o, bytes);
    uint32_t n = 0;

    for (size_t i = 0; at != NULL && i < bytes; i++) {
        n = n << 8 | at[i];
    }
    return n;
}

/** A vector behind its length of 1 to 3 bytes. A bad one is empty. */
static inline struct octets octets_vector(struct octets *o, size_t bytes)
{
    size_t len = octets_number(o, bytes);
    const uint8_t *at = octets_take(o, len);

    return (struct octets){.at = at, .left = at != NULL ? len : 0, .is_bad = at == NULL};
}

/** Memory that is written from the front. */
struct octets_out {
    uint8_t *data;
    size_t cap;
    size_t len;
    bool is_bad;
};

static inline void octets_put(struct octets_out *o, const void *data, size_t len)
{
    if (o->is_bad || len > o->cap - o->len) {
        o->is_bad = true;
    } else if (len > 0) {
        memcpy(o->data + o->len, data, len);
        o->len += len;
    }
}

static inline void octets_put_number(struct octets_out *o, uint32_t n, size_t bytes)
{
    uint8_t text[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

    octets_put(o, text + sizeof(text) - bytes, bytes);
}

/** Leave room for a length. @return where; give it to octets_end() */
static inline size_t octets_begin(struct octets_out *o, size_t bytes)
{
    octets_put_number(o, 0, bytes);
    return o->len;
}

/** Fill in the length of what came since octets_begin(). */
static inline void octets_end(struct octets_out *o, size_t began, size_t bytes)
{
    size_t len = o->len - began;

    if (o->is_bad || len >= (size_t)1 << 8 * bytes) {
        o->is_bad = true;
        return;
    }
    for (size_t i = 0; i < bytes; i++) {
        o->data[began - bytes + i] = (uint8_t)(len >> 8 * (bytes - 1 - i));
    }
}

#endif

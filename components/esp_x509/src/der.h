/* DER (X.690 section 10), read from a buffer or through the base64 of PEM without decoding it: the
 * bytes are asked for one at a time by their offset in the DER. */
#ifndef X509_DER_H
#define X509_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_BOOLEAN    0x01
#define DER_INTEGER    0x02
#define DER_BITS       0x03
#define DER_OCTETS     0x04
#define DER_NULL       0x05
#define DER_OID        0x06
#define DER_UTF8       0x0C
#define DER_PRINTABLE  0x13
#define DER_T61        0x14
#define DER_IA5        0x16
#define DER_UTC_TIME   0x17
#define DER_TIME       0x18
#define DER_UNIVERSAL  0x1C
#define DER_BMP        0x1E
#define DER_SEQUENCE   0x30
#define DER_SET        0x31
#define DER_CONTEXT(n) (0x80 | (n)) /* implicit, primitive */
#define DER_NESTED(n)  (0xA0 | (n)) /* explicit, constructed */

/** Where the bytes come from. */
struct der_source {
    const uint8_t *buf; /* DER, or the text between BEGIN and END */
    size_t size;        /* of buf */
    size_t len;         /* of the DER */
    bool is_base64;
    /* base64: the group of four characters that was read last */
    size_t group;     /* its number, from 0; SIZE_MAX: none yet */
    size_t group_at;  /* where it begins in buf */
    size_t next_at;   /* where it ends */
    uint8_t bytes[3]; /* what it means */
};

/** DER as it is. */
void et_der_source_raw(struct der_source *s, const uint8_t *buf, size_t len);
/** Base64 that was checked before (pem.c): only digits, white space and the final "=".
 *  @param len  of the DER */
void et_der_source_base64(struct der_source *s, const uint8_t *text, size_t size, size_t len);

/** The byte at an offset below s->len. */
uint8_t et_der_byte(struct der_source *s, size_t offset);
/** Where the byte comes from: its offset in s->buf. */
size_t et_der_text_offset(struct der_source *s, size_t offset);
/** Copy at most cap bytes. @return how many */
size_t et_der_copy(struct der_source *s, size_t offset, size_t len, uint8_t *out, size_t cap);
/** Are these bytes the same? */
bool et_der_same(struct der_source *s, size_t a, size_t b, size_t len);

/** A part of the DER that is being read from its front. */
struct der_span {
    size_t at;
    size_t end;
};

/** An element: tag, length, content. */
struct der_item {
    uint8_t tag;
    size_t begin;   /* of the tag */
    size_t content; /* of the content */
    size_t len;     /* of the content; as announced, also where that is too much */
};

enum der_result {
    DER_OK = 0,
    DER_END,       /* nothing is left */
    DER_CUT,       /* the header is cut off */
    DER_TOO_LONG,  /* the content is longer than what it is in */
    DER_BAD_LENGTH /* indefinite, or of more than four bytes */
};

/** Read the header of the next element and move behind its content. On a failure span stays. */
enum der_result et_der_next(struct der_source *s, struct der_span *span, struct der_item *item);

/** The content as a span. */
struct der_span et_der_inside(const struct der_item *item);

#endif

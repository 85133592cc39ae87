/* STARTTLS for SMTP (RFC 3207): the dialogue over plain TCP before TLS begins. A pure state
 * machine; dial.c moves the bytes.
 *
 *     server: 220 ready        client: EHLO
 *     server: 250-... STARTTLS client: STARTTLS
 *     server: 220 go ahead     TLS begins
 *
 * Bounded: a line of at most 1000 bytes, 100 lines in all. A byte that comes behind the last reply
 * and before TLS is refused: it could have been slipped in on the way. */
#ifndef STARTTLS_H
#define STARTTLS_H

#include <stdbool.h>
#include <stddef.h>

enum starttls_result {
    STARTTLS_MORE = 0, /* wants more bytes */
    STARTTLS_SEND,     /* send `out` first, then feed on */
    STARTTLS_READY,    /* TLS begins now */
    STARTTLS_REFUSED,  /* the server says no: see code and line */
    STARTTLS_BROKEN    /* not SMTP, or not allowed: see why */
};

struct starttls {
    int state;
    enum starttls_result result;
    bool is_offered; /* the EHLO reply lists STARTTLS */
    int code;        /* of the last reply */
    const char *why; /* static text */
    unsigned lines;  /* so far */
    char out[300];   /* to be sent, with NUL */
    char name[256];  /* of EHLO */
    char line[1001]; /* the last line, without CR LF, printable */
    size_t line_len;
};

/** @param name  for EHLO: a domain name, or "[192.0.2.1]" (RFC 5321 section 4.1.1.1); copied */
void starttls_init(struct starttls *s, const char *name);

/** Bytes of the server. @return the new result; READY, REFUSED and BROKEN are final */
enum starttls_result starttls_feed(struct starttls *s, const char *data, size_t len);

#endif

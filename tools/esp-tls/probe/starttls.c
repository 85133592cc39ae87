#include "starttls.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LINES_MOST 100

enum {
    GREETING,
    EHLO,
    START
};

void starttls_init(struct starttls *s, const char *name)
{
    memset(s, 0, sizeof(*s));
    snprintf(s->name, sizeof(s->name), "%s", name);
}

static enum starttls_result set(struct starttls *s, enum starttls_result result, const char *why)
{
    s->result = result;
    s->why = why;
    return result;
}

static enum starttls_result send_line(struct starttls *s, int state, const char *verb,
                                      const char *argument)
{
    s->state = state;
    snprintf(s->out, sizeof(s->out), "%s%s%s\r\n", verb, argument[0] != '\0' ? " " : "", argument);
    return set(s, STARTTLS_SEND, NULL);
}

/** The last line of a reply is there (RFC 5321 section 4.2.1). */
static enum starttls_result on_reply(struct starttls *s)
{
    switch (s->state) {
    case GREETING:
        return s->code == 220 ? send_line(s, EHLO, "EHLO", s->name)
                              : set(s, STARTTLS_REFUSED, "its greeting");
    case EHLO:
        if (s->code != 250) {
            return set(s, STARTTLS_REFUSED, "its answer to EHLO");
        }
        return s->is_offered ? send_line(s, START, "STARTTLS", "")
                             : set(s, STARTTLS_BROKEN, "it does not offer STARTTLS");
    default:
        return s->code == 220 ? set(s, STARTTLS_READY, NULL)
                              : set(s, STARTTLS_REFUSED, "its answer to STARTTLS");
    }
}

/** "250-KEYWORD ..." or "250 KEYWORD ...": is it the extension? The first line greets. */
static bool is_keyword(const struct starttls *s)
{
    const char *word = s->line + 4;

    return s->line_len > 4 && strncasecmp(word, "STARTTLS", 8) == 0 &&
           (word[8] == '\0' || word[8] == ' ');
}

static enum starttls_result on_line(struct starttls *s)
{
    const char *l = s->line;
    bool has_code = s->line_len >= 3 && isdigit((unsigned char)l[0]) &&
                    isdigit((unsigned char)l[1]) && isdigit((unsigned char)l[2]);

    if (!has_code || (s->line_len > 3 && l[3] != ' ' && l[3] != '-')) {
        return set(s, STARTTLS_BROKEN, "it does not speak SMTP");
    }
    if (++s->lines > LINES_MOST) {
        return set(s, STARTTLS_BROKEN, "its replies have more than 100 lines");
    }
    s->code = (l[0] - '0') * 100 + (l[1] - '0') * 10 + (l[2] - '0');
    if (s->state == EHLO && is_keyword(s)) {
        s->is_offered = true;
    }
    return s->line_len > 3 && l[3] == '-' ? STARTTLS_MORE : on_reply(s);
}

/** @return MORE while the line goes on */
static enum starttls_result on_byte(struct starttls *s, char c)
{
    enum starttls_result result;

    if (c != '\n') {
        if (s->line_len == sizeof(s->line) - 1) {
            return set(s, STARTTLS_BROKEN, "it sends a line of more than 1000 bytes");
        }
        s->line[s->line_len++] = isprint((unsigned char)c) || c == '\r' ? c : '?';
        return STARTTLS_MORE;
    }
    if (s->line_len > 0 && s->line[s->line_len - 1] == '\r') {
        s->line_len--;
    }
    s->line[s->line_len] = '\0';
    result = on_line(s);
    s->line_len = 0;
    return result;
}

enum starttls_result starttls_feed(struct starttls *s, const char *data, size_t len)
{
    if (s->result == STARTTLS_READY || s->result == STARTTLS_REFUSED ||
        s->result == STARTTLS_BROKEN) {
        return s->result;
    }
    s->result = STARTTLS_MORE;
    for (size_t i = 0; i < len; i++) {
        if (on_byte(s, data[i]) != STARTTLS_MORE) {
            if (i + 1 < len && s->result != STARTTLS_REFUSED && s->result != STARTTLS_BROKEN) {
                return set(s, STARTTLS_BROKEN,
                           s->result == STARTTLS_READY
                               ? "something came in the clear behind its answer to STARTTLS"
                               : "it sends more than it was asked for");
            }
            return s->result;
        }
    }
    return STARTTLS_MORE;
}

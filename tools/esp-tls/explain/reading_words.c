#include "reading_words.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- words ------------------------------------------------------------------------------------ */

#define BETWEEN " \033\t\r,;:=()[]{}<>\"'|"

/** The next word at or behind *at. */
static bool next_word(const struct line *line, size_t *at, struct spot *word)
{
    while (*at < line->len && strchr(BETWEEN, line->text[*at]) != NULL) {
        (*at)++;
    }
    *word = (struct spot){line->text + *at, 0, line->number};
    while (*at < line->len && strchr(BETWEEN, line->text[*at]) == NULL) {
        (*at)++;
        word->len++;
    }
    while (word->len > 1 && strchr(".!?", word->text[word->len - 1]) != NULL) {
        word->len--;
    }
    return word->len > 0;
}

bool word_is(const struct spot *word, const char *text)
{
    size_t i = 0;

    while (i < word->len && text[i] != '\0' &&
           tolower((unsigned char)word->text[i]) == (unsigned char)text[i]) {
        i++;
    }
    return i == word->len && text[i] == '\0';
}

bool word_has(const struct spot *word, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i + len <= word->len && word->len <= WORD_MOST; i++) {
        struct spot part = {word->text + i, len, word->line};

        if (word_is(&part, text)) {
            return true;
        }
    }
    return false;
}

enum spelling word_number(const struct spot *word, int *value)
{
    char text[24];
    char *end;
    const char *digits = text;
    enum spelling spelling = DECIMAL;
    unsigned long long n;
    bool is_negative;

    if (word->len >= sizeof(text)) {
        return NO_NUMBER;
    }
    memcpy(text, word->text, word->len);
    text[word->len] = '\0';
    is_negative = text[0] == '-';
    digits += is_negative ? 1 : 0;
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
        digits += 2;
        spelling = HEX;
    } else if (digits[strspn(digits, "0123456789")] != '\0') {
        spelling = BARE_HEX;
        if (strlen(digits) < 4) {
            return NO_NUMBER;
        }
    }
    if (!isxdigit((unsigned char)digits[0])) {
        return NO_NUMBER;
    }
    n = strtoull(digits, &end, spelling == DECIMAL ? 10 : 16);
    if (*end != '\0' || n > UINT32_MAX) {
        return NO_NUMBER;
    }
    if (is_negative && n > INT32_MAX) {
        return NO_NUMBER;
    }
    *value = (int)(int32_t)(uint32_t)n;
    if (is_negative) {
        *value = -*value;
    }
    return spelling;
}

/* --- what stands before a number -------------------------------------------------------------- */

static const struct {
    const char *text;
    bool is_whole;
    enum context context;
} keywords[] = {
    {"alert", true, OF_ALERT},
    {"alert_received", true, OF_ALERT},
    {"alert_sent", true, OF_ALERT},
    {"errno", false, OF_ERRNO},
    {"select", true, OF_ERRNO},
    {"flags", false, OF_FLAGS},
    {"flag", true, OF_FLAGS},
    {"getaddrinfo", false, OF_RESOLVER},
    {"eai", true, OF_RESOLVER},
    {"resolver", false, OF_RESOLVER},
    {"dns", true, OF_RESOLVER},
    {"mbedtls", false, OF_STACK},
    {"psa", false, OF_STACK},
    {"tls_code", false, OF_STACK},
    {"tls_error_code", false, OF_STACK},
    {"stack_code", true, OF_STACK},
    {"stack", true, OF_STACK},
    {"ssl_handshake_status", true, OF_AXTLS},
    {"ssl_handshake", false, OF_STACK},
    {"_handle_error", true, OF_STACK}, /* Arduino's */
    {"start_ssl_client", true, OF_ARDUINO},
    {"oserror", true, OF_PYTHON},
    {"esp", true, OF_ESP},
    {"esp_err", false, OF_ESP},
    {"esp_code", true, OF_ESP},
    {"sock", true, OF_OTHERS},
    {"socket", true, OF_OTHERS},
    {"fd", true, OF_OTHERS},
    {".c", false, OF_OTHERS}, /* of a line in a source */
    {"port", true, OF_OTHERS},
    {"line", true, OF_OTHERS},
    {"bytes", true, OF_OTHERS},
    {"len", false, OF_OTHERS},
    {"status", false, OF_HTTP},
    {"error", false, OF_ANYBODY},
    {"err", true, OF_ANYBODY},
    {"ret", true, OF_ANYBODY},
    {"rc", true, OF_ANYBODY},
    {"returned", true, OF_ANYBODY},
    {"returns", true, OF_ANYBODY},
    {"failed", true, OF_ANYBODY},
    {"failure", true, OF_ANYBODY},
};

enum context word_context(const struct spot *word)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (keywords[i].is_whole ? word_is(word, keywords[i].text)
                                 : word_has(word, keywords[i].text)) {
            return keywords[i].context;
        }
    }
    return NOTHING;
}

/* The same behind one that only says that it is a code: "failed to open a new connection:
 * 32794". */
#define REACH_WEAK 6

void words_split(const struct line *line, struct words *words)
{
    size_t at = 0;

    words->count = 0;
    while (words->count < sizeof(words->items) / sizeof(words->items[0]) &&
           next_word(line, &at, &words->items[words->count])) {
        words->count++;
    }
}

enum context words_context(const struct words *words, size_t i)
{
    enum context weak = NOTHING;

    for (size_t back = 1; back <= i && back <= REACH_WEAK; back++) {
        enum context context = word_context(&words->items[i - back]);

        if (context == OF_ANYBODY) {
            weak = OF_ANYBODY;
        } else if (context != NOTHING && back <= READING_REACH) {
            return context;
        }
    }
    return weak;
}

struct spot words_span(const struct words *words, size_t first, size_t count)
{
    const struct spot *begin = &words->items[first];
    const struct spot *end = &words->items[first + count - 1];

    return (struct spot){begin->text, (size_t)(end->text + end->len - begin->text), begin->line};
}

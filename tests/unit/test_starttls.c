/* STARTTLS of SMTP (RFC 3207): the dialogue, and every way it can go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "probe/starttls.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct dialogue {
    const char *name;
    const char *server[4]; /* one reply after the other */
    enum starttls_result result;
    int code;
    const char *why;
};

#define GREETING "220 mail.example ESMTP\r\n"
#define OFFER    "250-mail.example\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP\r\n"

static const struct dialogue dialogues[] = {
    {"good", {GREETING, OFFER, "220 go ahead\r\n"}, STARTTLS_READY, 220, NULL},
    {"several lines everywhere",
     {"220-one\r\n220 two\r\n", OFFER, "220-x\r\n220 y\r\n"},
     STARTTLS_READY,
     220,
     NULL},
    {"small letters, last line",
     {"220 a\n", "250-a\n250 starttls\n", "220\n"},
     STARTTLS_READY,
     220,
     NULL},
    {"busy", {"421 too many\r\n"}, STARTTLS_REFUSED, 421, "its greeting"},
    {"no service", {"554 no\r\n"}, STARTTLS_REFUSED, 554, "its greeting"},
    {"no EHLO", {GREETING, "502 what?\r\n"}, STARTTLS_REFUSED, 502, "its answer to EHLO"},
    {"no STARTTLS",
     {GREETING, "250-mail\r\n250 SIZE\r\n"},
     STARTTLS_BROKEN,
     250,
     "it does not offer STARTTLS"},
    {"a word that only begins so",
     {GREETING, "250-mail\r\n250 STARTTLSX\r\n"},
     STARTTLS_BROKEN,
     250,
     "it does not offer STARTTLS"},
    {"not now",
     {GREETING, OFFER, "454 TLS not available\r\n"},
     STARTTLS_REFUSED,
     454,
     "its answer to STARTTLS"},
    {"slipped in behind",
     {GREETING, OFFER, "220 go\r\n250 injected\r\n"},
     STARTTLS_BROKEN,
     220,
     "something came in the clear behind its answer to STARTTLS"},
    {"talks without being asked",
     {GREETING "250 x\r\n"},
     STARTTLS_BROKEN,
     220,
     "it sends more than it was asked for"},
    {"SSH", {"SSH-2.0-OpenSSH\r\n"}, STARTTLS_BROKEN, 0, "it does not speak SMTP"},
    {"HTTP", {"HTTP/1.1 400 Bad Request\r\n"}, STARTTLS_BROKEN, 0, "it does not speak SMTP"},
    {"no code", {"\r\n"}, STARTTLS_BROKEN, 0, "it does not speak SMTP"},
    {"code and nothing between", {"220mail\r\n"}, STARTTLS_BROKEN, 0, "it does not speak SMTP"},
};

static void run(const struct dialogue *c, size_t piece, struct starttls *s)
{
    static const char *const wanted[] = {"EHLO [192.0.2.1]\r\n", "STARTTLS\r\n"};

    starttls_init(s, "[192.0.2.1]");
    for (size_t i = 0; i < COUNT(c->server) && c->server[i] != NULL; i++) {
        const char *text = c->server[i];
        size_t len = strlen(text);

        for (size_t at = 0; at < len; at += piece) {
            (void)starttls_feed(s, text + at, len - at < piece ? len - at : piece);
        }
        if (s->result == STARTTLS_SEND) {
            assert_true(i < COUNT(wanted));
            assert_string_equal(s->out, wanted[i]);
        }
    }
}

static void test_starttls_dialogues_end_as_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(dialogues); i++) {
        const struct dialogue *c = &dialogues[i];
        struct starttls s;

        run(c, 4096, &s);
        if (s.result != c->result || s.code != c->code ||
            (c->why != NULL && strcmp(c->why, s.why) != 0)) {
            fail_msg("%s: result %d, code %d, %s", c->name, s.result, s.code, s.why);
        }
    }
}

/** What is slipped in can only be told from an answer when it comes with it. */
static void test_starttls_good_dialogue_in_pieces_is_the_same(void **state)
{
    struct starttls s;

    (void)state;
    for (size_t piece = 1; piece < 60; piece++) {
        run(&dialogues[0], piece, &s);
        assert_int_equal(s.result, STARTTLS_READY);
        run(&dialogues[1], piece, &s);
        assert_int_equal(s.result, STARTTLS_READY);
    }
}

static void test_starttls_line_without_end_is_refused(void **state)
{
    struct starttls s;
    enum starttls_result result = STARTTLS_MORE;
    size_t fed = 0;

    (void)state;
    starttls_init(&s, "x");
    while (result == STARTTLS_MORE && fed < 5000) {
        result = starttls_feed(&s, "2", 1);
        fed++;
    }
    assert_int_equal(result, STARTTLS_BROKEN);
    assert_int_equal(fed, 1001);
    assert_string_equal(s.why, "it sends a line of more than 1000 bytes");
}

static void test_starttls_reply_without_end_is_refused(void **state)
{
    struct starttls s;
    enum starttls_result result = STARTTLS_MORE;
    unsigned lines = 0;

    (void)state;
    starttls_init(&s, "x");
    while (result == STARTTLS_MORE && lines < 1000) {
        result = starttls_feed(&s, "220-again\r\n", 11);
        lines++;
    }
    assert_int_equal(result, STARTTLS_BROKEN);
    assert_int_equal(lines, 101);
}

static void test_starttls_end_is_final(void **state)
{
    struct starttls s;

    (void)state;
    run(&dialogues[3], 100, &s);
    assert_int_equal(starttls_feed(&s, "220 after all\r\n", 15), STARTTLS_REFUSED);
}

static void test_starttls_line_is_kept_printable(void **state)
{
    struct starttls s;

    (void)state;
    starttls_init(&s, "x");
    (void)starttls_feed(&s, "554 \x1b[31mno\x07\r\n", 14);
    assert_int_equal(s.result, STARTTLS_REFUSED);
    assert_string_equal(s.line, "554 ?[31mno?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starttls_dialogues_end_as_they_should),
        cmocka_unit_test(test_starttls_good_dialogue_in_pieces_is_the_same),
        cmocka_unit_test(test_starttls_line_without_end_is_refused),
        cmocka_unit_test(test_starttls_reply_without_end_is_refused),
        cmocka_unit_test(test_starttls_end_is_final),
        cmocka_unit_test(test_starttls_line_is_kept_printable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

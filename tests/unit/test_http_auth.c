/* Challenges and answers: the vectors of RFC 7616 and RFC 7617, and challenges that are none. */
#include "sim_test.h"

#include "esp_http_auth.h"

#define BOTH (ESP_HTTP_AUTH_BASIC | ESP_HTTP_AUTH_DIGEST)

static void assert_answer(unsigned allowed, const char *challenge, const char *user,
                          const char *password, const char *method, const char *uri,
                          const char *cnonce, const char *wanted)
{
    esp_http_auth_t *auth = esp_http_auth_new(allowed);
    char *value = NULL;

    assert_non_null(auth);
    assert_int_equal(esp_http_auth_challenge(auth, challenge), ESP_OK);
    assert_int_equal(
        esp_http_auth_authorize_with(auth, user, password, method, uri, cnonce, &value), ESP_OK);
    assert_string_equal(value, wanted);
    esp_http_auth_free_value(value);
    esp_http_auth_free(auth);
}

/* RFC 7616 section 3.9.1 */
#define MUFASA_NONCE  "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define MUFASA_OPAQUE "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
#define MUFASA_CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define MUFASA(algorithm)                                                                          \
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=" algorithm ", "    \
    "nonce=\"" MUFASA_NONCE "\", opaque=\"" MUFASA_OPAQUE "\""
#define MUFASA_ANSWER(algorithm, response)                                                         \
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", nonce=\"" MUFASA_NONCE           \
    "\", uri=\"/dir/index.html\", algorithm=" algorithm ", response=\"" response                   \
    "\", opaque=\"" MUFASA_OPAQUE "\", qop=auth, nc=00000001, cnonce=\"" MUFASA_CNONCE "\""

static void test_digest_vectors_of_rfc_7616(void **state)
{
    (void)state;
    assert_answer(BOTH, MUFASA("MD5"), "Mufasa", "Circle of Life", "GET", "/dir/index.html",
                  MUFASA_CNONCE, MUFASA_ANSWER("MD5", "8ca523f5e9506fed4657c9700eebdbec"));
    assert_answer(
        BOTH, MUFASA("SHA-256"), "Mufasa", "Circle of Life", "GET", "/dir/index.html",
        MUFASA_CNONCE,
        MUFASA_ANSWER("SHA-256",
                      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"));
    /* both were offered: the stronger one, whichever came first */
    assert_answer(
        BOTH, MUFASA("SHA-256") ", " MUFASA("MD5") ", Basic realm=\"x\"", "Mufasa",
        "Circle of Life", "GET", "/dir/index.html", MUFASA_CNONCE,
        MUFASA_ANSWER("SHA-256",
                      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"));
    assert_answer(
        BOTH, "Basic realm=\"x\", " MUFASA("MD5") ", " MUFASA("SHA-256"), "Mufasa",
        "Circle of Life", "GET", "/dir/index.html", MUFASA_CNONCE,
        MUFASA_ANSWER("SHA-256",
                      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"));
}

/** RFC 2617 section 3.5, and the same without qop (RFC 2069). */
static void test_digest_of_older_servers(void **state)
{
    (void)state;
    assert_answer(BOTH,
                  "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
                  "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b",
                  "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
                  "response=\"6629fae49393a05397450978507c4ef1\", "
                  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", qop=auth, nc=00000001, "
                  "cnonce=\"0a4f113b\"");
    assert_answer(BOTH, "digest nonce=dcd98b7102dd2f0e8b11d0f600bfb0c093,realm=testrealm@host.com",
                  "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b",
                  "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
                  "response=\"670fd8c2df070c60b045671b8b24ff02\"");
}

static void test_digest_session_and_userhash(void **state)
{
    esp_http_auth_t *auth = esp_http_auth_new(BOTH);
    char *value;

    (void)state;
    assert_int_equal(
        esp_http_auth_challenge(auth, "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256-sess, "
                                      "qop=auth, userhash=true, stale=TRUE"),
        ESP_OK);
    assert_true(esp_http_auth_is_stale(auth));
    assert_int_equal(esp_http_auth_scheme(auth), ESP_HTTP_AUTH_DIGEST);
    assert_int_equal(esp_http_auth_authorize_with(auth, "u", "p", "GET", "/", "c", &value), ESP_OK);
    /* sha256("u:r"), and the response computed with Python's hashlib */
    assert_non_null(strstr(
        value, "username=\"1d8a03a6e21a4ce775060ea57360329ac750dea5d847297b42f0d46539af8ab2\""));
    assert_non_null(strstr(
        value, "response=\"ea348c3992b38a8ab656b8bcd3589ab596820515773c2a4605013c6216e0f070\""));
    assert_non_null(strstr(value, "algorithm=SHA-256-sess"));
    assert_non_null(strstr(value, "userhash=true"));
    esp_http_auth_free_value(value);
    assert_int_equal(esp_http_auth_authorize_with(auth, "u", "p", "GET", "/", "c", &value), ESP_OK);
    assert_non_null(strstr(value, "nc=00000002"));
    esp_http_auth_free_value(value);
    esp_http_auth_free(auth);
}

static void test_digest_quotes_are_escaped_both_ways(void **state)
{
    esp_http_auth_t *auth = esp_http_auth_new(BOTH);
    char *value;

    (void)state;
    assert_int_equal(esp_http_auth_challenge(
                         auth, "Digest realm=\"a \\\"b\\\\ c\", nonce=\"n,=\\\"\", qop=auth"),
                     ESP_OK);
    assert_int_equal(esp_http_auth_authorize_with(auth, "us\"er", "p", "GET", "/", "c", &value),
                     ESP_OK);
    assert_non_null(strstr(value, "username=\"us\\\"er\", realm=\"a \\\"b\\\\ c\", "
                                  "nonce=\"n,=\\\"\""));
    esp_http_auth_free_value(value);
    esp_http_auth_free(auth);
}

static void test_basic_vectors_of_rfc_7617(void **state)
{
    char *value;

    (void)state;
    assert_answer(BOTH, "Basic realm=\"WallyWorld\"", "Aladdin", "open sesame", "GET", "/", "c",
                  "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_answer(BOTH, "Basic realm=\"foo\", charset=\"UTF-8\"", "test", "123\xC2\xA3", "GET", "/",
                  "c", "Basic dGVzdDoxMjPCow==");
    assert_int_equal(esp_http_auth_basic("", "", &value), ESP_OK);
    assert_string_equal(value, "Basic Og==");
    esp_http_auth_free_value(value);
    assert_int_equal(esp_http_auth_basic("a:b", "c", &value), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_auth_basic("a", "c\r\nX: y", &value), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_auth_basic(NULL, "c", &value), ESP_ERR_INVALID_ARG);
}

static void test_challenges_that_cannot_be_answered(void **state)
{
    static const struct {
        const char *value;
        unsigned allowed;
        esp_err_t err;
        unsigned scheme;
    } rows[] = {
        {"", BOTH, ESP_ERR_INVALID_ARG, 0},
        {"X a=b, Basic realm=r", BOTH, ESP_OK, ESP_HTTP_AUTH_BASIC},
        {"Digest x=1, realm=r, nonce=n", BOTH, ESP_OK, ESP_HTTP_AUTH_DIGEST},
        {" , ,", BOTH, ESP_ERR_INVALID_ARG, 0},
        {"=", BOTH, ESP_ERR_INVALID_ARG, 0},
        {"\"Digest\"", BOTH, ESP_ERR_INVALID_ARG, 0},
        {"Digest", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest realm=\"r\"", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest nonce=\"n\"", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest realm=\"r\", nonce=\"\"", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest realm=\"r\", nonce=\"n\", algorithm=", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest realm=\"r\", nonce=\"n\", algorithm=M", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest realm=\"r, nonce=n", BOTH, ESP_ERR_INVALID_ARG, 0},
        {"Digest realm=\"r\" nonce=\"n\"", BOTH, ESP_ERR_INVALID_ARG, 0},
        {"Digest realm=\"r\\", BOTH, ESP_ERR_INVALID_ARG, 0},
        {"Bearer realm=\"r\"", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Negotiate", BOTH, ESP_ERR_NOT_SUPPORTED, 0},
        {"Negotiate, Basic realm=\"r\"", BOTH, ESP_OK, ESP_HTTP_AUTH_BASIC},
        {"Basic", BOTH, ESP_OK, ESP_HTTP_AUTH_BASIC},
        {"Basic realm=\"r\"", ESP_HTTP_AUTH_DIGEST, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest realm=\"r\", nonce=\"n\"", ESP_HTTP_AUTH_BASIC, ESP_ERR_NOT_SUPPORTED, 0},
        {"Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256, Basic realm=x", BOTH, ESP_OK,
         ESP_HTTP_AUTH_BASIC},
        {"basic REALM=r,, ,DIGEST Nonce = n ,realm= r", BOTH, ESP_OK, ESP_HTTP_AUTH_DIGEST},
        {"Basic realm=\"a\r\n\"", BOTH, ESP_ERR_INVALID_ARG, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_http_auth_t *auth = esp_http_auth_new(rows[i].allowed);
        esp_err_t err = esp_http_auth_challenge(auth, rows[i].value);
        char *value;

        if (err != rows[i].err || esp_http_auth_scheme(auth) != rows[i].scheme) {
            fail_msg("%s: 0x%x, scheme %u", rows[i].value, (unsigned)err,
                     esp_http_auth_scheme(auth));
        }
        err = esp_http_auth_authorize(auth, "u", "p", "GET", "/", &value);
        assert_int_equal(err, rows[i].scheme != 0 ? ESP_OK : ESP_ERR_NOT_SUPPORTED);
        esp_http_auth_free_value(value);
        esp_http_auth_free(auth);
    }
}

static void test_huge_parameter_is_refused(void **state)
{
    static char big[6000];
    esp_http_auth_t *auth = esp_http_auth_new(BOTH);

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    memcpy(big, "Digest realm=", 13);
    assert_int_equal(esp_http_auth_challenge(auth, big), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_auth_scheme(auth), 0);
    esp_http_auth_free(auth);
    esp_http_auth_free(NULL);
    esp_http_auth_clear(NULL);
}

static void test_an_answer_to_bad_arguments_is_refused(void **state)
{
    static const struct {
        const char *user;
        const char *password;
        const char *method;
        const char *uri;
        const char *cnonce;
    } rows[] = {
        {NULL, "p", "GET", "/", "c"},    {"u", NULL, "GET", "/", "c"},
        {"u", "p", NULL, "/", "c"},      {"u", "p", "GET", NULL, "c"},
        {"u", "p", "GET", "/", NULL},    {"u\n", "p", "GET", "/", "c"},
        {"u", "p\x7F", "GET", "/", "c"},
    };
    esp_http_auth_t *auth = esp_http_auth_new(BOTH);
    char *value = (char *)rows;

    (void)state;
    assert_int_equal(esp_http_auth_authorize_with(auth, "u", "p", "GET", "/", "c", &value),
                     ESP_ERR_NOT_SUPPORTED);
    assert_null(value);
    assert_int_equal(esp_http_auth_challenge(auth, "Digest realm=r, nonce=n"), ESP_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(esp_http_auth_authorize_with(auth, rows[i].user, rows[i].password,
                                                      rows[i].method, rows[i].uri, rows[i].cnonce,
                                                      &value),
                         ESP_ERR_INVALID_ARG);
        assert_null(value);
    }
    assert_int_equal(esp_http_auth_authorize_with(NULL, "u", "p", "GET", "/", "c", &value),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_http_auth_authorize_with(auth, "u", "p", "GET", "/", "c", NULL),
                     ESP_ERR_INVALID_ARG);
    esp_http_auth_free(auth);
}

static void test_a_new_challenge_replaces_the_old_one(void **state)
{
    esp_http_auth_t *auth = esp_http_auth_new(BOTH);
    char *value;

    (void)state;
    assert_int_equal(esp_http_auth_challenge(auth, "Digest realm=r, nonce=one, qop=auth"), ESP_OK);
    assert_int_equal(esp_http_auth_authorize(auth, "u", "p", "GET", "/", &value), ESP_OK);
    esp_http_auth_free_value(value);
    esp_http_auth_clear(auth);
    assert_int_equal(esp_http_auth_scheme(auth), 0);
    assert_int_equal(esp_http_auth_challenge(auth, "Digest realm=r, nonce=two, qop=auth"), ESP_OK);
    assert_int_equal(esp_http_auth_authorize(auth, "u", "p", "GET", "/", &value), ESP_OK);
    assert_non_null(strstr(value, "nonce=\"two\""));
    assert_non_null(strstr(value, "nc=00000001"));
    esp_http_auth_free_value(value);
    esp_http_auth_free(auth);
}

static void test_each_allocation_and_random_number_may_fail(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 10; n++) {
        size_t before = sim_alloc_live();
        esp_http_auth_t *auth;
        char *value = NULL;

        sim_fail_alloc(n, false);
        auth = esp_http_auth_new(BOTH);
        if (auth != NULL) {
            esp_err_t err = esp_http_auth_challenge(auth, MUFASA("MD5"));

            assert_true(err == ESP_OK || err == ESP_ERR_NO_MEM);
            if (err == ESP_OK) {
                err = esp_http_auth_authorize(auth, "u", "p", "GET", "/", &value);
                assert_true(err == ESP_OK || err == ESP_ERR_NO_MEM || err == ESP_FAIL);
            }
        }
        sim_fail_alloc(0, false);
        esp_http_auth_free_value(value);
        esp_http_auth_free(auth);
        assert_int_equal(sim_alloc_live(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sim_test(test_digest_vectors_of_rfc_7616),
        sim_test(test_digest_of_older_servers),
        sim_test(test_digest_session_and_userhash),
        sim_test(test_digest_quotes_are_escaped_both_ways),
        sim_test(test_basic_vectors_of_rfc_7617),
        sim_test(test_challenges_that_cannot_be_answered),
        sim_test(test_huge_parameter_is_refused),
        sim_test(test_an_answer_to_bad_arguments_is_refused),
        sim_test(test_a_new_challenge_replaces_the_old_one),
        sim_test(test_each_allocation_and_random_number_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

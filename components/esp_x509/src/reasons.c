/* What is wrong with an input, in words. */
#include "esp_tls_certificate.h"
#include "out.h"

static const struct {
    const char *name;
    const char *text;
} rows[] = {
    [ESP_TLS_INPUT_OK] = {"ok", "nothing is wrong with it"},
    [ESP_TLS_INPUT_EMPTY] = {"empty", "there are no bytes"},
    [ESP_TLS_INPUT_NO_FORMAT] = {"no-format", "it is neither PEM nor DER"},
    [ESP_TLS_INPUT_NO_ARMOR] = {"no-armor", "it is base64 without its BEGIN and END lines"},
    [ESP_TLS_INPUT_UTF16] = {"utf-16", "it is PEM in UTF-16; save it as ASCII or UTF-8"},
    [ESP_TLS_INPUT_NO_NUL] = {"no-nul",
                              "it is PEM, and its length does not count a final NUL byte"},
    [ESP_TLS_INPUT_NUL_INSIDE] = {"nul-inside",
                                  "a NUL byte ends the text, and what follows it is not seen"},
    [ESP_TLS_INPUT_NO_LINES] = {"no-lines", "the line breaks of the PEM were removed"},
    [ESP_TLS_INPUT_BACKSLASH_N] = {"backslash-n",
                                   "the line breaks are a backslash and an n instead"},
    [ESP_TLS_INPUT_LONE_CR] = {"lone-cr", "lines end in CR without LF"},
    [ESP_TLS_INPUT_SPACES] = {"spaces", "there are blanks within or in front of a line of base64"},
    [ESP_TLS_INPUT_NO_END] = {"no-end", "the END line is missing: the text is cut off"},
    [ESP_TLS_INPUT_NO_BEGIN] = {"no-begin", "there is an END line without its BEGIN line"},
    [ESP_TLS_INPUT_WRONG_END] = {"wrong-end", "the END line names something else than BEGIN"},
    [ESP_TLS_INPUT_BAD_CHARACTER] = {"bad-character", "a character is not of base64"},
    [ESP_TLS_INPUT_BASE64_CUT] = {"base64-cut",
                                  "characters of the base64 are missing: its number is no multiple "
                                  "of four"},
    [ESP_TLS_INPUT_EMPTY_BLOCK] = {"empty-block", "nothing stands between BEGIN and END"},
    [ESP_TLS_INPUT_WRONG_KIND] = {"wrong-kind", "it is something else than what is wanted here"},
    [ESP_TLS_INPUT_NEEDS_PASSWORD] = {"needs-password",
                                      "the key is encrypted, and no password is given"},
    [ESP_TLS_INPUT_ENCRYPTION] = {"encryption",
                                  "this build cannot decrypt a key that is encrypted so"},
    [ESP_TLS_INPUT_STRLEN_OF_DER] =
        {"strlen-of-der", "it is DER, and its length was taken with strlen(): it ends at "
                          "the first zero byte"},
    [ESP_TLS_INPUT_TRUNCATED] = {"truncated", "it ends too early"},
    [ESP_TLS_INPUT_TRAILING] = {"trailing", "bytes follow its end"},
    [ESP_TLS_INPUT_TAG] = {"tag", "another element stands here than must"},
    [ESP_TLS_INPUT_LENGTH] = {"length", "an element is longer than what it is in"},
    [ESP_TLS_INPUT_VALUE] = {"value", "the value may not be there"},
    [ESP_TLS_INPUT_VERSION] = {"version", "the version is not known"},
    [ESP_TLS_INPUT_ALGORITHM] = {"algorithm", "this build does not support the algorithm"},
    [ESP_TLS_INPUT_CURVE] = {"curve", "this build does not support the curve"},
    [ESP_TLS_INPUT_EXTENSION] =
        {"extension", "an extension is marked as critical, and Mbed TLS does not know it"},
    [ESP_TLS_INPUT_REPEATED] = {"repeated", "an extension stands in it twice"},
    [ESP_TLS_INPUT_ALGORITHMS_DIFFER] = {"algorithms-differ",
                                         "the signature algorithm inside is not the one outside"},
    [ESP_TLS_INPUT_KEY_SIZE] = {"key-size", "its RSA key is longer than this build can read"},
    [ESP_TLS_INPUT_ARMOR] = {"armor-kind",
                             "its BEGIN line names another kind of key than what stands below it"},
    [ESP_TLS_INPUT_BAD_BEGIN] = {"bad-begin", "the BEGIN line is damaged"},
};

const char *esp_tls_input_reason_name(esp_tls_input_reason_t reason)
{
    return (unsigned)reason < ESP_TLS_INPUT_REASONS ? rows[reason].name : "?";
}

const char *esp_tls_input_reason_text(esp_tls_input_reason_t reason)
{
    return (unsigned)reason < ESP_TLS_INPUT_REASONS ? rows[reason].text : "?";
}

static void put_named(struct out *o, const char *name, uint64_t n)
{
    et_out_text(o, name);
    et_out_number(o, n);
}

static void put_place(struct out *o, const esp_tls_input_problem_t *p)
{
    if (p->is_pem) {
        put_named(o, " (line ", p->line);
        put_named(o, ", column ", p->column);
        if (p->field != NULL) {
            put_named(o, ", byte ", p->der_offset);
            et_out_text(o, " of its DER");
        }
    } else {
        put_named(o, " (byte ", p->offset);
    }
    if (p->count > 1) {
        put_named(o, ", certificate ", p->index + 1U);
    }
    if (p->field != NULL) {
        et_out_text(o, ", ");
        et_out_text(o, p->field);
    }
    et_out_char(o, ')');
}

static void put_found(struct out *o, const esp_tls_input_problem_t *p)
{
    et_out_text(o, ": ");
    for (size_t i = 0; i < p->found.len && i < 64; i++) {
        uint8_t c = p->found.ptr[i];

        et_out_char(o, c >= 0x20 && c < 0x7F ? (char)c : '?');
    }
}

static void put_oid(struct out *o, const esp_tls_input_problem_t *p)
{
    et_out_text(o, ": ");
    if (p->oid_name != NULL) {
        et_out_text(o, p->oid_name);
        et_out_text(o, " (");
    }
    et_out_text(o, p->oid);
    et_out_text(o, p->oid_name != NULL ? ")" : "");
}

static void put_evidence(struct out *o, const esp_tls_input_problem_t *p)
{
    if (p->found.len > 0) {
        put_found(o, p);
    } else if (p->oid[0] != '\0') {
        put_oid(o, p);
    } else if (p->announced != 0) {
        put_named(o, ": ", p->announced);
        put_named(o, " bytes are announced, there are ", p->available);
    } else if (p->reason == ESP_TLS_INPUT_TRAILING) {
        put_named(o, ": ", p->available);
    } else if (p->reason == ESP_TLS_INPUT_BAD_CHARACTER || p->reason == ESP_TLS_INPUT_TAG) {
        et_out_text(o, ": 0x");
        et_out_hex(o, p->tag);
    }
}

size_t esp_tls_input_problem_text(const esp_tls_input_problem_t *problem, char *out, size_t cap)
{
    struct out o;

    et_out_init(&o, out, cap);
    et_out_text(&o, esp_tls_input_reason_text(problem->reason));
    if (problem->reason != ESP_TLS_INPUT_OK && problem->reason != ESP_TLS_INPUT_EMPTY) {
        put_evidence(&o, problem);
        put_place(&o, problem);
    }
    return o.len;
}

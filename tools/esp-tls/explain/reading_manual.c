/* All codes and reasons: as a list, and as pages of the manual. */
#include <ctype.h>
#include <string.h>

#include "reading_report.h"

#define TEXT_MAX 800

void codes_list(FILE *out)
{
    esp_tls_code_t code;

    for (size_t i = 0; esp_tls_code_at(i, &code); i++) {
        char number[24];

        number_text(&code, code.value, number, sizeof(number));
        fprintf(out, "%-9s %-56s %-13s %s\n", number, code.name,
                esp_tls_class_name((esp_tls_class_t)code.kind), code.sentence);
    }
}

static const struct {
    const char *title;
    const char *about;
} domains[ESP_TLS_CODE_DOMAINS] = {
    [ESP_TLS_CODE_ESP] = {"Codes of ESP-TLS and its neighbours",
                          "What the calls return, and esp_tls_get_and_clear_last_error() gives."},
    [ESP_TLS_CODE_STACK] =
        {"Codes of the TLS library",
         "Logs have them with a minus sign, the error handle without. Two may be "
         "added up: -0x4290 is -0x4280, where it happened, and -0x0010, what."},
    [ESP_TLS_CODE_ALERT] = {"TLS alerts",
                            "What one side tells the other before it closes (RFC 8446 section 6). "
                            "The reasons are those of an alert that the server sent."},
    [ESP_TLS_CODE_VERIFY] = {"Flags of the certificate check",
                             "One bit each; several may be set: 0xC is 0x4 and 0x8."},
    [ESP_TLS_CODE_ERRNO] = {"errno",
                            "What the operating system says. The numbers differ: ESP-IDF has those "
                            "of its C library, newlib."},
    [ESP_TLS_CODE_RESOLVER] = {"Results of getaddrinfo()",
                               "The numbers differ here, too: ESP-IDF has those of lwIP."},
};

/** "-0x7200"; of errno and the resolver both numbers: "118 (Linux: 113)". */
static void both_numbers(const esp_tls_code_t *code, char *text, size_t cap)
{
    int theirs;

    number_text(code, code->value, text, cap);
    if (code->domain != ESP_TLS_CODE_ERRNO && code->domain != ESP_TLS_CODE_RESOLVER) {
        return;
    }
    if (!esp_idf_number(code, &theirs)) {
        snprintf(text, cap, "Linux: %d", code->value);
    } else if (theirs != code->value) {
        snprintf(text, cap, "%d (Linux: %d)", theirs, code->value);
    }
}

/* --- Markdown --------------------------------------------------------------------------------- */

static void put_anchor(FILE *out, const char *before, const char *name)
{
    fputs(before, out);
    for (; *name != '\0'; name++) {
        fputc(*name == '_' ? '-' : tolower((unsigned char)*name), out);
    }
}

/** Text in which Markdown would see tags and cells. */
static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<') {
            fputs("&lt;", out);
        } else if (*text == '|') {
            fputs("\\|", out);
        } else if (*text == '_') {
            fputs("\\_", out);
        } else {
            fputc(*text, out);
        }
    }
}

static void put_reason_links(FILE *out, const esp_tls_code_t *code)
{
    for (size_t i = 0; i < 3 && code->reasons[i] != ESP_TLS_REASON_NONE; i++) {
        const char *name = esp_tls_reason_name((esp_tls_reason_t)code->reasons[i]);

        fprintf(out, "%s[%s](", i > 0 ? ", " : "", name);
        put_anchor(out, "#reason-", name);
        fputc(')', out);
    }
}

static void put_codes(FILE *out, esp_tls_code_domain_t domain)
{
    esp_tls_code_t code;

    fprintf(
        out,
        "\n## %s\n\n%s\n\n| number | name | class | what it says | why |\n|---|---|---|---|---|\n",
        domains[domain].title, domains[domain].about);
    for (size_t i = 0; esp_tls_code_at(i, &code); i++) {
        char number[40];

        if (code.domain == (uint8_t)domain) {
            both_numbers(&code, number, sizeof(number));
            put_anchor(out, "| <a id=\"", code.name);
            fprintf(out, "\"></a>%s | `%s` | %s | ", number, code.name,
                    esp_tls_class_name((esp_tls_class_t)code.kind));
            put_text(out, code.sentence);
            fputs(" | ", out);
            put_reason_links(out, &code);
            fputs(" |\n", out);
        }
    }
}

static void put_reason(FILE *out, esp_tls_reason_t reason)
{
    char text[TEXT_MAX];

    put_anchor(out, "\n<a id=\"reason-", esp_tls_reason_name(reason));
    fprintf(out, "\"></a>\n### %s\n\n", esp_tls_reason_name(reason));
    (void)esp_tls_reason_sentence(NULL, reason, text, sizeof(text));
    fprintf(out, "Class %s: ", esp_tls_class_name(esp_tls_reason_class(reason)));
    put_text(out, text);
    fputs(".\n", out);
    for (unsigned i = 0; i < ESP_TLS_REASON_REMEDIES; i++) {
        esp_tls_remedy_t remedy = esp_tls_reason_remedy(reason, i);

        if (remedy != ESP_TLS_REMEDY_NONE) {
            (void)esp_tls_remedy_sentence(NULL, remedy, text, sizeof(text));
            fputs(i == 0 ? "\n- " : "- ", out);
            put_text(out, text);
            fputc('\n', out);
        }
    }
}

void codes_markdown(FILE *out)
{
    fputs("# What the codes mean\n"
          "\n"
          "Every code that a connection can end with: what it says, and why it usually comes up, "
          "the likeliest first. [Below](#reasons) each reason has what helps against it. "
          "`esp-tls explain CODE` says the same of one code, in any spelling, or of a whole log; "
          "`esp_tls_get_diagnosis()` says it about a connection, with what was known when it "
          "failed.\n"
          "\n"
          "This page is made by `esp-tls explain --markdown`.\n",
          out);
    for (int domain = 0; domain < ESP_TLS_CODE_DOMAINS; domain++) {
        put_codes(out, (esp_tls_code_domain_t)domain);
    }
    fputs("\n<a id=\"reasons\"></a>\n## Reasons\n\nEach with what helps against it.\n", out);
    for (int reason = ESP_TLS_REASON_NONE + 1; reason < ESP_TLS_REASON_COUNT; reason++) {
        put_reason(out, (esp_tls_reason_t)reason);
    }
}

/* --- a man page ------------------------------------------------------------------------------- */

/** Text of a line: a backslash, a minus sign, and a dot at the beginning are commands of roff. */
static void put_roff(FILE *out, const char *text)
{
    for (bool begins = true; *text != '\0'; begins = false, text++) {
        if (*text == '\\') {
            fputs("\\e", out);
        } else if (*text == '-') {
            fputs("\\-", out);
        } else if (begins && (*text == '.' || *text == '\'')) {
            fprintf(out, "\\&%c", *text);
        } else {
            fputc(*text, out);
        }
    }
}

static void put_section(FILE *out, esp_tls_code_domain_t domain)
{
    esp_tls_code_t code;

    fputs(".Ss ", out);
    put_roff(out, domains[domain].title);
    fputc('\n', out);
    put_roff(out, domains[domain].about);
    fputs("\n.Bl -tag -width indent\n", out);
    for (size_t i = 0; esp_tls_code_at(i, &code); i++) {
        char number[40];

        if (code.domain == (uint8_t)domain) {
            both_numbers(&code, number, sizeof(number));
            fprintf(out, ".It %s ", code.name);
            put_roff(out, number);
            fputc('\n', out);
            put_roff(out, code.sentence);
            fputs(".\n", out);
            for (size_t k = 0; k < 3 && code.reasons[k] != ESP_TLS_REASON_NONE; k++) {
                fprintf(out, "%s%s", k == 0 ? "See " : ", ",
                        esp_tls_reason_name((esp_tls_reason_t)code.reasons[k]));
            }
            fputs(code.reasons[0] != ESP_TLS_REASON_NONE ? ".\n" : "", out);
        }
    }
    fputs(".El\n", out);
}

static void put_roff_reason(FILE *out, esp_tls_reason_t reason)
{
    char text[TEXT_MAX];

    fprintf(out, ".It %s\n", esp_tls_reason_name(reason));
    (void)esp_tls_reason_sentence(NULL, reason, text, sizeof(text));
    put_roff(out, text);
    fputs(".\n", out);
    for (unsigned i = 0; i < ESP_TLS_REASON_REMEDIES; i++) {
        esp_tls_remedy_t remedy = esp_tls_reason_remedy(reason, i);

        if (remedy != ESP_TLS_REMEDY_NONE) {
            (void)esp_tls_remedy_sentence(NULL, remedy, text, sizeof(text));
            fputs(i == 0 ? "What helps: " : "; or: ", out);
            put_roff(out, text);
        }
    }
    fputs(esp_tls_reason_remedy(reason, 0) != ESP_TLS_REMEDY_NONE ? ".\n" : "", out);
}

void codes_mdoc(FILE *out)
{
    fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n"
          ".\\\" Made by esp-tls explain --mdoc.\n"
          ".Dd November 25, 2026\n"
          ".Dt ESP-TLS-ERRORS 7\n"
          ".Os\n"
          ".Sh NAME\n"
          ".Nm esp-tls-errors\n"
          ".Nd what the codes of TLS connections mean\n"
          ".Sh DESCRIPTION\n"
          "Every code that a connection can end with, and why it usually comes up, the likeliest "
          "reason first.\n"
          ".Xr esp-tls 1\n"
          "says the same of one code or of a log, with\n"
          ".Cm explain .\n",
          out);
    for (int domain = 0; domain < ESP_TLS_CODE_DOMAINS; domain++) {
        put_section(out, (esp_tls_code_domain_t)domain);
    }
    fputs(".Sh REASONS\n.Bl -tag -width indent\n", out);
    for (int reason = ESP_TLS_REASON_NONE + 1; reason < ESP_TLS_REASON_COUNT; reason++) {
        put_roff_reason(out, (esp_tls_reason_t)reason);
    }
    fputs(".El\n.Sh SEE ALSO\n.Xr esp-tls 1\n", out);
}

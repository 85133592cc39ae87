/* esp-tls cert: what files of certificates and keys are, and whether a device can use them. */
#define _GNU_SOURCE /* explicit_bzero */
#include <stdlib.h>
#include <string.h>

#include "cert_files.h"
#include "cli/shortage.h"
#include "cli/streams.h"

struct cert_options {
    const char *pass; /* as --pass has it; NULL: none */
    bool json;
    char **paths;
    size_t count;
};

/* --- telling ---------------------------------------------------------------------------------- */

static void key_text(const struct cert_key *k, char *out, size_t cap)
{
    if (k->read.type == ESP_TLS_KEY_RSA) {
        snprintf(out, cap, "RSA %u", (unsigned)k->read.bits);
    } else {
        snprintf(out, cap, "%s", k->read.name != NULL ? k->read.name : "of an unknown kind");
    }
}

static void print_key(const struct cert_key *k, FILE *out)
{
    char text[64];

    key_text(k, text, sizeof(text));
    fprintf(out, "   private key %s (%s)\n\n", text,
            k->read.format == ESP_TLS_KEY_FORMAT_NONE ? "encrypted in PEM's own way"
                                                      : cert_key_format_name(k->read.format));
}

static void print_text(const struct cert_files *f, FILE *out)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct cert_file *file = &f->file[i];

        fprintf(out, "%s: %s, %zu bytes, %zu certificate%s, %zu private key%s\n\n", file->path,
                file->format, file->blob.size, file->count, file->count == 1 ? "" : "s",
                file->key_count, file->key_count == 1 ? "" : "s");
        for (size_t k = file->first; k < file->first + file->count; k++) {
            cert_print(&f->certs.item[k], k + 1, out);
        }
        for (size_t k = file->first_key; k < file->first_key + file->key_count; k++) {
            print_key(&f->key[k], out);
        }
    }
    findings_print(&f->findings, out);
}

static void json_file(const struct cert_files *f, const struct cert_file *file, struct json *j)
{
    char text[400];

    json_object(j, NULL);
    json_string(j, "file", file->path);
    json_string(j, "format", file->format);
    json_number(j, "bytes", (int64_t)file->blob.size);
    (void)esp_tls_input_problem_text(&file->problem, text, sizeof(text));
    json_string(j, "problem", file->problem.reason != ESP_TLS_INPUT_OK ? text : NULL);
    json_array(j, "certificates");
    for (size_t k = file->first; k < file->first + file->count; k++) {
        json_object(j, NULL);
        cert_json(&f->certs.item[k], j);
        json_end(j, false);
    }
    json_end(j, true);
    json_array(j, "keys");
    for (size_t k = file->first_key; k < file->first_key + file->key_count; k++) {
        key_text(&f->key[k], text, sizeof(text));
        json_object(j, NULL);
        json_string(j, "key", text);
        json_string(j, "format", cert_key_format_name(f->key[k].read.format));
        json_number(j, "certificate", f->key[k].certificate > 0 ? f->key[k].certificate : 0);
        json_end(j, false);
    }
    json_end(j, true);
    json_end(j, false);
}

static void print_json(const struct cert_files *f, enum tool_exit status, FILE *out)
{
    struct json j = {.out = out};

    json_report(&j, "cert");
    json_array(&j, "files");
    for (size_t i = 0; i < f->count; i++) {
        json_file(f, &f->file[i], &j);
    }
    json_end(&j, true);
    findings_json(&f->findings, &j);
    json_number(&j, "exit", status);
    json_end(&j, false);
}

/* --- the command ------------------------------------------------------------------------------ */

/** Everything of the command. */
struct cert_state {
    struct cert_options options;
    struct cert_files files;
    char *password;
};

static bool cert_accept(void *options, char **paths, size_t count)
{
    struct cert_options *o = options;

    o->paths = paths;
    o->count = count;
    return true;
}

static enum tool_exit cert_run(void *state)
{
    struct cert_state *s = state;
    const struct cert_options *o = &s->options;
    struct cert_files *f = &s->files;
    enum tool_exit status = EXIT_OK;

    if (o->pass != NULL) {
        status = credentials_password(o->pass, &s->password);
    }
    f->password = s->password;
    if (status == EXIT_OK) {
        status = cert_files_read(f, o->paths, o->count);
    }
    if (status != EXIT_OK) {
        return status;
    }
    status = cert_files_judge(f);
    if (status == EXIT_OK && shortage_take()) {
        status = tool_no_memory();
    }
    if (status != EXIT_OK) {
        return status;
    }
    status = f->is_unusable ? EXIT_USAGE : f->findings.errors > 0 ? EXIT_CERTIFICATE : EXIT_OK;
    if (o->json) {
        print_json(f, status, stdout);
    } else {
        streams_fold();
        print_text(f, stdout);
    }
    return status;
}

static void cert_clear(void *state)
{
    struct cert_state *s = state;

    cert_files_clear(&s->files);
    if (s->password != NULL) {
        explicit_bzero(s->password, strlen(s->password));
    }
    free(s->password);
}

#define AT(member) offsetof(struct cert_options, member), false

static const struct option_row rows[] = {
    {0, "pass", "PASSWORD", "password of the keys, or env:NAME, or file:FILE", option_set_text,
     AT(pass)},
    {0, "json", NULL, "print JSON", option_set_true, AT(json)},
    OPTION_ROW_HELP,
};

static const struct option_table cert_options = {
    .command = "cert",
    .usage = "usage: esp-tls cert [OPTION]... FILE...\n"
             "\n"
             "Say what is in files of certificates and private keys (PEM, DER, PKCS #7; - is\n"
             "standard input), what is wrong with them, and whether they belong together.\n",
    .exits = "Exit status: 0 nothing is wrong, 2 a file cannot be used, 6 something is wrong\n"
             "with a certificate or a pair, 10 out of memory.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .columns = 24,
    .words = "a file",
};

const struct command cmd_cert = {
    .options = &cert_options,
    .summary = "look at files of certificates and keys",
    .size = sizeof(struct cert_state),
    .accept = cert_accept,
    .run = cert_run,
    .clear = cert_clear,
};

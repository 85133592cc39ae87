/* esp-tls cert: what files of certificates and keys are, and whether a device can use them. */
#define _GNU_SOURCE /* explicit_bzero */
#include <stdlib.h>
#include <string.h>

#include "cert_files.h"
#include "cli/option_table.h"

struct cert_options {
    const char *pass; /* as --pass has it; NULL: none */
    bool json;
    bool help;
};

static bool set_pass(void *target, const char *value)
{
    ((struct cert_options *)target)->pass = value;
    return true;
}

static bool set_json(void *target, const char *value)
{
    (void)value;
    ((struct cert_options *)target)->json = true;
    return true;
}

static bool set_help(void *target, const char *value)
{
    (void)value;
    ((struct cert_options *)target)->help = true;
    return true;
}

static const struct option_row rows[] = {
    {0, "pass", "PASSWORD", "password of the keys, or env:NAME, or file:FILE", set_pass},
    {0, "json", NULL, "print JSON", set_json},
    {'h', "help", NULL, "show this text", set_help},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void print_help(FILE *out)
{
    fputs("usage: esp-tls cert [OPTION]... FILE...\n"
          "\n"
          "Say what is in files of certificates and private keys (PEM, DER, PKCS #7; - is\n"
          "standard input), what is wrong with them, and whether they belong together.\n"
          "\n"
          "Options:\n",
          out);
    option_table_help(out, rows, ROWS, 24);
    fputs("\n"
          "Exit status: 0 nothing is wrong, 2 a file cannot be used, 6 something is wrong\n"
          "with a certificate or a pair, 10 out of memory.\n",
          out);
}

/* --- telling ------------------------------------------------------------------------------------------- */

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
            char title[200];

            cert_title(&f->certs.item[k], title, sizeof(title));
            fprintf(out, "%zu  %s\n", k + 1, title);
            cert_print(&f->certs.item[k], out);
            fputc('\n', out);
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

    json_object(&j, NULL);
    json_array(&j, "files");
    for (size_t i = 0; i < f->count; i++) {
        json_file(f, &f->file[i], &j);
    }
    json_end(&j, true);
    findings_json(&f->findings, &j);
    json_number(&j, "exit", status);
    json_end(&j, false);
}

/* --- the command ----------------------------------------------------------------------------------------- */

static enum tool_exit look(struct cert_files *f, const struct cert_options *o, char **paths,
                           size_t count)
{
    enum tool_exit status = cert_files_read(f, paths, count);

    if (status != EXIT_OK) {
        return status;
    }
    cert_files_judge(f);
    status = f->is_unusable ? EXIT_USAGE : f->findings.errors > 0 ? EXIT_CERTIFICATE : EXIT_OK;
    if (o->json) {
        print_json(f, status, stdout);
    } else {
        print_text(f, stdout);
    }
    return status;
}

static enum tool_exit run(const struct cert_options *o, char **paths, size_t count)
{
    struct cert_files *f = calloc(1, sizeof(*f));
    char *password = NULL;
    enum tool_exit status = EXIT_OK;

    if (f == NULL) {
        fputs("esp-tls: out of memory\n", stderr);
        return EXIT_MEMORY;
    }
    if (o->pass != NULL) {
        status = credentials_password(o->pass, &password);
    }
    f->password = password;
    if (status == EXIT_OK) {
        status = look(f, o, paths, count);
    }
    cert_files_clear(f);
    free(f);
    if (password != NULL) {
        explicit_bzero(password, strlen(password));
    }
    free(password);
    return status;
}

int cmd_cert(int argc, char **argv)
{
    struct cert_options o = {0};
    int at = option_table_parse(rows, ROWS, &o, argc, argv);

    if (at < 0) {
        return EXIT_USAGE;
    }
    if (o.help) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (at == argc) {
        fputs("esp-tls: cert takes a file; see esp-tls cert --help\n", stderr);
        return EXIT_USAGE;
    }
    return (int)run(&o, argv + at, (size_t)(argc - at));
}

#define _GNU_SOURCE /* memmem, explicit_bzero */
#include "credentials.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "armour.h"
#include "esp_tls.h"
#include "memory_file.h"

#define SYSTEM_ROOTS  "/etc/ssl/certs/ca-certificates.crt"
#define FILE_MAX_SIZE (16u << 20)

/* --- blobs ------------------------------------------------------------------------------------ */

void credentials_blob_clear(struct blob *blob)
{
    if (blob->data != NULL) {
        explicit_bzero(blob->data, blob->size);
    }
    free(blob->data);
    *blob = (struct blob){NULL, 0};
}

static bool blob_append(struct blob *blob, const void *data, size_t size)
{
    unsigned char *grown = malloc(blob->size + size + 1); /* not realloc: it may be a key */

    if (grown == NULL) {
        return false;
    }
    if (blob->size > 0) {
        memcpy(grown, blob->data, blob->size);
    }
    memcpy(grown + blob->size, data, size);
    size += blob->size;
    credentials_blob_clear(blob);
    blob->data = grown;
    blob->size = size;
    blob->data[size] = '\0'; /* there, not counted */
    return true;
}

static enum tool_exit cannot_read(const char *path, const char *why)
{
    fprintf(stderr, "esp-tls: cannot read %s: %s\n", path, why);
    return EXIT_USAGE;
}

static enum tool_exit cannot_open(const char *path, int error)
{
    return error == ENOMEM ? tool_no_memory() : cannot_read(path, strerror(error));
}

static enum tool_exit read_stream(FILE *file, const char *path, struct blob *blob)
{
    char chunk[16384];
    size_t n;
    enum tool_exit result = EXIT_OK;

    while (result == EXIT_OK && (n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        if (blob->size + n > FILE_MAX_SIZE) {
            result = cannot_read(path, "it is too large to be a certificate or a key");
        } else if (!blob_append(blob, chunk, n)) {
            result = tool_no_memory();
        }
    }
    if (result == EXIT_OK && ferror(file)) {
        result = cannot_open(path, errno);
    }
    explicit_bzero(chunk, sizeof(chunk));
    return result;
}

enum tool_exit credentials_read(const char *path, struct blob *blob)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    enum tool_exit result;

    if (file == NULL) {
        return cannot_open(path, errno);
    }
    setvbuf(file, NULL, _IONBF, 0); /* no copy of a key in a buffer that nobody wipes */
    result = read_stream(file, path, blob);
    if (!is_stdin) {
        fclose(file);
    }
    return result;
}

/** A SEQUENCE of more than 127 bytes, which is no text (X.690 section 8.1.3.5). */
static bool is_long_der(const struct blob *blob)
{
    return blob->size > 1 && blob->data[0] == 0x30 && blob->data[1] > 0x80;
}

bool credentials_is_pem(const struct blob *blob)
{
    static const char begin[] = "-----BEGIN ";

    return blob->data != NULL && !is_long_der(blob) &&
           memmem(blob->data, blob->size, begin, sizeof(begin) - 1) != NULL;
}

static void count_nul(struct blob *blob)
{
    if (credentials_is_pem(blob)) {
        blob->size++;
    }
}

/* --- authorities ------------------------------------------------------------------------------ */

/** Append DER as PEM, so that a directory of both is one buffer. */
static bool append_armoured(struct blob *all, const struct blob *der)
{
    struct memory_file text = {0};
    FILE *file = memory_file_open(&text);
    bool ok;

    if (file != NULL) {
        armour_print(der->data, der->size, file);
    }
    ok = memory_file_close(&text, file) && blob_append(all, text.text, text.len);
    free(text.text);
    return ok;
}

/** Append one file of a directory, if it looks like certificates. */
static enum tool_exit append_file(struct blob *all, const char *path)
{
    struct blob blob = {NULL, 0};
    enum tool_exit result = credentials_read(path, &blob);
    bool ok = true;

    if (result == EXIT_OK && credentials_is_pem(&blob)) {
        ok = blob_append(all, blob.data, blob.size) && blob_append(all, "\n", 1);
    } else if (result == EXIT_OK && blob.size > 2 && blob.data[0] == 0x30) { /* a SEQUENCE */
        ok = append_armoured(all, &blob);
    }
    credentials_blob_clear(&blob);
    return ok ? result : tool_no_memory();
}

/** Directories of authorities hold the same file under several names (hash links). */
static bool seen_before(const struct stat *st, struct stat *seen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (seen[i].st_dev == st->st_dev && seen[i].st_ino == st->st_ino) {
            return true;
        }
    }
    return false;
}

static enum tool_exit read_entries(const char *path, struct dirent **entries, int count,
                                   struct blob *all)
{
    struct stat *seen = calloc((size_t)count + 1, sizeof(*seen));
    size_t seen_count = 0;
    enum tool_exit result = EXIT_OK;

    if (seen == NULL) {
        return tool_no_memory();
    }
    for (int i = 0; i < count && result == EXIT_OK; i++) {
        char name[4096];
        int len = snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        struct stat *st = &seen[seen_count];

        if (len < 0 || (size_t)len >= sizeof(name) || stat(name, st) != 0 ||
            !S_ISREG(st->st_mode) || seen_before(st, seen, seen_count)) {
            continue;
        }
        seen_count++;
        result = append_file(all, name);
    }
    free(seen);
    return result;
}

static enum tool_exit read_directory(const char *path, struct blob *all)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    enum tool_exit result;

    if (count < 0) {
        return cannot_open(path, errno);
    }
    result = read_entries(path, entries, count, all);
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
    return result;
}

static enum tool_exit set_store(const char *path, struct blob *all)
{
    esp_err_t err = ESP_FAIL;

    if (all->size > 0) {
        count_nul(all);
        err = esp_tls_set_global_ca_store(all->data, (unsigned)all->size);
    }
    if (err == ESP_OK || err == ESP_ERR_MBEDTLS_CERT_PARTLY_OK) {
        return EXIT_OK;
    }
    if (err == ESP_ERR_NO_MEM) {
        return tool_no_memory();
    }
    fprintf(stderr, "esp-tls: there is no certificate in %s; it should be PEM or DER\n", path);
    return EXIT_USAGE;
}

enum tool_exit credentials_read_trust(const char *path, struct blob *all)
{
    struct stat st;

    if (path == NULL && stat(SYSTEM_ROOTS, &st) != 0) {
        fputs("esp-tls: this system has no list of trusted authorities (" SYSTEM_ROOTS
              "): install the package ca-certificates, or name the server's authority with "
              "--cacert FILE\n",
              stderr);
        return EXIT_USAGE;
    }
    path = path != NULL ? path : SYSTEM_ROOTS;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? read_directory(path, all)
                                                       : credentials_read(path, all);
}

enum tool_exit credentials_trust(const char *path)
{
    struct blob all = {NULL, 0};
    enum tool_exit result = credentials_read_trust(path, &all);

    if (result == EXIT_OK) {
        result = set_store(path != NULL ? path : SYSTEM_ROOTS, &all);
    }
    credentials_blob_clear(&all);
    return result;
}

/* --- own certificate and key ------------------------------------------------------------------ */

static enum tool_exit password_from_file(const char *path, char **password)
{
    struct blob blob = {NULL, 0};
    enum tool_exit result = credentials_read(path, &blob);

    if (result == EXIT_OK) {
        const char *text = blob.data != NULL ? (const char *)blob.data : ""; /* of an empty file */

        *password = strndup(text, strcspn(text, "\r\n"));
        result = *password != NULL ? EXIT_OK : tool_no_memory();
    }
    credentials_blob_clear(&blob);
    return result;
}

enum tool_exit credentials_password(const char *pass, char **password)
{
    if (strncmp(pass, "file:", 5) == 0) {
        return password_from_file(pass + 5, password);
    }
    if (strncmp(pass, "env:", 4) == 0) {
        const char *name = pass + 4;

        pass = getenv(name);
        if (pass == NULL) {
            fprintf(stderr, "esp-tls: --pass: there is no environment variable %s\n", name);
            return EXIT_USAGE;
        }
    } else if (strncmp(pass, "pass:", 5) == 0) {
        pass += 5;
    }
    *password = strdup(pass);
    return *password != NULL ? EXIT_OK : tool_no_memory();
}

/** Own certificate and key. The key is in the file of the certificate, or in its own. */
static enum tool_exit read_identity(struct identity *identity, const char *cert, const char *key,
                                    const char *pass)
{
    enum tool_exit result = credentials_read(cert, &identity->cert);

    if (result == EXIT_OK) {
        result = credentials_read(key != NULL ? key : cert, &identity->key);
    }
    if (result == EXIT_OK && pass != NULL) {
        result = credentials_password(pass, &identity->password);
    }
    if (result == EXIT_OK && key == NULL &&
        memmem(identity->key.data, identity->key.size, "PRIVATE KEY", 11) == NULL) {
        fprintf(stderr,
                "esp-tls: there is no private key in %s: name the file that has it with --key\n",
                cert);
        result = EXIT_USAGE;
    }
    if (result == EXIT_OK) {
        count_nul(&identity->cert);
        count_nul(&identity->key);
    }
    return result;
}

enum tool_exit credentials_load(struct identity *identity, const struct connect_options *o)
{
    enum tool_exit status = EXIT_OK;

    if (o->is_tls && o->cert != NULL) {
        status = read_identity(identity, o->cert, o->key, o->pass);
    }
    if (status == EXIT_OK && o->is_tls) {
        status = credentials_trust(o->cacert);
    }
    if (status == EXIT_OK && o->insecure_no_name_check) {
        fputs("esp-tls: warning: the name in the server's certificate is not checked\n", stderr);
    }
    return status;
}

void credentials_configure(const struct identity *identity, const struct connect_options *o,
                           const char *name, esp_tls_cfg_t *cfg)
{
    *cfg = (esp_tls_cfg_t){
        .timeout_ms = o->timeout_ms,
        .use_global_ca_store = true,
        .addr_family = o->family,
        .tls_version = o->version,
        .common_name = name,
        .skip_common_name = o->insecure_no_name_check,
        .clientcert_buf = identity->cert.data,
        .clientcert_bytes = (unsigned)identity->cert.size,
        .clientkey_buf = identity->key.data,
        .clientkey_bytes = (unsigned)identity->key.size,
    };
    if (identity->password != NULL) {
        cfg->clientkey_password = (const unsigned char *)identity->password;
        cfg->clientkey_password_len = (unsigned)strlen(identity->password);
    }
}

void credentials_clear(struct identity *identity)
{
    credentials_blob_clear(&identity->cert);
    credentials_blob_clear(&identity->key);
    if (identity->password != NULL) {
        explicit_bzero(identity->password, strlen(identity->password));
    }
    free(identity->password);
    identity->password = NULL;
}

#define _GNU_SOURCE /* memmem, explicit_bzero */
#include "cert_files.h"

#include <stdlib.h>
#include <string.h>

#include "chain_tree.h"

const char *cert_key_format_name(esp_tls_key_format_t format)
{
    static const char *const names[] = {
        [ESP_TLS_KEY_FORMAT_NONE] = "unknown",
        [ESP_TLS_KEY_FORMAT_PKCS8] = "PKCS #8",
        [ESP_TLS_KEY_FORMAT_PKCS8_ENCRYPTED] = "PKCS #8, encrypted",
        [ESP_TLS_KEY_FORMAT_PKCS1] = "PKCS #1",
        [ESP_TLS_KEY_FORMAT_SEC1] = "SEC 1",
    };

    return names[format];
}

/* --- reading ---------------------------------------------------------------------------------- */

/** PEM, also where its BEGIN line is damaged. */
static bool is_armoured(const struct blob *blob)
{
    return credentials_is_pem(blob) || (blob->size > 0 && blob->data[0] != 0x30 &&
                                        memmem(blob->data, blob->size, "-----END ", 9) != NULL);
}

/** What a program would give as the length: the blob has a NUL behind it. */
static size_t input_len(const struct blob *blob)
{
    return blob->size + (is_armoured(blob) ? 1 : 0);
}

static bool add_key(struct cert_files *f, const struct cert_file *file, const unsigned char *input,
                    size_t len, unsigned line)
{
    struct cert_key *k = &f->key[f->key_count];
    esp_tls_input_t as = f->password != NULL ? ESP_TLS_INPUT_KEY_PASSWORD : ESP_TLS_INPUT_KEY;

    if (f->key_count == CERT_FILES_MOST) {
        return true;
    }
    memset(k, 0, sizeof(*k));
    k->input = malloc(len + 1);
    if (k->input == NULL) {
        return false;
    }
    memcpy(k->input, input, len);
    k->input[len] = '\0';
    k->input_len = len + (line > 0 ? 1 : 0);
    k->file = file->path;
    (void)esp_tls_certificate_examine(k->input, k->input_len, as, &k->problem);
    f->key_count++;
    return true;
}

/** Format, type and size, out of the DER. */
static void read_key_der(struct cert_key *k, const unsigned char *der, size_t len)
{
    (void)esp_tls_private_key_read(der, len, &k->read);
    k->read.algorithm = k->read.curve = k->read.modulus = k->read.point =
        (esp_tls_bytes_t){NULL, 0};
}

static bool is_key_label(const esp_tls_pem_block_t *block)
{
    return esp_tls_pem_is(block, "PRIVATE KEY") || esp_tls_pem_is(block, "RSA PRIVATE KEY") ||
           esp_tls_pem_is(block, "EC PRIVATE KEY") ||
           esp_tls_pem_is(block, "ENCRYPTED PRIVATE KEY");
}

static bool add_pem_key(struct cert_files *f, const struct cert_file *file,
                        const esp_tls_pem_block_t *block, size_t end)
{
    unsigned char *der = malloc(block->body.len + 1);
    size_t len = 0;
    bool ok = der != NULL &&
              add_key(f, file, file->blob.data + block->offset, end - block->offset, block->line);

    if (ok && !block->is_encrypted &&
        esp_tls_pem_decode(block, der, block->body.len, &len) == ESP_OK) {
        read_key_der(&f->key[f->key_count - 1], der, len);
    }
    if (der != NULL) {
        explicit_bzero(der, block->body.len + 1);
    }
    free(der);
    return ok;
}

static bool add_keys(struct cert_files *f, struct cert_file *file)
{
    esp_tls_private_key_t key;
    esp_tls_pem_block_t block;
    size_t at = 0;
    bool ok = true;

    if (credentials_is_pem(&file->blob)) {
        while (ok && esp_tls_pem_next(file->blob.data, file->blob.size, &at, &block)) {
            ok = !is_key_label(&block) || add_pem_key(f, file, &block, at);
        }
        return ok;
    }
    (void)esp_tls_private_key_read(file->blob.data, file->blob.size, &key);
    if (key.format != ESP_TLS_KEY_FORMAT_NONE) {
        ok = add_key(f, file, file->blob.data, file->blob.size, 0);
        if (ok) {
            read_key_der(&f->key[f->key_count - 1], file->blob.data, file->blob.size);
        }
    }
    return ok;
}

static void name_format(struct cert_file *file)
{
    const struct blob *blob = &file->blob;

    if (memmem(blob->data, blob->size, "-----BEGIN PKCS7", 16) != NULL) {
        file->format = "PKCS #7 in PEM";
    } else if (is_armoured(blob)) {
        file->format = "PEM";
    } else if (blob->size > 0 && blob->data[0] == 0x30) {
        file->format =
            file->count > 1 && file->problem.reason == ESP_TLS_INPUT_WRONG_KIND ? "PKCS #7" : "DER";
    } else {
        file->format = "unknown";
    }
}

static enum tool_exit read_one(struct cert_files *f, const char *path)
{
    struct cert_file *file = &f->file[f->count];
    esp_tls_input_t as;
    enum tool_exit status;

    file->path = path;
    status = credentials_read(path, &file->blob);
    f->count++;
    if (status != EXIT_OK) {
        return status;
    }
    if (file->blob.data == NULL) {
        file->format = "empty";
        file->problem.reason = ESP_TLS_INPUT_EMPTY;
        return EXIT_OK;
    }
    file->first = f->certs.count;
    file->first_key = f->key_count;
    if (!certs_add_blob(&f->certs, &file->blob) || !add_keys(f, file)) {
        return tool_no_memory();
    }
    file->count = f->certs.count - file->first;
    file->key_count = f->key_count - file->first_key;
    as = file->count == 0 && file->key_count > 0
             ? f->password != NULL ? ESP_TLS_INPUT_KEY_PASSWORD : ESP_TLS_INPUT_KEY
             : ESP_TLS_INPUT_CERTIFICATES;
    (void)esp_tls_certificate_examine(file->blob.data, input_len(&file->blob), as, &file->problem);
    name_format(file);
    return EXIT_OK;
}

enum tool_exit cert_files_read(struct cert_files *f, char **paths, size_t count)
{
    enum tool_exit status = EXIT_OK;

    if (count > CERT_FILES_MOST) {
        fprintf(stderr, "esp-tls: more than %d files\n", CERT_FILES_MOST);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < count && status == EXIT_OK; i++) {
        status = read_one(f, paths[i]);
    }
    if (status == EXIT_OK && !certs_look_at_selves(&f->certs)) {
        status = tool_no_memory();
    }
    return status;
}

void cert_files_clear(struct cert_files *f)
{
    for (size_t i = 0; i < f->count; i++) {
        credentials_blob_clear(&f->file[i].blob);
    }
    for (size_t i = 0; i < f->key_count; i++) {
        explicit_bzero(f->key[i].input, f->key[i].input_len);
        free(f->key[i].input);
    }
    certs_clear(&f->certs);
    findings_clear(&f->findings);
}

/* --- judging ---------------------------------------------------------------------------------- */

/** What helps, where it is not said with what is wrong. */
static const char *remedy_of(esp_tls_input_reason_t reason)
{
    switch (reason) {
    case ESP_TLS_INPUT_ENCRYPTION:
        return " Encrypt it anew with AES-256: openssl pkcs8 -topk8 -v2 aes256 -in OLD -out NEW";
    case ESP_TLS_INPUT_ARMOR:
        return " Write it anew: openssl pkey -in OLD -out NEW";
    default:
        return "";
    }
}

/** What is wrong with a file as a whole. */
static void judge_file(struct cert_files *f, const struct cert_file *file)
{
    char why[400];

    if (file->problem.reason == ESP_TLS_INPUT_OK) {
        return;
    }
    (void)esp_tls_input_problem_text(&file->problem, why, sizeof(why));
    f->is_unusable = true;
    findings_add(&f->findings, FINDING_ERROR, esp_tls_input_reason_name(file->problem.reason), 0,
                 "%s cannot be used as it is: %s.%s", file->path, why,
                 remedy_of(file->problem.reason));
}

static void judge_embedding(struct cert_files *f, const struct cert_file *file)
{
    size_t der = 0;

    for (size_t i = file->first; i < file->first + file->count; i++) {
        der += f->certs.item[i].len;
    }
    if (credentials_is_pem(&file->blob) && file->count > 0 &&
        file->problem.reason == ESP_TLS_INPUT_OK) {
        findings_add(&f->findings, FINDING_NOTE, "size", 0,
                     "%s takes %zu bytes of flash with its final NUL, which counts in the length "
                     "(cacert_bytes, clientcert_bytes); as DER it would be %zu.",
                     file->path, file->blob.size + 1, der);
    }
}

static size_t password_len(const struct cert_files *f)
{
    return f->password != NULL ? strlen(f->password) : 0;
}

/** Does a certificate belong to one of the keys? */
static void pair(struct cert_files *f, struct cert_key *k)
{
    for (size_t i = 0; i < f->certs.count; i++) {
        esp_err_t err = esp_tls_certificate_fits_key(&f->certs.item[i].read, k->input, k->input_len,
                                                     f->password, password_len(f));

        if (err == ESP_OK) {
            k->certificate = (int)i + 1;
            return;
        }
        if (err == ESP_ERR_NO_MEM) {
            f->no_memory = true;
        } else if (err != ESP_FAIL) {
            k->certificate = -1;
        }
    }
}

static void judge_pair(struct cert_files *f, struct cert_key *k)
{
    pair(f, k);
    if (k->certificate > 0) {
        findings_add(&f->findings, FINDING_NOTE, "pair", k->certificate,
                     "The key in %s belongs to certificate %d.", k->file, k->certificate);
    } else if (k->certificate < 0) {
        findings_add(&f->findings, FINDING_WARNING, "pair-unchecked", 0,
                     "Whether the key in %s belongs to a certificate cannot be checked here.",
                     k->file);
    } else if (f->certs.count > 0) {
        findings_add(
            &f->findings, FINDING_ERROR, "no-pair", 0,
            "The key in %s belongs to none of the certificates: a handshake with this pair "
            "fails.",
            k->file);
    }
}

/** A curve that is written out instead of named. */
static bool has_explicit_curve(const struct cert_key *k)
{
    return k->read.type == ESP_TLS_KEY_EC && k->read.bits == 0;
}

static void say_unusable(struct cert_files *f, const struct cert_key *k, esp_err_t err)
{
    bool is_encrypted = k->read.type == ESP_TLS_KEY_UNKNOWN && f->password != NULL;

    findings_add(&f->findings, FINDING_ERROR, "key-unusable", 0,
                 "The key in %s cannot be read: %s.", k->file,
                 err == ESP_ERR_INVALID_STATE   ? "the password is wrong"
                 : err == ESP_ERR_NOT_SUPPORTED ? "this build does not have its algorithm"
                 : is_encrypted                 ? "the password is wrong, or it is damaged"
                                                : "it is damaged");
}

static void judge_key(struct cert_files *f, struct cert_key *k)
{
    char why[400];
    esp_err_t err;

    if (k->problem.reason != ESP_TLS_INPUT_OK) {
        (void)esp_tls_input_problem_text(&k->problem, why, sizeof(why));
        f->is_unusable = f->is_unusable || k->problem.reason != ESP_TLS_INPUT_NEEDS_PASSWORD;
        findings_add(&f->findings,
                     k->problem.reason == ESP_TLS_INPUT_NEEDS_PASSWORD ? FINDING_WARNING
                                                                       : FINDING_ERROR,
                     esp_tls_input_reason_name(k->problem.reason), 0, "The key in %s: %s.%s",
                     k->file, why, remedy_of(k->problem.reason));
        k->certificate = -1;
        return;
    }
    err = esp_tls_private_key_check(k->input, k->input_len, f->password, password_len(f));
    if (has_explicit_curve(k)) {
        findings_add(
            &f->findings, err == ESP_OK ? FINDING_WARNING : FINDING_ERROR, "explicit-curve", 0,
            "The key in %s writes its curve out (explicit parameters) instead of naming "
            "it%s. Name it: openssl ec -param_enc named_curve -in OLD -out NEW",
            k->file,
            err == ESP_OK ? ", which many TLS libraries refuse" : ": this build cannot read it so");
    }
    if (err == ESP_ERR_NO_MEM) {
        f->no_memory = true;
    } else if (err == ESP_OK) {
        judge_pair(f, k);
    } else if (!has_explicit_curve(k)) {
        say_unusable(f, k, err);
    }
}

struct numbered {
    const struct cert *cert;
    size_t number;
};

/** Equal ones stand together, in the order of their numbers. */
static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    int order;

    if (x->cert->len != y->cert->len) {
        return x->cert->len < y->cert->len ? -1 : 1;
    }
    order = memcmp(x->cert->der, y->cert->der, x->cert->len);
    return order != 0 ? order : x->number < y->number ? -1 : 1;
}

/** Sorted first: a file may have very many. */
static void judge_duplicates(struct cert_files *f)
{
    const size_t count = f->certs.count;
    struct numbered *sorted = calloc(count + 1, sizeof(*sorted));
    size_t *first = calloc(count + 1, sizeof(*first)); /* by number, from 1; 0: it is the first */

    f->no_memory = f->no_memory || sorted == NULL || first == NULL;
    for (size_t i = 0; sorted != NULL && i < count; i++) {
        sorted[i] = (struct numbered){&f->certs.item[i], i + 1};
    }
    if (sorted != NULL && first != NULL) {
        qsort(sorted, count, sizeof(*sorted), compare_numbered);
        for (size_t i = 1; i < count; i++) {
            size_t before = sorted[i - 1].number;

            if (cert_is_same(sorted[i].cert, sorted[i - 1].cert)) {
                first[sorted[i].number] = first[before] != 0 ? first[before] : before;
            }
        }
        for (size_t i = 1; i <= count; i++) {
            if (first[i] != 0) {
                findings_add(&f->findings, FINDING_WARNING, "duplicate", (int)i,
                             "Certificate %zu is the same as certificate %zu.", i, first[i]);
            }
        }
    }
    free(sorted);
    free(first);
}

/** All of them authorities that sign themselves: trust anchors. */
static bool is_bundle(const struct certs *certs, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        if (!certs->item[i].read.is_self_issued) {
            return false;
        }
    }
    return count > 0;
}

/** A certificate and what follows it in its file: order, what is superfluous, what is missing. */
static void judge_chain(struct cert_files *f, const struct cert_file *file)
{
    struct certs sent = {f->certs.item + file->first, file->count};
    struct certs roots = {NULL, 0};
    struct chain_tree *tree = calloc(1, sizeof(*tree));

    f->no_memory = f->no_memory || tree == NULL;
    for (size_t i = 0; tree != NULL && i < f->certs.count; i++) {
        const struct cert *cert = &f->certs.item[i];

        if (cert_is_self_signed(cert) && (i < file->first || i >= file->first + file->count) &&
            certs_add(&roots, cert->der, cert->len) == NULL) {
            f->no_memory = true;
        }
    }
    if (tree != NULL) {
        f->no_memory = !chain_tree_make(tree, &sent, &roots) || f->no_memory;
        chain_tree_place(tree, file->first, &f->findings);
    }
    certs_clear(&roots);
    free(tree);
}

enum tool_exit cert_files_judge(struct cert_files *f)
{
    for (size_t i = 0; i < f->count; i++) {
        judge_file(f, &f->file[i]);
    }
    for (size_t i = 0; i < f->certs.count; i++) {
        chain_find_in(&f->certs.item[i], (int)i + 1, true, f->certs.item[i].read.is_self_issued,
                      &f->findings);
    }
    for (size_t i = 0; i < f->count; i++) {
        const struct cert_file *file = &f->file[i];

        if (file->count > 0 && !is_bundle(&f->certs, file->first, file->count)) {
            judge_chain(f, file);
        }
    }
    for (size_t i = 0; i < f->key_count; i++) {
        judge_key(f, &f->key[i]);
    }
    judge_duplicates(f);
    for (size_t i = 0; i < f->count; i++) {
        judge_embedding(f, &f->file[i]);
    }
    return f->no_memory || f->findings.no_memory ? tool_no_memory() : EXIT_OK;
}

/* Files of certificates and keys, looked at together. */
#ifndef CERT_FILES_H
#define CERT_FILES_H

#include "certs.h"
#include "findings.h"

#define CERT_FILES_MOST 64

/** A private key of a file. */
struct cert_key {
    const char *file;
    unsigned char *input; /* as a program would give it: PEM with its NUL, or DER; wiped */
    size_t input_len;
    esp_tls_private_key_t read; /* its views are gone: format, type, bits, name */
    esp_tls_input_problem_t problem;
    int certificate; /* that it belongs to, from 1; 0: none; -1: cannot be told */
};

struct cert_file {
    const char *path;
    struct blob blob;
    const char *format; /* "PEM", "DER", "PKCS #7", or "unknown" */
    size_t first;       /* its certificates among all of them */
    size_t count;
    size_t first_key;
    size_t key_count;
    esp_tls_input_problem_t problem; /* of the file as a whole */
};

struct cert_files {
    struct cert_file file[CERT_FILES_MOST];
    size_t count;
    struct certs certs; /* of all files */
    struct cert_key key[CERT_FILES_MOST];
    size_t key_count;
    const char *password; /* NULL: none */
    struct findings findings;
    bool is_unusable; /* a file does not parse */
    bool no_memory;   /* for judging all of it */
};

/** Read them all. @return EXIT_OK, or what is wrong has been said on stderr */
enum tool_exit cert_files_read(struct cert_files *f, char **paths, size_t count);
/** Find what is to be said about them. @return EXIT_OK, or there was no memory: that was said */
enum tool_exit cert_files_judge(struct cert_files *f);
void cert_files_clear(struct cert_files *f);

const char *cert_key_format_name(esp_tls_key_format_t format);

#endif

/* A certificate that was refused: each finding in words. */
#define _GNU_SOURCE /* gmtime_r */
#include <string.h>
#include <time.h>

#include "explain.h"

/** Findings and what helps, the most telling first. %s is the name that was wanted. */
static const struct finding {
    uint32_t flag;
    const char *what;
    const char *remedy;
} findings[] = {
    {MBEDTLS_X509_BADCERT_EXPIRED, "its validity period is over (expired)",
     "The owner of the server has to renew it."},
    {MBEDTLS_X509_BADCERT_FUTURE, "its validity period has not begun (not yet valid)",
     "The owner of the server has to install one that is valid today."},
    {MBEDTLS_X509_BADCERT_REVOKED, "its issuer has revoked it", "Do not trust this server."},
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED,
     "it does not lead to an authority that is trusted here (untrusted)", NULL},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, "it is for another name (name mismatch)", NULL},
    {MBEDTLS_X509_BADCERT_MISSING, "the server sent none", "The server has to be given one."},
    {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
     "its signature or key is of a kind or size that is too weak",
     "The owner of the server has to replace it (RSA of 2048 bits or P-256, SHA-256 or better)."},
    {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
         MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
     "its key usage does not allow a TLS server", "It is probably a client's certificate."},
};

static bool is_ip(const char *name)
{
    return strchr(name, ':') != NULL || strspn(name, "0123456789.") == strlen(name);
}

static void add_today(struct text *text)
{
    time_t now = time(NULL);
    struct tm utc;
    char date[32];

    if (gmtime_r(&now, &utc) != NULL && strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &utc) > 0) {
        text_add(text, " This machine's clock says %s UTC: if that is wrong, set the clock.", date);
    }
}

static void add_name_remedy(const struct failure *f, struct text *text)
{
    if (is_ip(f->name)) {
        text_add(text,
                 " The address %s must stand in the certificate as an IP address (subject "
                 "alternative name); a common name does not count. Use the server's name in the "
                 "URL, or name it: --name NAME.",
                 f->name);
    } else {
        text_add(text,
                 " The certificate must have the name %s. If the server is known by another name, "
                 "use that one in the URL, or say --name NAME.",
                 f->name);
    }
    text_add(text, " --no-name-check accepts any name of a trusted certificate, and any server "
                   "that has one.");
}

static void add_trust_remedy(const struct failure *f, struct text *text)
{
    const char *trusted = f->options->cacert;

    text_add(text,
             " Trusted here is only what %s holds: if the server is of your own authority, give "
             "its certificate with --cacert FILE. If it is a public one, perhaps the server does "
             "not send its intermediate certificates.",
             trusted != NULL ? trusted : "the system's list (/etc/ssl/certs)");
}

static void add_findings(uint32_t flags, struct text *text)
{
    const char *before = " ";

    for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
        if ((flags & findings[i].flag) != 0) {
            text_add(text, "%s%s", before, findings[i].what);
            before = "; and ";
        }
    }
    if (*before == ' ' && before[1] == '\0') {
        text_add(text, " it did not pass the check");
    }
    text_add(text, ".");
}

static void add_whose(const struct failure *f, struct text *text)
{
    if ((f->record.verify_flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        text_add(text, "the certificate chain of %s was refused:", f->host);
    } else if (f->record.verify_depth > 0) {
        text_add(text,
                 "certificate number %d above the server's own, in the chain of %s, was refused:",
                 f->record.verify_depth, f->host);
    } else {
        text_add(text, "the certificate of %s was refused:", f->host);
    }
}

void explain_verify(const struct failure *f, struct text *text)
{
    uint32_t flags = f->record.verify_flags;

    add_whose(f, text);
    add_findings(flags, text);
    for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
        if ((flags & findings[i].flag) != 0 && findings[i].remedy != NULL) {
            text_add(text, " %s", findings[i].remedy);
        }
    }
    if ((flags & (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) != 0) {
        add_today(text);
    }
    if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        add_trust_remedy(f, text);
    }
    if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
        add_name_remedy(f, text);
    }
}

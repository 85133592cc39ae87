#include "oids.h"

#include <string.h>

#define ROW(kind, value, der, name, label)                                                         \
    {                                                                                              \
        kind, sizeof(der) - 1, value, der, name, label                                             \
    }

/** One whose kind has no values. */
#define NAMED(kind, der, name, label) ROW(kind, 0, der, name, label)

/* the arcs that most begin with */
#define RSADSI    "\x2A\x86\x48\x86\xF7\x0D"             /* 1.2.840.113549 */
#define X9_57     "\x2A\x86\x48\xCE\x38"                 /* 1.2.840.10040 */
#define X9_62     "\x2A\x86\x48\xCE\x3D"                 /* 1.2.840.10045 */
#define CERTICOM  "\x2B\x81\x04"                         /* 1.3.132 */
#define BRAINPOOL "\x2B\x24\x03\x03\x02\x08\x01\x01"     /* 1.3.36.3.3.2.8.1.1 */
#define NIST      "\x60\x86\x48\x01\x65\x03\x04"         /* 2.16.840.1.101.3.4 */
#define PKIX      "\x2B\x06\x01\x05\x05\x07"             /* 1.3.6.1.5.5.7 */
#define CE        "\x55\x1D"                             /* 2.5.29 */
#define AT        "\x55\x04"                             /* 2.5.4 */
#define PILOT     "\x09\x92\x26\x89\x93\xF2\x2C\x64\x01" /* 0.9.2342.19200300.100.1 */

static const struct oid_row rows[] = {
    /* keys: RFC 8017, 5480, 8410, 3279, 9881 */
    ROW(OID_KEY, ESP_TLS_KEY_RSA, RSADSI "\x01\x01\x01", "rsaEncryption", "RSA"),
    ROW(OID_KEY, ESP_TLS_KEY_EC, X9_62 "\x02\x01", "id-ecPublicKey", "EC"),
    ROW(OID_KEY, ESP_TLS_KEY_EC, CERTICOM "\x01\x0C", "id-ecDH", "EC"),
    ROW(OID_KEY, ESP_TLS_KEY_EDWARDS, "\x2B\x65\x70", "id-Ed25519", "Ed25519"),
    ROW(OID_KEY, ESP_TLS_KEY_EDWARDS, "\x2B\x65\x71", "id-Ed448", "Ed448"),
    ROW(OID_KEY, ESP_TLS_KEY_MONTGOMERY, "\x2B\x65\x6E", "id-X25519", "X25519"),
    ROW(OID_KEY, ESP_TLS_KEY_MONTGOMERY, "\x2B\x65\x6F", "id-X448", "X448"),
    ROW(OID_KEY, ESP_TLS_KEY_DSA, X9_57 "\x04\x01", "id-dsa", "DSA"),
    ROW(OID_KEY, ESP_TLS_KEY_UNKNOWN, NIST "\x03\x11", "id-ml-dsa-44", "ML-DSA-44"),
    ROW(OID_KEY, ESP_TLS_KEY_UNKNOWN, NIST "\x03\x12", "id-ml-dsa-65", "ML-DSA-65"),
    ROW(OID_KEY, ESP_TLS_KEY_UNKNOWN, NIST "\x03\x13", "id-ml-dsa-87", "ML-DSA-87"),
    /* curves: RFC 5480, 5639, SEC 2 */
    ROW(OID_CURVE, 256, X9_62 "\x03\x01\x07", "secp256r1", "P-256"),
    ROW(OID_CURVE, 384, CERTICOM "\x00\x22", "secp384r1", "P-384"),
    ROW(OID_CURVE, 521, CERTICOM "\x00\x23", "secp521r1", "P-521"),
    ROW(OID_CURVE, 192, X9_62 "\x03\x01\x01", "secp192r1", "P-192"),
    ROW(OID_CURVE, 224, CERTICOM "\x00\x21", "secp224r1", "P-224"),
    ROW(OID_CURVE, 192, CERTICOM "\x00\x1F", "secp192k1", "secp192k1"),
    ROW(OID_CURVE, 224, CERTICOM "\x00\x20", "secp224k1", "secp224k1"),
    ROW(OID_CURVE, 256, CERTICOM "\x00\x0A", "secp256k1", "secp256k1"),
    ROW(OID_CURVE, 256, BRAINPOOL "\x07", "brainpoolP256r1", "brainpoolP256r1"),
    ROW(OID_CURVE, 384, BRAINPOOL "\x0B", "brainpoolP384r1", "brainpoolP384r1"),
    ROW(OID_CURVE, 512, BRAINPOOL "\x0D", "brainpoolP512r1", "brainpoolP512r1"),
    /* signatures: RFC 3279, 4055, 5758 */
    ROW(OID_SIGNATURE, 0, X9_62 "\x04\x03\x02", "ecdsa-with-SHA256", "ECDSA with SHA-256"),
    ROW(OID_SIGNATURE, 0, X9_62 "\x04\x03\x03", "ecdsa-with-SHA384", "ECDSA with SHA-384"),
    ROW(OID_SIGNATURE, 0, X9_62 "\x04\x03\x04", "ecdsa-with-SHA512", "ECDSA with SHA-512"),
    ROW(OID_SIGNATURE, 0, X9_62 "\x04\x03\x01", "ecdsa-with-SHA224", "ECDSA with SHA-224"),
    ROW(OID_SIGNATURE, 1, X9_62 "\x04\x01", "ecdsa-with-SHA1", "ECDSA with SHA-1"),
    ROW(OID_SIGNATURE, 0, RSADSI "\x01\x01\x0B", "sha256WithRSAEncryption", "RSA with SHA-256"),
    ROW(OID_SIGNATURE, 0, RSADSI "\x01\x01\x0C", "sha384WithRSAEncryption", "RSA with SHA-384"),
    ROW(OID_SIGNATURE, 0, RSADSI "\x01\x01\x0D", "sha512WithRSAEncryption", "RSA with SHA-512"),
    ROW(OID_SIGNATURE, 0, RSADSI "\x01\x01\x0E", "sha224WithRSAEncryption", "RSA with SHA-224"),
    ROW(OID_SIGNATURE, 0, RSADSI "\x01\x01\x0A", "id-RSASSA-PSS", "RSASSA-PSS"),
    ROW(OID_SIGNATURE, 1, RSADSI "\x01\x01\x05", "sha1WithRSAEncryption", "RSA with SHA-1"),
    ROW(OID_SIGNATURE, 1, "\x2B\x0E\x03\x02\x1D", "sha1WithRSA", "RSA with SHA-1"),
    ROW(OID_SIGNATURE, 1, RSADSI "\x01\x01\x04", "md5WithRSAEncryption", "RSA with MD5"),
    ROW(OID_SIGNATURE, 1, RSADSI "\x01\x01\x02", "md2WithRSAEncryption", "RSA with MD2"),
    ROW(OID_SIGNATURE, 1, X9_57 "\x04\x03", "id-dsa-with-sha1", "DSA with SHA-1"),
    ROW(OID_SIGNATURE, 0, NIST "\x03\x02", "id-dsa-with-sha256", "DSA with SHA-256"),
    /* hashes */
    NAMED(OID_HASH, "\x2B\x0E\x03\x02\x1A", "id-sha1", "SHA-1"),
    NAMED(OID_HASH, NIST "\x02\x01", "id-sha256", "SHA-256"),
    NAMED(OID_HASH, NIST "\x02\x02", "id-sha384", "SHA-384"),
    NAMED(OID_HASH, NIST "\x02\x03", "id-sha512", "SHA-512"),
    NAMED(OID_HASH, NIST "\x02\x04", "id-sha224", "SHA-224"),
    NAMED(OID_HASH, RSADSI "\x02\x05", "id-md5", "MD5"),
    /* extensions: RFC 5280 section 4.2, 7633, 6962 */
    ROW(OID_EXTENSION, EXTENSION_BASIC_CONSTRAINTS, CE "\x13", "id-ce-basicConstraints",
        "basicConstraints"),
    ROW(OID_EXTENSION, EXTENSION_KEY_USAGE, CE "\x0F", "id-ce-keyUsage", "keyUsage"),
    ROW(OID_EXTENSION, EXTENSION_EXTENDED_KEY_USAGE, CE "\x25", "id-ce-extKeyUsage", "extKeyUsage"),
    ROW(OID_EXTENSION, EXTENSION_SUBJECT_ALT_NAME, CE "\x11", "id-ce-subjectAltName",
        "subjectAltName"),
    ROW(OID_EXTENSION, EXTENSION_SUBJECT_KEY_ID, CE "\x0E", "id-ce-subjectKeyIdentifier",
        "subjectKeyIdentifier"),
    ROW(OID_EXTENSION, EXTENSION_AUTHORITY_KEY_ID, CE "\x23", "id-ce-authorityKeyIdentifier",
        "authorityKeyIdentifier"),
    ROW(OID_EXTENSION, EXTENSION_CERTIFICATE_TYPE, "\x60\x86\x48\x01\x86\xF8\x42\x01\x01",
        "netscape-cert-type", "nsCertType"),
    ROW(OID_EXTENSION, EXTENSION_POLICIES, CE "\x20", "id-ce-certificatePolicies",
        "certificatePolicies"),
    ROW(OID_EXTENSION, EXTENSION_AUTHORITY_ACCESS, PKIX "\x01\x01", "id-pe-authorityInfoAccess",
        "authorityInfoAccess"),
    ROW(OID_EXTENSION, EXTENSION_NAME_CONSTRAINTS, CE "\x1E", "id-ce-nameConstraints",
        "nameConstraints"),
    ROW(OID_EXTENSION, EXTENSION_OTHER, CE "\x12", "id-ce-issuerAltName", "issuerAltName"),
    ROW(OID_EXTENSION, EXTENSION_OTHER, CE "\x1F", "id-ce-cRLDistributionPoints",
        "cRLDistributionPoints"),
    ROW(OID_EXTENSION, EXTENSION_OTHER, CE "\x21", "id-ce-policyMappings", "policyMappings"),
    ROW(OID_EXTENSION, EXTENSION_OTHER, CE "\x24", "id-ce-policyConstraints", "policyConstraints"),
    ROW(OID_EXTENSION, EXTENSION_OTHER, CE "\x36", "id-ce-inhibitAnyPolicy", "inhibitAnyPolicy"),
    ROW(OID_EXTENSION, EXTENSION_OTHER, PKIX "\x01\x18", "id-pe-tlsfeature", "TLS feature"),
    ROW(OID_EXTENSION, EXTENSION_OTHER, "\x2B\x06\x01\x04\x01\xD6\x79\x02\x04\x02", "ct-scts",
        "certificate timestamps"),
    ROW(OID_EXTENSION, EXTENSION_OTHER, "\x2B\x06\x01\x04\x01\xD6\x79\x02\x04\x03", "ct-poison",
        "precertificate poison"),
    /* extended key usages: RFC 5280 section 4.2.1.12 */
    ROW(OID_USAGE, ESP_TLS_EXTENDED_ANY, CE "\x25\x00", "anyExtendedKeyUsage", "any"),
    ROW(OID_USAGE, ESP_TLS_EXTENDED_SERVER_AUTH, PKIX "\x03\x01", "id-kp-serverAuth", "serverAuth"),
    ROW(OID_USAGE, ESP_TLS_EXTENDED_CLIENT_AUTH, PKIX "\x03\x02", "id-kp-clientAuth", "clientAuth"),
    ROW(OID_USAGE, ESP_TLS_EXTENDED_CODE_SIGNING, PKIX "\x03\x03", "id-kp-codeSigning",
        "codeSigning"),
    ROW(OID_USAGE, ESP_TLS_EXTENDED_EMAIL, PKIX "\x03\x04", "id-kp-emailProtection",
        "emailProtection"),
    ROW(OID_USAGE, ESP_TLS_EXTENDED_TIME_STAMP, PKIX "\x03\x08", "id-kp-timeStamping",
        "timeStamping"),
    ROW(OID_USAGE, ESP_TLS_EXTENDED_OCSP_SIGNING, PKIX "\x03\x09", "id-kp-OCSPSigning",
        "OCSPSigning"),
    /* access: RFC 5280 section 4.2.2.1 */
    ROW(OID_ACCESS, ESP_TLS_ACCESS_OCSP, PKIX "\x30\x01", "id-ad-ocsp", "OCSP"),
    ROW(OID_ACCESS, ESP_TLS_ACCESS_CA_ISSUERS, PKIX "\x30\x02", "id-ad-caIssuers", "caIssuers"),
    /* attributes: RFC 4519, 2985, 4514 section 3 */
    NAMED(OID_ATTRIBUTE, AT "\x03", "commonName", "CN"),
    NAMED(OID_ATTRIBUTE, AT "\x0A", "organizationName", "O"),
    NAMED(OID_ATTRIBUTE, AT "\x0B", "organizationalUnitName", "OU"),
    NAMED(OID_ATTRIBUTE, AT "\x06", "countryName", "C"),
    NAMED(OID_ATTRIBUTE, AT "\x07", "localityName", "L"),
    NAMED(OID_ATTRIBUTE, AT "\x08", "stateOrProvinceName", "ST"),
    NAMED(OID_ATTRIBUTE, AT "\x09", "streetAddress", "STREET"),
    NAMED(OID_ATTRIBUTE, AT "\x04", "surname", "SN"),
    NAMED(OID_ATTRIBUTE, AT "\x05", "serialNumber", "serialNumber"),
    NAMED(OID_ATTRIBUTE, AT "\x0C", "title", "title"),
    NAMED(OID_ATTRIBUTE, AT "\x0F", "businessCategory", "businessCategory"),
    NAMED(OID_ATTRIBUTE, AT "\x11", "postalCode", "postalCode"),
    NAMED(OID_ATTRIBUTE, AT "\x2A", "givenName", "GN"),
    NAMED(OID_ATTRIBUTE, AT "\x61", "organizationIdentifier", "organizationIdentifier"),
    NAMED(OID_ATTRIBUTE, PILOT "\x19", "domainComponent", "DC"),
    NAMED(OID_ATTRIBUTE, PILOT "\x01", "userId", "UID"),
    NAMED(OID_ATTRIBUTE, RSADSI "\x01\x09\x01", "emailAddress", "emailAddress"),
    /* encryption of keys: RFC 8018, 7292 */
    NAMED(OID_ENCRYPTION, RSADSI "\x01\x05\x0D", "id-PBES2", "PBES2"),
    NAMED(OID_ENCRYPTION, RSADSI "\x01\x05\x03", "pbeWithMD5AndDES-CBC", "PBES1, MD5, DES"),
    NAMED(OID_ENCRYPTION, RSADSI "\x01\x05\x0A", "pbeWithSHA1AndDES-CBC", "PBES1, SHA-1, DES"),
    NAMED(OID_ENCRYPTION, RSADSI "\x01\x0C\x01\x03", "pbeWithSHAAnd3-KeyTripleDES-CBC",
          "PKCS #12, 3DES"),
    NAMED(OID_ENCRYPTION, RSADSI "\x01\x0C\x01\x06", "pbeWithSHAAnd40BitRC2-CBC", "PKCS #12, RC2"),
    NAMED(OID_ENCRYPTION, NIST "\x01\x02", "aes128-CBC", "AES-128-CBC"),
    NAMED(OID_ENCRYPTION, NIST "\x01\x16", "aes192-CBC", "AES-192-CBC"),
    NAMED(OID_ENCRYPTION, NIST "\x01\x2A", "aes256-CBC", "AES-256-CBC"),
    NAMED(OID_ENCRYPTION, RSADSI "\x03\x07", "des-EDE3-CBC", "3DES"),
    NAMED(OID_ENCRYPTION, "\x2B\x0E\x03\x02\x07", "desCBC", "DES"),
    NAMED(OID_ENCRYPTION, "\x2B\x06\x01\x04\x01\xDA\x47\x04\x0B", "id-scrypt", "scrypt"),
    NAMED(OID_OTHER, RSADSI "\x01\x05\x0C", "id-PBKDF2", "PBKDF2"),
    NAMED(OID_OTHER, RSADSI "\x01\x01\x08", "id-mgf1", "MGF1"),
    NAMED(OID_OTHER, RSADSI "\x01\x07\x01", "id-data", "PKCS #7 data"),
    NAMED(OID_OTHER, RSADSI "\x01\x07\x02", "id-signedData", "PKCS #7 signed data"),
    NAMED(OID_OTHER, CE "\x20\x00", "anyPolicy", "any policy"),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct oid_row *et_oid_find(const uint8_t *oid, size_t len)
{
    static const struct oid_row none;

    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].len == len && memcmp(rows[i].der, oid, len) == 0) {
            return &rows[i];
        }
    }
    return &none;
}

const char *esp_tls_oid_name(esp_tls_bytes_t oid)
{
    return oid.ptr != NULL ? et_oid_find(oid.ptr, oid.len)->name : NULL;
}

/* Certificates and keys in every form that their standards allow, and beside each the forms that
 * look like it and are none: each has its reason, and Mbed TLS says the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mbedtls/x509_crt.h"
#include "psa/crypto.h"

#include "esp_tls_certificate.h"
#include "x509_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- parts of certificates, as x509_der() reads them ------------------------------------------ */

#define GX "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
#define GY "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"

#define V3                   "A0(0201 02)"
#define SERIAL               "0201 05"
#define ECDSA                "30(06(2A8648CE3D040302))"
#define CN                   "31(30(06(550403) 0C('x')))"
#define NAME                 "30(" CN ")"
#define BEGIN                "17('200101000000Z')"
#define TIMES                "30(" BEGIN "17('300101000000Z'))"
#define EC                   "06(2A8648CE3D0201)"
#define P256                 "06(2A8648CE3D030107)"
#define KEY(alg, bits)       "30(30(" alg ") 03(00" bits "))"
#define EC_KEY               KEY(EC P256, "04" GX GY)
#define TBS(alg, rest)       V3 SERIAL alg NAME TIMES NAME rest
#define SIGNED(tbs, alg)     "30(30(" tbs ")" alg "03(00 3000))"
#define WITH(alg)            SIGNED(TBS(alg, EC_KEY), alg)
#define OF(key)              SIGNED(TBS(ECDSA, key), ECDSA)
#define EXT(oid, value)      "30(06(" oid ") 04(" value "))"
#define CRITICAL(oid, value) "30(06(" oid ") 0101FF 04(" value "))"
#define MARKED(oid, value)   "30(!06(" oid ") 0101FF 04(" value "))"
#define HAVING(extensions)   OF(EC_KEY "A3(30(" extensions "))")

#define SHA256          "30(06(608648016503040201) 0500)"
#define MGF1            "06(2A864886F70D010108)"
#define PSS(parameters) WITH("30(06(2A864886F70D01010A)" parameters ")")
#define PSS_ALL(hash, mask, salt, trailer)                                                         \
    PSS("30(A0(" hash ") A1(" mask ") A2(" salt ") A3(" trailer "))")
#define MASK "30(" MGF1 SHA256 ")"
#define RSA  "06(2A864886F70D010101)"
/* a modulus of 136 bits */
#define N136 "02(00 C1 000102030405060708090A0B0C0D0E0F)"

#define CE_BASIC    "551D13"
#define CE_USAGE    "551D0F"
#define CE_EXTENDED "551D25"
#define CE_NAMES    "551D11"
#define CE_SUBJECT  "551D0E"
#define CE_ISSUER   "551D23"
#define CE_POLICIES "551D20"
#define NS_TYPE     "6086480186F8420101"
#define ANY_POLICY  "30(06(551D2000))"
#define HARDWARE    "06(2B06010505070804)"

static const struct form {
    const char *what;
    const char *text;
    esp_tls_input_reason_t reason;
    const char *field; /* its end */
    bool is_unasked;   /* Mbed TLS adds to a null pointer there, as its sanitizer sees */
} certificates[] = {
#define GOOD(what, text)                                                                           \
    {                                                                                              \
        what, text, ESP_TLS_INPUT_OK, NULL, false                                                  \
    }
#define BAD(what, text, reason, field)                                                             \
    {                                                                                              \
        what, text, ESP_TLS_INPUT_##reason, field, false                                           \
    }
    GOOD("the plainest", OF(EC_KEY)),
    GOOD("lengths of four bytes",
         SIGNED(V3 SERIAL ECDSA "30840000000C" CN TIMES NAME EC_KEY, ECDSA)),
    BAD("lengths of five bytes",
        SIGNED(V3 SERIAL ECDSA "!3085000000000C" CN TIMES NAME EC_KEY, ECDSA), LENGTH, ".issuer"),
    BAD("lengths of no bytes", SIGNED(V3 SERIAL ECDSA "!3080" CN "0000" TIMES NAME EC_KEY, ECDSA),
        LENGTH, ".issuer"),
    GOOD("version 1", SIGNED(SERIAL ECDSA NAME TIMES NAME EC_KEY, ECDSA)),
    GOOD("version 2, unique IDs",
         SIGNED("A0(0201 01)" SERIAL ECDSA NAME TIMES NAME EC_KEY "A1(0000) A2(0000)", ECDSA)),
    GOOD("version 3, the second of the unique IDs", OF(EC_KEY "A2(0000)")),
    BAD("version 1 with a unique ID",
        SIGNED(SERIAL ECDSA NAME TIMES NAME EC_KEY "!A1(0000)", ECDSA), TRAILING, "tbsCertificate"),
    BAD("version 2 with extensions",
        SIGNED("A0(0201 01)" SERIAL ECDSA NAME TIMES NAME EC_KEY "!A3(3000)", ECDSA), TRAILING,
        "tbsCertificate"),
    BAD("version 4", SIGNED("!A0(0201 03)" SERIAL ECDSA NAME TIMES NAME EC_KEY, ECDSA), VERSION,
        ".version"),
    BAD("version and a byte", SIGNED("A0(0201 02 !00)" SERIAL ECDSA NAME TIMES NAME EC_KEY, ECDSA),
        TRAILING, ".version"),
    BAD("no issuer", SIGNED(V3 SERIAL ECDSA "3000!" TIMES NAME EC_KEY, ECDSA), VALUE, ".issuer"),
    GOOD("no subject", SIGNED(V3 SERIAL ECDSA NAME TIMES "3000" EC_KEY, ECDSA)),
    GOOD("two in a set",
         SIGNED(V3 SERIAL ECDSA
                "30(31(30(06(550403)0C('x')) 30(06(550406)13('y'))))" TIMES NAME EC_KEY,
                ECDSA)),
    BAD("a name of numbers",
        SIGNED(V3 SERIAL ECDSA "30(31(30(06(550403) !0201 05)))" TIMES NAME EC_KEY, ECDSA), TAG,
        ".issuer"),
    BAD("a name and a byte",
        SIGNED(V3 SERIAL ECDSA "30(31(30(06(550403) 0C('x') !00)))" TIMES NAME EC_KEY, ECDSA),
        TRAILING, ".issuer"),
    BAD("times and a byte",
        SIGNED(V3 SERIAL ECDSA NAME "30(" BEGIN BEGIN "!00)" NAME EC_KEY, ECDSA), TRAILING,
        ".validity"),
    BAD("signature of a bit less", "30(30(" TBS(ECDSA, EC_KEY) ")" ECDSA "03(!01 3000))", VALUE,
        "signatureValue"),
    BAD("no signature", "30(30(" TBS(ECDSA, EC_KEY) ")" ECDSA "0300!)", VALUE, "signatureValue"),
    BAD("a byte behind the signature", "30(30(" TBS(ECDSA, EC_KEY) ")" ECDSA "03(00 3000) !00)",
        TRAILING, "Certificate"),

    /* signature algorithms */
    GOOD("parameters NULL", WITH("30(06(2A8648CE3D040302) 0500)")),
    BAD("parameters of a byte", WITH("30(06(2A8648CE3D040302) !0501 00)"), VALUE, ".signature"),
    BAD("parameters that are a number", WITH("30(06(2A8648CE3D040302) !0201 00)"), VALUE,
        ".signature"),
    BAD("two parameters", WITH("30(06(2A8648CE3D040302) 0500 !0500)"), TRAILING, ".signature"),
    BAD("parameters outside only", SIGNED(TBS(ECDSA, EC_KEY), "30(!06(2A8648CE3D040302) 0500)"),
        ALGORITHMS_DIFFER, "signatureAlgorithm"),
    BAD("another outside", SIGNED(TBS(ECDSA, EC_KEY), "30(!06(2A8648CE3D040303))"),
        ALGORITHMS_DIFFER, "signatureAlgorithm"),
    BAD("parameters differ",
        SIGNED(TBS("30(06(2A864886F70D01010A) 30(A2(0201 20)))", EC_KEY),
               "30(!06(2A864886F70D01010A) 30(A2(0201 21)))"),
        ALGORITHMS_DIFFER, "signatureAlgorithm"),

    /* keys: RFC 5480, 8017, 8410 */
    GOOD("EC, compressed", OF(KEY(EC P256, "03" GX))),
    BAD("EC, a byte less", OF(KEY(EC P256, "!04" GX "00")), VALUE, ".subjectPublicKey"),
    BAD("EC, compressed and a byte", OF(KEY(EC P256, "!03" GX "00")), VALUE, ".subjectPublicKey"),
    BAD("EC, of no form", OF(KEY(EC P256, "!05" GX GY)), VALUE, ".subjectPublicKey"),
    BAD("EC, a point of a byte", OF(KEY(EC P256, "!04")), VALUE, ".subjectPublicKey"),
    {"EC, no curve", OF(KEY("!" EC, "04" GX GY)), ESP_TLS_INPUT_VALUE, ".algorithm", true},
    BAD("EC, a curve of no OID", OF(KEY("!" EC "0500", "04" GX GY)), CURVE, ".algorithm"),
    BAD("EC, unknown curve", OF(KEY(EC "!06(2A8648CE3D030155)", "04" GX GY)), CURVE, ".algorithm"),
    BAD("an unknown key", OF(KEY("!06(2A8648CE3D0255)" P256, "04" GX GY)), ALGORITHM, ".algorithm"),
    BAD("key bits of a bit less", OF("30(30(" EC P256 ") 03(!01 04" GX GY "))"), VALUE,
        ".subjectPublicKey"),
    BAD("a byte behind the key", OF("30(30(" EC P256 ") 03(00 04" GX GY ") !00)"), TRAILING,
        ".subjectPublicKeyInfo"),
    GOOD("X25519", OF(KEY("06(2B656E)", GX))),
    BAD("X25519, a byte less", OF("30(30(06(2B656E)) !03(00 0102030405060708))"), VALUE,
        ".subjectPublicKeyInfo"),
    BAD("X25519, parameters", OF("30(30(06(2B656E) 0500) !03(00" GX "))"), VALUE,
        ".subjectPublicKeyInfo"),
    BAD("Ed25519", OF(KEY("!06(2B6570)", GX)), ALGORITHM, ".algorithm"),
    GOOD("RSA", OF(KEY(RSA "0500", "30(" N136 "0203 010001)"))),
    GOOD("RSA, no parameters", OF(KEY(RSA, "30(" N136 "0201 03)"))),
    BAD("RSA, other parameters", OF(KEY(RSA "!0201 00", "30(" N136 "0203 010001)")), VALUE,
        ".algorithm"),
    BAD("RSA, long NULL", OF(KEY(RSA "!0501 00", "30(" N136 "0203 010001)")), VALUE, ".algorithm"),
    BAD("RSA, even exponent", OF(KEY(RSA "0500", "30(!" N136 "0203 010002)")), VALUE,
        ".subjectPublicKey"),
    BAD("RSA, exponent 1", OF(KEY(RSA "0500", "30(!" N136 "0201 01)")), VALUE, ".subjectPublicKey"),
    BAD("RSA, even modulus",
        OF(KEY(RSA "0500", "30(!02(00C1000102030405060708090A0B0C0D0E10) 0203 010001)")), VALUE,
        ".subjectPublicKey"),
    BAD("RSA, exponent as large", OF(KEY(RSA "0500", "30(!" N136 N136 ")")), VALUE,
        ".subjectPublicKey"),
    BAD("RSA, exponent larger by a bit",
        OF(KEY(RSA "0500", "30(!" N136 "02(00C1000102030405060708090A0B0C0D0E11))")), VALUE,
        ".subjectPublicKey"),
    GOOD("RSA, exponent smaller by a bit",
         OF(KEY(RSA "0500", "30(" N136 "02(00C1000102030405060708090A0B0C0D0E0D))"))),
    BAD("RSA, 127 bits",
        OF(KEY(RSA "0500", "30(!02(7F000102030405060708090A0B0C0D0F) 0203 010001)")), VALUE,
        ".subjectPublicKey"),
    GOOD("RSA, 128 bits",
         OF(KEY(RSA "0500", "30(02(00 80000102030405060708090A0B0C0D0F) 0203 010001)"))),
    BAD("RSA, a third number", OF(KEY(RSA "0500", "30(" N136 "0203 010001 !0201 01)")), TRAILING,
        ".subjectPublicKey"),
    BAD("RSA, a byte behind", OF(KEY(RSA "0500", "30(" N136 "0203 010001) !00")), TRAILING,
        ".subjectPublicKey"),

    /* extensions */
    GOOD("not critical, said", HAVING("30(06(" CE_BASIC ") 010100 04(3000))")),
    BAD("critical in two bytes", HAVING("30(06(" CE_BASIC ") !0102FFFF 04(3000))"), VALUE,
        ".extensions"),
    BAD("an extension and a byte", HAVING("30(06(" CE_BASIC ") 04(3000) !00)"), TRAILING,
        ".extensions"),
    BAD("extensions and a byte", OF(EC_KEY "A3(30(" EXT(CE_BASIC, "3000") ") !00)"), TRAILING,
        ".extensions"),
    GOOD("path length 2^31-2", HAVING(EXT(CE_BASIC, "30(0101FF 0204 7FFFFFFE)"))),
    BAD("path length 2^31-1", HAVING(EXT(CE_BASIC, "30(0101FF !0204 7FFFFFFF)")), VALUE,
        ".basicConstraints"),
    BAD("path length 2^31", HAVING(EXT(CE_BASIC, "30(0101FF 0205 !0080000000)")), VALUE,
        ".basicConstraints"),
    BAD("path length 2^32", HAVING(EXT(CE_BASIC, "30(0101FF 0205 !0100000000)")), VALUE,
        ".basicConstraints"),
    BAD("path length -1", HAVING(EXT(CE_BASIC, "30(0101FF 0201 !FF)")), VALUE, ".basicConstraints"),
    BAD("path length of no bytes", HAVING(EXT(CE_BASIC, "30(0101FF 0200!)")), VALUE,
        ".basicConstraints"),
    BAD("path length twice", HAVING(EXT(CE_BASIC, "30(0101FF 0201 01 !0201 01)")), TRAILING,
        ".basicConstraints"),
    GOOD("usage of nine bits", HAVING(EXT(CE_USAGE, "03(07 FF80)"))),
    GOOD("usage of no bits", HAVING(EXT(CE_USAGE, "03(00)"))),
    BAD("usage of eight unused bits", HAVING(EXT(CE_USAGE, "03(!08 FF80)")), VALUE, ".keyUsage"),
    BAD("usage of nothing", HAVING(EXT(CE_USAGE, "0300!")), VALUE, ".keyUsage"),
    BAD("usage and a byte", HAVING(EXT(CE_USAGE, "03(07 80) !00")), TRAILING, ".keyUsage"),
    GOOD("Netscape's type", HAVING(EXT(NS_TYPE, "03(00 40)"))),
    BAD("Netscape's type of two bytes", HAVING(EXT(NS_TYPE, "!03(00 4040)")), VALUE, ".nsCertType"),
    GOOD("each extended usage",
         HAVING(EXT(CE_EXTENDED, "30(06(551D2500) 06(2B06010505070301) 06(2B06010505070302)"
                                 "06(2B06010505070303) 06(2B06010505070304) 06(2B06010505070308)"
                                 "06(2B06010505070309))"))),
    GOOD("another extended usage", HAVING(EXT(CE_EXTENDED, "30(06(2A0304))"))),
    BAD("no extended usage", HAVING(EXT(CE_EXTENDED, "3000!")), VALUE, ".extKeyUsage"),
    BAD("extended usage and a byte", HAVING(EXT(CE_EXTENDED, "30(06(2A0304)) !00")), TRAILING,
        ".extKeyUsage"),
    GOOD("names of each kind",
         HAVING(EXT(CE_NAMES, "30(81('a@b') 82('c') A3(3000) A4(" NAME ") 86('d:e') 8704 7F000001"
                              "87(00000000000000000000000000000001) 88(2A03)"
                              "A0(06(2A0304) A0(0500)))"))),
    BAD("a name of no context", HAVING(EXT(CE_NAMES, "30(!02('c'))")), TAG, ".subjectAltName"),
    BAD("an address of five bytes", HAVING(EXT(CE_NAMES, "30(!8705 7F00000101)")), VALUE,
        ".subjectAltName"),
    BAD("an address of 17 bytes",
        HAVING(EXT(CE_NAMES, "30(!87(7F00000100000000000000000000000000))")), VALUE,
        ".subjectAltName"),
    BAD("a directory name of nothing", HAVING(EXT(CE_NAMES, "30(A4(3000!))")), VALUE,
        ".subjectAltName"),
    GOOD("a hardware module",
         HAVING(EXT(CE_NAMES, "30(A0(" HARDWARE "A0(30(06(2A03) 04(0102)))))"))),
    BAD("a hardware module without number",
        HAVING(EXT(CE_NAMES, "30(A0(" HARDWARE "A0(30(06(2A03) !0201 05))))")), TAG,
        ".subjectAltName"),
    BAD("a hardware module and a byte",
        HAVING(EXT(CE_NAMES, "30(A0(" HARDWARE "A0(30(06(2A03) 04(0102) !00))))")), TRAILING,
        ".subjectAltName"),
    GOOD("key identifiers", HAVING(EXT(CE_SUBJECT, "04(0102)") EXT(CE_ISSUER, "30(80(0102))"))),
    GOOD("the issuer's certificate",
         HAVING(EXT(CE_ISSUER, "30(80(0102) A1(A4(" NAME ")) 82(05))"))),
    BAD("the issuer's name without number",
        HAVING(EXT(CE_ISSUER, "30(80(0102) A1(A4(" NAME "))!)")), LENGTH,
        ".authorityKeyIdentifier"),
    BAD("issuer and a byte", HAVING(EXT(CE_ISSUER, "30(A1(A4(" NAME ")) 82(05) !00)")), TRAILING,
        ".authorityKeyIdentifier"),
    BAD("subject's identifier and a byte", HAVING(EXT(CE_SUBJECT, "04(0102) !00")), TRAILING,
        ".subjectKeyIdentifier"),
    GOOD("any policy, critical", HAVING(CRITICAL(CE_POLICIES, "30(" ANY_POLICY ")"))),
    GOOD("another policy", HAVING(EXT(CE_POLICIES, "30(30(06(551D2001)))"))),
    GOOD("a policy with qualifiers", HAVING(EXT(CE_POLICIES, "30(30(06(2A03) 3000))"))),
    BAD("another policy, critical", HAVING(MARKED(CE_POLICIES, "30(30(06(551D2001)))")), EXTENSION,
        ".certificatePolicies"),
    BAD("a longer policy, critical", HAVING(MARKED(CE_POLICIES, "30(30(06(551D200000)))")),
        EXTENSION, ".certificatePolicies"),
    BAD("another policy, then any, critical",
        HAVING(MARKED(CE_POLICIES, "30(30(06(551D2001))" ANY_POLICY ")")), EXTENSION,
        ".certificatePolicies"),
    BAD("any policy, then another, critical",
        HAVING(MARKED(CE_POLICIES, "30(" ANY_POLICY "30(06(551D2001)))")), EXTENSION,
        ".certificatePolicies"),
    BAD("no policy", HAVING(EXT(CE_POLICIES, "3000!")), VALUE, ".certificatePolicies"),
    BAD("a policy and a byte", HAVING(EXT(CE_POLICIES, "30(30(06(2A03) 3000 !00))")), TRAILING,
        ".certificatePolicies"),
    GOOD("an unknown one", HAVING(EXT("2A0304", "00"))),
    BAD("an unknown one, critical", HAVING(MARKED("2A0304", "00")), EXTENSION, ".extensions"),
    GOOD("an unknown one twice", HAVING(EXT("2A0304", "00") EXT("2A0304", "00"))),
    BAD("usage twice", HAVING(EXT(CE_USAGE, "03(07 80)") "30(!06(" CE_USAGE ") 04(03(07 80)))"),
        REPEATED, ".keyUsage"),
#if defined(MBEDTLS_X509_RSASSA_PSS_SUPPORT)
    /* RFC 4055 section 3.1 */
    GOOD("PSS", PSS_ALL(SHA256, MASK, "0201 20", "0201 01")),
    GOOD("PSS, all by default", PSS("3000")),
    GOOD("PSS, salt only", PSS("30(A2(0201 20))")),
    GOOD("PSS, hash without parameters",
         PSS_ALL("30(06(608648016503040201))", MASK, "0201 20", "0201 01")),
    BAD("PSS without parameters", WITH("30(!06(2A864886F70D01010A))"), VALUE, ".signature"),
    BAD("PSS, parameters NULL", WITH("30(!06(2A864886F70D01010A) 0500)"), VALUE, ".signature"),
    BAD("PSS and a byte", PSS("30(A2(0201 20) !00)"), TRAILING, ".signature"),
    BAD("PSS, no hash", PSS("30(A0(!))"), LENGTH, ".signature"),
    BAD("PSS, unknown hash", PSS("30(A0(30(!06(608648016503040255) 0500)))"), ALGORITHM,
        ".signature"),
    BAD("PSS, hash with a number", PSS("30(A0(30(06(608648016503040201) !0201 05)))"), VALUE,
        ".signature"),
    BAD("PSS, hash with a long NULL", PSS("30(A0(30(06(608648016503040201) !0501 00)))"), VALUE,
        ".signature"),
    BAD("PSS, hash and a byte", PSS("30(A0(" SHA256 "!00))"), TRAILING, ".signature"),
    BAD("PSS, unknown mask", PSS("30(A1(30(!06(2A864886F70D010109)" SHA256 ")))"), ALGORITHM,
        ".signature"),
    BAD("PSS, longer mask", PSS("30(A1(30(!06(2A864886F70D01010800)" SHA256 ")))"), ALGORITHM,
        ".signature"),
    BAD("PSS, mask without hash", PSS("30(A1(30(!" MGF1 ")))"), VALUE, ".signature"),
    BAD("PSS, mask of a NULL", PSS("30(A1(30(!" MGF1 "0500)))"), VALUE, ".signature"),
    BAD("PSS, mask of an unknown hash", PSS("30(A1(30(" MGF1 "30(!06(608648016503040255) 0500))))"),
        ALGORITHM, ".signature"),
    BAD("PSS, mask and a byte", PSS("30(A1(" MASK "!00))"), TRAILING, ".signature"),
    BAD("PSS, salt and a byte", PSS("30(A2(0201 20 !00))"), TRAILING, ".signature"),
    BAD("PSS, salt of a text", PSS("30(A2(!0C01 20))"), TAG, ".signature"),
    BAD("PSS, trailer 2", PSS("30(!A3(0201 02))"), VALUE, ".signature"),
    BAD("PSS, trailer and a byte", PSS("30(A3(0201 01 !00))"), TRAILING, ".signature"),
#endif
};

static const struct form keys[] = {
#define D32         "04(0000000000000000000000000000000000000000000000000000000000000001)"
#define POINT       "A1(03(00 04" GX GY "))"
#define CURVE       "A0(" P256 ")"
#define PKCS8(rest) "30(0201 00 30(" EC P256 ") 04(" rest ") )"
    GOOD("SEC 1", "30(0201 01" D32 CURVE POINT ")"),
    GOOD("SEC 1 without point", "30(0201 01" D32 CURVE ")"),
    BAD("SEC 1 without curve", "30(0201 01" D32 "!" POINT ")", VALUE, "ECPrivateKey.parameters"),
    BAD("SEC 1, version 2", "30(!0201 02" D32 CURVE POINT ")", VERSION, "ECPrivateKey.version"),
    BAD("SEC 1, curve and a byte", "30(0201 01" D32 "A0(" P256 "!00)" POINT ")", TRAILING,
        "ECPrivateKey.parameters"),
    BAD("SEC 1, unknown curve", "30(0201 01" D32 "A0(!06(2A8648CE3D030155))" POINT ")", CURVE,
        "ECPrivateKey.parameters"),
    BAD("SEC 1, a point too short", "30(0201 01" D32 CURVE "A1(03(00 !04" GX ")))", VALUE,
        "ECPrivateKey.publicKey"),
    BAD("SEC 1, a point and a byte", "30(0201 01" D32 CURVE "A1(03(00 04" GX GY ") !00))", TRAILING,
        "ECPrivateKey.publicKey"),
    GOOD("PKCS #8", PKCS8("30(0201 01" D32 POINT ")")),
    GOOD("PKCS #8, curve twice", PKCS8("30(0201 01" D32 CURVE POINT ")")),
    BAD("PKCS #8, version 1", "30(!0201 01 30(" EC P256 ") 04(30(0201 01" D32 ")))", VERSION,
        "PrivateKeyInfo.version"),
    BAD("PKCS #8, attributes", "30(0201 00 30(" EC P256 ") 04(30(0201 01" D32 ")) !A0(3000))",
        TRAILING, "PrivateKeyInfo"),
    BAD("PKCS #8, version 2 inside", PKCS8("30(!0201 02" D32 POINT ")"), VERSION,
        "ECPrivateKey.version"),
    {"PKCS #8, no curve", "30(0201 00 30(!" EC ") 04(30(0201 01" D32 ")))", ESP_TLS_INPUT_VALUE,
     "PrivateKeyInfo.privateKeyAlgorithm", true},
    BAD("PKCS #8, unknown key", "30(0201 00 30(!06(2A8648CE3D0255)) 04(3000))", ALGORITHM,
        "PrivateKeyInfo.privateKeyAlgorithm"),
    BAD("PKCS #1, version 2",
        "30(!0201 02" N136 "0203 010001 0201 01 0201 01 0201 01 0201 01 0201 01"
        "0201 01)",
        VERSION, "RSAPrivateKey.version"),
    BAD("PKCS #1, no exponent",
        "30(0201 00" N136 "0203 010001 !0201 00 0201 01 0201 01 0201 01"
        "0201 01 0201 01)",
        VALUE, "RSAPrivateKey"),
    BAD("PKCS #1, a number less",
        "30(0201 00" N136 "0203 010001 0201 01 0201 01 0201 01 0201 01"
        "0201 01!)",
        TRUNCATED, "RSAPrivateKey"),
    BAD("PKCS #1, a number more",
        "30(0201 00" N136 "0203 010001 0201 01 0201 01 0201 01 0201 01"
        "0201 01 0201 01 !0201 01)",
        TRAILING, "RSAPrivateKey"),
};

/** Of what this build does not support the rest can be read; what is damaged counts as none. */
static bool is_readable(esp_tls_input_reason_t reason)
{
    return reason == ESP_TLS_INPUT_OK || reason == ESP_TLS_INPUT_ALGORITHM ||
           reason == ESP_TLS_INPUT_CURVE || reason == ESP_TLS_INPUT_EXTENSION;
}

static void expect_read(const struct form *form, const uint8_t *der, size_t len, esp_tls_input_t as)
{
    esp_tls_certificate_t cert;
    esp_tls_private_key_t key;
    esp_err_t err = as == ESP_TLS_INPUT_KEY ? esp_tls_private_key_read(der, len, &key)
                                            : esp_tls_certificate_read(der, len, &cert);

    if (err != (is_readable(form->reason) ? ESP_OK : ESP_FAIL)) {
        fail_msg("%s: read says 0x%x", form->what, (unsigned)err);
    }
}

/** What stands at the place that is named, and how much of it. */
static void expect_evidence(const esp_tls_input_problem_t *p, const uint8_t *der, size_t len)
{
    size_t behind = len - p->der_offset;

    assert_int_equal(p->announced, 0); /* of an element that is too long; none of these is */
    assert_int_equal(p->tag, p->reason == ESP_TLS_INPUT_TAG ? der[p->der_offset] : 0);
    if (p->reason == ESP_TLS_INPUT_TRAILING) {
        assert_in_range(p->available, 1, behind);
        assert_true(p->available == behind || der[p->der_offset + p->available] != 0);
    } else if (p->reason == ESP_TLS_INPUT_LENGTH) {
        assert_in_range(p->available, 0, behind);
    } else {
        assert_int_equal(p->available, 0);
    }
}

/** @param mark  where it must be found, or X509_NO_MARK */
static void expect_place(const struct form *form, const uint8_t *der, size_t len, size_t mark,
                         esp_tls_input_t as)
{
    esp_tls_input_problem_t p;

    if (esp_tls_certificate_examine(der, len, as, &p) == ESP_OK) {
        assert_true(mark == X509_NO_MARK);
        return;
    }
    if (mark == X509_NO_MARK) {
        fail_msg("%s: no place is marked", form->what);
    }
    if (p.der_offset != mark) {
        fail_msg("%s: at %zu, and not %zu", form->what, p.der_offset, mark);
    }
    assert_int_equal(p.offset, mark < len ? mark : len - 1);
    assert_false(p.is_pem);
    assert_int_equal(p.line, 0);
    assert_int_equal(p.index, 0);
    assert_int_equal(p.count, 1);
    assert_int_equal(p.bad, 1);
    expect_evidence(&p, der, len);
}

static void expect_reason(const struct form *form, const uint8_t *der, size_t len,
                          esp_tls_input_t as)
{
    esp_tls_input_problem_t p;
    const char *field;
    char text[256];

    (void)esp_tls_certificate_examine(der, len, as, &p);
    (void)esp_tls_input_problem_text(&p, text, sizeof(text));
    field = p.field != NULL ? p.field : "";
    if (p.reason != form->reason ||
        (form->field != NULL &&
         (strlen(field) < strlen(form->field) ||
          strcmp(field + strlen(field) - strlen(form->field), form->field)))) {
        fail_msg("%s: %s", form->what, text);
    }
}

/** PEM of DER, in lines of 64. @return its length, with the NUL */
static size_t pem_of(const uint8_t *der, size_t len, const char *label, char *out, size_t cap)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = (size_t)snprintf(out, cap, "-----BEGIN %s-----", label);

    for (size_t i = 0; i < len; i += 3) {
        unsigned bits = (unsigned)der[i] << 16 | (unsigned)(i + 1 < len ? der[i + 1] << 8 : 0) |
                        (unsigned)(i + 2 < len ? der[i + 2] : 0);

        n += (size_t)snprintf(out + n, cap - n, "%s%c%c%c%c", i % 48 == 0 ? "\n" : "",
                              digits[bits >> 18], digits[bits >> 12 & 63],
                              i + 1 < len ? digits[bits >> 6 & 63] : '=',
                              i + 2 < len ? digits[bits & 63] : '=');
    }
    return n + (size_t)snprintf(out + n, cap - n, "\n-----END %s-----\n", label) + 1;
}

static const char *label_of(const uint8_t *der, size_t len, esp_tls_input_t as)
{
    esp_tls_private_key_t key;

    if (as == ESP_TLS_INPUT_CERTIFICATES) {
        return "CERTIFICATE";
    }
    (void)esp_tls_private_key_read(der, len, &key);
    return key.format == ESP_TLS_KEY_FORMAT_SEC1    ? "EC PRIVATE KEY"
           : key.format == ESP_TLS_KEY_FORMAT_PKCS1 ? "RSA PRIVATE KEY"
                                                    : "PRIVATE KEY";
}

/** The same is found in PEM, with the four characters that hold the byte for its place. */
static void expect_same_in_pem(const struct form *form, const uint8_t *der, size_t len,
                               esp_tls_input_t as)
{
    char pem[2 * X509_MOST];
    const char *label = label_of(der, len, as);
    size_t size = pem_of(der, len, label, pem, sizeof(pem));
    esp_tls_input_problem_t in_der;
    esp_tls_input_problem_t p;
    size_t group;

    assert_int_equal(esp_tls_certificate_examine(pem, size, as, &p),
                     esp_tls_certificate_examine(der, len, as, &in_der));
    if (p.reason != in_der.reason || p.field != in_der.field || p.der_offset != in_der.der_offset) {
        fail_msg("%s: %s at %zu in PEM", form->what, esp_tls_input_reason_name(p.reason),
                 p.der_offset);
    }
    if (p.reason == ESP_TLS_INPUT_OK) {
        return;
    }
    assert_int_equal(p.announced, in_der.announced);
    assert_int_equal(p.available, in_der.available);
    assert_int_equal(p.tag, in_der.tag);
    assert_string_equal(p.oid, in_der.oid);
    assert_ptr_equal(p.oid_name, in_der.oid_name);
    assert_true(p.is_pem);
    group = (p.der_offset < len ? p.der_offset : len - 1) / 3;
    assert_int_equal(p.line, 2 + group / 16);
    assert_int_equal(p.column, 1 + group % 16 * 4);
    assert_int_equal(p.offset, strlen("-----BEGIN -----\n") + strlen(label) + group / 16 * 65 +
                                   group % 16 * 4);
}

/** Each form, and each with some of its bits changed. */
static void expect_each(const struct form *forms, size_t count, esp_tls_input_t as, size_t step,
                        void (*as_mbedtls)(const uint8_t *der, size_t len))
{
    uint8_t der[X509_MOST];

    for (size_t i = 0; i < count; i++) {
        size_t mark;
        size_t len = x509_der_marked(forms[i].text, der, &mark);

        expect_reason(&forms[i], der, len, as);
        expect_place(&forms[i], der, len, mark, as);
        expect_read(&forms[i], der, len, as);
        expect_same_in_pem(&forms[i], der, len, as);
        if (!forms[i].is_unasked) {
            as_mbedtls(der, len);
        }
        for (size_t bit = i % step; bit < len * 8 && !forms[i].is_unasked; bit += step) {
            der[bit / 8] ^= (uint8_t)(1U << bit % 8);
            as_mbedtls(der, len);
            der[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

static void test_each_form_of_certificate_has_its_reason(void **state)
{
    (void)state;
    expect_each(certificates, COUNT(certificates), ESP_TLS_INPUT_CERTIFICATES, 3,
                x509_expect_as_mbedtls);
}

static void test_each_form_of_key_has_its_reason(void **state)
{
    (void)state;
    expect_each(keys, COUNT(keys), ESP_TLS_INPUT_KEY, 3, x509_expect_key_as_mbedtls);
}

/* --- times ------------------------------------------------------------------------------------ */

/** A certificate that begins at a time; there is one exactly if Mbed TLS says so. */
static void expect_time(const char *tag, const char *time)
{
    uint8_t der[X509_MOST];
    char text[1024];

    snprintf(text, sizeof(text),
             "30(30(" V3 SERIAL ECDSA NAME "30(%s('%s')" BEGIN ")" NAME EC_KEY ")" ECDSA
             "03(00 3000))",
             tag, time);
    x509_expect_as_mbedtls(der, x509_der(text, der));
}

static void test_each_day_of_each_month_is_read(void **state)
{
    static const char *const years[] = {"00", "49", "50", "99", "24", "23"};
    static const char *const long_years[] = {"2000", "1900", "2100", "2050", "2400", "0099"};
    char time[32];

    (void)state;
    for (int month = 0; month <= 13; month++) {
        for (int day = 0; day <= 32; day++) {
            for (size_t i = 0; i < COUNT(years); i++) {
                snprintf(time, sizeof(time), "%s%02d%02d000000Z", years[i], month, day);
                expect_time("17", time);
                snprintf(time, sizeof(time), "%s%02d%02d235959Z", long_years[i], month, day);
                expect_time("18", time);
            }
        }
    }
}

static void test_each_second_of_a_day_is_read(void **state)
{
    static const char *const others[] = {
        "200101000000",   "2001010000",    "20010100000Z",  "200101000000Z0", "200101000000X",
        "200101000000ZZ", "2001010000Z",   "/00101000000Z", ":00101000000Z",  "2/0101000000Z",
        "2:0101000000Z",  "20/101000000Z", "200101/00000Z", "200101 00000Z",  "20010100:000Z",
        "2001010000/0Z",  "20010100000:Z", "-10101000000Z",
    };
    char time[32];

    (void)state;
    for (int n = 0; n <= 99; n++) {
        snprintf(time, sizeof(time), "200229%02d0000Z", n);
        expect_time("17", time);
        snprintf(time, sizeof(time), "20022900%02d00Z", n);
        expect_time("17", time);
        snprintf(time, sizeof(time), "2002290000%02dZ", n);
        expect_time("17", time);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        expect_time("17", others[i]);
        snprintf(time, sizeof(time), "20%s", others[i]);
        expect_time("18", time);
    }
}

/* --- kinds ------------------------------------------------------------------------------------ */

static void test_each_kind_of_der_is_named(void **state)
{
    static const struct {
        const char *text;
        esp_tls_input_t as;
        const char *found;
    } rows[] = {
        {SIGNED(SERIAL ECDSA NAME TIMES NAME EC_KEY, ECDSA), ESP_TLS_INPUT_KEY, "a certificate"},
        {OF(EC_KEY), ESP_TLS_INPUT_KEY, "a certificate"},
        {"30(30(0201 00" NAME EC_KEY "A0()"
         ")" ECDSA "03(00))",
         ESP_TLS_INPUT_CERTIFICATES, "a certificate request (PKCS #10)"},
        {"30(30(0201 01" ECDSA NAME BEGIN ")" ECDSA "03(00))", ESP_TLS_INPUT_CERTIFICATES,
         "a revocation list (CRL)"},
        {"30(30(" ECDSA NAME BEGIN ")" ECDSA "03(00))", ESP_TLS_INPUT_CERTIFICATES,
         "a revocation list (CRL)"},
        {EC_KEY, ESP_TLS_INPUT_CERTIFICATES, "a public key"},
        {EC_KEY, ESP_TLS_INPUT_KEY, "a public key"},
        {PKCS8("30(0201 01" D32 ")"), ESP_TLS_INPUT_CERTIFICATES, "a private key (PKCS #8)"},
        {"30(30(06(2A864886F70D01050D) 3000) 04(00))", ESP_TLS_INPUT_CERTIFICATES,
         "an encrypted private key (PKCS #8)"},
        {"30(0201 00 0201 01 0201 01)", ESP_TLS_INPUT_CERTIFICATES, "an RSA private key (PKCS #1)"},
        {"30(0201 00 0201 01)", ESP_TLS_INPUT_CERTIFICATES, "an RSA public key (PKCS #1)"},
        {"30(0201 00 0201 01)", ESP_TLS_INPUT_KEY, "an RSA public key (PKCS #1)"},
        {"30(0201 01" D32 ")", ESP_TLS_INPUT_CERTIFICATES, "an EC private key (SEC 1)"},
        {"30(06(2A864886F70D010702) A0(3000))", ESP_TLS_INPUT_CERTIFICATES, "a PKCS #7 bundle"},
        {"30(0201 03 30(06(2A864886F70D010701) A0(0400)))", ESP_TLS_INPUT_CERTIFICATES,
         "a PKCS #12 file (PFX)"},
        {"30(0201 03 30(06(2A864886F70D010701) A1(0400)))", ESP_TLS_INPUT_KEY,
         "ASN.1 of an unknown kind"},
        {"30(0201 03)", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
        {"30(0201 03 0500)", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
        {"30(0500)", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
        {"30(3000 0500)", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
        {"30(3000 0300 0500)", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
        {"30(3000 0400 0500)", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
        {"30(30(0500) 3000 0300)", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
        {"30(30(0500))", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
        {"30(0201 00 02)", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"}, /* cut off */
        {"30(0201 00 0285)", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
        {"30(0201 00 0205 01)", ESP_TLS_INPUT_KEY, "an RSA public key (PKCS #1)"},
        {"30(30(0201 00 3000 3000))", ESP_TLS_INPUT_KEY, "ASN.1 of an unknown kind"},
    };
    uint8_t der[X509_MOST];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        esp_tls_input_problem_t p;
        char found[64];

        assert_int_equal(
            esp_tls_certificate_examine(der, x509_der(rows[i].text, der), rows[i].as, &p),
            ESP_FAIL);
        snprintf(found, sizeof(found), "%.*s", (int)p.found.len, (const char *)p.found.ptr);
        if (p.reason != ESP_TLS_INPUT_WRONG_KIND || strcmp(found, rows[i].found) != 0) {
            fail_msg("%s: %s, %s", rows[i].text, esp_tls_input_reason_name(p.reason), found);
        }
    }
}

/* --- what is in it ---------------------------------------------------------------------------- */

/** A certificate from a text, whether or not this build can use it. */
static const esp_tls_certificate_t *read_text(const char *text)
{
    static uint8_t der[X509_MOST];
    static esp_tls_certificate_t cert;

    (void)esp_tls_certificate_read(der, x509_der(text, der), &cert);
    return &cert;
}

static void test_signature_of_each_algorithm_is_named(void **state)
{
    static const struct {
        const char *oid;
        const char *name;
        bool is_weak;
    } rows[] = {
        {"2A8648CE3D040302", "ECDSA with SHA-256", false},
        {"2A8648CE3D040303", "ECDSA with SHA-384", false},
        {"2A8648CE3D040304", "ECDSA with SHA-512", false},
        {"2A8648CE3D040301", "ECDSA with SHA-224", false},
        {"2A8648CE3D0401", "ECDSA with SHA-1", true},
        {"2A864886F70D01010B", "RSA with SHA-256", false},
        {"2A864886F70D01010C", "RSA with SHA-384", false},
        {"2A864886F70D01010D", "RSA with SHA-512", false},
        {"2A864886F70D01010E", "RSA with SHA-224", false},
        {"2A864886F70D01010A", "RSASSA-PSS", false},
        {"2A864886F70D010105", "RSA with SHA-1", true},
        {"2B0E03021D", "RSA with SHA-1", true},
        {"2A864886F70D010104", "RSA with MD5", true},
        {"2A864886F70D010102", "RSA with MD2", true},
        {"2A8648CE380403", "DSA with SHA-1", true},
        {"6086480165030402", NULL, false},
        {"608648016503040302", "DSA with SHA-256", false},
        {"2B6570", "Ed25519", false}, /* the OID of its keys as well */
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const esp_tls_certificate_t *cert;

        snprintf(text, sizeof(text),
                 "30(30(" V3 SERIAL "30(06(%s))" NAME TIMES NAME EC_KEY ") 30(06(%s)) 03(00 3000))",
                 rows[i].oid, rows[i].oid);
        cert = read_text(text);
        if (rows[i].name != NULL) {
            assert_string_equal(cert->signature_name, rows[i].name);
        } else {
            assert_null(cert->signature_name);
        }
        assert_int_equal(cert->is_signature_weak, rows[i].is_weak);
    }
}

static void test_key_of_each_type_has_its_bits(void **state)
{
    static const struct {
        const char *text;
        esp_tls_key_type_t type;
        unsigned bits;
        const char *name;
    } rows[] = {
        {KEY(EC "06(2A8648CE3D030107)", "00"), ESP_TLS_KEY_EC, 256, "P-256"},
        {KEY(EC "06(2B81040022)", "00"), ESP_TLS_KEY_EC, 384, "P-384"},
        {KEY(EC "06(2B81040023)", "00"), ESP_TLS_KEY_EC, 521, "P-521"},
        {KEY(EC "06(2A8648CE3D030101)", "00"), ESP_TLS_KEY_EC, 192, "P-192"},
        {KEY(EC "06(2B81040021)", "00"), ESP_TLS_KEY_EC, 224, "P-224"},
        {KEY(EC "06(2B8104001F)", "00"), ESP_TLS_KEY_EC, 192, "secp192k1"},
        {KEY(EC "06(2B81040020)", "00"), ESP_TLS_KEY_EC, 224, "secp224k1"},
        {KEY(EC "06(2B8104000A)", "00"), ESP_TLS_KEY_EC, 256, "secp256k1"},
        {KEY(EC "06(2B240303020801 0107)", "00"), ESP_TLS_KEY_EC, 256, "brainpoolP256r1"},
        {KEY(EC "06(2B240303020801 010B)", "00"), ESP_TLS_KEY_EC, 384, "brainpoolP384r1"},
        {KEY(EC "06(2B240303020801 010D)", "00"), ESP_TLS_KEY_EC, 512, "brainpoolP512r1"},
        {KEY(EC "06(2A03)", "00"), ESP_TLS_KEY_EC, 0, "EC"},
        {KEY("06(2B6570)", GX), ESP_TLS_KEY_EDWARDS, 256, "Ed25519"},
        {KEY("06(2B6571)", GX), ESP_TLS_KEY_EDWARDS, 456, "Ed448"},
        {KEY("06(2B656E)", GX), ESP_TLS_KEY_MONTGOMERY, 255, "X25519"},
        {KEY("06(2B656F)", GX), ESP_TLS_KEY_MONTGOMERY, 448, "X448"},
        {KEY("06(2A8648CE380401)", "00"), ESP_TLS_KEY_DSA, 0, "DSA"},
        {KEY("06(608648016503040312)", "00"), ESP_TLS_KEY_UNKNOWN, 0, "ML-DSA-65"},
        {KEY("06(2A03)", "00"), ESP_TLS_KEY_UNKNOWN, 0, NULL},
        {KEY(RSA "0500", "30(" N136 "0203 010001)"), ESP_TLS_KEY_RSA, 136, "RSA"},
        {KEY(RSA "0500", "30(02(7F00) 0203 010001)"), ESP_TLS_KEY_RSA, 15, "RSA"},
        {KEY(RSA "0500", "30(02(01) 0203 010001)"), ESP_TLS_KEY_RSA, 1, "RSA"},
        {KEY(RSA "0500", "30(02(0000) 0203 010001)"), ESP_TLS_KEY_RSA, 0, "RSA"},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const esp_tls_certificate_t *cert;

        snprintf(text, sizeof(text),
                 "30(30(" V3 SERIAL ECDSA NAME TIMES NAME "%s)" ECDSA "03(00 3000))", rows[i].text);
        cert = read_text(text);
        assert_int_equal(cert->key.type, rows[i].type);
        assert_int_equal(cert->key.bits, rows[i].bits);
        if (rows[i].name != NULL) {
            assert_string_equal(cert->key.name, rows[i].name);
        } else {
            assert_null(cert->key.name);
        }
    }
}

static void test_usages_are_bits(void **state)
{
    static const struct {
        const char *oid;
        unsigned bit;
    } purposes[] = {
        {"551D2500", ESP_TLS_EXTENDED_ANY},
        {"2B06010505070301", ESP_TLS_EXTENDED_SERVER_AUTH},
        {"2B06010505070302", ESP_TLS_EXTENDED_CLIENT_AUTH},
        {"2B06010505070303", ESP_TLS_EXTENDED_CODE_SIGNING},
        {"2B06010505070304", ESP_TLS_EXTENDED_EMAIL},
        {"2B06010505070308", ESP_TLS_EXTENDED_TIME_STAMP},
        {"2B06010505070309", ESP_TLS_EXTENDED_OCSP_SIGNING},
        {"2B06010505070305", ESP_TLS_EXTENDED_OTHER},
    };
    const esp_tls_certificate_t *cert;
    char text[1024];

    (void)state;
    for (size_t i = 0; i < COUNT(purposes); i++) {
        snprintf(text, sizeof(text), HAVING(EXT(CE_EXTENDED, "30(06(%s))")), purposes[i].oid);
        cert = read_text(text);
        assert_int_equal(cert->extended_usage, purposes[i].bit);
        assert_true(cert->has_extended_usage);
        assert_false(cert->has_key_usage);
    }
    for (unsigned bit = 0; bit < 10; bit++) { /* the tenth has no meaning */
        snprintf(text, sizeof(text), HAVING(EXT(CE_USAGE, "03(00 %02X%02X)")),
                 bit < 8 ? 0x80U >> bit : 0, bit >= 8 ? 0x80U >> (bit - 8) : 0);
        cert = read_text(text);
        assert_int_equal(cert->key_usage, bit < 9 ? 1U << bit : 0);
        assert_true(cert->has_key_usage);
    }
    assert_int_equal(read_text(HAVING(EXT(CE_USAGE, "03(00 01)")))->key_usage, 1U << 7);
}

static void test_names_of_each_kind_are_told(void **state)
{
    static const struct {
        esp_tls_name_kind_t kind;
        const char *value;
    } wanted[] = {
        {ESP_TLS_NAME_OTHER, "\x06\1x"}, {ESP_TLS_NAME_EMAIL, "a@b"}, {ESP_TLS_NAME_DNS, "c"},
        {ESP_TLS_NAME_OTHER, "x"},       {ESP_TLS_NAME_URI, "d:e"},   {ESP_TLS_NAME_IP, "1234"},
        {ESP_TLS_NAME_OTHER, "y"},       {ESP_TLS_NAME_OTHER, "z"},   {ESP_TLS_NAME_DIRECTORY, "0"},
    };
    esp_tls_certificate_t cert = *read_text(
        HAVING(EXT(CE_NAMES, "30(A0(06('x')) 81('a@b') 82('c') 83('x') 86('d:e') 87('1234') 88('y')"
                             "89('z') 84('0'))")));
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t value;
    size_t at = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_true(esp_tls_certificate_next_name(&cert, &at, &kind, &value));
        assert_int_equal(kind, wanted[i].kind);
        assert_int_equal(value.len, strlen(wanted[i].value));
        assert_memory_equal(value.ptr, wanted[i].value, value.len);
    }
    assert_false(esp_tls_certificate_next_name(&cert, &at, &kind, &value));
    assert_int_equal(at, cert.names.len);
    cert.names.len--; /* the last is cut off */
    at = 0;
    for (size_t i = 0; i + 1 < COUNT(wanted); i++) {
        assert_true(esp_tls_certificate_next_name(&cert, &at, &kind, &value));
    }
    assert_false(esp_tls_certificate_next_name(&cert, &at, &kind, &value));
    at = 0;
    assert_false(esp_tls_certificate_next_name(NULL, &at, &kind, &value));
    cert.names = (esp_tls_bytes_t){NULL, 0};
    assert_false(esp_tls_certificate_next_name(&cert, &at, &kind, &value));
}

#define ACCESS(list) HAVING(EXT("2B06010505070101", list))

static void test_access_of_each_kind_is_told(void **state)
{
    esp_tls_certificate_t cert = *read_text(
        ACCESS("30(30(06(2B06010505073001) 86('a')) 30(06(2B06010505073002) 82('no URL'))"
               "30(0500) 30(06(2B06010505073002)) 30(06(2B06010505073002) 86('bc'))"
               "30(06(2A03) 86('d')) 30(06(2A03) 86('e')))"));
    static const struct {
        esp_tls_access_kind_t kind;
        const char *url;
    } wanted[] = {{ESP_TLS_ACCESS_OCSP, "a"},
                  {ESP_TLS_ACCESS_CA_ISSUERS, "bc"},
                  {ESP_TLS_ACCESS_OTHER, "d"},
                  {ESP_TLS_ACCESS_OTHER, "e"}};
    esp_tls_access_kind_t kind;
    esp_tls_bytes_t url;
    size_t at = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_true(esp_tls_certificate_next_access(&cert, &at, &kind, &url));
        assert_int_equal(kind, wanted[i].kind);
        assert_int_equal(url.len, strlen(wanted[i].url));
        assert_memory_equal(url.ptr, wanted[i].url, url.len);
    }
    assert_false(esp_tls_certificate_next_access(&cert, &at, &kind, &url));
    at = 0;
    assert_false(esp_tls_certificate_next_access(NULL, &at, &kind, &url));
    assert_false(esp_tls_certificate_next_access(read_text(OF(EC_KEY)), &at, &kind, &url));
    assert_false(esp_tls_certificate_next_access(read_text(ACCESS("31(30(06(2A03) 86('d')))")), &at,
                                                 &kind, &url));
    assert_false(esp_tls_certificate_next_access(read_text(ACCESS("30")), &at, &kind, &url));
}

/** What an authority that permits DNS names in a.b, and excludes x.a.b, says of a name. */
static void test_names_are_allowed_as_the_constraints_say(void **state)
{
    static const struct {
        const char *names;
        bool is_peer;
        esp_err_t err;
        esp_tls_name_kind_t kind;
        const char *refused;
    } rows[] = {
        {"82('a.b')", true, ESP_OK, ESP_TLS_NAME_OTHER, ""},
        {"82('c.d') 82('a.b')", true, ESP_FAIL, ESP_TLS_NAME_DNS, "c.d"},
        {"82('a.b') 82('x.a.b')", true, ESP_FAIL, ESP_TLS_NAME_DNS, "x.a.b"},
        {"81('m@c.d')", true, ESP_OK, ESP_TLS_NAME_OTHER, ""},
        {"82('a..b')", true, ESP_ERR_NOT_SUPPORTED, ESP_TLS_NAME_DNS, "a..b"},
    };
    esp_tls_certificate_t authority =
        *read_text(HAVING(EXT("551D1E", "30(A0(30(82('a.b'))) A1(30(82('x.a.b'))))")));
    static uint8_t der[X509_MOST];
    esp_tls_certificate_t cert;
    esp_tls_name_kind_t kind;
    esp_tls_bytes_t name;
    char text[1024];

    (void)state;
    authority.name_constraints = (esp_tls_bytes_t){
        memcpy(der, authority.name_constraints.ptr, authority.name_constraints.len),
        authority.name_constraints.len};
    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(text, sizeof(text), HAVING(EXT(CE_NAMES, "30(%s)")), rows[i].names);
        cert = *read_text(text);
        assert_int_equal(
            esp_tls_certificate_names_allowed(&cert, &authority, rows[i].is_peer, &kind, &name),
            rows[i].err);
        if (rows[i].err == ESP_FAIL) {
            assert_int_equal(kind, rows[i].kind);
            assert_int_equal(name.len, strlen(rows[i].refused));
            assert_memory_equal(name.ptr, rows[i].refused, name.len);
        }
        assert_int_equal(
            esp_tls_certificate_names_allowed(&cert, &authority, rows[i].is_peer, NULL, NULL),
            rows[i].err);
        assert_int_equal(esp_tls_certificate_names_allowed(&cert, &cert, true, &kind, &name),
                         ESP_OK);
    }
    assert_int_equal(esp_tls_certificate_names_allowed(NULL, &authority, true, &kind, &name),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_certificate_names_allowed(&cert, NULL, true, &kind, &name),
                     ESP_ERR_INVALID_ARG);
}

/** Issuer and subject, each a common name; a byte of the subject is another one. */
static bool is_self_issued(size_t len, size_t other_len, size_t different)
{
    char issuer[256];
    char subject[256];
    char text[2048];

    memset(issuer, 'x', len);
    issuer[len] = '\0';
    memset(subject, 'x', other_len);
    subject[other_len] = '\0';
    if (different < other_len) {
        subject[different] = 'y';
    }
    snprintf(text, sizeof(text),
             "30(30(" V3 SERIAL ECDSA "30(31(30(06(550403) 0C('%s'))))" TIMES
             "30(31(30(06(550403) 0C('%s'))))" EC_KEY ")" ECDSA "03(00 3000))",
             issuer, subject);
    return read_text(text)->is_self_issued;
}

static void test_names_of_each_length_are_compared_to_their_end(void **state)
{
    static const size_t lens[] = {1, 51, 52, 53, 54, 100, 115, 116, 117, 118, 180, 200};

    (void)state;
    for (size_t i = 0; i < COUNT(lens); i++) {
        assert_true(is_self_issued(lens[i], lens[i], SIZE_MAX));
        assert_false(is_self_issued(lens[i], lens[i] + 1, SIZE_MAX));
        assert_false(is_self_issued(lens[i] + 1, lens[i], SIZE_MAX));
        for (size_t n = 0; n < lens[i]; n++) {
            assert_false(is_self_issued(lens[i], lens[i], n));
        }
    }
}

/* --- arguments -------------------------------------------------------------------------------- */

static bool is_all_zero(const void *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (((const uint8_t *)p)[i] != 0) {
            return false;
        }
    }
    return true;
}

static void test_read_of_nothing_leaves_nothing(void **state)
{
    esp_tls_certificate_t cert;
    esp_tls_private_key_t key;
    uint8_t der[X509_MOST];
    size_t len = x509_der(OF(EC_KEY), der);

    (void)state;
    memset(&cert, 0xAA, sizeof(cert));
    memset(&key, 0xAA, sizeof(key));
    assert_int_equal(esp_tls_certificate_read(NULL, len, &cert), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_private_key_read(NULL, len, &key), ESP_ERR_INVALID_ARG);
    assert_true(is_all_zero(&cert, sizeof(cert)));
    assert_true(is_all_zero(&key, sizeof(key)));
    assert_int_equal(esp_tls_certificate_read(der, len, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_tls_private_key_read(der, len, NULL), ESP_ERR_INVALID_ARG);
    memset(&cert, 0xAA, sizeof(cert));
    assert_int_equal(esp_tls_certificate_read(der, 0, &cert), ESP_FAIL);
    assert_int_equal(cert.path_length, -1);
    cert.path_length = 0;
    assert_true(is_all_zero(&cert, sizeof(cert)));
}

static int start(void **state)
{
    (void)state;
    return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_form_of_certificate_has_its_reason),
        cmocka_unit_test(test_each_form_of_key_has_its_reason),
        cmocka_unit_test(test_each_day_of_each_month_is_read),
        cmocka_unit_test(test_each_second_of_a_day_is_read),
        cmocka_unit_test(test_each_kind_of_der_is_named),
        cmocka_unit_test(test_signature_of_each_algorithm_is_named),
        cmocka_unit_test(test_key_of_each_type_has_its_bits),
        cmocka_unit_test(test_usages_are_bits),
        cmocka_unit_test(test_names_of_each_kind_are_told),
        cmocka_unit_test(test_access_of_each_kind_is_told),
        cmocka_unit_test(test_names_are_allowed_as_the_constraints_say),
        cmocka_unit_test(test_names_of_each_length_are_compared_to_their_end),
        cmocka_unit_test(test_read_of_nothing_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}

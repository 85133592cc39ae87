/* Every code of Mbed TLS 3.6 that can end in a connection's record: its errors, PSA's, and the bits
 * of its certificate check. What each means to whoever wrote the program, and why it usually
 * happens when nothing else is known, the likeliest reason first (esp_tls_reasons.h). A test walks
 * Mbed TLS's headers: none is missing here.
 *
 * X(value without sign, name without its prefix, reason, reason, reason, sentence) */
#ifndef MBEDTLS_CODES_H
#define MBEDTLS_CODES_H

/* Low-level modules add their code to a high-level one (error.h of Mbed TLS): the bits of the
 * latter. */
#define MBED_HIGH_LEVEL       0xFF80
#define MBED_HIGH_LEVEL_LEAST 0x1000

/* clang-format off */
#define MBED_CODES(X) \
    X(0x0021, AES_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "AES was called with a mode or pointer that it cannot take") \
    X(0x0022, AES_INVALID_INPUT_LENGTH, STACK_INTERNAL, NONE, NONE, "AES was given data whose length is no multiple of its block") \
    X(0x0020, AES_INVALID_KEY_LENGTH, STACK_INTERNAL, NONE, NONE, "an AES key was not 128, 192 or 256 bits long") \
    X(0x005C, ARIA_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "ARIA was called with a parameter that it cannot take") \
    X(0x005E, ARIA_INVALID_INPUT_LENGTH, STACK_INTERNAL, NONE, NONE, "ARIA was given data whose length is no multiple of its block") \
    X(0x006A, ASN1_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory for a piece of a certificate or key while it was being read") \
    X(0x006C, ASN1_BUF_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for the DER structure that was being written") \
    X(0x0068, ASN1_INVALID_DATA, INPUT_MALFORMED, CERT_UNREADABLE, NONE, "a field of a certificate or key has a content that DER does not allow") \
    X(0x0064, ASN1_INVALID_LENGTH, INPUT_MALFORMED, CERT_UNREADABLE, NONE, "a length inside a certificate or key is malformed") \
    X(0x0066, ASN1_LENGTH_MISMATCH, INPUT_MALFORMED, INPUT_TRAILING, CERT_UNREADABLE, "a field of a certificate or key is longer or shorter than it says, or bytes follow its end") \
    X(0x0060, ASN1_OUT_OF_DATA, INPUT_TRUNCATED, CERT_UNREADABLE, NONE, "a certificate or key ends before all that it announces has come: it was cut") \
    X(0x0062, ASN1_UNEXPECTED_TAG, INPUT_WRONG_KIND, INPUT_MALFORMED, CERT_UNREADABLE, "where a certificate or key must have one kind of field, another stands: often it is something else than it is taken for") \
    X(0x002A, BASE64_BUFFER_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for the decoded base64") \
    X(0x002C, BASE64_INVALID_CHARACTER, INPUT_BAD_BASE64, INPUT_LINE_BREAKS, INPUT_TRUNCATED, "between the BEGIN and END lines of a PEM stands a character that is not base64") \
    X(0x0024, CAMELLIA_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "Camellia was called with a parameter that it cannot take") \
    X(0x0026, CAMELLIA_INVALID_INPUT_LENGTH, STACK_INTERNAL, NONE, NONE, "Camellia was given data whose length is no multiple of its block") \
    X(0x000F, CCM_AUTH_FAILED, RECORD_DAMAGED, NONE, NONE, "the tag of an AES-CCM record did not match: the record was changed on the way, or the two have different keys") \
    X(0x000D, CCM_BAD_INPUT, STACK_INTERNAL, NONE, NONE, "AES-CCM was called with a length or nonce that it cannot take") \
    X(0x0051, CHACHA20_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "ChaCha20 was called with a parameter that it cannot take") \
    X(0x0056, CHACHAPOLY_AUTH_FAILED, RECORD_DAMAGED, NONE, NONE, "the tag of a ChaCha20-Poly1305 record did not match: the record was changed on the way, or the two have different keys") \
    X(0x0054, CHACHAPOLY_BAD_STATE, STACK_INTERNAL, NONE, NONE, "ChaCha20-Poly1305 was called out of order") \
    X(0x6180, CIPHER_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory for a cipher's state") \
    X(0x6300, CIPHER_AUTH_FAILED, RECORD_DAMAGED, NONE, NONE, "what was decrypted failed its integrity check") \
    X(0x6100, CIPHER_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "a cipher was called with a parameter that it cannot take") \
    X(0x6080, CIPHER_FEATURE_UNAVAILABLE, NO_COMMON_SUITE, INPUT_UNSUPPORTED, NONE, "this build does not have the cipher or mode that was wanted") \
    X(0x6280, CIPHER_FULL_BLOCK_EXPECTED, STACK_INTERNAL, NONE, NONE, "encrypted data does not fill its last block") \
    X(0x6380, CIPHER_INVALID_CONTEXT, CALL_OUT_OF_ORDER, STACK_INTERNAL, NONE, "a cipher was used before it was set up, or after it was released") \
    X(0x6200, CIPHER_INVALID_PADDING, RECORD_DAMAGED, KEY_PASSWORD, NONE, "what was decrypted does not end as it must: damaged data, or a wrong password") \
    X(0x0034, CTR_DRBG_ENTROPY_SOURCE_FAILED, NO_RANDOM, NONE, NONE, "the random generator got no entropy to start from") \
    X(0x003A, CTR_DRBG_FILE_IO_ERROR, STORAGE_FAILED, NONE, NONE, "the random generator's seed file could not be read or written") \
    X(0x0038, CTR_DRBG_INPUT_TOO_BIG, STACK_INTERNAL, NONE, NONE, "the random generator was given more seed than it takes") \
    X(0x0036, CTR_DRBG_REQUEST_TOO_BIG, STACK_INTERNAL, NONE, NONE, "more random bytes were asked for than one call gives") \
    X(0x0032, DES_INVALID_INPUT_LENGTH, STACK_INTERNAL, NONE, NONE, "DES was given data whose length is no multiple of its block") \
    X(0x3400, DHM_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory for a Diffie-Hellman calculation") \
    X(0x3080, DHM_BAD_INPUT_DATA, PEER_FAULT, STACK_INTERNAL, NONE, "Diffie-Hellman was given parameters that it cannot take") \
    X(0x3300, DHM_CALC_SECRET_FAILED, PEER_FAULT, NO_MEMORY, NONE, "the shared Diffie-Hellman secret could not be calculated") \
    X(0x3480, DHM_FILE_IO_ERROR, STORAGE_FAILED, NONE, NONE, "the file with the Diffie-Hellman parameters could not be read") \
    X(0x3380, DHM_INVALID_FORMAT, INPUT_MALFORMED, INPUT_WRONG_KIND, NONE, "what was given as Diffie-Hellman parameters is something else, or damaged") \
    X(0x3180, DHM_MAKE_PARAMS_FAILED, NO_MEMORY, STACK_INTERNAL, NONE, "the Diffie-Hellman parameters could not be prepared") \
    X(0x3280, DHM_MAKE_PUBLIC_FAILED, NO_MEMORY, NO_RANDOM, STACK_INTERNAL, "the own Diffie-Hellman value could not be made") \
    X(0x3100, DHM_READ_PARAMS_FAILED, PEER_FAULT, NONE, NONE, "the server's Diffie-Hellman parameters cannot be read") \
    X(0x3200, DHM_READ_PUBLIC_FAILED, PEER_FAULT, NONE, NONE, "the peer's Diffie-Hellman value cannot be read") \
    X(0x3580, DHM_SET_GROUP_FAILED, NO_MEMORY, STACK_INTERNAL, NONE, "the Diffie-Hellman group could not be set") \
    X(0x4D80, ECP_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory for a calculation on an elliptic curve") \
    X(0x4F80, ECP_BAD_INPUT_DATA, PEER_FAULT, STACK_INTERNAL, NONE, "an elliptic-curve calculation was given a point or number that it cannot take") \
    X(0x4F00, ECP_BUFFER_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for a point or key of the curve") \
    X(0x4E80, ECP_FEATURE_UNAVAILABLE, NO_COMMON_GROUP, INPUT_UNSUPPORTED, CERT_UNSUPPORTED, "this build does not have the elliptic curve that was wanted") \
    X(0x4C80, ECP_INVALID_KEY, INPUT_MALFORMED, PEER_FAULT, NONE, "an elliptic-curve key is not valid: its point does not lie on the curve, or its number is out of range") \
    X(0x4B00, ECP_IN_PROGRESS, WANT_MORE, NONE, NONE, "no error: the elliptic-curve calculation is done in pieces and goes on with the next call") \
    X(0x4D00, ECP_RANDOM_FAILED, NO_RANDOM, NONE, NONE, "no random number for an elliptic-curve key could be made") \
    X(0x4C00, ECP_SIG_LEN_MISMATCH, PEER_FAULT, INPUT_TRAILING, NONE, "the signature is right, but bytes follow its end") \
    X(0x4E00, ECP_VERIFY_FAILED, PEER_PROOF_FAILED, ANCHOR_KEY_DIFFERS, NONE, "an ECDSA signature is not the one of that key over that data") \
    X(0x003F, ENTROPY_FILE_IO_ERROR, STORAGE_FAILED, NO_RANDOM, NONE, "the entropy seed file could not be read or written") \
    X(0x003E, ENTROPY_MAX_SOURCES, NO_RANDOM, NONE, NONE, "more entropy sources were added than there are places for") \
    X(0x0040, ENTROPY_NO_SOURCES_DEFINED, NO_RANDOM, NONE, NONE, "the build has no entropy source at all") \
    X(0x003D, ENTROPY_NO_STRONG_SOURCE, NO_RANDOM, NONE, NONE, "none of the entropy sources is a strong one") \
    X(0x003C, ENTROPY_SOURCE_FAILED, NO_RANDOM, NONE, NONE, "the entropy source gave nothing when it was asked") \
    X(0x006E, ERROR_CORRUPTION_DETECTED, STACK_INTERNAL, NONE, NONE, "the library noticed that its own state is damaged: memory was overwritten, or somebody tampers with the hardware") \
    X(0x0001, ERROR_GENERIC_ERROR, OTHER, NONE, NONE, "the library says that something failed, and no more") \
    X(0x0012, GCM_AUTH_FAILED, RECORD_DAMAGED, NONE, NONE, "the tag of an AES-GCM record did not match: the record was changed on the way, or the two have different keys") \
    X(0x0014, GCM_BAD_INPUT, STACK_INTERNAL, NONE, NONE, "AES-GCM was called with a length or nonce that it cannot take") \
    X(0x0016, GCM_BUFFER_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for what AES-GCM wrote") \
    X(0x5F80, HKDF_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "the key derivation HKDF was called with a parameter that it cannot take") \
    X(0x0009, HMAC_DRBG_ENTROPY_SOURCE_FAILED, NO_RANDOM, NONE, NONE, "the HMAC random generator got no entropy to start from") \
    X(0x0007, HMAC_DRBG_FILE_IO_ERROR, STORAGE_FAILED, NONE, NONE, "the seed file of the HMAC random generator could not be read or written") \
    X(0x0005, HMAC_DRBG_INPUT_TOO_BIG, STACK_INTERNAL, NONE, NONE, "the HMAC random generator was given more seed than it takes") \
    X(0x0003, HMAC_DRBG_REQUEST_TOO_BIG, STACK_INTERNAL, NONE, NONE, "more bytes were asked of the HMAC random generator than one call gives") \
    X(0x0017, LMS_ALLOC_FAILED, NO_MEMORY, NONE, NONE, "there was no memory for a hash-based (LMS) signature") \
    X(0x0011, LMS_BAD_INPUT_DATA, INPUT_MALFORMED, STACK_INTERNAL, NONE, "an LMS key or signature has the wrong form") \
    X(0x0019, LMS_BUFFER_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for an LMS key or signature") \
    X(0x0013, LMS_OUT_OF_PRIVATE_KEYS, SIGNING_FAILED, NONE, NONE, "the LMS key has signed as often as it may") \
    X(0x0015, LMS_VERIFY_FAILED, PEER_PROOF_FAILED, NONE, NONE, "an LMS signature is not the one of that key over that data") \
    X(0x5180, MD_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory for the state of a hash") \
    X(0x5100, MD_BAD_INPUT_DATA, STACK_INTERNAL, CALL_OUT_OF_ORDER, NONE, "a hash was called with a parameter that it cannot take") \
    X(0x5080, MD_FEATURE_UNAVAILABLE, NO_COMMON_SIGNATURE, CERT_UNSUPPORTED, INPUT_UNSUPPORTED, "this build does not have the hash that was wanted") \
    X(0x5200, MD_FILE_IO_ERROR, STORAGE_FAILED, NONE, NONE, "the file that was to be hashed could not be read") \
    X(0x0010, MPI_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory for a large number: RSA and elliptic curves calculate with such") \
    X(0x0004, MPI_BAD_INPUT_DATA, STACK_INTERNAL, INPUT_MALFORMED, NONE, "a calculation with large numbers was given one that it cannot take") \
    X(0x0008, MPI_BUFFER_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for a large number") \
    X(0x000C, MPI_DIVISION_BY_ZERO, INPUT_MALFORMED, PEER_FAULT, STACK_INTERNAL, "a large number was to be divided by zero: a key of zeros leads to that") \
    X(0x0002, MPI_FILE_IO_ERROR, STORAGE_FAILED, NONE, NONE, "a large number could not be read from its file") \
    X(0x0006, MPI_INVALID_CHARACTER, INPUT_MALFORMED, NONE, NONE, "the text of a large number has a character that is no digit") \
    X(0x000A, MPI_NEGATIVE_VALUE, INPUT_MALFORMED, PEER_FAULT, STACK_INTERNAL, "a large number was negative where it must not be") \
    X(0x000E, MPI_NOT_ACCEPTABLE, INPUT_MALFORMED, STACK_INTERNAL, NONE, "a large number has no inverse, or no prime was found: the key it belongs to is not a sound one") \
    X(0x004A, NET_ACCEPT_FAILED, TCP_FAILED, TCP_NO_SOCKETS, NONE, "a server could not take the connection of a client") \
    X(0x0049, NET_BAD_INPUT_DATA, OPTION_INVALID, NONE, NONE, "the network functions were called with a parameter that they cannot take") \
    X(0x0046, NET_BIND_FAILED, TCP_FAILED, TCP_FORBIDDEN, NONE, "a server could not take its port: another program has it, or it may not") \
    X(0x0043, NET_BUFFER_TOO_SMALL, OPTION_INVALID, NONE, NONE, "the buffer was too small for the client's address") \
    X(0x0044, NET_CONNECT_FAILED, TCP_REFUSED, TCP_UNREACHABLE, TCP_NO_ANSWER, "TCP could not be opened") \
    X(0x0050, NET_CONN_RESET, TCP_RESET, CONNECTION_LOST, CLOSED_IN_HANDSHAKE, "the connection was reset by the peer or by something on the way") \
    X(0x0045, NET_INVALID_CONTEXT, CALL_OUT_OF_ORDER, NONE, NONE, "there is no open socket: it was closed, or never opened") \
    X(0x0048, NET_LISTEN_FAILED, TCP_FAILED, TCP_NO_SOCKETS, NONE, "a server could not begin to listen") \
    X(0x0047, NET_POLL_FAILED, TCP_FAILED, CALL_OUT_OF_ORDER, NONE, "waiting for the socket failed") \
    X(0x004C, NET_RECV_FAILED, CONNECTION_LOST, TCP_RESET, TCP_FAILED, "reading from the socket failed") \
    X(0x004E, NET_SEND_FAILED, CONNECTION_LOST, TCP_RESET, TCP_FAILED, "writing to the socket failed: mostly because the peer is gone") \
    X(0x0042, NET_SOCKET_FAILED, TCP_NO_SOCKETS, TCP_FAILED, NONE, "no socket could be made") \
    X(0x0052, NET_UNKNOWN_HOST, DNS_NO_NAME, DNS_NO_SERVER, NONE, "the server's name has no address") \
    X(0x000B, OID_BUF_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for the text of an object identifier") \
    X(0x002E, OID_NOT_FOUND, INPUT_UNSUPPORTED, CERT_UNSUPPORTED, NONE, "an algorithm, curve or attribute is named that this build does not know") \
    X(0x1180, PEM_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory to decode a PEM") \
    X(0x1480, PEM_BAD_INPUT_DATA, INPUT_NOT_A_CERTIFICATE, INPUT_EMPTY, NONE, "a PEM was given with a pointer or length that cannot be right") \
    X(0x1400, PEM_FEATURE_UNAVAILABLE, INPUT_UNSUPPORTED, NONE, NONE, "the PEM is encrypted in a way that this build cannot undo") \
    X(0x1100, PEM_INVALID_DATA, INPUT_BAD_BASE64, INPUT_TRUNCATED, INPUT_LINE_BREAKS, "what stands between the BEGIN and END lines of a PEM is damaged") \
    X(0x1200, PEM_INVALID_ENC_IV, INPUT_MALFORMED, INPUT_LINE_BREAKS, NONE, "the DEK-Info line of an encrypted PEM has no valid initialisation vector") \
    X(0x1080, PEM_NO_HEADER_FOOTER_PRESENT, INPUT_NOT_A_CERTIFICATE, INPUT_NO_NUL, INPUT_WRONG_KIND, "no BEGIN or no END line of the expected kind was found") \
    X(0x1380, PEM_PASSWORD_MISMATCH, KEY_PASSWORD, NONE, NONE, "the password does not open the encrypted PEM") \
    X(0x1300, PEM_PASSWORD_REQUIRED, KEY_PASSWORD, NONE, NONE, "the PEM is encrypted, and no password was given") \
    X(0x1280, PEM_UNKNOWN_ENC_ALG, INPUT_UNSUPPORTED, NONE, NONE, "the PEM is encrypted with an algorithm that is not known here") \
    X(0x1F80, PKCS12_BAD_INPUT_DATA, KEY_PASSWORD, INPUT_MALFORMED, NONE, "the PKCS#12 key derivation was given parameters that it cannot take") \
    X(0x1F00, PKCS12_FEATURE_UNAVAILABLE, INPUT_UNSUPPORTED, NONE, NONE, "the key is encrypted with a PKCS#12 scheme that this build does not have") \
    X(0x1E00, PKCS12_PASSWORD_MISMATCH, KEY_PASSWORD, NONE, NONE, "the password does not open the key (PKCS#12 encryption)") \
    X(0x1E80, PKCS12_PBE_INVALID_FORMAT, INPUT_MALFORMED, NONE, NONE, "the parameters of a key's PKCS#12 encryption cannot be read") \
    X(0x2F80, PKCS5_BAD_INPUT_DATA, KEY_PASSWORD, INPUT_MALFORMED, NONE, "the PKCS#5 key derivation was given parameters that it cannot take") \
    X(0x2E80, PKCS5_FEATURE_UNAVAILABLE, INPUT_UNSUPPORTED, NONE, NONE, "the key is encrypted with a PKCS#5 scheme that this build does not have") \
    X(0x2F00, PKCS5_INVALID_FORMAT, INPUT_MALFORMED, NONE, NONE, "the parameters of a key's PKCS#5 encryption cannot be read") \
    X(0x2E00, PKCS5_PASSWORD_MISMATCH, KEY_PASSWORD, NONE, NONE, "the password does not open the key (PKCS#5 encryption)") \
    X(0x5780, PKCS7_ALLOC_FAILED, NO_MEMORY, NONE, NONE, "there was no memory for a PKCS#7 structure") \
    X(0x5700, PKCS7_BAD_INPUT_DATA, INPUT_MALFORMED, STACK_INTERNAL, NONE, "the PKCS#7 functions were given something that they cannot take") \
    X(0x5880, PKCS7_CERT_DATE_INVALID, CERT_EXPIRED, CERT_NOT_YET_VALID, CLOCK_NOT_SET, "the certificate that signed a PKCS#7 structure is out of its validity period") \
    X(0x5380, PKCS7_FEATURE_UNAVAILABLE, INPUT_UNSUPPORTED, NONE, NONE, "the PKCS#7 structure uses something that this build does not have") \
    X(0x5500, PKCS7_INVALID_ALG, INPUT_MALFORMED, INPUT_UNSUPPORTED, NONE, "the algorithm of a PKCS#7 structure cannot be read, or is not known") \
    X(0x5580, PKCS7_INVALID_CERT, INPUT_MALFORMED, NONE, NONE, "a certificate inside a PKCS#7 structure cannot be read") \
    X(0x5480, PKCS7_INVALID_CONTENT_INFO, INPUT_MALFORMED, INPUT_WRONG_KIND, NONE, "the PKCS#7 structure holds something else than was expected") \
    X(0x5300, PKCS7_INVALID_FORMAT, INPUT_MALFORMED, INPUT_WRONG_KIND, NONE, "what was given as PKCS#7 is something else, or damaged") \
    X(0x5600, PKCS7_INVALID_SIGNATURE, INPUT_MALFORMED, NONE, NONE, "the signature field of a PKCS#7 structure cannot be read") \
    X(0x5680, PKCS7_INVALID_SIGNER_INFO, INPUT_MALFORMED, NONE, NONE, "who signed a PKCS#7 structure cannot be read") \
    X(0x5400, PKCS7_INVALID_VERSION, INPUT_MALFORMED, INPUT_UNSUPPORTED, NONE, "the version of a PKCS#7 structure cannot be read, or is not known") \
    X(0x5800, PKCS7_VERIFY_FAIL, PEER_PROOF_FAILED, NONE, NONE, "the signature of a PKCS#7 structure is not that of the given certificate") \
    X(0x3F80, PK_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory for a key") \
    X(0x3E80, PK_BAD_INPUT_DATA, INPUT_EMPTY, OPTION_INVALID, CALL_OUT_OF_ORDER, "a key function was called without a key, or with a parameter that does not fit it") \
    X(0x3880, PK_BUFFER_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for a signature or a key") \
    X(0x3980, PK_FEATURE_UNAVAILABLE, INPUT_UNSUPPORTED, CERT_UNSUPPORTED, NONE, "this build does not have what the key needs: its curve, RSA, or the password's encryption") \
    X(0x3E00, PK_FILE_IO_ERROR, STORAGE_FAILED, NONE, NONE, "the file with the key could not be read") \
    X(0x3A80, PK_INVALID_ALG, INPUT_MALFORMED, INPUT_UNSUPPORTED, NONE, "the algorithm that a key names cannot be read, or is not known") \
    X(0x3B00, PK_INVALID_PUBKEY, INPUT_MALFORMED, CERT_UNREADABLE, CERT_UNSUPPORTED, "the public key in a certificate or key file is damaged, or of a size that this build cannot hold") \
    X(0x3D00, PK_KEY_INVALID_FORMAT, INPUT_WRONG_KIND, INPUT_NO_NUL, KEY_PASSWORD, "what was given as a private key is none that can be read: a certificate, a cut PEM, or encrypted without a password") \
    X(0x3D80, PK_KEY_INVALID_VERSION, INPUT_MALFORMED, INPUT_UNSUPPORTED, NONE, "the key file has a version that is not known here") \
    X(0x3B80, PK_PASSWORD_MISMATCH, KEY_PASSWORD, NONE, NONE, "the password does not open the private key") \
    X(0x3C00, PK_PASSWORD_REQUIRED, KEY_PASSWORD, NONE, NONE, "the private key is encrypted, and no password was given") \
    X(0x3900, PK_SIG_LEN_MISMATCH, PEER_FAULT, NONE, NONE, "the signature is right, but bytes follow its end (public key layer)") \
    X(0x3F00, PK_TYPE_MISMATCH, KEY_MISMATCH, NO_COMMON_SIGNATURE, NONE, "the key is of another type than what it is used for, such as RSA where ECDSA is needed") \
    X(0x3A00, PK_UNKNOWN_NAMED_CURVE, INPUT_UNSUPPORTED, CERT_UNSUPPORTED, NONE, "the key lies on an elliptic curve that this build does not have") \
    X(0x3C80, PK_UNKNOWN_PK_ALG, INPUT_UNSUPPORTED, CERT_UNSUPPORTED, NONE, "the key is of a kind that is not known here: neither RSA nor elliptic curve") \
    X(0x0072, PLATFORM_FEATURE_UNSUPPORTED, OPTION_NOT_BUILT, NONE, NONE, "the hardware implementation in this build does not do what was asked of it") \
    X(0x0070, PLATFORM_HW_ACCEL_FAILED, HARDWARE_FAILED, NONE, NONE, "the crypto hardware failed, or somebody else held it too long") \
    X(0x0057, POLY1305_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "Poly1305 was called with a parameter that it cannot take") \
    X(0x4080, RSA_BAD_INPUT_DATA, KEY_MISMATCH, INPUT_MALFORMED, PEER_FAULT, "RSA was given a key or data that do not fit together") \
    X(0x4100, RSA_INVALID_PADDING, PEER_PROOF_FAILED, KEY_MISMATCH, NONE, "what RSA brought back has not the form of a signature or a secret: another key made it") \
    X(0x4200, RSA_KEY_CHECK_FAILED, INPUT_MALFORMED, NONE, NONE, "the numbers of an RSA key do not fit each other") \
    X(0x4180, RSA_KEY_GEN_FAILED, NO_RANDOM, NO_MEMORY, NONE, "no RSA key could be generated") \
    X(0x4400, RSA_OUTPUT_TOO_LARGE, KEY_MISMATCH, STACK_INTERNAL, NONE, "the result of RSA is longer than the buffer for it") \
    X(0x4300, RSA_PRIVATE_FAILED, SIGNING_FAILED, NO_MEMORY, NONE, "signing or decrypting with an RSA private key failed") \
    X(0x4280, RSA_PUBLIC_FAILED, NO_MEMORY, PEER_FAULT, NONE, "the calculation with an RSA public key failed: mostly for want of memory") \
    X(0x4480, RSA_RNG_FAILED, NO_RANDOM, NONE, NONE, "RSA got no random bytes") \
    X(0x4380, RSA_VERIFY_FAILED, PEER_PROOF_FAILED, ANCHOR_KEY_DIFFERS, NONE, "an RSA signature is not the one of that key over that data") \
    X(0x0073, SHA1_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "SHA-1 was called with a parameter that it cannot take") \
    X(0x0074, SHA256_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "SHA-256 was called with a parameter that it cannot take") \
    X(0x0076, SHA3_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "SHA-3 was called with a parameter that it cannot take") \
    X(0x0075, SHA512_BAD_INPUT_DATA, STACK_INTERNAL, NONE, NONE, "SHA-512 was called with a parameter that it cannot take") \
    X(0x7F00, SSL_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, MEMORY_LIMIT, "there was no memory for the connection: mostly for its record buffers, each in one piece") \
    X(0x6500, SSL_ASYNC_IN_PROGRESS, WANT_MORE, NONE, NONE, "no error: the signature is made elsewhere (secure element, other task) and the handshake has to be called again") \
    X(0x7A00, SSL_BAD_CERTIFICATE, CERT_UNREADABLE, CERT_UNSUPPORTED, CERT_REFUSED, "the peer's certificate message cannot be used: a certificate in it cannot be read, or is not fit for this purpose") \
    X(0x5E80, SSL_BAD_CONFIG, OPTION_INVALID, CALL_OUT_OF_ORDER, NONE, "the settings of the connection do not fit together, such as versions or suites that exclude each other") \
    X(0x7100, SSL_BAD_INPUT_DATA, CALL_OUT_OF_ORDER, OPTION_INVALID, NO_MEMORY, "a call was made with a parameter that does not fit the state of the connection: often on one that failed before, or was never set up") \
    X(0x6E80, SSL_BAD_PROTOCOL_VERSION, OLD_TLS_ONLY, VERSION_EXCLUDED, PEER_NOT_TLS, "the two have no version of TLS in common") \
    X(0x6A00, SSL_BUFFER_TOO_SMALL, IDENTITY_TOO_LARGE, MESSAGE_TOO_LARGE, NONE, "a message does not fit into its buffer: mostly the own certificate chain into the output buffer") \
    X(0x7E80, SSL_CACHE_ENTRY_NOT_FOUND, SESSION_EXPIRED, NONE, NONE, "the server's session cache does not have that session; a full handshake follows") \
    X(0x7B80, SSL_CANNOT_READ_EARLY_DATA, SESSION_EXPIRED, NONE, NONE, "no early data can be read here: none was sent, or it was not accepted") \
    X(0x7C80, SSL_CANNOT_WRITE_EARLY_DATA, SESSION_EXPIRED, NONE, NONE, "no early data can be sent here: the session does not allow it, or the handshake has gone too far") \
    X(0x7680, SSL_CA_CHAIN_REQUIRED, NO_TRUST_OPTION, NONE, NONE, "a certificate is to be verified, and no authority is set to verify it with") \
    X(0x5D80, SSL_CERTIFICATE_VERIFICATION_WITHOUT_HOSTNAME, NAME_UNUSABLE, CALL_OUT_OF_ORDER, NONE, "the server's certificate is to be verified, and nobody said which name it must have") \
    X(0x6780, SSL_CLIENT_RECONNECT, DTLS_ONLY, NONE, NONE, "DTLS only: a client began anew from the same port") \
    X(0x7280, SSL_CONN_EOF, CLOSED_IN_HANDSHAKE, CLOSED_WITHOUT_NOTIFY, CLOSED_IN_RECORD, "the peer closed TCP where TLS was still going on") \
    X(0x6580, SSL_CONTINUE_PROCESSING, STACK_INTERNAL, NONE, NONE, "a sign between parts of the library that reached the program by mistake: there is more to process") \
    X(0x6B80, SSL_COUNTER_WRAPPING, STACK_INTERNAL, NONE, NONE, "the connection has carried as many records as its keys are good for; connect again") \
    X(0x7000, SSL_CRYPTO_IN_PROGRESS, WANT_MORE, NONE, NONE, "no error: a calculation is done in pieces and goes on when the same call is made again") \
    X(0x7300, SSL_DECODE_ERROR, PEER_FAULT, NONE, NONE, "a handshake message of the peer cannot be read: its lengths do not fit") \
    X(0x6480, SSL_EARLY_MESSAGE, STACK_INTERNAL, NONE, NONE, "DTLS only: a message of a later flight came first and is kept; the program should not see this code") \
    X(0x7780, SSL_FATAL_ALERT_MESSAGE, NO_COMMON_SUITE, CLIENT_CERT_MISSING, CLIENT_CERT_REFUSED, "the peer ended the connection with an alert; the alert's number says why") \
    X(0x7080, SSL_FEATURE_UNAVAILABLE, OPTION_NOT_BUILT, UPDATE_REFUSED, NONE, "this build does not have what was asked of it, by the program or by the peer") \
    X(0x6E00, SSL_HANDSHAKE_FAILURE, NO_COMMON_SUITE, NO_COMMON_GROUP, NO_COMMON_SIGNATURE, "the two found no parameters that both accept: suite, group, signature algorithm or extension") \
    X(0x6A80, SSL_HELLO_VERIFY_REQUIRED, DTLS_ONLY, NONE, NONE, "DTLS only: the client has to come back with the cookie it was given") \
    X(0x7F80, SSL_HW_ACCEL_FAILED, HARDWARE_FAILED, NONE, NONE, "the hardware that handles records failed") \
    X(0x6F80, SSL_HW_ACCEL_FALLTHROUGH, STACK_INTERNAL, NONE, NONE, "the hardware that handles records left this one to the software; the program should not see this code") \
    X(0x6600, SSL_ILLEGAL_PARAMETER, PEER_FAULT, NONE, NONE, "the peer sent a value that does not fit what was agreed or offered before") \
    X(0x6C00, SSL_INTERNAL_ERROR, NO_MEMORY, NO_RANDOM, STACK_INTERNAL, "something failed inside the TLS library: with TLS 1.3 often memory, or a crypto core (PSA) that was never started") \
    X(0x7180, SSL_INVALID_MAC, RECORD_DAMAGED, NONE, NONE, "a record failed its integrity check") \
    X(0x7200, SSL_INVALID_RECORD, RECORD_TOO_LARGE, NO_MEMORY, CLOSED_IN_RECORD, "a record from the peer could not be taken in: longer than the input buffer, no memory for it, cut off, or no TLS record at all") \
    X(0x6680, SSL_NON_FATAL, STACK_INTERNAL, NONE, NONE, "the peer sent a warning that is passed over; the program should not see this code") \
    X(0x7580, SSL_NO_APPLICATION_PROTOCOL, NO_COMMON_ALPN, NONE, NONE, "the two have no application protocol (ALPN) in common") \
    X(0x7480, SSL_NO_CLIENT_CERTIFICATE, CLIENT_CERT_MISSING, NONE, NONE, "a server demanded a client certificate, and the client sent none") \
    X(0x7400, SSL_NO_RNG, NO_RANDOM, NONE, NONE, "the connection was set up without a random generator") \
    X(0x7880, SSL_PEER_CLOSE_NOTIFY, CLOSED_IN_ORDER, NONE, NONE, "the peer closed the connection in order; in the middle of a handshake that means that it does not want it") \
    X(0x6D00, SSL_PK_TYPE_MISMATCH, NO_COMMON_SIGNATURE, CERT_UNSUPPORTED, KEY_MISMATCH, "the certificate's key is of another kind than the cipher suite or signature needs") \
    X(0x7600, SSL_PRIVATE_KEY_REQUIRED, KEY_MISSING, PSK_UNKNOWN, NONE, "a private key, or a pre-shared key, is needed and not set: mostly a client certificate without its key, for a server that asks for one") \
    X(0x7C00, SSL_RECEIVED_EARLY_DATA, WANT_MORE, NONE, NONE, "no error: a server may now read the early data that the client sent") \
    X(0x7B00, SSL_RECEIVED_NEW_SESSION_TICKET, WANT_MORE, NONE, NONE, "no error: a TLS 1.3 server sent a ticket for later connections; read again") \
    X(0x6D80, SSL_SESSION_TICKET_EXPIRED, SESSION_EXPIRED, NONE, NONE, "the session ticket is older than it may be; a full handshake follows") \
    X(0x6800, SSL_TIMEOUT, READ_TIMEOUT, HANDSHAKE_SILENT, HANDSHAKE_SLOW, "the time that was set for the operation passed") \
    X(0x6000, SSL_UNEXPECTED_CID, PEER_FAULT, NONE, NONE, "DTLS only: a record has another connection ID than the one that was agreed") \
    X(0x7700, SSL_UNEXPECTED_MESSAGE, PEER_FAULT, PEER_NOT_TLS, NONE, "a message came that does not belong at this place of the handshake") \
    X(0x6700, SSL_UNEXPECTED_RECORD, PEER_FAULT, NONE, NONE, "a record came that does not belong here, or of another epoch") \
    X(0x6C80, SSL_UNKNOWN_IDENTITY, PSK_UNKNOWN, NONE, NONE, "the identity of a pre-shared key is not known to the server") \
    X(0x7800, SSL_UNRECOGNIZED_NAME, NAME_NOT_SERVED, NONE, NONE, "the server does not serve the name that was asked for (SNI)") \
    X(0x7500, SSL_UNSUPPORTED_EXTENSION, PEER_FAULT, NONE, NONE, "the peer answered with an extension that was not offered, or that is not allowed there") \
    X(0x5F00, SSL_VERSION_MISMATCH, SESSION_EXPIRED, NONE, NONE, "a saved session was made by another version or configuration of the library") \
    X(0x6B00, SSL_WAITING_SERVER_HELLO_RENEGO, UPDATE_REFUSED, NONE, NONE, "a renegotiation was asked for and the answer has not come yet") \
    X(0x6900, SSL_WANT_READ, WANT_MORE, NONE, NONE, "no error: there is nothing to read from the network yet, so the same call has to be made again when there is") \
    X(0x6880, SSL_WANT_WRITE, WANT_MORE, NONE, NONE, "no error: the network takes nothing more yet, so the same call has to be made again when it does") \
    X(0x001C, THREADING_BAD_INPUT_DATA, CALL_OUT_OF_ORDER, STACK_INTERNAL, NONE, "a mutex was used that was never made, or is gone") \
    X(0x001E, THREADING_MUTEX_ERROR, STACK_INTERNAL, NONE, NONE, "locking or unlocking a mutex failed") \
    X(0x2880, X509_ALLOC_FAILED, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory for a certificate: a bundle of many needs much") \
    X(0x2800, X509_BAD_INPUT_DATA, INPUT_EMPTY, INPUT_NOT_A_CERTIFICATE, NO_MEMORY, "the certificate functions were given nothing, or something that cannot be a certificate") \
    X(0x2980, X509_BUFFER_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for the text of a certificate or name") \
    X(0x2780, X509_CERT_UNKNOWN_FORMAT, INPUT_NO_NUL, INPUT_NOT_A_CERTIFICATE, INPUT_DER_AS_PEM, "the certificate is neither PEM nor DER: often its length does not count the final NUL") \
    X(0x2700, X509_CERT_VERIFY_FAILED, ROOT_NOT_TRUSTED, NAME_MISMATCH, CERT_EXPIRED, "the server's certificate did not pass the check; the verify flags say why") \
    X(0x3000, X509_FATAL_ERROR, CHAIN_TOO_LONG, NO_MEMORY, STACK_INTERNAL, "the check of the certificate was broken off, by a callback or because the chain is too long") \
    X(0x2080, X509_FEATURE_UNAVAILABLE, CERT_UNSUPPORTED, INPUT_UNSUPPORTED, NONE, "a certificate needs something that this build does not have") \
    X(0x2900, X509_FILE_IO_ERROR, STORAGE_FAILED, NONE, NONE, "the file with the certificates could not be read") \
    X(0x2300, X509_INVALID_ALG, INPUT_MALFORMED, CERT_UNREADABLE, NONE, "the algorithm field of a certificate is damaged") \
    X(0x2400, X509_INVALID_DATE, INPUT_MALFORMED, CERT_UNREADABLE, NONE, "a date in a certificate is none, or not written as it must be") \
    X(0x2500, X509_INVALID_EXTENSIONS, INPUT_MALFORMED, CERT_UNREADABLE, CERT_UNSUPPORTED, "an extension of a certificate cannot be read, or is critical and not known") \
    X(0x2180, X509_INVALID_FORMAT, INPUT_WRONG_KIND, INPUT_MALFORMED, CERT_UNREADABLE, "what was given as a certificate is something else, or damaged at its beginning") \
    X(0x2380, X509_INVALID_NAME, INPUT_MALFORMED, CERT_UNREADABLE, NONE, "the subject or issuer of a certificate cannot be read") \
    X(0x2280, X509_INVALID_SERIAL, INPUT_MALFORMED, CERT_UNREADABLE, NONE, "the serial number of a certificate cannot be read") \
    X(0x2480, X509_INVALID_SIGNATURE, INPUT_MALFORMED, CERT_UNREADABLE, NONE, "the signature field of a certificate cannot be read") \
    X(0x2200, X509_INVALID_VERSION, INPUT_MALFORMED, CERT_UNREADABLE, NONE, "the version field of a certificate cannot be read") \
    X(0x2680, X509_SIG_MISMATCH, INPUT_MALFORMED, CERT_UNREADABLE, NONE, "a certificate names two different signature algorithms, inside and outside its signed part") \
    X(0x2100, X509_UNKNOWN_OID, CERT_UNSUPPORTED, INPUT_UNSUPPORTED, NONE, "a certificate names an algorithm or attribute that is not known here") \
    X(0x2600, X509_UNKNOWN_SIG_ALG, CERT_UNSUPPORTED, INPUT_UNSUPPORTED, NONE, "a certificate is signed with an algorithm that this build does not have") \
    X(0x2580, X509_UNKNOWN_VERSION, CERT_UNREADABLE, INPUT_MALFORMED, NONE, "a certificate has a version above 3, which does not exist")

/* What PSA, the crypto core, reports; it comes up where Mbed TLS does not translate it. */
#define MBED_PSA_CODES(X) \
    X(132, GENERIC_ERROR, OTHER, NONE, NONE, "the crypto core says that something failed, and no more") \
    X(133, NOT_PERMITTED, KEY_MISMATCH, OPTION_INVALID, NONE, "the key's policy does not allow what was to be done with it") \
    X(134, NOT_SUPPORTED, OPTION_NOT_BUILT, INPUT_UNSUPPORTED, NONE, "the crypto core of this build does not have that algorithm, key type or size") \
    X(135, INVALID_ARGUMENT, OPTION_INVALID, STACK_INTERNAL, NONE, "the crypto core was given parameters that do not fit together") \
    X(136, INVALID_HANDLE, KEY_MISSING, CALL_OUT_OF_ORDER, NONE, "there is no key with that identifier: it was never made, or destroyed") \
    X(137, BAD_STATE, CALL_OUT_OF_ORDER, STACK_INTERNAL, NONE, "the crypto core was called out of order, or before psa_crypto_init()") \
    X(138, BUFFER_TOO_SMALL, STACK_INTERNAL, NONE, NONE, "the buffer was too small for what the crypto core wrote") \
    X(139, ALREADY_EXISTS, OPTION_INVALID, NONE, NONE, "there is a key with that identifier already") \
    X(140, DOES_NOT_EXIST, KEY_MISSING, STORAGE_FAILED, NONE, "the key does not exist in the store") \
    X(141, INSUFFICIENT_MEMORY, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "there was no memory for a calculation or key, or no free key slot") \
    X(142, INSUFFICIENT_STORAGE, STORAGE_FAILED, NONE, NONE, "the store for keys is full") \
    X(143, INSUFFICIENT_DATA, STACK_INTERNAL, NONE, NONE, "more was to be read from a key derivation than it can give") \
    X(144, SERVICE_FAILURE, HARDWARE_FAILED, NONE, NONE, "the service that does the crypto, outside this program, failed") \
    X(145, COMMUNICATION_FAILURE, HARDWARE_FAILED, NONE, NONE, "the secure element or crypto service does not answer") \
    X(146, STORAGE_FAILURE, STORAGE_FAILED, NONE, NONE, "the store for keys could not be read or written") \
    X(147, HARDWARE_FAILURE, HARDWARE_FAILED, NONE, NONE, "the crypto hardware reported a fault") \
    X(148, INSUFFICIENT_ENTROPY, NO_RANDOM, NONE, NONE, "the crypto core got no entropy for random numbers") \
    X(149, INVALID_SIGNATURE, PEER_PROOF_FAILED, RECORD_DAMAGED, NONE, "a signature or tag is not the right one for that key and data") \
    X(150, INVALID_PADDING, RECORD_DAMAGED, KEY_MISMATCH, NONE, "what was decrypted does not end as it must") \
    X(151, CORRUPTION_DETECTED, STACK_INTERNAL, NONE, NONE, "the crypto core noticed that its state is damaged: memory was overwritten, or somebody tampers with the hardware") \
    X(152, DATA_CORRUPT, STORAGE_FAILED, NONE, NONE, "a stored key was changed behind the crypto core's back") \
    X(153, DATA_INVALID, STORAGE_FAILED, NONE, NONE, "a stored key cannot be read: other software, or an older version, wrote it")

/* X(bit, name without MBEDTLS_X509_, reason, reason, reason, sentence) */
#define MBED_FLAGS(X) \
    X(0x000001, BADCERT_EXPIRED, CERT_EXPIRED, CLOCK_NOT_SET, NONE, "a certificate of the chain is past its last day, by the clock of this device") \
    X(0x000002, BADCERT_REVOKED, CERT_REVOKED, NONE, NONE, "a certificate of the chain is on its authority's revocation list") \
    X(0x000004, BADCERT_CN_MISMATCH, NAME_MISMATCH, IP_NOT_IN_CERT, NAME_NOT_SERVED, "the certificate is for other names or addresses than the one that was connected to") \
    X(0x000008, BADCERT_NOT_TRUSTED, ROOT_NOT_TRUSTED, MISSING_INTERMEDIATE, SELF_SIGNED, "no trusted authority stands behind the chain: its root is not set here, or a link between is missing") \
    X(0x000010, BADCRL_NOT_TRUSTED, CRL_UNUSABLE, NONE, NONE, "the revocation list is not signed by the authority it is for") \
    X(0x000020, BADCRL_EXPIRED, CRL_UNUSABLE, CLOCK_NOT_SET, NONE, "the revocation list is out of date") \
    X(0x000040, BADCERT_MISSING, CERT_MISSING, CLIENT_CERT_MISSING, NONE, "the peer sent no certificate") \
    X(0x000080, BADCERT_SKIP_VERIFY, NO_TRUST_OPTION, NONE, NONE, "the certificate was not checked at all") \
    X(0x000100, BADCERT_OTHER, CERT_REFUSED, CLOCK_NOT_SET, CERT_UNSUPPORTED, "a check of the platform or of the program refused the certificate") \
    X(0x000200, BADCERT_FUTURE, CLOCK_NOT_SET, CERT_NOT_YET_VALID, NONE, "a certificate of the chain is not valid yet, by the clock of this device: most often the clock is not set") \
    X(0x000400, BADCRL_FUTURE, CLOCK_NOT_SET, CRL_UNUSABLE, NONE, "the revocation list is dated in the future, by the clock of this device") \
    X(0x000800, BADCERT_KEY_USAGE, WRONG_USAGE, NONE, NONE, "the certificate's keyUsage does not allow it for a TLS server (or client)") \
    X(0x001000, BADCERT_EXT_KEY_USAGE, WRONG_USAGE, NONE, NONE, "the certificate's extendedKeyUsage does not allow it for a TLS server (or client)") \
    X(0x002000, BADCERT_NS_CERT_TYPE, WRONG_USAGE, NONE, NONE, "the certificate's old Netscape type does not allow this use") \
    X(0x004000, BADCERT_BAD_MD, WEAK_SIGNATURE, NONE, NONE, "a certificate of the chain is signed with a hash that is too weak, such as SHA-1") \
    X(0x008000, BADCERT_BAD_PK, WEAK_SIGNATURE, CERT_UNSUPPORTED, NONE, "a certificate of the chain is signed with a kind of key that is not accepted") \
    X(0x010000, BADCERT_BAD_KEY, WEAK_KEY, CERT_UNSUPPORTED, NONE, "a key in the chain is too short, or on a curve that is not accepted") \
    X(0x020000, BADCRL_BAD_MD, CRL_UNUSABLE, NONE, NONE, "the revocation list is signed with a hash that is too weak") \
    X(0x040000, BADCRL_BAD_PK, CRL_UNUSABLE, NONE, NONE, "the revocation list is signed with a kind of key that is not accepted") \
    X(0x080000, BADCRL_BAD_KEY, CRL_UNUSABLE, NONE, NONE, "the revocation list is signed with a key that is too short, or on a curve that is not accepted")
/* clang-format on */

#endif

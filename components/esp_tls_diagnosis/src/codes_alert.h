/* The alerts of TLS: those of RFC 8446 section 6, and the older ones that IANA's registry "TLS
 * Alerts" keeps. The reasons are those of an alert that the peer sent.
 *
 * X(value, name, reason, reason, reason, sentence) */
#ifndef DIAGNOSIS_CODES_ALERT_H
#define DIAGNOSIS_CODES_ALERT_H

/* clang-format off */
#define CODES_ALERT(X) \
    X(0, close_notify, CLOSED_IN_ORDER, NONE, NONE, "the sender closes the connection in order and sends nothing more") \
    X(10, unexpected_message, PEER_REFUSED_OURS, PEER_SPEAKS_HTTP, NONE, "the sender got a message that does not belong at that place") \
    X(20, bad_record_mac, RECORD_DAMAGED, CLIENT_KEY_WRONG, NONE, "a record failed the sender's integrity check: damaged on the way, or other keys") \
    X(21, decryption_failed, RECORD_DAMAGED, NONE, NONE, "the sender could not decrypt a record (TLS 1.0 and older)") \
    X(22, record_overflow, PEER_REFUSED_OURS, RECORD_TOO_LARGE, NONE, "a record was longer than the sender takes") \
    X(30, decompression_failure, PEER_REFUSED_OURS, NONE, NONE, "the sender could not decompress a record (TLS 1.2 and older; nobody should compress)") \
    X(40, handshake_failure, NO_COMMON_SUITE, CLIENT_CERT_MISSING, NO_COMMON_GROUP, "the sender found no acceptable parameters: cipher suite, group, signature algorithm; servers say it too when a client certificate is missing") \
    X(41, no_certificate, CLIENT_CERT_MISSING, NONE, NONE, "SSL 3.0: the sender has no certificate to show") \
    X(42, bad_certificate, CLIENT_CERT_REFUSED, CLIENT_CERT_MISSING, CLIENT_KEY_WRONG, "the sender cannot use the certificate it got: damaged, wrongly signed, or missing") \
    X(43, unsupported_certificate, CLIENT_CERT_REFUSED, NONE, NONE, "the certificate is of a kind that the sender does not support, or not for this use") \
    X(44, certificate_revoked, CLIENT_CERT_REVOKED, NONE, NONE, "the certificate has been revoked by its authority") \
    X(45, certificate_expired, CLIENT_CERT_EXPIRED, NONE, NONE, "the certificate is out of its validity period, by the sender's clock") \
    X(46, certificate_unknown, CLIENT_CERT_REFUSED, CLIENT_CERT_UNTRUSTED, NONE, "the sender does not accept the certificate, and does not say why") \
    X(47, illegal_parameter, PEER_REFUSED_OURS, NO_COMMON_GROUP, NONE, "a value in the handshake is out of range, or contradicts another") \
    X(48, unknown_ca, CLIENT_CERT_UNTRUSTED, CLIENT_CERT_MISSING, NONE, "the sender does not know or trust the authority behind the certificate it got") \
    X(49, access_denied, CLIENT_NO_ACCESS, NONE, NONE, "the certificate is valid, but whoever has it may not come in") \
    X(50, decode_error, PEER_REFUSED_OURS, PEER_NOT_TLS, NONE, "the sender could not take a message apart") \
    X(51, decrypt_error, CLIENT_KEY_WRONG, PSK_UNKNOWN, PEER_REFUSED_OURS, "a signature, a Finished message or a key's proof did not verify at the sender") \
    X(52, too_many_cids_requested, DTLS_ONLY, NONE, NONE, "DTLS 1.3 only: more connection IDs were asked for than the sender gives") \
    X(60, export_restriction, NO_COMMON_SUITE, NONE, NONE, "a key was longer than export rules of the nineties allowed (TLS 1.0)") \
    X(70, protocol_version, OLD_TLS_ONLY, VERSION_EXCLUDED, NONE, "the sender does not speak any version of TLS that was offered") \
    X(71, insufficient_security, NO_COMMON_SUITE, WEAK_KEY, SUITES_RESTRICTED, "what was offered is not secure enough for the sender") \
    X(80, internal_error, PEER_INTERNAL_ERROR, NONE, NONE, "something failed inside the sender that has nothing to do with the handshake, such as memory") \
    X(86, inappropriate_fallback, VERSION_EXCLUDED, NONE, NONE, "the client tried again with a lower version than both of them have (RFC 7507)") \
    X(90, user_canceled, CANCELLED, CLOSED_IN_ORDER, NONE, "the sender broke the handshake off for reasons outside TLS") \
    X(100, no_renegotiation, UPDATE_REFUSED, NONE, NONE, "a warning: the sender does not renegotiate (TLS 1.2)") \
    X(109, missing_extension, PEER_REFUSED_OURS, NO_COMMON_GROUP, NONE, "an extension that must be there was not in the message (TLS 1.3)") \
    X(110, unsupported_extension, PEER_REFUSED_OURS, NONE, NONE, "an extension was in a message where it is not allowed") \
    X(111, certificate_unobtainable, CLIENT_CERT_REFUSED, NONE, NONE, "the sender could not fetch the certificate from the URL it was given (RFC 6066)") \
    X(112, unrecognized_name, NAME_NOT_SERVED, NONE, NONE, "no server of the name that was asked for (SNI) lives there") \
    X(113, bad_certificate_status_response, CERT_REFUSED, NONE, NONE, "the stapled OCSP answer is wrong or missing") \
    X(114, bad_certificate_hash_value, CLIENT_CERT_REFUSED, NONE, NONE, "the certificate behind a URL has another hash than was said (RFC 6066)") \
    X(115, unknown_psk_identity, PSK_UNKNOWN, NONE, NONE, "the sender does not know the identity of the pre-shared key") \
    X(116, certificate_required, CLIENT_CERT_MISSING, NONE, NONE, "the server demands a client certificate, and none came (TLS 1.3)") \
    X(117, general_error, PEER_INTERNAL_ERROR, NONE, NONE, "something failed for which there is no other alert") \
    X(120, no_application_protocol, NO_COMMON_ALPN, NONE, NONE, "the sender speaks none of the application protocols that were offered (ALPN)") \
    X(121, ech_required, PEER_REFUSED_OURS, NONE, NONE, "the sender insists on Encrypted ClientHello, and it was not used or did not work")
/* clang-format on */

#endif

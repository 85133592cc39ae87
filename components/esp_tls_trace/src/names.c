/* What is told in numbers, in words. */
#include "esp_tls_trace.h"

#include "records.h"

/* RFC 8446 section 4 and appendix B.3, RFC 5246 section 7.4, RFC 6066 section 8, RFC 8879. */
static const struct {
    uint8_t type;
    const char *name;
} messages[] = {
    {0, "HelloRequest"},        {1, "ClientHello"},
    {2, "ServerHello"},         {4, "NewSessionTicket"},
    {5, "EndOfEarlyData"},      {ESP_TLS_TRACE_HELLO_RETRY_REQUEST, "HelloRetryRequest"},
    {8, "EncryptedExtensions"}, {11, "Certificate"},
    {12, "ServerKeyExchange"},  {13, "CertificateRequest"},
    {14, "ServerHelloDone"},    {15, "CertificateVerify"},
    {16, "ClientKeyExchange"},  {20, "Finished"},
    {21, "CertificateURL"},     {22, "CertificateStatus"},
    {24, "KeyUpdate"},          {25, "CompressedCertificate"},
};

const char *esp_tls_trace_message_name(uint8_t type)
{
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        if (messages[i].type == type) {
            return messages[i].name;
        }
    }
    return "?";
}

const char *esp_tls_trace_record_name(uint8_t type)
{
    static const char *const names[] = {"change_cipher_spec", "alert", "handshake",
                                        "application_data"};

    return type >= RECORD_CHANGE_CIPHER_SPEC && type <= RECORD_APPLICATION
               ? names[type - RECORD_CHANGE_CIPHER_SPEC]
               : "?";
}

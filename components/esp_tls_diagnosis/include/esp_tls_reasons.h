/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * esp_tls_reasons.h: the reasons for failures, and what helps against them
 *
 * The one list: the enumerations of esp_tls_diagnosis.h, the texts of the library, of `esp-tls
 * explain` and of the manual are made from it.
 *
 * In a sentence {word} stands for what the evidence knows; without evidence the sentence speaks of
 * it in general. The words are listed in src/diagnosis/words.c.
 */
#ifndef ESP_TLS_REASONS_H
#define ESP_TLS_REASONS_H

/* clang-format off */

/** X(id, setting, sentence) */
#define ESP_TLS_REMEDIES(X) \
    /* trust */ \
    X(SET_CACERT, "cacert_buf", \
      "set cacert_buf (cert_pem of the HTTP client) to the certificate of the authority that the server's chain ends in; crt_bundle_attach brings the usual ones (esp_crt_bundle.h)") \
    X(SET_STORE, "use_global_ca_store", \
      "or fill the global store once with esp_tls_set_global_ca_store() and set use_global_ca_store") \
    X(FILL_STORE, "use_global_ca_store", \
      "fill the store with esp_tls_set_global_ca_store() before the first connect, and look at what it returns") \
    X(SKIP_VERIFY, "CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY", \
      "for tests only: CONFIG_ESP_TLS_INSECURE with CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY, and no trust option set, accepts any server") \
    X(ADD_ROOT, "cacert_buf", \
      "if the server is to be trusted, put the root that issued its chain{issuer_clause} into cacert_buf; several may stand in it, one after the other") \
    X(SEND_INTERMEDIATE, "", \
      "have the server send its whole chain: append the certificate of {issuer} to its certificate file") \
    X(ADD_INTERMEDIATE, "cacert_buf", \
      "or put that certificate into cacert_buf yourself{aia_clause}") \
    X(REORDER_CHAIN, "", \
      "have the server send its own certificate first, then each issuer after what it issued (RFC 8446 section 4.4.2)") \
    X(TRUST_SELF_SIGNED, "cacert_buf", \
      "if this server is yours, put exactly this certificate into cacert_buf") \
    X(COMPARE_CHAIN, "", \
      "`esp-tls chain HOST --compare chromium` shows the chain as it was sent, and what a browser makes of it") \
    X(REISSUE_CA, "", \
      "issue the authority's certificate again with basicConstraints CA:TRUE and keyUsage keyCertSign (RFC 5280 section 4.2.1.9)") \
    X(REISSUE_CA_USAGE, "", \
      "issue the authority's certificate again without extendedKeyUsage, or with serverAuth in it") \
    X(ISSUE_WITHIN, "", \
      "have it issued for names that every authority above it may give, or by an authority that may give these") \
    X(REISSUE_PATH, "", \
      "issue the authority's certificate again with a larger pathLenConstraint, or with none, or have the server's issued by an authority nearer to it (RFC 5280 section 4.2.1.9)") \
    X(RENEW_ROOT, "cacert_buf", \
      "the root in cacert_buf has the right name but another key: take the present one from the authority") \
    /* the server's certificate */ \
    X(RENEW_CERTIFICATE, "", \
      "the owner of the server has to install a certificate that is valid today") \
    X(SET_CLOCK, "", \
      "set the clock, with SNTP before the first connection; the time here is {now}") \
    X(CLOCK_UNSET, "CONFIG_ESP_TLS_CLOCK_UNSET_ACCEPT", \
      "with this library, CONFIG_ESP_TLS_CLOCK_UNSET_ACCEPT goes without the validity period until the clock is set") \
    X(USE_OFFERED_NAME, "common_name", \
      "connect by one of the certificate's names, or set common_name to it") \
    X(ADD_NAME, "", \
      "or have the certificate issued again with {name} among its subject alternative names") \
    X(SKIP_NAME, "skip_common_name", \
      "skip_common_name (skip_cert_common_name_check of the HTTP client) accepts any server that has a certificate of the same authority: only for an authority of your own") \
    X(ADD_IP_SAN, "", \
      "have the certificate issued with the IP address{address_clause} among its subject alternative names (type iPAddress: a DNS name does not count, RFC 9525)") \
    X(CONNECT_BY_NAME, "common_name", \
      "connect by the server's name, or keep the address and set common_name to a name that the certificate has") \
    X(STRONGER_CERTIFICATE, "", \
      "have it issued again with RSA of 2048 bits or more, or P-256, and SHA-256 or better") \
    X(SERVER_CERTIFICATE, "", \
      "have it issued again for a TLS server (extendedKeyUsage serverAuth, keyUsage digitalSignature)") \
    X(ENABLE_ALGORITHM, "CONFIG_MBEDTLS_ECP_DP_SECP384R1_ENABLED", \
      "enable the algorithm in the mbedTLS menu (curves CONFIG_MBEDTLS_ECP_DP_..., CONFIG_MBEDTLS_RSA_C, CONFIG_MBEDTLS_SHA512_C), or have the certificate issued with P-256 or RSA and SHA-256") \
    X(WITHOUT_EXTENSION, "", \
      "have the certificate issued without this extension, or with the extension not critical") \
    X(ENABLE_NAME_CONSTRAINTS, "CONFIG_ESP_TLS_NAME_CONSTRAINTS", \
      "nameConstraints are applied with CONFIG_ESP_TLS_NAME_CONSTRAINTS, over the Mbed TLS that this library brings") \
    X(DISTRUST, "", "do not trust this server until its owner has explained it") \
    X(SHORTEN_CHAIN, "", \
      "have the server send only its certificate and the intermediates, without the root and without certificates that nobody needs") \
    /* own identity */ \
    X(SET_CLIENT_CERT, "clientcert_buf", \
      "set clientcert_buf and clientkey_buf (client_cert_pem and client_key_pem of the HTTP client) to a certificate that the server's owner issued, and its key") \
    X(SET_CLIENT_KEY, "clientkey_buf", \
      "set clientkey_buf and clientkey_bytes, or client_key, to the private key of clientcert_buf") \
    X(MATCH_KEY, "clientkey_buf", \
      "take the key that the certificate was made for; `esp-tls cert CERTIFICATE KEY` says whether two belong together") \
    X(SET_PASSWORD, "clientkey_password", \
      "an encrypted key needs clientkey_password and clientkey_password_len") \
    X(CLIENT_CHAIN, "clientcert_buf", \
      "put the intermediate certificates behind the own one in clientcert_buf, so that the server can lead it to its root") \
    X(RENEW_CLIENT_CERT, "clientcert_buf", "get a new client certificate from the server's owner") \
    X(ASK_SERVER_OWNER, "", "ask the server's owner; the server's log says more than the alert") \
    /* input that cannot be read */ \
    X(COUNT_NUL, "cacert_bytes", \
      "for PEM the length counts the final NUL: sizeof of the array, or strlen() + 1") \
    X(KEEP_LINES, "", \
      "keep the line ends as \\n: in a C string each line of the PEM ends in \\n, in NVS or over a shell nothing may strip or double them") \
    X(WHOLE_FILE, "", \
      "store it again, whole, from -----BEGIN to -----END, and compare the length{input_read}") \
    X(DER_LENGTH, "", \
      "DER has no line ends and no NUL: give its exact length, and no text around it") \
    X(RIGHT_FILE, "", \
      "give {input} the file that it is for: certificates to cacert_buf and clientcert_buf, the private key to clientkey_buf") \
    X(SHORTER_KEY, "CONFIG_ESP_TLS_MPI_MAX_SIZE", \
      "take a key of 2048 to 4096 bits, or of P-256; with this library CONFIG_ESP_TLS_MPI_MAX_SIZE is the longest that is read, in bytes") \
    X(KEY_ANEW, "", \
      "write the key anew with `openssl pkey -in OLD -out NEW`: PKCS #8 stands below BEGIN PRIVATE KEY, PKCS #1 below BEGIN RSA PRIVATE KEY, SEC 1 below BEGIN EC PRIVATE KEY") \
    X(ENCRYPT_ANEW, "", \
      "encrypt it anew with AES-256: `openssl pkcs8 -topk8 -v2 aes256 -in OLD -out NEW`") \
    X(CHECK_CERT, "", "`esp-tls cert FILE` says what is in it, and where reading stops") \
    /* options */ \
    X(CHECK_OPTION, "", "set {option} to a value that esp_tls.h allows") \
    X(CALL_ORDER, "", "call in the order of esp_tls.h: one connect per handle, then read and write") \
    X(ENABLE_OPTION, "", "leave {option} unset, or take a build that has it") \
    X(GIVE_RANDOM, "", "the platform must have a source of random numbers before the first connection") \
    /* memory */ \
    X(DYNAMIC_BUFFER, "CONFIG_MBEDTLS_DYNAMIC_BUFFER", \
      "CONFIG_MBEDTLS_DYNAMIC_BUFFER (Using dynamic TX/RX buffer) holds record buffers only while a record is in flight") \
    X(FREE_CERT, "CONFIG_MBEDTLS_DYNAMIC_FREE_CONFIG_DATA", \
      "CONFIG_MBEDTLS_DYNAMIC_FREE_CONFIG_DATA and without CONFIG_MBEDTLS_SSL_KEEP_PEER_CERTIFICATE: certificates and keys go as soon as they are used") \
    X(SMALLER_IN, "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN", \
      "a smaller CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN, if the server keeps to it (max_fragment_length): `esp-tls check HOST` says so") \
    X(USE_PSRAM, "CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC", \
      "where the module has PSRAM: CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC, or with this library the region by purpose in esp_tls_memory.h") \
    X(RAISE_LIMIT, "esp_tls_set_memory_limit", \
      "raise the limit or enlarge the arena that was set for this connection with this library (esp_tls_memory.h)") \
    X(FREE_HEAP, "", \
      "free memory before the connection, or make it earlier; `esp-tls memory HOST` says what this server needs, and which setting saves how much") \
    X(AVOID_FRAGMENTS, "", \
      "{mem_free} bytes are free but not in one piece: allocate long-lived things first, or with this library give the connection an arena of its own (esp_tls_memory.h)") \
    X(FEWER_CONNECTIONS, "", "keep fewer connections open at a time") \
    /* record sizes */ \
    X(RAISE_IN, "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN", \
      "raise CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN to {record_needed} or more (16384 takes every record); with CONFIG_MBEDTLS_DYNAMIC_BUFFER it costs memory only while such a record is there") \
    X(SERVER_RECORDS, "", \
      "or have the server send smaller records (nginx: ssl_buffer_size), or a server that honours max_fragment_length (RFC 6066)") \
    /* names and addresses */ \
    X(CHECK_SPELLING, "", "check the spelling of {host}") \
    X(HOST_ALONE, "", \
      "give the name or address alone: the port has an argument or field of its own, and a URL goes to esp_tls_conn_http_new_sync(), or into url of the HTTP client") \
    X(CHECK_DNS, "", "check that the network is up and which name server it uses") \
    X(OTHER_FAMILY, "addr_family", "leave addr_family at ESP_TLS_AF_UNSPEC, so that IPv4 and IPv6 are both tried") \
    X(CHECK_PORT, "", "check that the server runs and listens on this port") \
    X(CHECK_ADDRESS, "", "check the address, the routes, and firewalls on the way, which may drop packets without a word") \
    X(CHECK_INTERFACE, "if_name", "check if_name: the interface must exist, be up, and lead there") \
    X(MORE_THREADS, "", \
      "end threads that are not needed, or raise the limit: `ulimit -u` of the user, TasksMax= of a systemd service, pids.max of a container") \
    X(MORE_SOCKETS, "CONFIG_LWIP_MAX_SOCKETS", \
      "close sockets that are no longer needed, or raise their number (CONFIG_LWIP_MAX_SOCKETS, on Linux ulimit -n)") \
    X(ALLOW_FIREWALL, "", "this machine forbids it: look at its own firewall and permissions") \
    X(CHECK_NETWORK, "", "check the network between the two; something on the way may cut connections") \
    /* time */ \
    X(MORE_TIME, "timeout_ms", "if it only needs longer, raise timeout_ms{timeout_clause}; it is one deadline for the whole operation") \
    X(CHECK_SERVER_LOAD, "", "look at the server: it took the connection and did not answer") \
    X(CHECK_SERVICE, "", "check that this port speaks TLS: HTTPS is usually 443, MQTT over TLS 8883, SMTP over TLS 465") \
    /* another protocol */ \
    X(USE_HTTPS_PORT, "", "use the port that speaks TLS (usually 443), or http:// if the answer need not be secret") \
    X(USE_STARTTLS, "", "this service begins in the clear: use its TLS port, or STARTTLS first and then TLS on the same socket") \
    X(CHECK_MIDDLEBOX, "", "or something on the way answers in the server's place: a captive portal, a proxy, a firewall") \
    /* versions and suites */ \
    X(UPGRADE_SERVER, "", \
      "the server needs TLS 1.2 or 1.3: TLS 1.0 and 1.1 are not in this library, because they are not secure (RFC 8996)") \
    X(ANY_VERSION, "tls_version", "leave tls_version at ESP_TLS_VER_ANY") \
    X(NEWER_MBEDTLS, "ESP_TLS_SYSTEM_MBEDTLS", \
      "build with Mbed TLS 3.6.7 or later, or leave ESP_TLS_SYSTEM_MBEDTLS off: in the Mbed TLS that this library builds itself the fault is mended") \
    X(ONLY_TLS_1_2, "tls_version", \
      "or set tls_version to ESP_TLS_VER_TLS_1_2: then RSA-PSS is not offered, and the server signs in another way") \
    X(ENABLE_VERSION, "CONFIG_MBEDTLS_SSL_PROTO_TLS1_3", \
      "enable the version that the server demands: CONFIG_MBEDTLS_SSL_PROTO_TLS1_3 or CONFIG_MBEDTLS_SSL_PROTO_TLS1_2") \
    X(ANY_SUITE, "ciphersuites_list", "leave ciphersuites_list unset, or add one that the server has") \
    X(ENABLE_SUITES, "CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_RSA", \
      "`esp-tls check HOST` lists the suites and groups that it takes: enable one of them in the mbedTLS menu, or on the server one of ECDHE with AES-GCM and P-256") \
    X(ENABLE_GROUP, "CONFIG_MBEDTLS_ECP_DP_SECP256R1_ENABLED", \
      "enable the curve that the server demands (CONFIG_MBEDTLS_ECP_DP_...), or P-256 or X25519 on the server") \
    X(SEND_SNI, "common_name", "connect by the name that the server goes by; with an address no name is sent (SNI)") \
    X(CHECK_ALPN, "alpn_protos", "set alpn_protos to what the server speaks on this port, or leave it unset") \
    /* the end of a connection */ \
    X(READ_LOG, "", "the server's log says why it closed the connection") \
    X(RECONNECT, "", "connect again; what was not confirmed may have been lost") \
    X(CLOSE_PROPERLY, "", "if all data was there, the server only failed to say close_notify: count the bytes (Content-Length) before you rely on it") \
    X(KEEP_ALIVE, "keep_alive_cfg", "keep_alive_cfg notices a peer that is gone, and keeps addresses translated on the way") \
    X(CAPTURE, "CONFIG_ESP_TLS_TRACE", "a capture shows who ended it: `esp-tls get --capture FILE URL`, or with this library esp_tls_trace.h on the device") \
    /* proxies */ \
    X(PROXY_PASSWORD, "", "give user name and password for the proxy") \
    X(PROXY_ADDRESS, "", "check the proxy's address, port and kind (SOCKS4, SOCKS5 or HTTP)") \
    X(PROXY_RULES, "", "the proxy's rules must allow this host and port") \
    /* the rest */ \
    X(CALL_AGAIN, "", "wait until the socket is ready (select(); with this library esp_tls_get_wait() says for what), and make the same call again") \
    X(RETRY_CALL, "", "the connection lives: free some memory and make the same call again") \
    X(REPORT_BUG, "", "report it with the codes and a capture") \
    X(DISABLE_UPDATES, "", "have the server do without key updates and renegotiation, or connect again for each long transfer") \
    X(CHECK_STORAGE, "", "check that the file, partition or key is there, may be read, and that its storage has room") \
    X(CHECK_HARDWARE, "", "check the secure element or crypto peripheral: its wiring, that it was provisioned, that only one task uses it at a time") \
    X(FULL_HANDSHAKE, "client_session", "connect without the saved session (client_session); a full handshake gives a new one") \
    X(RENEW_CRL, "", "get the authority's present revocation list, or leave it unset") \
    X(CHECK_IMAGE, "", "compare size and hash of what the server sends with what was built; build it for this chip, with the settings of secure boot and anti-rollback that this device has") \
    X(CHECK_PARTITIONS, "", "check the partition table: two application partitions and otadata, each large enough, and write to the one that does not run (esp_ota_get_next_update_partition())") \
    X(CONFIRM_IMAGE, "", "call esp_ota_mark_app_valid_cancel_rollback() once the new program has proved itself") \
    X(KEEP_COPY, "", "go on with the copy that is there") \
    X(CHECK_RANGE, "", "ask for a range inside the present length, or for all of it: the file may have changed") \
    X(CHECK_WEBSOCKET, "", "check host, path and headers of the WebSocket: another path of that server may be meant, and some servers want Origin, a subprotocol or a login") \
    X(LOOK_INSIDE, "", "look for the code in the list of that component; a number just above belongs to it")

/** X(id, class, sentence, remedy, remedy, remedy) */
#define ESP_TLS_REASONS(X) \
    /* the program's settings */ \
    X(NO_TRUST_OPTION, CONFIG, \
      "no trust option is set, so nothing could be verified", SET_CACERT, SET_STORE, SKIP_VERIFY) \
    X(STORE_EMPTY, CONFIG, \
      "use_global_ca_store is set, and there is no certificate in the store", FILL_STORE, SET_CACERT, NONE) \
    X(OPTION_NOT_BUILT, CONFIG, "{option} is not in this build", ENABLE_OPTION, NONE, NONE) \
    X(OPTION_INVALID, CONFIG, "{option} has no valid value", CHECK_OPTION, NONE, NONE) \
    X(CALL_OUT_OF_ORDER, CONFIG, "the call does not fit the state of the handle{state_clause}", CALL_ORDER, NONE, NONE) \
    X(OPTIONS_EXCLUDE, CONFIG, "{option} excludes another option that is set", CHECK_OPTION, NONE, NONE) \
    X(NO_RANDOM, CONFIG, "this system gives no random numbers", GIVE_RANDOM, NONE, NONE) \
    X(NAME_UNUSABLE, CONFIG, "this name cannot stand in a certificate", USE_OFFERED_NAME, NONE, NONE) \
    X(IDENTITY_TOO_LARGE, CONFIG, "the own certificate chain is longer than a record may be", CLIENT_CHAIN, RAISE_IN, NONE) \
    /* certificates and keys that cannot be read */ \
    X(INPUT_EMPTY, CONFIG, "{input} is empty", RIGHT_FILE, NONE, NONE) \
    X(INPUT_NOT_A_CERTIFICATE, CONFIG, "{input} is neither PEM nor DER", RIGHT_FILE, CHECK_CERT, NONE) \
    X(INPUT_NO_NUL, CONFIG, "{input} is PEM, and its length does not count a final NUL", COUNT_NUL, NONE, NONE) \
    X(INPUT_LINE_BREAKS, CONFIG, "the line ends of {input} are damaged{input_place}", KEEP_LINES, CHECK_CERT, NONE) \
    X(INPUT_BAD_BASE64, CONFIG, "{input} has a character{input_place} that is not of base64", WHOLE_FILE, KEEP_LINES, CHECK_CERT) \
    X(INPUT_TRUNCATED, CONFIG, "{input} ends too early{input_end}", WHOLE_FILE, CHECK_CERT, NONE) \
    X(INPUT_DER_AS_PEM, CONFIG, "{input} is DER where PEM is expected, or the other way round", DER_LENGTH, COUNT_NUL, CHECK_CERT) \
    X(INPUT_WRONG_KIND, CONFIG, "{input} holds something else than it is for", RIGHT_FILE, CHECK_CERT, NONE) \
    X(INPUT_EXTENSION, CONFIG, "{input} has a critical extension that this build does not know{oid_clause}", WITHOUT_EXTENSION, ENABLE_NAME_CONSTRAINTS, CHECK_CERT) \
    X(INPUT_UNSUPPORTED, CONFIG, "{input} uses an algorithm that this build does not have", ENABLE_ALGORITHM, CHECK_CERT, NONE) \
    X(INPUT_TRAILING, CONFIG, "{input} has bytes behind its end{input_place}", DER_LENGTH, CHECK_CERT, NONE) \
    X(INPUT_MALFORMED, CONFIG, "{input} is damaged{input_place}{field_clause}", WHOLE_FILE, CHECK_CERT, NONE) \
    X(INPUT_KEY_SIZE, CONFIG, "{input} has an RSA key that is longer than this build can read", SHORTER_KEY, CHECK_CERT, NONE) \
    X(INPUT_ARMOR, CONFIG, "the BEGIN line of {input} names another kind of key than what stands below it", KEY_ANEW, CHECK_CERT, NONE) \
    X(KEY_ENCRYPTION, CONFIG, "{input} is encrypted in a way that this build cannot undo{oid_clause}", ENCRYPT_ANEW, CHECK_CERT, NONE) \
    X(KEY_PASSWORD, CONFIG, "the private key is encrypted, and its password is missing or wrong", SET_PASSWORD, NONE, NONE) \
    X(KEY_MISMATCH, IDENTITY, "the private key does not belong to the own certificate", MATCH_KEY, NONE, NONE) \
    X(KEY_MISSING, IDENTITY, "an own certificate is set without its private key (0x7600 MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED)", SET_CLIENT_KEY, NONE, NONE) \
    X(OWN_CERT_MISSING, IDENTITY, "a private key is set without its certificate", SET_CLIENT_CERT, NONE, NONE) \
    /* memory */ \
    X(NO_MEMORY, MEMORY, "the heap is used up: {mem_size} were wanted for {mem_purpose}", DYNAMIC_BUFFER, USE_PSRAM, FREE_HEAP) \
    X(MEMORY_FRAGMENTED, MEMORY, "the heap is in pieces: {mem_size} were wanted for {mem_purpose}, and the largest free block has {mem_largest}", AVOID_FRAGMENTS, DYNAMIC_BUFFER, USE_PSRAM) \
    X(MEMORY_LIMIT, MEMORY, "the connection's own limit or arena is used up: {mem_size} were wanted for {mem_purpose}", RAISE_LIMIT, FREE_CERT, SMALLER_IN) \
    X(NO_MEMORY_FOR_CALL, MEMORY, "one call had no memory; the connection is unharmed", RETRY_CALL, FREE_HEAP, FEWER_CONNECTIONS) \
    /* names */ \
    X(HOST_NOT_A_NAME, CONFIG, "{host} is no name of a server{host_clause}", HOST_ALONE, NONE, NONE) \
    X(DNS_NO_NAME, DNS, "{host} does not exist", CHECK_SPELLING, CHECK_DNS, NONE) \
    X(DNS_NO_ADDRESS, DNS, "{host} has no address of the family that was asked for", OTHER_FAMILY, CHECK_SPELLING, NONE) \
    X(DNS_NO_SERVER, DNS, "no name server answered", CHECK_DNS, NONE, NONE) \
    X(DNS_FAILED, DNS, "the name server could not answer for {host}", CHECK_DNS, CHECK_SPELLING, NONE) \
    X(DNS_TIMEOUT, DNS, "the name server did not answer in time", CHECK_DNS, MORE_TIME, NONE) \
    /* TCP */ \
    X(TCP_REFUSED, NETWORK, "nothing listens at {endpoint}", CHECK_PORT, CHECK_ADDRESS, NONE) \
    X(TCP_UNREACHABLE, NETWORK, "there is no way to {endpoint}", CHECK_ADDRESS, CHECK_INTERFACE, OTHER_FAMILY) \
    X(TCP_NO_ANSWER, NETWORK, "{endpoint} does not answer", CHECK_ADDRESS, CHECK_PORT, NONE) \
    X(TCP_RESET, NETWORK, "the peer, or something on the way, reset the connection", CHECK_SERVICE, READ_LOG, CAPTURE) \
    X(TCP_NO_SOCKETS, NETWORK, "there is no socket left", MORE_SOCKETS, FEWER_CONNECTIONS, NONE) \
    X(NO_THREADS, NETWORK, "there are as many threads as this program or its user may have, and looking a name up needs one", MORE_THREADS, NONE, NONE) \
    X(TCP_FORBIDDEN, NETWORK, "this machine forbids the connection", ALLOW_FIREWALL, CHECK_INTERFACE, NONE) \
    X(TCP_INTERFACE, NETWORK, "the interface of if_name cannot be used", CHECK_INTERFACE, NONE, NONE) \
    X(TCP_FAILED, NETWORK, "the operating system refused: {errno}", CHECK_NETWORK, NONE, NONE) \
    /* time */ \
    X(CONNECT_TIMEOUT, TIMEOUT, "{endpoint} did not answer", CHECK_ADDRESS, CHECK_PORT, MORE_TIME) \
    X(HANDSHAKE_SILENT, TIMEOUT, "{peer} took the connection and never answered the ClientHello: perhaps it speaks no TLS, or waits for the client to speak another protocol", CHECK_SERVICE, CHECK_SERVER_LOAD, MORE_TIME) \
    X(HANDSHAKE_SLOW, TIMEOUT, "the handshake was still going on: {bytes_in} had come", MORE_TIME, CHECK_SERVER_LOAD, CHECK_NETWORK) \
    X(READ_TIMEOUT, TIMEOUT, "{peer} sent nothing in time; the connection is still open", MORE_TIME, KEEP_ALIVE, CHECK_SERVER_LOAD) \
    X(WRITE_TIMEOUT, TIMEOUT, "{peer} took nothing in time; the connection is still open", MORE_TIME, CHECK_NETWORK, NONE) \
    /* not TLS, or broken TLS */ \
    X(PEER_SPEAKS_HTTP, PROTOCOL, "{peer} speaks plain HTTP on this port", USE_HTTPS_PORT, CHECK_MIDDLEBOX, NONE) \
    X(PEER_SPEAKS_SSH, PROTOCOL, "{peer} speaks SSH on this port", CHECK_SERVICE, NONE, NONE) \
    X(PEER_SPEAKS_MAIL, PROTOCOL, "{peer} greets as a mail or FTP server, in the clear", USE_STARTTLS, CHECK_SERVICE, NONE) \
    X(PEER_NOT_TLS, PROTOCOL, "what {peer} sent is not TLS (it begins with {peer_bytes})", CHECK_SERVICE, CHECK_MIDDLEBOX, CAPTURE) \
    X(RECORD_TOO_LARGE, PROTOCOL, "the server sent a record of {record_len}, and the input buffer takes {record_limit}", RAISE_IN, SERVER_RECORDS, NONE) \
    X(MESSAGE_TOO_LARGE, PROTOCOL, "a handshake message of {record_len} is longer than the {record_limit} that there is room for; most likely the chain has certificates that nobody needs", SHORTEN_CHAIN, NONE, NONE) \
    X(RECORD_DAMAGED, PROTOCOL, "a record arrived damaged: its integrity check failed", CHECK_NETWORK, CAPTURE, REPORT_BUG) \
    X(PEER_FAULT, PROTOCOL, "the peer sent something that TLS does not allow there", CAPTURE, ASK_SERVER_OWNER, REPORT_BUG) \
    X(PEER_FLOODS, PROTOCOL, "{peer} sent record after record that means nothing (warnings, empty records, ChangeCipherSpec, tickets), as an attacker would", DISTRUST, CAPTURE, CHECK_MIDDLEBOX) \
    X(PEER_REFUSED_OURS, PROTOCOL, "the peer did not accept a message of ours", ASK_SERVER_OWNER, CAPTURE, REPORT_BUG) \
    X(PEER_INTERNAL_ERROR, PROTOCOL, "the server itself failed", READ_LOG, ASK_SERVER_OWNER, NONE) \
    X(UPDATE_REFUSED, PROTOCOL, "the server sent {option}, which this library does not do", DISABLE_UPDATES, RECONNECT, NONE) \
    /* nothing in common */ \
    X(OLD_TLS_ONLY, NEGOTIATION, "the server has nothing newer than TLS 1.1", UPGRADE_SERVER, NONE, NONE) \
    X(VERSION_EXCLUDED, NEGOTIATION, "the server does not speak the one version of TLS that was allowed here", ANY_VERSION, ENABLE_VERSION, UPGRADE_SERVER) \
    X(NO_COMMON_SUITE, NEGOTIATION, "the two have no cipher suite, group or signature algorithm in common", ENABLE_SUITES, ENABLE_GROUP, NONE) \
    X(SUITES_RESTRICTED, NEGOTIATION, "the server takes none of the cipher suites in ciphersuites_list", ANY_SUITE, ENABLE_SUITES, NONE) \
    X(NO_COMMON_GROUP, NEGOTIATION, "the two have no group (curve) in common{group_clause}", ENABLE_GROUP, NONE, NONE) \
    X(NO_COMMON_SIGNATURE, NEGOTIATION, "the server's certificate is signed, or signs, in a way that was not offered{scheme_clause}", ENABLE_ALGORITHM, ENABLE_SUITES, NONE) \
    X(LIBRARY_REFUSES_PSS, NEGOTIATION, "the server signed with RSA-PSS in TLS 1.2, as it was offered, and Mbed TLS 3.6.6 refuses it: a fault of that version", NEWER_MBEDTLS, ONLY_TLS_1_2, NONE) \
    X(NAME_NOT_SERVED, NEGOTIATION, "the server does not serve {name}", SEND_SNI, NONE, NONE) \
    X(NO_COMMON_ALPN, NEGOTIATION, "the server speaks none of the protocols that were offered (ALPN)", CHECK_ALPN, NONE, NONE) \
    /* the server's certificate */ \
    X(CERT_EXPIRED, CERTIFICATE, "{certificate} expired on {not_after}", RENEW_CERTIFICATE, SET_CLOCK, NONE) \
    X(CERT_NOT_YET_VALID, CERTIFICATE, "{certificate} is not yet valid (not before {not_before})", SET_CLOCK, RENEW_CERTIFICATE, NONE) \
    X(CLOCK_NOT_SET, CERTIFICATE, "the clock is not set, so no validity period can hold", SET_CLOCK, CLOCK_UNSET, NONE) \
    X(NAME_MISMATCH, CERTIFICATE, "the certificate is for other names than {name}{names_clause}", USE_OFFERED_NAME, ADD_NAME, SKIP_NAME) \
    X(IP_NOT_IN_CERT, CERTIFICATE, "the connection goes to an IP address{address_clause}, which is not in the certificate{names_clause}", ADD_IP_SAN, CONNECT_BY_NAME, SKIP_NAME) \
    X(ROOT_NOT_TRUSTED, CERTIFICATE, "the chain ends at {issuer}, which is not among the trusted authorities", ADD_ROOT, COMPARE_CHAIN, NONE) \
    X(MISSING_INTERMEDIATE, CERTIFICATE, "the server does not send the certificate of {issuer}, which issued {certificate}", SEND_INTERMEDIATE, ADD_INTERMEDIATE, COMPARE_CHAIN) \
    X(CHAIN_OUT_OF_ORDER, CERTIFICATE, "the server sends its chain in the wrong order", REORDER_CHAIN, COMPARE_CHAIN, NONE) \
    X(SELF_SIGNED, CERTIFICATE, "{certificate} of the server is self-signed, and is not itself among the trusted ones", TRUST_SELF_SIGNED, ADD_ROOT, NONE) \
    X(ANCHOR_KEY_DIFFERS, CERTIFICATE, "an authority named {issuer} is trusted, but its key did not sign {certificate}", RENEW_ROOT, DISTRUST, NONE) \
    X(ANCHOR_IS_LEAF, CERTIFICATE, "what is trusted here is the server's own certificate, not that of an authority", SET_CACERT, COMPARE_CHAIN, NONE) \
    X(SELF_SIGNED_RENEWED, CERTIFICATE, "the server's self-signed certificate was made anew: one of the same name is trusted, {certificate} is another", TRUST_SELF_SIGNED, DISTRUST, NONE) \
    X(BAD_SIGNATURE, CERTIFICATE, "the signature on {certificate} is not by the key of {issuer}: it was changed or forged, or issued by another authority of that name", DISTRUST, COMPARE_CHAIN, ASK_SERVER_OWNER) \
    X(WEAK_KEY, CERTIFICATE, "the key of {weak} is too weak{bits_clause}", STRONGER_CERTIFICATE, NONE, NONE) \
    X(WEAK_SIGNATURE, CERTIFICATE, "{certificate} is signed in a way that is too weak (SHA-1 or MD5)", STRONGER_CERTIFICATE, NONE, NONE) \
    X(NOT_A_CA, CERTIFICATE, "{issuer} issued a certificate, but is marked as no authority (basicConstraints)", REISSUE_CA, NONE, NONE) \
    X(NO_CERT_SIGN, CERTIFICATE, "{issuer} issued {certificate}, and its own keyUsage does not allow that (no keyCertSign)", REISSUE_CA, NONE, NONE) \
    X(PATH_LENGTH, CERTIFICATE, "{issuer} has more authorities below it than its pathLenConstraint allows", REISSUE_PATH, COMPARE_CHAIN, NONE) \
    X(NAME_CONSTRAINTS, CERTIFICATE, "{certificate} has a name that an authority above it may not give (nameConstraints)", ISSUE_WITHIN, COMPARE_CHAIN, NONE) \
    X(ISSUER_USAGE, CERTIFICATE, "{certificate} may not issue certificates for TLS servers (extendedKeyUsage)", REISSUE_CA_USAGE, COMPARE_CHAIN, NONE) \
    X(WRONG_USAGE, CERTIFICATE, "{certificate} is not for a TLS server (key usage)", SERVER_CERTIFICATE, NONE, NONE) \
    X(CERT_REVOKED, CERTIFICATE, "{certificate} has been revoked", DISTRUST, RENEW_CERTIFICATE, NONE) \
    X(CERT_UNREADABLE, CERTIFICATE, "{sent_certificate} cannot be read{field_clause}", COMPARE_CHAIN, ASK_SERVER_OWNER, NONE) \
    X(CERT_UNSUPPORTED, CERTIFICATE, "{sent_certificate} uses an algorithm that this build does not have", ENABLE_ALGORITHM, ASK_SERVER_OWNER, NONE) \
    X(CERT_KEY_SIZE, CERTIFICATE, "{sent_certificate} has an RSA key that is longer than this build can read", SHORTER_KEY, ASK_SERVER_OWNER, NONE) \
    X(CERT_EXTENSION, CERTIFICATE, "{sent_certificate} has a critical extension that this build does not know{oid_clause}", WITHOUT_EXTENSION, ENABLE_NAME_CONSTRAINTS, ASK_SERVER_OWNER) \
    X(CHAIN_TOO_LONG, CERTIFICATE, "the server's chain has too many certificates{chain_clause}", SHORTEN_CHAIN, ASK_SERVER_OWNER, NONE) \
    X(CERT_MISSING, CERTIFICATE, "the server sent no certificate", ASK_SERVER_OWNER, NONE, NONE) \
    X(PEER_PROOF_FAILED, CERTIFICATE, "the server could not prove that it has the key of its certificate", DISTRUST, ASK_SERVER_OWNER, CAPTURE) \
    X(CRL_UNUSABLE, CERTIFICATE, "the revocation list is out of date, dated in the future, or not signed by an authority that is trusted", RENEW_CRL, SET_CLOCK, NONE) \
    X(CERT_REFUSED, CERTIFICATE, "the server's certificate did not pass the check", COMPARE_CHAIN, NONE, NONE) \
    /* the own certificate */ \
    X(CLIENT_CERT_MISSING, IDENTITY, "the server demands a client certificate, and none is set", SET_CLIENT_CERT, NONE, NONE) \
    X(CLIENT_CERT_UNTRUSTED, IDENTITY, "the server does not trust the authority of the client certificate", CLIENT_CHAIN, SET_CLIENT_CERT, ASK_SERVER_OWNER) \
    X(CLIENT_CERT_REFUSED, IDENTITY, "the server does not accept the client certificate", SET_CLIENT_CERT, CLIENT_CHAIN, ASK_SERVER_OWNER) \
    X(CLIENT_CERT_EXPIRED, IDENTITY, "the client certificate has expired", RENEW_CLIENT_CERT, NONE, NONE) \
    X(CLIENT_CERT_REVOKED, IDENTITY, "the client certificate has been revoked", RENEW_CLIENT_CERT, NONE, NONE) \
    X(CLIENT_NO_ACCESS, IDENTITY, "the client certificate is valid, but has no access", ASK_SERVER_OWNER, NONE, NONE) \
    X(CLIENT_KEY_WRONG, IDENTITY, "the signature with the own key did not verify: the key is not the certificate's", MATCH_KEY, NONE, NONE) \
    X(SIGNING_FAILED, IDENTITY, "signing with the own key failed", MATCH_KEY, ENABLE_ALGORITHM, NONE) \
    X(HARDWARE_FAILED, IDENTITY, "the hardware that holds the key or does the calculation failed", CHECK_HARDWARE, NONE, NONE) \
    X(PSK_UNKNOWN, IDENTITY, "the server does not know the pre-shared key", ASK_SERVER_OWNER, NONE, NONE) \
    /* ends */ \
    X(CLOSED_IN_ORDER, CLOSED, "the peer closed the connection in order (close_notify)", RECONNECT, NONE, NONE) \
    X(CLOSED_IN_HANDSHAKE, CLOSED, "{peer} closed the connection in the handshake without a word", CHECK_SERVICE, READ_LOG, CAPTURE) \
    X(CLOSED_IN_RECORD, CLOSED, "the peer closed in the middle of a record: {record_got} of {record_all} had come", READ_LOG, CHECK_NETWORK, CAPTURE) \
    X(CLOSED_WITHOUT_NOTIFY, CLOSED, "the peer closed TCP without closing TLS (no close_notify), so the end may be missing", CLOSE_PROPERLY, RECONNECT, READ_LOG) \
    X(CONNECTION_LOST, CLOSED, "the connection broke: {errno}", RECONNECT, CHECK_NETWORK, KEEP_ALIVE) \
    /* proxies */ \
    X(PROXY_NO_PROXY, PROXY, "what answers there is no proxy of that kind", PROXY_ADDRESS, NONE, NONE) \
    X(PROXY_AUTH, PROXY, "the proxy wants user name and password, or did not accept them", PROXY_PASSWORD, NONE, NONE) \
    X(PROXY_DENIED, PROXY, "the proxy does not allow this connection", PROXY_RULES, NONE, NONE) \
    X(PROXY_TARGET, PROXY, "the proxy could not reach the server", CHECK_SPELLING, CHECK_PORT, PROXY_RULES) \
    X(PROXY_TIMEOUT, PROXY, "the proxy did not open the way to the server in time: it, or the server behind it, is slow or does not answer", PROXY_ADDRESS, CHECK_SERVER_LOAD, MORE_TIME) \
    X(PROXY_FAILED, PROXY, "the proxy failed", PROXY_ADDRESS, ASK_SERVER_OWNER, NONE) \
    /* HTTP */ \
    X(HTTP_MALFORMED, HTTP, "the answer is not HTTP, or is broken", CHECK_PORT, ASK_SERVER_OWNER, NONE) \
    X(HTTP_INCOMPLETE, HTTP, "the answer ended before its length", RECONNECT, READ_LOG, CHECK_NETWORK) \
    X(HTTP_NO_ANSWER, HTTP, "{peer} closed the connection without an answer to the request", READ_LOG, RECONNECT, CHECK_PORT) \
    X(HTTP_LIMIT, HTTP, "the answer's head or the request is longer than its limit", CHECK_OPTION, NONE, NONE) \
    X(HTTP_REDIRECT, HTTP, "the redirect was not followed", CHECK_OPTION, ASK_SERVER_OWNER, NONE) \
    X(HTTP_LOCATION, HTTP, "the server redirects to what is no URL of http or https", ASK_SERVER_OWNER, NONE, NONE) \
    X(HTTP_UNCHANGED, HTTP, "nothing has changed since the copy that is there (304)", KEEP_COPY, NONE, NONE) \
    X(HTTP_RANGE, HTTP, "the server has no such range of bytes (416)", CHECK_RANGE, NONE, NONE) \
    X(WS_REFUSED, HTTP, "the server does not change over to WebSocket there", CHECK_WEBSOCKET, CHECK_SERVICE, NONE) \
    X(WS_FAULT, PROTOCOL, "the server, or a proxy on the way, breaks the rules of WebSocket", CAPTURE, ASK_SERVER_OWNER, CHECK_MIDDLEBOX) \
    X(HTTP_CLIENT_CERT, IDENTITY, "the server asked for a client certificate in the handshake, got none, and refused the request then{status_clause}", SET_CLIENT_CERT, ASK_SERVER_OWNER, NONE) \
    X(HTTP_STATUS, HTTP, "the server answered with an error{status_clause}", ASK_SERVER_OWNER, NONE, NONE) \
    /* updates */ \
    X(OTA_IMAGE, CONFIG, "the program image is damaged, or not one for this device", CHECK_IMAGE, NONE, NONE) \
    X(OTA_PARTITION, CONFIG, "the partition table leaves no place for the update", CHECK_PARTITIONS, NONE, NONE) \
    X(OTA_CONFIRM, CONFIG, "the running program has not been confirmed yet", CONFIRM_IMAGE, NONE, NONE) \
    /* the rest */ \
    X(WANT_MORE, WAITING, "nothing is wrong: there is nothing to read yet, or no room to write yet", CALL_AGAIN, NONE, NONE) \
    X(CANCELLED, CANCELLED, "the program cancelled it", NONE, NONE, NONE) \
    X(SESSION_EXPIRED, NEGOTIATION, "the saved session is no longer good", FULL_HANDSHAKE, NONE, NONE) \
    X(STORAGE_FAILED, CONFIG, "a file, partition or stored key could not be read or written", CHECK_STORAGE, NONE, NONE) \
    X(DTLS_ONLY, INTERNAL, "this belongs to DTLS, which ESP-TLS does not speak", REPORT_BUG, NONE, NONE) \
    X(RANGE_BEGIN, INTERNAL, "this number only marks where a component's codes begin", LOOK_INSIDE, NONE, NONE) \
    X(STACK_INTERNAL, INTERNAL, "the TLS library failed inside", REPORT_BUG, NONE, NONE) \
    X(OTHER, INTERNAL, "the codes say no more", CAPTURE, REPORT_BUG, NONE)

/* clang-format on */

#ifdef __cplusplus
extern "C" {
#endif

/** Why it happened. */
typedef enum esp_tls_reason {
    ESP_TLS_REASON_NONE = 0,
#define ESP_TLS_REASON_ENUM(id, ...) ESP_TLS_REASON_##id,
    ESP_TLS_REASONS(ESP_TLS_REASON_ENUM)
#undef ESP_TLS_REASON_ENUM
    ESP_TLS_REASON_COUNT
} esp_tls_reason_t;

/** What helps. */
typedef enum esp_tls_remedy {
    ESP_TLS_REMEDY_NONE = 0,
#define ESP_TLS_REMEDY_ENUM(id, ...) ESP_TLS_REMEDY_##id,
    ESP_TLS_REMEDIES(ESP_TLS_REMEDY_ENUM)
#undef ESP_TLS_REMEDY_ENUM
    ESP_TLS_REMEDY_COUNT
} esp_tls_remedy_t;

#ifdef __cplusplus
}
#endif

#endif /* ESP_TLS_REASONS_H */

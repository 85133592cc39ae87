/* --capture FILE and --keylog FILE of the commands that connect, and SSLKEYLOGFILE.
 *
 *     status = capture_open(&capture, options);
 *     capture_client(&capture, client);
 *     ... connect, and destroy all handles ...
 *     status = capture_close(&capture);
 *
 * All of it is legal on a struct that is all zero. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "esp_http_client.h"
#include "esp_tls_trace.h"
#include "esp_transport.h"
#include "connect_options.h"
#include "tool.h"

struct capture {
    const char *capture_path; /* NULL: none */
    const char *keylog_path;
    int capture_fd;
    int keylog_fd;
    int capture_errno; /* of a write that failed */
    int keylog_errno;
    esp_tls_capture_t to;
    esp_tls_trace_t trace; /* what handles get; a command may set the other parts of it, but arg */
};

/** Open the files, and warn of what is in them. Both may be missing; without --keylog the
 *  environment's SSLKEYLOGFILE counts. From verbose 2 on, handshake messages are logged.
 *  @return EXIT_OK; EXIT_OUTPUT or EXIT_USAGE after a message on stderr */
enum tool_exit capture_open(struct capture *capture, const struct connect_options *options);

/** Let each handle be captured that a TCP or TLS transport makes. */
void capture_transport(struct capture *capture, esp_transport_handle_t t);

/** The same for all connections that an HTTP client makes. */
void capture_client(struct capture *capture, esp_http_client_handle_t client);

/** @return EXIT_OK; EXIT_OUTPUT after a message on stderr: something could not be written */
enum tool_exit capture_close(struct capture *capture);

#endif

#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "esp_http_client_async.h"
#include "esp_transport_async.h"
#include "output.h"

/* --- writing ---------------------------------------------------------------------------------- */

static esp_err_t write_block(void *arg, const void *block, size_t len)
{
    struct capture *capture = arg;

    capture->capture_errno = output_all(capture->capture_fd, block, len);
    return capture->capture_errno == 0 ? ESP_OK : ESP_FAIL;
}

static void write_key(void *arg, const char *line)
{
    struct capture *capture = arg;
    char text[300];
    int len = snprintf(text, sizeof(text), "%s\n", line);

    if (capture->keylog_errno == 0) { /* in one piece: several programs may share the file */
        capture->keylog_errno = output_all(capture->keylog_fd, text, (size_t)len);
    }
    explicit_bzero(text, sizeof(text));
}

/* --- opening and closing ---------------------------------------------------------------------- */

static enum tool_exit cannot_write(const char *path, int err)
{
    fprintf(stderr, "esp-tls: %s cannot be written: %s\n", path, strerror(err));
    return EXIT_OUTPUT;
}

/** Readable by the owner alone: it has secrets. */
static enum tool_exit open_file(const char *path, int flags, int *fd)
{
    *fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    return *fd >= 0 ? EXIT_OK : cannot_write(path, errno);
}

static enum tool_exit open_capture(struct capture *capture, const char *path)
{
    enum tool_exit status = open_file(path, O_TRUNC, &capture->capture_fd);

    if (status == EXIT_OK) {
        capture->capture_path = path;
        capture->to = (esp_tls_capture_t){.write = write_block, .arg = capture};
        capture->trace.capture = &capture->to;
        fprintf(stderr,
                "esp-tls: warning: with %s, secrets included, anybody can read the "
                "connections\n",
                path);
    }
    return status;
}

static enum tool_exit open_keylog(struct capture *capture, const char *path)
{
    enum tool_exit status = open_file(path, O_APPEND, &capture->keylog_fd);

    if (status == EXIT_OK) {
        capture->keylog_path = path;
        capture->trace.keylog = write_key;
    }
    return status;
}

/** Without captures in the library a handle refuses the trace. */
static bool is_supported(void)
{
    const esp_tls_trace_t trace = {.keylog = write_key};
    esp_tls_t *tls = esp_tls_init();
    bool is_refused = tls != NULL && esp_tls_set_trace(tls, &trace) == ESP_ERR_NOT_SUPPORTED;

    (void)esp_tls_conn_destroy(tls);
    return !is_refused;
}

static enum tool_exit open_both(struct capture *capture, const char *capture_path,
                                const char *keylog_path)
{
    enum tool_exit status = EXIT_OK;

    if (capture_path != NULL) {
        status = open_capture(capture, capture_path);
    }
    if (status == EXIT_OK && keylog_path != NULL) {
        status = open_keylog(capture, keylog_path);
    }
    return status;
}

enum tool_exit capture_open(struct capture *capture, const struct connect_options *o)
{
    const char *keylog_path = o->keylog;
    const char *environment = keylog_path == NULL ? getenv("SSLKEYLOGFILE") : NULL;
    enum tool_exit status;

    if (environment != NULL && environment[0] != '\0' && is_supported()) {
        keylog_path = environment;
    } else {
        environment = NULL;
    }
    if ((o->capture != NULL || keylog_path != NULL) && !is_supported()) {
        fputs("esp-tls: this build has no captures and key logs (CONFIG_ESP_TLS_CAPTURE)\n",
              stderr);
        return EXIT_USAGE;
    }
    capture->trace.arg = capture;
    capture->trace.log_messages = o->verbose > 1;
    status = open_both(capture, o->capture, keylog_path);
    if (status == EXIT_OK && environment != NULL && o->verbose > 0) {
        fprintf(stderr, "* the secrets of TLS go to %s (SSLKEYLOGFILE)\n", environment);
    } else if (status == EXIT_OK && environment == NULL && keylog_path != NULL) {
        fprintf(stderr, "esp-tls: warning: with %s anybody can read the connections\n",
                keylog_path);
    }
    return status;
}

static bool is_on(const struct capture *capture)
{
    const esp_tls_trace_t *t = &capture->trace;

    return t->capture != NULL || t->keylog != NULL || t->message != NULL || t->record != NULL ||
           t->log_messages;
}

static void on_handle(void *arg, esp_tls_t *tls)
{
    struct capture *capture = arg;

    if (esp_tls_set_trace(tls, &capture->trace) != ESP_OK) {
        fputs("esp-tls: warning: this connection is not captured\n", stderr);
    }
}

void capture_transport(struct capture *capture, esp_transport_handle_t t)
{
    if (is_on(capture)) {
        (void)esp_transport_on_esp_tls(t, on_handle, capture);
    }
}

static void on_transport(void *arg, esp_transport_handle_t t, bool is_tls)
{
    (void)is_tls;
    capture_transport(arg, t);
}

void capture_client(struct capture *capture, esp_http_client_handle_t client)
{
    if (is_on(capture)) {
        (void)esp_http_client_on_transport(client, on_transport, capture);
    }
}

/** @return EXIT_OK; EXIT_OUTPUT after a message */
static enum tool_exit close_file(const char *path, int fd, int err)
{
    if (path == NULL) {
        return EXIT_OK;
    }
    if (close(fd) != 0 && err == 0) {
        err = errno;
    }
    return err == 0 ? EXIT_OK : cannot_write(path, err);
}

enum tool_exit capture_close(struct capture *capture)
{
    enum tool_exit status =
        close_file(capture->capture_path, capture->capture_fd, capture->capture_errno);
    enum tool_exit keylog =
        close_file(capture->keylog_path, capture->keylog_fd, capture->keylog_errno);

    *capture = (struct capture){0};
    return status == EXIT_OK ? keylog : status;
}

/* The report. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "client.h"
#include "esp_tls_diagnosis.h"

static bool comma;

static void name_out(const char *name)
{
    if (comma) {
        putchar(',');
    }
    comma = true;
    if (name != NULL) {
        printf("\"%s\":", name);
    }
}

void json_open(const char *name, char bracket)
{
    name_out(name);
    putchar(bracket);
    comma = false;
}

void json_close(char bracket)
{
    putchar(bracket);
    comma = true;
}

void json_end(void)
{
    putchar('\n');
    comma = false;
    fflush(stdout);
}

void json_int(const char *name, long long value)
{
    name_out(name);
    printf("%lld", value);
}

void json_bool(const char *name, bool value)
{
    name_out(name);
    printf("%s", value ? "true" : "false");
}

void json_text(const char *name, const char *value)
{
    name_out(name);
    if (value == NULL) {
        printf("null");
        return;
    }
    putchar('"');
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;

        if (c == '"' || c == '\\') {
            printf("\\%c", c);
        } else if (c < 0x20 || c > 0x7E) {
            printf("\\u%04x", c);
        } else {
            putchar(c);
        }
    }
    putchar('"');
}

/** The library's own JSON, whole. */
static void json_diagnosis(const esp_tls_t *tls)
{
    static char text[16384];
    esp_tls_diagnosis_t d;

    if (esp_tls_get_diagnosis(tls, &d) == ESP_OK &&
        esp_tls_diagnosis_json(&d, text, sizeof(text)) < sizeof(text)) {
        name_out("diagnosis");
        fputs(text, stdout);
    }
}

void json_record(const esp_tls_t *tls)
{
    esp_tls_record_t rec;

    if (esp_tls_get_record(tls, &rec) != ESP_OK) {
        json_text("record", NULL);
        return;
    }
    json_open("record", '{');
    json_text("phase", esp_tls_phase_name(rec.phase));
    json_text("cause", esp_tls_cause_name(rec.cause));
    json_int("esp", rec.esp_code);
    json_int("errno", rec.os_errno);
    json_int("resolver", rec.resolver_code);
    json_int("stack", rec.stack_code);
    json_int("flags", rec.verify_flags);
    json_int("depth", rec.verify_depth);
    json_int("alert_sent", rec.alert_sent);
    json_int("alert_received", rec.alert_received);
    json_text("option", rec.option);
    json_int("mem_size", rec.mem_size);
    json_int("record_len", rec.record_len);
    json_int("record_limit", rec.record_limit);
    json_text("address", rec.address);
    json_int("port", rec.port);
    json_int("bytes_in", (long long)rec.bytes_in);
    json_int("bytes_out", (long long)rec.bytes_out);
    json_close('}');
    json_diagnosis(tls);
}

void json_errors(esp_tls_t *tls)
{
    static const struct {
        esp_tls_error_type_t type;
        const char *name;
    } rows[] = {
        {ESP_TLS_ERR_TYPE_ESP, "esp"},
        {ESP_TLS_ERR_TYPE_MBEDTLS, "tls"},
        {ESP_TLS_ERR_TYPE_MBEDTLS_CERT_FLAGS, "flags"},
        {ESP_TLS_ERR_TYPE_SYSTEM, "sys"},
    };
    esp_tls_error_handle_t h;

    if (esp_tls_get_error_handle(tls, &h) != ESP_OK) {
        json_text("error", NULL);
        return;
    }
    json_open("error", '{');
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int value = -1;

        (void)esp_tls_get_and_clear_error_type(h, rows[i].type, &value);
        json_int(rows[i].name, value);
    }
    json_close('}');
}

void json_session(const esp_tls_t *tls)
{
    esp_tls_session_info_t info;

    if (esp_tls_get_session_info(tls, &info) != ESP_OK) {
        json_text("session", NULL);
        return;
    }
    json_open("session", '{');
    json_text("version", info.version);
    json_text("suite", info.ciphersuite);
    json_text("alpn", info.alpn);
    json_close('}');
}

void json_timeline(const esp_tls_t *tls)
{
    esp_tls_timeline_t t;

    if (esp_tls_get_timeline(tls, &t) != ESP_OK) {
        json_text("timeline", NULL);
        return;
    }
    json_open("timeline", '{');
    json_int("resolved", t.resolved_us);
    json_int("connected", t.connected_us);
    json_int("handshake", t.handshake_us);
    json_int("first_byte", t.first_byte_us);
    json_close('}');
}

static void option_out(int fd, const char *name, int level, int option)
{
    int value = -1;
    socklen_t len = sizeof(value);

    json_int(name, getsockopt(fd, level, option, &value, &len) == 0 ? value : -errno);
}

void json_socket(int fd)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof(addr);
    char device[IFNAMSIZ] = "";
    socklen_t device_len = sizeof(device);

    json_open("socket", '{');
    json_int("fd", fd);
    option_out(fd, "nodelay", IPPROTO_TCP, TCP_NODELAY);
    option_out(fd, "keepalive", SOL_SOCKET, SO_KEEPALIVE);
    option_out(fd, "idle", IPPROTO_TCP, TCP_KEEPIDLE);
    option_out(fd, "interval", IPPROTO_TCP, TCP_KEEPINTVL);
    option_out(fd, "count", IPPROTO_TCP, TCP_KEEPCNT);
    json_bool("nonblock", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    json_bool("cloexec", (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    (void)getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &device_len);
    json_text("device", device);
    (void)getsockname(fd, (struct sockaddr *)&addr, &len);
    json_int("family", addr.ss_family == AF_INET6 ? 6 : addr.ss_family == AF_INET ? 4 : 0);
    json_close('}');
}

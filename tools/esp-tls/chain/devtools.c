#include "devtools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/dial.h"
#include "esp_transport_tcp.h"
#include "esp_transport_ws.h"

#define MESSAGE_MOST (8u << 20)

static bool devtools_fail(struct devtools *d, const char *why)
{
    if (d->why[0] == '\0') {
        snprintf(d->why, sizeof(d->why), "%s", why);
    }
    return false;
}

static int left_ms(const struct devtools *d)
{
    int64_t left = (d->until_us - dial_now_us()) / 1000;

    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

bool devtools_open(struct devtools *d, uint16_t port, const char *path, int64_t until_us)
{
    memset(d, 0, sizeof(*d));
    d->until_us = until_us;
    d->tcp = esp_transport_tcp_init();
    d->ws = d->tcp != NULL ? esp_transport_ws_init(d->tcp) : NULL;
    d->message = malloc(MESSAGE_MOST);
    if (d->ws == NULL || d->message == NULL) {
        return devtools_fail(d, "out of memory");
    }
    esp_transport_ws_set_path(d->ws, path);
    if (esp_transport_connect(d->ws, "127.0.0.1", port, left_ms(d)) != 0) {
        return devtools_fail(d, "its DevTools port does not answer as a WebSocket");
    }
    return true;
}

void devtools_clear(struct devtools *d)
{
    if (d->ws != NULL) {
        (void)esp_transport_close(d->ws);
        (void)esp_transport_destroy(d->ws);
    }
    if (d->tcp != NULL) {
        (void)esp_transport_destroy(d->tcp);
    }
    cJSON_Delete(d->answer);
    free(d->message);
    d->answer = NULL;
    d->message = NULL;
}

static bool send_text(struct devtools *d, const char *text)
{
    const int opcode = WS_TRANSPORT_OPCODES_TEXT | WS_TRANSPORT_OPCODES_FIN;
    size_t len = strlen(text);
    size_t sent = 0;

    while (sent < len) {
        int n = esp_transport_ws_send_raw(d->ws, (ws_transport_opcodes_t)opcode, text + sent,
                                          (int)(len - sent), left_ms(d));

        if (n <= 0) {
            return devtools_fail(d, "the connection to its DevTools broke");
        }
        sent += (size_t)n;
    }
    return true;
}

static bool append_piece(struct devtools *d, const char *piece, size_t n)
{
    if (n > MESSAGE_MOST - d->len) {
        return devtools_fail(d, "its answer is too long");
    }
    memcpy(d->message + d->len, piece, n);
    d->len += n;
    return true;
}

/** Append what a read gives. @return false: it failed; *is_whole: the message is complete */
static bool read_piece(struct devtools *d, bool *is_whole)
{
    char piece[4096];
    int n = esp_transport_read(d->ws, piece, sizeof(piece), left_ms(d));
    ws_transport_opcodes_t opcode = esp_transport_ws_get_read_opcode(d->ws);

    *is_whole = false;
    if (n < 0) {
        return devtools_fail(d, "the connection to its DevTools broke");
    }
    if (left_ms(d) == 0) { /* also where event follows event */
        return devtools_fail(d, "it did not answer in time");
    }
    if (opcode != WS_TRANSPORT_OPCODES_TEXT && opcode != WS_TRANSPORT_OPCODES_CONT) {
        return true;
    }
    if (!append_piece(d, piece, (size_t)n)) {
        return false;
    }
    d->frame_read += (size_t)n;
    if (d->frame_read < (size_t)esp_transport_ws_get_read_payload_len(d->ws)) {
        return true;
    }
    d->frame_read = 0;
    *is_whole = esp_transport_ws_get_fin_flag(d->ws);
    return true;
}

static bool read_message(struct devtools *d)
{
    bool is_whole = false;

    d->len = 0;
    while (!is_whole) {
        if (!read_piece(d, &is_whole)) {
            return false;
        }
    }
    cJSON_Delete(d->answer);
    d->answer = cJSON_ParseWithLength(d->message, d->len);
    return d->answer != NULL || devtools_fail(d, "its answer is no JSON, or there is no memory");
}

bool devtools_call(struct devtools *d, const char *method, const char *params, const cJSON **result)
{
    char command[2048];
    long id = ++d->last_id;
    int n = snprintf(command, sizeof(command), "{\"id\":%ld,\"method\":\"%s\",\"params\":%s%s%s%s}",
                     id, method, params, d->session[0] != '\0' ? ",\"sessionId\":\"" : "",
                     d->session, d->session[0] != '\0' ? "\"" : "");

    if (n < 0 || (size_t)n >= sizeof(command)) {
        return devtools_fail(d, "the address is too long");
    }
    if (!send_text(d, command)) {
        return false;
    }
    do {
        if (!read_message(d)) {
            return false;
        }
    } while (!cJSON_IsNumber(cJSON_GetObjectItem(d->answer, "id")) ||
             cJSON_GetObjectItem(d->answer, "id")->valuedouble != (double)id);
    *result = cJSON_GetObjectItem(d->answer, "result");
    if (*result == NULL) {
        snprintf(d->why, sizeof(d->why), "%s: %.150s", method,
                 devtools_text(cJSON_GetObjectItem(d->answer, "error"), "message"));
    }
    return *result != NULL;
}

const char *devtools_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

    return text != NULL ? text : "";
}

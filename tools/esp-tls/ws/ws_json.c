#include "ws_json.h"

#include "esp_transport_async.h"

void ws_json_begin(struct json *j, const struct ws_link *l)
{
    esp_tls_t *tls = l->ws != NULL ? esp_transport_get_esp_tls(l->ws) : NULL;
    esp_tls_session_info_t info = {0};
    char proxy[300];

    if (tls != NULL) {
        (void)esp_tls_get_session_info(tls, &info);
    }
    json_report(j, "ws");
    json_string(j, "url", l->url);
    json_string(j, "proxy", tunnel_proxy_text(&l->options->connect, proxy));
    json_string(j, "version", info.version);
    json_string(j, "ciphersuite", info.version != NULL ? info.ciphersuite : NULL);
    json_string(j, "subprotocol", l->ws != NULL ? esp_transport_ws_get_subprotocol(l->ws) : NULL);
    json_array(j, "messages");
}

void ws_json_message(struct json *j, bool is_binary, const char *data, size_t len)
{
    json_object(j, NULL);
    json_number(j, "bytes", (int64_t)len);
    if (is_binary) {
        json_string(j, "text", NULL);
        json_base64(j, "base64", (const unsigned char *)data, len);
    } else {
        json_text(j, "text", data, len);
        json_string(j, "base64", NULL);
    }
    json_end(j, false);
}

static void put_close(struct json *j, const struct ws_link *l)
{
    if (l->close_code == 0) {
        json_string(j, "close", NULL);
        return;
    }
    json_object(j, "close");
    json_number(j, "value", l->close_code);
    json_string(j, "name", ws_close_name(l->close_code));
    json_string(j, "text", l->close_reason);
    json_end(j, false);
}

void ws_json_end(struct json *j, const struct ws_link *l, unsigned sent, enum tool_exit status)
{
    esp_tls_diagnosis_t d = l->diagnosis;

    json_end(j, true);
    json_number(j, "messages_sent", sent);
    put_close(j, l);
    json_number(j, "exit", status);
    json_string(j, "verdict", l->verdict[0] != '\0' ? l->verdict : NULL);
    if (l->has_diagnosis) {
        json_object(j, "diagnosis");
        explain_members(&d, j);
        json_end(j, false);
    } else {
        json_string(j, "diagnosis", NULL);
    }
    json_end(j, false);
}

/* What a WebSocket is told before it connects. */
#include <string.h>

#include "esp_http_field.h"
#include "layer.h"
#include "plat_heap.h"
#include "ws.h"
#include "ws_handshake.h"

void et_ws_settings_clear(struct ws_settings *set)
{
    plat_free(set->path);
    plat_free(set->protocols);
    plat_free(set->user_agent);
    plat_free_secret(set->fields); /* wiped, because it may hold cookies */
    plat_free_secret(set->auth);
    *set = (struct ws_settings){0};
}

/** May it be changed now? */
static esp_err_t changeable(const struct ws *c)
{
    if (c == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return c->phase == WS_IS_CLOSED || c->phase == WS_IS_OPEN ? ESP_OK : ESP_ERR_INVALID_STATE;
}

/** A copy of a text that passes a check. @param copy  receives it; NULL for NULL */
static esp_err_t copy_text(char **copy, const char *text, bool (*is_legal)(const char *))
{
    *copy = NULL;
    if (text == NULL) {
        return ESP_OK;
    }
    if (!is_legal(text)) {
        return ESP_ERR_INVALID_ARG;
    }
    *copy = et_layer_copy(text);
    return *copy != NULL ? ESP_OK : ESP_ERR_NO_MEM;
}

/** Replace a text of the settings'. */
static esp_err_t replace(esp_transport_handle_t t, size_t field, const char *text,
                         bool (*is_legal)(const char *))
{
    struct ws *c = et_ws_of(t);
    esp_err_t err = changeable(c);
    char *copy = NULL;
    char **old;

    if (err == ESP_OK) {
        err = copy_text(&copy, text, is_legal);
    }
    if (err != ESP_OK) {
        return err;
    }
    old = (char **)(void *)((char *)&c->set + field);
    plat_free_secret(*old);
    *old = copy;
    return ESP_OK;
}

/** What a request can ask for: from the root on, and without a fragment (RFC 6455 section 3). */
static bool is_path(const char *path)
{
    return path[0] == '/' && esp_http_is_request_target(path) && strchr(path, '#') == NULL;
}

void esp_transport_ws_set_path(esp_transport_handle_t t, const char *path)
{
    struct ws *c = et_ws_of(t);
    esp_err_t err = replace(t, offsetof(struct ws_settings, path), path, is_path);

    if (c != NULL && err != ESP_ERR_INVALID_STATE) {
        c->path_error = err;
    }
}

esp_err_t esp_transport_ws_set_subprotocol(esp_transport_handle_t t, const char *sub_protocol)
{
    return replace(t, offsetof(struct ws_settings, protocols), sub_protocol,
                   et_ws_is_protocol_list);
}

esp_err_t esp_transport_ws_set_user_agent(esp_transport_handle_t t, const char *user_agent)
{
    return replace(t, offsetof(struct ws_settings, user_agent), user_agent,
                   esp_http_is_field_value);
}

esp_err_t esp_transport_ws_set_headers(esp_transport_handle_t t, const char *headers)
{
    return replace(t, offsetof(struct ws_settings, fields), headers, et_ws_is_extra_fields);
}

esp_err_t esp_transport_ws_set_auth(esp_transport_handle_t t, const char *auth)
{
    return replace(t, offsetof(struct ws_settings, auth), auth, esp_http_is_field_value);
}

esp_err_t esp_transport_ws_set_header_hook(esp_transport_handle_t t, ws_header_hook_t hook,
                                           void *user_context)
{
    struct ws *c = et_ws_of(t);
    esp_err_t err = hook != NULL ? changeable(c) : ESP_ERR_INVALID_ARG;

    if (err == ESP_OK) {
        c->set.hook = hook;
        c->set.hook_arg = user_context;
    }
    return err;
}

esp_err_t esp_transport_ws_set_response_headers(esp_transport_handle_t t, char *response_header,
                                                size_t response_header_len)
{
    struct ws *c = et_ws_of(t);
    esp_err_t err = changeable(c);

    if (err == ESP_OK) {
        c->set.head = response_header;
        c->set.head_size = response_header_len;
    }
    return err;
}

esp_err_t esp_transport_ws_set_config(esp_transport_handle_t t,
                                      const esp_transport_ws_config_t *config)
{
    struct ws *c = et_ws_of(t);
    esp_err_t err = config != NULL ? changeable(c) : ESP_ERR_INVALID_ARG;
    struct ws_settings set;

    if (err != ESP_OK) {
        return err;
    }
    set = (struct ws_settings){
        .hook = config->header_hook,
        .hook_arg = config->header_user_context,
        .head = config->response_headers,
        .head_size = config->response_headers_len,
        .propagate = config->propagate_control_frames,
    };
    if ((err = copy_text(&set.path, config->ws_path, is_path)) == ESP_OK &&
        (err = copy_text(&set.protocols, config->sub_protocol, et_ws_is_protocol_list)) == ESP_OK &&
        (err = copy_text(&set.user_agent, config->user_agent, esp_http_is_field_value)) == ESP_OK &&
        (err = copy_text(&set.fields, config->headers, et_ws_is_extra_fields)) == ESP_OK &&
        (err = copy_text(&set.auth, config->auth, esp_http_is_field_value)) == ESP_OK) {
        et_ws_settings_clear(&c->set);
        c->set = set;
        c->path_error = ESP_OK;
        return ESP_OK;
    }
    et_ws_settings_clear(&set);
    return err;
}

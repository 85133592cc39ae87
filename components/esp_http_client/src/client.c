/* The calls that make and end a client, and those that set something. */
#include <string.h>

#include "client.h"
#include "esp_http_field.h"
#include "esp_log.h"
#include "plat_net.h"
#include "text.h"

#define HEADER_LIMIT_LEAST 256

static const char TAG[] = "HTTP_CLIENT";
static const char USER_AGENT[] = "ESP32 HTTP Client/1.0";
static const char FORM[] = "application/x-www-form-urlencoded";

/* --- life ------------------------------------------------------------------------------------- */

static bool is_legal_config(const esp_http_client_config_t *cfg)
{
    if ((unsigned)cfg->method >= HTTP_METHOD_MAX || cfg->buffer_size < 0 ||
        cfg->buffer_size_tx < 0 || cfg->max_redirection_count < 0 ||
        cfg->max_authorization_retries < -1) {
        ESP_LOGE(TAG, "method, a size or a count is out of range");
        return false;
    }
    if (cfg->addr_type != HTTP_ADDR_TYPE_UNSPEC && cfg->addr_type != HTTP_ADDR_TYPE_INET &&
        cfg->addr_type != HTTP_ADDR_TYPE_INET6) {
        ESP_LOGE(TAG, "addr_type %d is none", (int)cfg->addr_type);
        return false;
    }
    return true;
}

static esp_err_t take_text(esp_http_client_handle_t c, const esp_http_client_config_t *cfg)
{
    const char *agent = cfg->user_agent != NULL ? cfg->user_agent : USER_AGENT;
    esp_err_t err = esp_http_client_set_header(c, "User-Agent", agent);

    if (err == ESP_OK) {
        err = et_http_origin_configure(c->origin, cfg);
    }
    if (err == ESP_OK && cfg->username != NULL) {
        err = esp_http_client_set_username(c, cfg->username);
    }
    if (err == ESP_OK && cfg->password != NULL) {
        err = esp_http_client_set_password(c, cfg->password);
    }
    return err;
}

static esp_err_t set_up(esp_http_client_handle_t c, const esp_http_client_config_t *config)
{
    esp_err_t err;

    if (config->if_name != NULL) {
        struct ifreq *if_name = plat_ifreq_copy(config->if_name);

        if (if_name == NULL) {
            return ESP_ERR_NO_MEM;
        }
        et_http_wire_take_interface(c->wire, if_name);
    }
    err = et_http_exchange_init(c->exchange, &c->cfg, et_http_transfer_tell, c);
    return err == ESP_OK ? take_text(c, config) : err;
}

esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config)
{
    esp_http_client_handle_t c;
    esp_err_t err;

    if (config == NULL || !is_legal_config(config)) {
        return NULL;
    }
    c = et_http_handle_new(config);
    if (c == NULL) {
        ESP_LOGE(TAG, "no memory for a handle");
        return NULL;
    }
    err = set_up(c, config);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "init failed: %s", esp_err_to_name(err));
        et_http_handle_free(c);
        return NULL;
    }
    return c;
}

esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_FAIL;
    }
    if (client->depth > 0) {
        client->is_doomed = true;
        return ESP_OK;
    }
    et_http_handle_enter(client);
    (void)et_http_handle_disconnect(client); /* its event may still use the handle */
    client->is_doomed = true;
    (void)et_http_handle_leave(client, ESP_OK);
    return ESP_OK;
}

esp_err_t esp_http_client_close(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_FAIL;
    }
    if (client->depth > 0) { /* in an event: the call under way ends with it */
        client->is_asked_to_close = true;
        return ESP_OK;
    }
    et_http_handle_enter(client);
    return et_http_handle_leave(client, et_http_machine_close(client));
}

esp_err_t esp_http_client_cancel(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_wire_cancel(client->wire);
    return ESP_OK;
}

/* --- fields ----------------------------------------------------------------------------------- */

esp_err_t esp_http_client_set_method(esp_http_client_handle_t client,
                                     esp_http_client_method_t method)
{
    if (client == NULL || (unsigned)method >= HTTP_METHOD_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    client->cfg.method = method;
    return ESP_OK;
}

esp_err_t esp_http_client_set_post_field(esp_http_client_handle_t client, const char *data, int len)
{
    struct http_header **headers;

    if (client == NULL || len < 0) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_exchange_set_post(client->exchange, data, len);
    headers = et_http_origin_headers(client->origin);
    if (data == NULL) {
        (void)et_http_headers_delete(headers, "Content-Type");
        return ESP_OK;
    }
    if (et_http_headers_get(*headers, "Content-Type") != NULL) {
        return ESP_OK;
    }
    return et_http_headers_set(headers, "Content-Type", FORM, strlen(FORM));
}

int esp_http_client_get_post_field(esp_http_client_handle_t client, char **data)
{
    return client != NULL && data != NULL ? et_http_exchange_get_post(client->exchange, data) : 0;
}

esp_err_t esp_http_client_set_source(esp_http_client_handle_t client,
                                     esp_http_client_source_t source, int64_t size, void *arg)
{
    if (client == NULL || size < -1) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_exchange_set_source(client->exchange, source, size, arg);
    return ESP_OK;
}

static esp_err_t get_login(esp_http_client_handle_t client, const char *text, char **value)
{
    if (client == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = (char *)(uintptr_t)text;
    return ESP_OK;
}

esp_err_t esp_http_client_get_username(esp_http_client_handle_t client, char **value)
{
    return get_login(client, client != NULL ? et_http_origin_username(client->origin) : NULL,
                     value);
}

esp_err_t esp_http_client_get_password(esp_http_client_handle_t client, char **value)
{
    return get_login(client, client != NULL ? et_http_origin_password(client->origin) : NULL,
                     value);
}

static esp_err_t set_login(esp_http_client_handle_t client, bool is_password, const char *text)
{
    if (client == NULL || (text != NULL && !esp_http_is_field_value(text))) {
        return ESP_ERR_INVALID_ARG;
    }
    return et_http_origin_set_login(client->origin, is_password, text);
}

esp_err_t esp_http_client_set_username(esp_http_client_handle_t client, const char *username)
{
    return set_login(client, false, username);
}

esp_err_t esp_http_client_set_password(esp_http_client_handle_t client, const char *password)
{
    return set_login(client, true, password);
}

esp_err_t esp_http_client_set_authtype(esp_http_client_handle_t client,
                                       esp_http_client_auth_type_t auth_type)
{
    if (client == NULL || (unsigned)auth_type > HTTP_AUTH_TYPE_DIGEST) {
        return ESP_ERR_INVALID_ARG;
    }
    client->cfg.auth_type = auth_type;
    return ESP_OK;
}

esp_err_t esp_http_client_get_user_data(esp_http_client_handle_t client, void **data)
{
    if (client == NULL || data == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *data = client->cfg.user_data;
    return ESP_OK;
}

esp_err_t esp_http_client_set_user_data(esp_http_client_handle_t client, void *data)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    client->cfg.user_data = data;
    return ESP_OK;
}

esp_err_t esp_http_client_set_event_handler(esp_http_client_handle_t client,
                                            http_event_handle_cb event_handler)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    client->cfg.event_handler = event_handler;
    return ESP_OK;
}

esp_err_t esp_http_client_set_timeout_ms(esp_http_client_handle_t client, int timeout_ms)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    client->cfg.timeout_ms = timeout_ms > 0 ? timeout_ms : HTTP_TIMEOUT_MS;
    return ESP_OK;
}

esp_err_t esp_http_client_set_deadline_ms(esp_http_client_handle_t client, int deadline_ms)
{
    if (client == NULL || deadline_ms < 0) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_wire_set_deadline(client->wire, deadline_ms);
    return ESP_OK;
}

esp_err_t esp_http_client_set_header_limit(esp_http_client_handle_t client, int bytes)
{
    if (client == NULL || bytes < HEADER_LIMIT_LEAST || bytes > UINT16_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!http_is_at_rest(client)) {
        return ESP_ERR_INVALID_STATE;
    }
    return et_http_exchange_limit_headers(client->exchange, (size_t)bytes);
}

esp_err_t esp_http_client_set_redirect_policy(esp_http_client_handle_t client, int policy)
{
    if (client == NULL || (policy & ~(ESP_HTTP_CLIENT_REDIRECT_INSECURE_DOWNGRADE |
                                      ESP_HTTP_CLIENT_REDIRECT_BODY)) != 0) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_origin_set_policy(client->origin, policy);
    return ESP_OK;
}

esp_err_t esp_http_client_on_transport(esp_http_client_handle_t client,
                                       esp_http_client_on_transport_t hook, void *arg)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_wire_set_hook(client->wire, hook, arg);
    return ESP_OK;
}

esp_err_t esp_http_client_reset_redirect_counter(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_origin_reset_redirects(client->origin);
    return ESP_OK;
}

/* --- where requests go ------------------------------------------------------------------------ */

esp_err_t esp_http_client_set_url(esp_http_client_handle_t client, const char *url)
{
    esp_err_t err;

    if (client == NULL || url == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_handle_enter(client);
    err = et_http_origin_go(client->origin, url);
    if (err == ESP_OK && et_http_origin_is_left(client->origin) && client->in_event == 0) {
        (void)et_http_machine_close(client);
    }
    return et_http_handle_leave(client, err);
}

esp_err_t esp_http_client_set_connect_to(esp_http_client_handle_t client, const char *host,
                                         int port)
{
    char *copy = NULL;

    if (client == NULL || (host != NULL && (host[0] == '\0' || !esp_http_is_field_value(host) ||
                                            port < 1 || port > UINT16_MAX))) {
        return ESP_ERR_INVALID_ARG;
    }
    if (client->depth > 0 || !http_is_at_rest(client)) {
        return ESP_ERR_INVALID_STATE;
    }
    if (host != NULL) {
        copy = et_http_text_copy(host, strlen(host));
        if (copy == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    et_http_handle_enter(client);
    (void)et_http_machine_close(client);
    et_http_wire_drop(client->wire); /* the name was set for it */
    et_http_wire_take_detour(client->wire, copy, port);
    return et_http_handle_leave(client, ESP_OK);
}

esp_err_t esp_http_client_set_proxy(esp_http_client_handle_t client,
                                    const esp_http_client_proxy_t *proxy)
{
    struct http_proxy *made = NULL;

    if (client == NULL || (proxy != NULL && !et_http_proxy_is_legal(proxy))) {
        return ESP_ERR_INVALID_ARG;
    }
    if (client->depth > 0 || !http_is_at_rest(client)) {
        return ESP_ERR_INVALID_STATE;
    }
    if (proxy != NULL) {
        made = et_http_proxy_new(proxy);
        if (made == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    et_http_handle_enter(client);
    (void)et_http_machine_close(client);
    et_http_wire_drop(client->wire);
    et_http_wire_take_proxy(client->wire, made);
    et_http_origin_forget_proxy(client->origin);
    return et_http_handle_leave(client, ESP_OK);
}

/* --- headers ---------------------------------------------------------------------------------- */

esp_err_t esp_http_client_set_header(esp_http_client_handle_t client, const char *key,
                                     const char *value)
{
    size_t len;

    if (client == NULL || key == NULL || !esp_http_is_token(key)) {
        return ESP_ERR_INVALID_ARG;
    }
    if (value == NULL) {
        return et_http_headers_delete(et_http_origin_headers(client->origin), key);
    }
    if (!esp_http_is_field_value(value)) {
        return ESP_ERR_INVALID_ARG;
    }
    while (*value == ' ' || *value == '\t') {
        value++;
    }
    len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t')) {
        len--;
    }
    return et_http_headers_set(et_http_origin_headers(client->origin), key, value, len);
}

esp_err_t esp_http_client_get_header(esp_http_client_handle_t client, const char *key, char **value)
{
    if (client == NULL || key == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = (char *)(uintptr_t)et_http_headers_get(*et_http_origin_headers(client->origin), key);
    return *value != NULL ? ESP_OK : ESP_ERR_NOT_FOUND;
}

esp_err_t esp_http_client_delete_header(esp_http_client_handle_t client, const char *key)
{
    if (client == NULL || key == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return et_http_headers_delete(et_http_origin_headers(client->origin), key);
}

esp_err_t esp_http_client_delete_all_headers(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_headers_clear(et_http_origin_headers(client->origin));
    return ESP_OK;
}

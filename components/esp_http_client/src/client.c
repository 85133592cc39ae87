/* Life of a handle, and the fields that are only stored. */
#include <limits.h>
#include <string.h>

#include "client.h"
#include "esp_http_field.h"
#include "esp_log.h"
#include "plat_clock.h"
#include "plat_heap.h"
#include "plat_net.h"

#define TIMEOUT_MS         5000
#define REDIRECTS          10
#define AUTH_RETRIES       10
#define HEADER_LIMIT       8192
#define HEADER_LIMIT_LEAST 256
#define KEEP_ALIVE_IDLE    5
#define KEEP_ALIVE_EACH    5
#define KEEP_ALIVE_COUNT   3

static const char TAG[] = "HTTP_CLIENT";
static const char USER_AGENT[] = "ESP32 HTTP Client/1.0";
static const char FORM[] = "application/x-www-form-urlencoded";

/* --- life ------------------------------------------------------------------------------------------- */

static void destroy(esp_http_client_handle_t c)
{
    http_wire_drop(c);
    http_proxy_free(c);
    plat_mutex_clear(&c->lock);
    http_request_clear(&c->req);
    http_response_clear(&c->answer);
    esp_http_response_free(c->parser);
    et_http_headers_clear(&c->headers);
    http_login_clear(&c->login);
    http_login_clear(&c->proxy_login);
    plat_free_secret(c->username);
    plat_free_secret(c->password);
    http_target_clear(&c->target);
    plat_free(c->if_name);
    plat_free(c->connect_host);
    plat_free_secret(c->buf);
    plat_free_secret(c);
}

void http_client_enter(esp_http_client_handle_t c)
{
    c->depth++;
}

esp_err_t http_client_leave(esp_http_client_handle_t c, esp_err_t err)
{
    if (--c->depth > 0 || !c->is_doomed) {
        return err;
    }
    (void)http_wire_close(c);
    destroy(c);
    return ESP_FAIL;
}

static bool is_legal(const esp_http_client_config_t *cfg)
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

static int or_default(int value, int otherwise)
{
    return value > 0 ? value : otherwise;
}

static void take_numbers(esp_http_client_handle_t c)
{
    esp_http_client_config_t *cfg = &c->cfg;

    cfg->timeout_ms = or_default(cfg->timeout_ms, TIMEOUT_MS);
    cfg->max_redirection_count = or_default(cfg->max_redirection_count, REDIRECTS);
    cfg->max_authorization_retries = cfg->max_authorization_retries < 0
                                         ? 0
                                         : or_default(cfg->max_authorization_retries, AUTH_RETRIES);
    cfg->buffer_size = or_default(cfg->buffer_size, DEFAULT_HTTP_BUF_SIZE);
    cfg->buffer_size_tx = or_default(cfg->buffer_size_tx, DEFAULT_HTTP_BUF_SIZE);
    c->buf_cap =
        (uint32_t)(cfg->buffer_size > cfg->buffer_size_tx ? cfg->buffer_size : cfg->buffer_size_tx);
    c->keep_alive = (esp_transport_keep_alive_t){
        .keep_alive_enable = cfg->keep_alive_enable,
        .keep_alive_idle = or_default(cfg->keep_alive_idle, KEEP_ALIVE_IDLE),
        .keep_alive_interval = or_default(cfg->keep_alive_interval, KEEP_ALIVE_EACH),
        .keep_alive_count = or_default(cfg->keep_alive_count, KEEP_ALIVE_COUNT)};
}

static esp_err_t set_text(char **field, const char *text)
{
    char *copy = NULL;

    if (text != NULL) {
        copy = et_http_text_copy(text, strlen(text));
        if (copy == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    plat_free_secret(*field);
    *field = copy;
    return ESP_OK;
}

static bool is_login_text(const char *text)
{
    return text == NULL || esp_http_is_field_value(text);
}

static esp_err_t take_text(esp_http_client_handle_t c, const esp_http_client_config_t *cfg)
{
    const char *agent = cfg->user_agent != NULL ? cfg->user_agent : USER_AGENT;
    esp_err_t err = esp_http_client_set_header(c, "User-Agent", agent);

    if (err == ESP_OK) {
        err = http_target_configure(c, cfg);
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
    take_numbers(c);
    if (config->if_name != NULL) {
        c->if_name = plat_ifreq_copy(config->if_name);
        if (c->if_name == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    c->answer.status = -1;
    c->answer.content_range = -1;
    c->silence_us = PLAT_NEVER;
    c->deadline_us = PLAT_NEVER;
    c->buf = plat_alloc(NULL, PLAT_MEM_APPLICATION, c->buf_cap);
    c->parser = esp_http_response_new(c->buf_cap > HEADER_LIMIT ? c->buf_cap : HEADER_LIMIT,
                                      &http_response_handler, c);
    return c->buf != NULL && c->parser != NULL ? take_text(c, config) : ESP_ERR_NO_MEM;
}

esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config)
{
    esp_http_client_handle_t c;
    esp_err_t err;

    if (config == NULL || !is_legal(config)) {
        return NULL;
    }
    c = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*c));
    if (c == NULL || plat_mutex_init(&c->lock) != 0) {
        ESP_LOGE(TAG, "no memory for a handle");
        plat_free(c);
        return NULL;
    }
    c->cfg = *config;
    err = set_up(c, config);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "init failed: %s", esp_err_to_name(err));
        destroy(c);
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
    http_client_enter(client);
    (void)http_wire_close(client); /* its event may still use the handle */
    client->is_doomed = true;
    (void)http_client_leave(client, ESP_OK);
    return ESP_OK;
}

/* --- fields ------------------------------------------------------------------------------------------- */

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
    if (client == NULL || len < 0) {
        return ESP_ERR_INVALID_ARG;
    }
    client->source = NULL;
    client->post_data = data;
    client->post_len = data != NULL ? len : 0;
    if (data == NULL) {
        (void)et_http_headers_delete(&client->headers, "Content-Type");
        return ESP_OK;
    }
    if (et_http_headers_get(client->headers, "Content-Type") != NULL) {
        return ESP_OK;
    }
    return et_http_headers_set(&client->headers, "Content-Type", FORM, strlen(FORM));
}

int esp_http_client_get_post_field(esp_http_client_handle_t client, char **data)
{
    if (client == NULL || data == NULL || client->post_data == NULL) {
        return 0;
    }
    *data = (char *)(uintptr_t)client->post_data;
    return client->post_len;
}

esp_err_t esp_http_client_set_source(esp_http_client_handle_t client,
                                     esp_http_client_source_t source, int64_t size, void *arg)
{
    if (client == NULL || size < -1) {
        return ESP_ERR_INVALID_ARG;
    }
    client->post_data = NULL;
    client->post_len = 0;
    client->source = source;
    client->source_size = source != NULL ? size : 0;
    client->source_arg = arg;
    return ESP_OK;
}

static esp_err_t get_text(esp_http_client_handle_t client, char *text, char **value)
{
    if (client == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = text;
    return ESP_OK;
}

esp_err_t esp_http_client_get_username(esp_http_client_handle_t client, char **value)
{
    return get_text(client, client != NULL ? client->username : NULL, value);
}

esp_err_t esp_http_client_get_password(esp_http_client_handle_t client, char **value)
{
    return get_text(client, client != NULL ? client->password : NULL, value);
}

esp_err_t esp_http_client_set_username(esp_http_client_handle_t client, const char *username)
{
    if (client == NULL || !is_login_text(username)) {
        return ESP_ERR_INVALID_ARG;
    }
    return set_text(&client->username, username);
}

esp_err_t esp_http_client_set_password(esp_http_client_handle_t client, const char *password)
{
    if (client == NULL || !is_login_text(password)) {
        return ESP_ERR_INVALID_ARG;
    }
    return set_text(&client->password, password);
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
    client->cfg.timeout_ms = or_default(timeout_ms, TIMEOUT_MS);
    return ESP_OK;
}

esp_err_t esp_http_client_set_deadline_ms(esp_http_client_handle_t client, int deadline_ms)
{
    if (client == NULL || deadline_ms < 0) {
        return ESP_ERR_INVALID_ARG;
    }
    client->deadline_ms = deadline_ms;
    return ESP_OK;
}

esp_err_t esp_http_client_set_header_limit(esp_http_client_handle_t client, int bytes)
{
    esp_http_response_t *parser;

    if (client == NULL || bytes < HEADER_LIMIT_LEAST || bytes > UINT16_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    if (client->phase != HTTP_IDLE && client->phase != HTTP_COMPLETE) {
        return ESP_ERR_INVALID_STATE;
    }
    parser = esp_http_response_new((size_t)bytes, &http_response_handler, client);
    if (parser == NULL) {
        return ESP_ERR_NO_MEM;
    }
    esp_http_response_free(client->parser);
    client->parser = parser;
    return ESP_OK;
}

esp_err_t esp_http_client_set_redirect_policy(esp_http_client_handle_t client, int policy)
{
    if (client == NULL || (policy & ~(ESP_HTTP_CLIENT_REDIRECT_INSECURE_DOWNGRADE |
                                      ESP_HTTP_CLIENT_REDIRECT_BODY)) != 0) {
        return ESP_ERR_INVALID_ARG;
    }
    client->policy = policy;
    return ESP_OK;
}

esp_err_t esp_http_client_on_transport(esp_http_client_handle_t client,
                                       esp_http_client_on_transport_t hook, void *arg)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    client->on_transport = hook;
    client->on_transport_arg = arg;
    return ESP_OK;
}

esp_err_t esp_http_client_reset_redirect_counter(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    client->redirects = 0;
    return ESP_OK;
}

/* --- what came ----------------------------------------------------------------------------------------- */

int esp_http_client_get_status_code(esp_http_client_handle_t client)
{
    return client != NULL ? client->answer.status : -1;
}

static bool has_head(esp_http_client_handle_t client)
{
    return client != NULL && esp_http_response_has_head(client->parser);
}

int64_t esp_http_client_get_content_length(esp_http_client_handle_t client)
{
    return has_head(client) ? esp_http_response_content_length(client->parser) : -1;
}

int64_t esp_http_client_get_progress(esp_http_client_handle_t client)
{
    return client != NULL ? client->answer.received : -1;
}

#ifdef CONFIG_ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE
int64_t esp_http_client_get_content_range(esp_http_client_handle_t client)
{
    return client != NULL ? client->answer.content_range : -1;
}
#endif

const char *esp_http_client_get_malformed(esp_http_client_handle_t client)
{
    return client != NULL ? esp_http_response_why(client->parser) : NULL;
}

bool esp_http_client_is_chunked_response(esp_http_client_handle_t client)
{
    return has_head(client) && esp_http_response_is_chunked(client->parser);
}

esp_err_t esp_http_client_get_chunk_length(esp_http_client_handle_t client, int *len)
{
    int64_t chunk;

    if (client == NULL || len == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!esp_http_client_is_chunked_response(client)) {
        return ESP_FAIL;
    }
    chunk = esp_http_response_chunk_length(client->parser);
    *len = chunk < INT_MAX ? (int)chunk : INT_MAX;
    return ESP_OK;
}

bool esp_http_client_is_complete_data_received(esp_http_client_handle_t client)
{
    return client != NULL && esp_http_response_is_complete(client->parser);
}

bool esp_http_client_is_persistent_connection(esp_http_client_handle_t client)
{
    return has_head(client) && http_response_keeps_alive(client);
}

esp_http_state_t esp_http_client_get_state(esp_http_client_handle_t client)
{
    static const esp_http_state_t states[] = {
        [HTTP_IDLE] = HTTP_STATE_INIT,
        [HTTP_CONNECTING] = HTTP_STATE_CONNECTING,
        [HTTP_SENDING_HEAD] = HTTP_STATE_CONNECTED,
        [HTTP_SENDING_BODY] = HTTP_STATE_REQ_COMPLETE_HEADER,
        [HTTP_READING_HEAD] = HTTP_STATE_REQ_COMPLETE_DATA,
        [HTTP_READING_BODY] = HTTP_STATE_RES_ON_DATA_START,
        [HTTP_COMPLETE] = HTTP_STATE_RES_COMPLETE_DATA,
    };

    if (client == NULL) {
        return HTTP_STATE_UNINIT;
    }
    if (client->phase == HTTP_IDLE && client->is_open) {
        return HTTP_STATE_CONNECTED;
    }
    if (client->phase == HTTP_READING_HEAD && client->answer.at_header) {
        return HTTP_STATE_RES_COMPLETE_HEADER;
    }
    return states[client->phase];
}

#ifdef CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS
esp_err_t esp_http_client_get_response_header(esp_http_client_handle_t client, const char *key,
                                              char **value)
{
    if (client == NULL || key == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = (char *)(uintptr_t)et_http_headers_get(client->answer.saved, key);
    return *value != NULL ? ESP_OK : ESP_ERR_NOT_FOUND;
}
#endif

/* --- headers ---------------------------------------------------------------------------------------------- */

esp_err_t esp_http_client_set_header(esp_http_client_handle_t client, const char *key,
                                     const char *value)
{
    size_t len;

    if (client == NULL || key == NULL || !esp_http_is_token(key)) {
        return ESP_ERR_INVALID_ARG;
    }
    if (value == NULL) {
        return et_http_headers_delete(&client->headers, key);
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
    return et_http_headers_set(&client->headers, key, value, len);
}

esp_err_t esp_http_client_get_header(esp_http_client_handle_t client, const char *key, char **value)
{
    if (client == NULL || key == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = (char *)(uintptr_t)et_http_headers_get(client->headers, key);
    return *value != NULL ? ESP_OK : ESP_ERR_NOT_FOUND;
}

esp_err_t esp_http_client_delete_header(esp_http_client_handle_t client, const char *key)
{
    if (client == NULL || key == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return et_http_headers_delete(&client->headers, key);
}

esp_err_t esp_http_client_delete_all_headers(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    et_http_headers_clear(&client->headers);
    return ESP_OK;
}

/* A list of headers, in the order in which they were set. */
#include <string.h>

#include "client.h"
#include "esp_http_field.h"
#include "plat_heap.h"

static struct http_header **find(struct http_header **list, const char *name)
{
    while (*list != NULL && !esp_http_name_equals((*list)->name, name)) {
        list = &(*list)->next;
    }
    return list;
}

static struct http_header *header_new(const char *name, const char *value, size_t len)
{
    size_t name_len = strlen(name);
    struct http_header *h =
        plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*h) + name_len + 1 + len + 1);

    if (h != NULL) {
        char *copy = h->name + name_len + 1;

        memcpy(h->name, name, name_len + 1);
        memcpy(copy, value, len);
        h->value = copy;
    }
    return h;
}

esp_err_t http_headers_set(struct http_header **list, const char *name, const char *value,
                           size_t len)
{
    struct http_header **place = find(list, name);
    struct http_header *h = header_new(name, value, len);

    if (h == NULL) {
        return ESP_ERR_NO_MEM;
    }
    if (*place != NULL) {
        struct http_header *old = *place;

        h->next = old->next;
        plat_free_secret(old);
    }
    *place = h;
    return ESP_OK;
}

const char *http_headers_get(struct http_header *list, const char *name)
{
    const struct http_header *h = *find(&list, name);

    return h != NULL ? h->value : NULL;
}

esp_err_t http_headers_delete(struct http_header **list, const char *name)
{
    struct http_header **place = find(list, name);
    struct http_header *old = *place;

    if (old == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    *place = old->next;
    plat_free_secret(old); /* Authorization, Cookie: any may be one */
    return ESP_OK;
}

void http_headers_clear(struct http_header **list)
{
    while (*list != NULL) {
        struct http_header *old = *list;

        *list = old->next;
        plat_free_secret(old);
    }
}

/* --- the calls ------------------------------------------------------------------------------------ */

esp_err_t esp_http_client_set_header(esp_http_client_handle_t client, const char *key,
                                     const char *value)
{
    size_t len;

    if (client == NULL || key == NULL || !esp_http_is_token(key)) {
        return ESP_ERR_INVALID_ARG;
    }
    if (value == NULL) {
        return http_headers_delete(&client->headers, key);
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
    return http_headers_set(&client->headers, key, value, len);
}

esp_err_t esp_http_client_get_header(esp_http_client_handle_t client, const char *key, char **value)
{
    if (client == NULL || key == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = (char *)(uintptr_t)http_headers_get(client->headers, key);
    return *value != NULL ? ESP_OK : ESP_ERR_NOT_FOUND;
}

esp_err_t esp_http_client_delete_header(esp_http_client_handle_t client, const char *key)
{
    if (client == NULL || key == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return http_headers_delete(&client->headers, key);
}

esp_err_t esp_http_client_delete_all_headers(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    http_headers_clear(&client->headers);
    return ESP_OK;
}

#ifdef CONFIG_ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS
esp_err_t esp_http_client_get_response_header(esp_http_client_handle_t client, const char *key,
                                              char **value)
{
    if (client == NULL || key == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = (char *)(uintptr_t)http_headers_get(client->answer.saved, key);
    return *value != NULL ? ESP_OK : ESP_ERR_NOT_FOUND;
}
#endif

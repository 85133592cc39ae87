#include <string.h>

#include "esp_http_field.h"
#include "headers.h"
#include "plat_heap.h"

static struct http_header **find_header(struct http_header **list, const char *name)
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

esp_err_t et_http_headers_set(struct http_header **list, const char *name, const char *value,
                              size_t len)
{
    struct http_header **place = find_header(list, name);
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

const char *et_http_headers_get(struct http_header *list, const char *name)
{
    const struct http_header *h = *find_header(&list, name);

    return h != NULL ? h->value : NULL;
}

esp_err_t et_http_headers_delete(struct http_header **list, const char *name)
{
    struct http_header **place = find_header(list, name);
    struct http_header *old = *place;

    if (old == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    *place = old->next;
    plat_free_secret(old); /* Authorization, Cookie: any may be one */
    return ESP_OK;
}

void et_http_headers_clear(struct http_header **list)
{
    while (*list != NULL) {
        struct http_header *old = *list;

        *list = old->next;
        plat_free_secret(old);
    }
}

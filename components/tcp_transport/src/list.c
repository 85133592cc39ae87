/* Lists: transports by the scheme of the URLs that they serve. */
#include <string.h>

#include "plat_heap.h"
#include "transport.h"

struct esp_transport_list_t {
    struct esp_transport_item_t *first;
};

/** Schemes are ASCII (RFC 3986 section 3.1) and compared without regard to case. */
static bool same_scheme(const char *a, const char *b)
{
    size_t i = 0;

    for (;; i++) {
        unsigned char x = (unsigned char)a[i];
        unsigned char y = (unsigned char)b[i];

        x = (unsigned char)(x >= 'A' && x <= 'Z' ? x | 0x20 : x);
        y = (unsigned char)(y >= 'A' && y <= 'Z' ? y | 0x20 : y);
        if (x != y) {
            return false;
        }
        if (x == '\0') {
            return true;
        }
    }
}

esp_transport_list_handle_t esp_transport_list_init(void)
{
    return plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(struct esp_transport_list_t));
}

esp_err_t esp_transport_list_add(esp_transport_list_handle_t list, esp_transport_handle_t t,
                                 const char *scheme)
{
    struct esp_transport_item_t **at;
    size_t len;

    if (list == NULL || t == NULL || scheme == NULL || t->scheme != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    len = strlen(scheme);
    t->scheme = plat_alloc(NULL, PLAT_MEM_APPLICATION, len + 1);
    if (t->scheme == NULL) {
        return ESP_ERR_NO_MEM;
    }
    memcpy(t->scheme, scheme, len);
    at = &list->first;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = t;
    return ESP_OK;
}

esp_transport_handle_t esp_transport_list_get_transport(esp_transport_list_handle_t list,
                                                        const char *scheme)
{
    struct esp_transport_item_t *t = list != NULL ? list->first : NULL;

    while (t != NULL && scheme != NULL && !same_scheme(t->scheme, scheme)) {
        t = t->next;
    }
    return t;
}

esp_err_t esp_transport_list_clean(esp_transport_list_handle_t list)
{
    if (list == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    while (list->first != NULL) {
        struct esp_transport_item_t *t = list->first;

        list->first = t->next;
        (void)esp_transport_destroy(t);
    }
    return ESP_OK;
}

esp_err_t esp_transport_list_destroy(esp_transport_list_handle_t list)
{
    esp_err_t err = esp_transport_list_clean(list);

    plat_free(list);
    return err;
}

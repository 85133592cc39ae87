#include "headers.h"

#include <string.h>

#include "esp_http_field.h"
#include "plat_heap.h"
#include "plat_port.h"

struct kept_block {
    struct kept_block *next;
    size_t used; /* of the cap bytes behind it */
    size_t cap;
};

/** Most names differ in their first letter. */
static bool is_named(const struct http_header *h, const char *name)
{
    return ((h->name[0] ^ name[0]) & ~0x20) == 0 && esp_http_name_equals(h->name, name);
}

static struct http_header **find_header(struct http_header **list, const char *name)
{
    while (*list != NULL && !is_named(*list, name)) {
        list = &(*list)->next;
    }
    return list;
}

/** @param h  zeroed, of sizeof(*h) + name_len + len + 2 bytes */
static void write_header(struct http_header *h, const char *name, size_t name_len,
                         const char *value, size_t len)
{
    char *copy = h->name + name_len + 1;

    memcpy(h->name, name, name_len);
    memcpy(copy, value, len);
    h->value = copy;
}

static struct http_header *header_new(const char *name, const char *value, size_t len)
{
    const size_t name_len = strlen(name);
    struct http_header *h = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*h) + name_len + len + 2);

    if (h != NULL) {
        write_header(h, name, name_len, value, len);
    }
    return h;
}

/** Put h where one of this name is, or at the end. @return the one that it replaces, or NULL */
static struct http_header *replace_header(struct http_header **list, struct http_header *h)
{
    struct http_header **place = find_header(list, h->name);
    struct http_header *old = *place;

    h->next = old != NULL ? old->next : NULL;
    *place = h;
    return old;
}

esp_err_t et_http_headers_set(struct http_header **list, const char *name, const char *value,
                              size_t len)
{
    struct http_header *h = header_new(name, value, len);

    if (h == NULL) {
        return ESP_ERR_NO_MEM;
    }
    plat_free_secret(replace_header(list, h));
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

/* --- kept ones -------------------------------------------------------------------------------- */

static struct kept_block *block_new(struct http_kept *kept, size_t cap)
{
    struct kept_block *block = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*block) + cap);

    if (block != NULL) {
        block->cap = cap;
        block->next = kept->blocks;
        kept->blocks = block;
    }
    return block;
}

/** @return zeroed; NULL: no memory */
static struct http_header *take_room(struct http_kept *kept, size_t size)
{
    struct kept_block *block = kept->blocks;
    const size_t unit = sizeof(void *);
    struct http_header *h;

    size = (size + unit - 1) / unit * unit;
    if (block == NULL || size > block->cap - block->used) {
        block = block_new(kept, size > PLAT_SHARED_BLOCK ? size : PLAT_SHARED_BLOCK);
    }
    if (block == NULL) {
        return NULL;
    }
    h = (struct http_header *)(void *)((char *)(block + 1) + block->used);
    block->used += size;
    return h;
}

esp_err_t et_http_kept_set(struct http_kept *kept, const char *name, const char *value)
{
    const size_t name_len = strlen(name);
    const size_t len = strlen(value);
    struct http_header *h;

    if (PLAT_SHARED_BLOCK == 0) {
        return et_http_headers_set(&kept->list, name, value, len);
    }
    h = take_room(kept, sizeof(*h) + name_len + len + 2);
    if (h == NULL) {
        return ESP_ERR_NO_MEM;
    }
    write_header(h, name, name_len, value, len);
    (void)replace_header(&kept->list, h);
    return ESP_OK;
}

void et_http_kept_clear(struct http_kept *kept)
{
    if (PLAT_SHARED_BLOCK == 0) {
        et_http_headers_clear(&kept->list);
    }
    while (kept->blocks != NULL) {
        struct kept_block *old = kept->blocks;

        kept->blocks = old->next;
        plat_free_secret(old); /* Set-Cookie may be one */
    }
    kept->list = NULL;
}

#include "anchor_store.h"

#include "plat_heap.h"
#include "plat_lock.h"

struct anchor_store {
    unsigned refs; /* the process's own, and one per connection that verifies with it */
    struct anchor *first;
};

static plat_mutex store_lock = PLAT_MUTEX_INITIALIZER;
static struct anchor_store *global_store; /* owned by the process, guarded by store_lock */

static void store_unref_locked(struct anchor_store *store)
{
    if (--store->refs > 0) {
        return;
    }
    while (store->first != NULL) {
        struct anchor *a = store->first;

        store->first = a->next;
        plat_free(a);
    }
    plat_free(store);
}

struct anchor_store *et_anchor_store_take(void)
{
    struct anchor_store *store = NULL;

    plat_mutex_lock(&store_lock);
    if (global_store != NULL && global_store->first != NULL) {
        store = global_store;
        store->refs++;
    }
    plat_mutex_unlock(&store_lock);
    return store;
}

void et_anchor_store_release(struct anchor_store *store)
{
    if (store != NULL) {
        plat_mutex_lock(&store_lock);
        store_unref_locked(store);
        plat_mutex_unlock(&store_lock);
    }
}

const struct anchor *et_anchor_store_next(struct anchor_store *store, const struct anchor *after)
{
    const struct anchor *next;

    plat_mutex_lock(&store_lock);
    next = after == NULL ? store->first : after->next;
    plat_mutex_unlock(&store_lock);
    return next;
}

static esp_err_t store_init_locked(void)
{
    if (global_store == NULL) {
        global_store = plat_alloc(NULL, PLAT_MEM_PROCESS, sizeof(*global_store));
        if (global_store == NULL) {
            return ESP_ERR_NO_MEM;
        }
        global_store->refs = 1;
    }
    return ESP_OK;
}

esp_err_t et_anchor_store_init(void)
{
    esp_err_t err;

    plat_mutex_lock(&store_lock);
    err = store_init_locked();
    plat_mutex_unlock(&store_lock);
    return err;
}

esp_err_t et_anchor_store_append(struct anchor *first)
{
    esp_err_t err;

    plat_mutex_lock(&store_lock);
    err = store_init_locked();
    if (err == ESP_OK) {
        struct anchor **tail = &global_store->first;

        while (*tail != NULL) {
            tail = &(*tail)->next;
        }
        *tail = first;
    }
    plat_mutex_unlock(&store_lock);
    return err;
}

void et_anchor_store_drop(void)
{
    plat_mutex_lock(&store_lock);
    if (global_store != NULL) {
        store_unref_locked(global_store);
        global_store = NULL;
    }
    plat_mutex_unlock(&store_lock);
}

/* esp_event.h: queues and handlers behind one monitor each. */
#include "esp_event.h"

#include <stdbool.h>
#include <string.h>

#include "plat_clock.h"
#include "plat_heap.h"
#include "plat_lock.h"
#include "plat_task.h"

#define DEFAULT_QUEUE 32

struct event {
    struct event *next;
    esp_event_base_t base;
    int32_t id;
    void *data; /* behind it, or NULL */
};

struct handler {
    struct handler *next;
    esp_event_base_t base; /* NULL: any, and then any id */
    int32_t id;
    esp_event_handler_t fn;
    void *arg;
    bool is_gone; /* unregistered, and freed when no handler runs */
};

struct loop {
    plat_monitor *monitor; /* all of the following */
    struct event *first;
    struct event **end;
    int32_t count;
    int32_t size;
    struct handler *handlers;
    plat_task *task;    /* NULL: esp_event_loop_run() */
    bool is_running;    /* somebody dispatches */
    bool is_in_handler; /* in this moment */
    bool is_ending;
    struct loop *outer; /* whose handler runs this loop; the thread's own */
};

static plat_mutex default_lock = PLAT_MUTEX_INITIALIZER;
static struct loop *default_loop;
static PLAT_THREAD_LOCAL struct loop *dispatching; /* the loop whose handler runs in this thread */

/** Does a handler of the loop run in this thread? Perhaps it runs another loop. */
static bool is_inside(const struct loop *loop)
{
    const struct loop *at = dispatching;

    while (at != NULL && at != loop) {
        at = at->outer;
    }
    return at != NULL;
}

static uint64_t until_of(TickType_t ticks)
{
    return ticks == portMAX_DELAY ? PLAT_NEVER
                                  : plat_monitor_now() + (uint64_t)pdTICKS_TO_MS(ticks) * 1000;
}

/* --- dispatching ------------------------------------------------------------------------------ */

/** 0 for any base, 1 any id of the base, 2 this id; 3: not for it. */
static int rank_of(const struct handler *h, const struct event *e)
{
    if (h->base == ESP_EVENT_ANY_BASE) {
        return 0;
    }
    if (h->base != e->base) {
        return 3;
    }
    if (h->id == ESP_EVENT_ANY_ID) {
        return 1;
    }
    return h->id == e->id ? 2 : 3;
}

static void sweep(struct loop *loop)
{
    struct handler **place = &loop->handlers;

    while (*place != NULL) {
        struct handler *h = *place;

        if (h->is_gone) {
            *place = h->next;
            plat_free(h);
        } else {
            place = &h->next;
        }
    }
}

/** In the monitor; handlers run outside of it. New ones come at the end, old ones stay in place. */
static void dispatch(struct loop *loop, const struct event *e)
{
    loop->is_in_handler = true;
    for (int rank = 0; rank <= 2; rank++) {
        for (struct handler *h = loop->handlers; h != NULL; h = h->next) {
            if (!h->is_gone && rank_of(h, e) == rank) {
                esp_event_handler_t fn = h->fn;
                void *arg = h->arg;

                plat_monitor_leave(loop->monitor);
                fn(arg, e->base, e->id, e->data);
                plat_monitor_enter(loop->monitor);
            }
        }
    }
    loop->is_in_handler = false;
    sweep(loop);
}

static struct event *take_event(struct loop *loop)
{
    struct event *e = loop->first;

    if (e != NULL) {
        loop->first = e->next;
        loop->end = loop->first != NULL ? loop->end : &loop->first;
        loop->count--;
        plat_monitor_wake_all(loop->monitor); /* there is room again */
    }
    return e;
}

/** In the monitor. */
static void run(struct loop *loop, uint64_t until_us, bool is_one_pass)
{
    int32_t left = loop->count;

    loop->is_running = true;
    loop->outer = dispatching;
    dispatching = loop;
    while (!loop->is_ending) {
        struct event *e = is_one_pass && left-- <= 0 ? NULL : take_event(loop);

        if (e != NULL) {
            dispatch(loop, e);
            plat_free_secret(e);
        } else if (is_one_pass) {
            break;
        } else {
            plat_monitor_wait(loop->monitor, until_us);
        }
        if (!is_one_pass && plat_monitor_now() >= until_us) {
            break;
        }
    }
    dispatching = loop->outer;
    loop->is_running = false;
}

static void task(void *arg)
{
    struct loop *loop = arg;

    plat_monitor_enter(loop->monitor);
    run(loop, PLAT_NEVER, false);
    plat_monitor_leave(loop->monitor);
}

esp_err_t esp_event_loop_run(esp_event_loop_handle_t event_loop, TickType_t ticks_to_run)
{
    struct loop *loop = event_loop;
    esp_err_t err = ESP_ERR_INVALID_STATE;

    if (loop == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    plat_monitor_enter(loop->monitor);
    if (loop->task == NULL && !loop->is_running) {
        run(loop, until_of(ticks_to_run), ticks_to_run == 0);
        err = ESP_OK;
    }
    plat_monitor_leave(loop->monitor);
    return err;
}

/* --- loops ------------------------------------------------------------------------------------ */

static void destroy(struct loop *loop)
{
    while (loop->first != NULL) {
        plat_free_secret(take_event(loop));
    }
    while (loop->handlers != NULL) {
        loop->handlers->is_gone = true;
        sweep(loop);
    }
    plat_monitor_free(loop->monitor);
    plat_free(loop);
}

static esp_err_t create(int32_t queue_size, bool has_task, struct loop **made)
{
    struct loop *loop = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*loop));

    if (loop == NULL) {
        return ESP_ERR_NO_MEM;
    }
    loop->size = queue_size;
    loop->end = &loop->first;
    loop->monitor = plat_monitor_new();
    if (loop->monitor == NULL) {
        plat_free(loop);
        return ESP_ERR_NO_MEM;
    }
    if (has_task) {
        plat_monitor_enter(loop->monitor);
        loop->task = plat_task_start(task, loop);
        plat_monitor_leave(loop->monitor);
        if (loop->task == NULL) {
            destroy(loop);
            return ESP_FAIL;
        }
    }
    *made = loop;
    return ESP_OK;
}

esp_err_t esp_event_loop_create(const esp_event_loop_args_t *event_loop_args,
                                esp_event_loop_handle_t *event_loop)
{
    struct loop *loop;
    esp_err_t err;

    if (event_loop_args == NULL || event_loop == NULL || event_loop_args->queue_size < 1) {
        return ESP_ERR_INVALID_ARG;
    }
    err = create(event_loop_args->queue_size, event_loop_args->task_name != NULL, &loop);
    if (err == ESP_OK) {
        *event_loop = loop;
    }
    return err;
}

esp_err_t esp_event_loop_delete(esp_event_loop_handle_t event_loop)
{
    struct loop *loop = event_loop;

    if (loop == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (is_inside(loop)) {
        return ESP_ERR_INVALID_STATE;
    }
    plat_monitor_enter(loop->monitor);
    loop->is_ending = true;
    plat_monitor_wake_all(loop->monitor);
    plat_monitor_leave(loop->monitor);
    if (loop->task != NULL) {
        plat_task_join(loop->task);
    }
    destroy(loop);
    return ESP_OK;
}

esp_err_t esp_event_loop_create_default(void)
{
    esp_err_t err = ESP_ERR_INVALID_STATE;

    plat_mutex_lock(&default_lock);
    if (default_loop == NULL) {
        err = create(DEFAULT_QUEUE, true, &default_loop);
    }
    plat_mutex_unlock(&default_lock);
    return err;
}

esp_err_t esp_event_loop_delete_default(void)
{
    struct loop *loop;

    plat_mutex_lock(&default_lock);
    loop = default_loop != NULL && !is_inside(default_loop) ? default_loop : NULL;
    default_loop = loop != NULL ? NULL : default_loop;
    plat_mutex_unlock(&default_lock);
    return loop != NULL ? esp_event_loop_delete(loop) : ESP_ERR_INVALID_STATE;
}

static struct loop *get_default(void)
{
    struct loop *loop;

    plat_mutex_lock(&default_lock);
    loop = default_loop;
    plat_mutex_unlock(&default_lock);
    return loop;
}

/* --- handlers --------------------------------------------------------------------------------- */

static struct handler *find_handler(struct loop *loop, esp_event_base_t base, int32_t id,
                                    esp_event_handler_t fn, const void *instance)
{
    struct handler *h = loop->handlers;

    while (h != NULL && (h->is_gone || h->base != base || h->id != id ||
                         (instance != NULL ? h != instance : h->fn != fn))) {
        h = h->next;
    }
    return h;
}

static esp_err_t add_handler(struct loop *loop, const struct handler *what, bool is_instance,
                             esp_event_handler_instance_t *instance)
{
    struct handler **place = &loop->handlers;
    struct handler *h =
        is_instance ? NULL : find_handler(loop, what->base, what->id, what->fn, NULL);

    if (h != NULL) {
        h->arg = what->arg;
        return ESP_OK;
    }
    h = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*h));
    if (h == NULL) {
        return ESP_ERR_NO_MEM;
    }
    *h = *what;
    while (*place != NULL) {
        place = &(*place)->next;
    }
    *place = h;
    if (instance != NULL) {
        *instance = h;
    }
    return ESP_OK;
}

static esp_err_t register_with(struct loop *loop, const struct handler *what, bool is_instance,
                               esp_event_handler_instance_t *instance)
{
    esp_err_t err;

    if (loop == NULL || what->fn == NULL ||
        (what->base == ESP_EVENT_ANY_BASE && what->id != ESP_EVENT_ANY_ID)) {
        return ESP_ERR_INVALID_ARG;
    }
    plat_monitor_enter(loop->monitor);
    err = add_handler(loop, what, is_instance, instance);
    plat_monitor_leave(loop->monitor);
    return err;
}

static esp_err_t unregister_with(struct loop *loop, esp_event_base_t base, int32_t id,
                                 esp_event_handler_t fn, const void *instance)
{
    struct handler *h;

    if (loop == NULL || (fn == NULL && instance == NULL)) {
        return ESP_ERR_INVALID_ARG;
    }
    plat_monitor_enter(loop->monitor);
    h = find_handler(loop, base, id, fn, instance);
    if (h != NULL) {
        h->is_gone = true;
        if (!loop->is_in_handler) {
            sweep(loop);
        }
    }
    plat_monitor_leave(loop->monitor);
    return h != NULL ? ESP_OK : ESP_ERR_NOT_FOUND;
}

esp_err_t esp_event_handler_register_with(esp_event_loop_handle_t event_loop,
                                          esp_event_base_t event_base, int32_t event_id,
                                          esp_event_handler_t event_handler,
                                          void *event_handler_arg)
{
    const struct handler what = {
        .base = event_base, .id = event_id, .fn = event_handler, .arg = event_handler_arg};

    return register_with(event_loop, &what, false, NULL);
}

esp_err_t esp_event_handler_register(esp_event_base_t event_base, int32_t event_id,
                                     esp_event_handler_t event_handler, void *event_handler_arg)
{
    struct loop *loop = get_default();

    return loop == NULL ? ESP_ERR_INVALID_STATE
                        : esp_event_handler_register_with(loop, event_base, event_id, event_handler,
                                                          event_handler_arg);
}

esp_err_t esp_event_handler_instance_register_with(esp_event_loop_handle_t event_loop,
                                                   esp_event_base_t event_base, int32_t event_id,
                                                   esp_event_handler_t event_handler,
                                                   void *event_handler_arg,
                                                   esp_event_handler_instance_t *instance)
{
    const struct handler what = {
        .base = event_base, .id = event_id, .fn = event_handler, .arg = event_handler_arg};

    return register_with(event_loop, &what, true, instance);
}

esp_err_t esp_event_handler_instance_register(esp_event_base_t event_base, int32_t event_id,
                                              esp_event_handler_t event_handler,
                                              void *event_handler_arg,
                                              esp_event_handler_instance_t *instance)
{
    struct loop *loop = get_default();

    return loop == NULL
               ? ESP_ERR_INVALID_STATE
               : esp_event_handler_instance_register_with(loop, event_base, event_id, event_handler,
                                                          event_handler_arg, instance);
}

esp_err_t esp_event_handler_unregister_with(esp_event_loop_handle_t event_loop,
                                            esp_event_base_t event_base, int32_t event_id,
                                            esp_event_handler_t event_handler)
{
    return unregister_with(event_loop, event_base, event_id, event_handler, NULL);
}

esp_err_t esp_event_handler_unregister(esp_event_base_t event_base, int32_t event_id,
                                       esp_event_handler_t event_handler)
{
    struct loop *loop = get_default();

    return loop == NULL ? ESP_ERR_INVALID_STATE
                        : unregister_with(loop, event_base, event_id, event_handler, NULL);
}

esp_err_t esp_event_handler_instance_unregister_with(esp_event_loop_handle_t event_loop,
                                                     esp_event_base_t event_base, int32_t event_id,
                                                     esp_event_handler_instance_t instance)
{
    return unregister_with(event_loop, event_base, event_id, NULL, instance);
}

esp_err_t esp_event_handler_instance_unregister(esp_event_base_t event_base, int32_t event_id,
                                                esp_event_handler_instance_t instance)
{
    struct loop *loop = get_default();

    return loop == NULL ? ESP_ERR_INVALID_STATE
                        : unregister_with(loop, event_base, event_id, NULL, instance);
}

/* --- posting ---------------------------------------------------------------------------------- */

static esp_err_t enqueue(struct loop *loop, struct event *e, uint64_t until_us)
{
    while (loop->count >= loop->size && !loop->is_ending && !is_inside(loop) &&
           plat_monitor_now() < until_us) {
        plat_monitor_wait(loop->monitor, until_us);
    }
    if (loop->count >= loop->size || loop->is_ending) {
        return ESP_ERR_TIMEOUT;
    }
    *loop->end = e;
    loop->end = &e->next;
    loop->count++;
    plat_monitor_wake_all(loop->monitor);
    return ESP_OK;
}

esp_err_t esp_event_post_to(esp_event_loop_handle_t event_loop, esp_event_base_t event_base,
                            int32_t event_id, const void *event_data, size_t event_data_size,
                            TickType_t ticks_to_wait)
{
    struct loop *loop = event_loop;
    struct event *e;
    esp_err_t err;

    if (loop == NULL || event_base == ESP_EVENT_ANY_BASE || event_id == ESP_EVENT_ANY_ID ||
        (event_data == NULL) != (event_data_size == 0)) {
        return ESP_ERR_INVALID_ARG;
    }
    e = plat_alloc(NULL, PLAT_MEM_APPLICATION, sizeof(*e) + event_data_size);
    if (e == NULL) {
        return ESP_ERR_NO_MEM;
    }
    e->base = event_base;
    e->id = event_id;
    if (event_data_size > 0) {
        e->data = e + 1;
        memcpy(e->data, event_data, event_data_size);
    }
    plat_monitor_enter(loop->monitor);
    err = enqueue(loop, e, until_of(ticks_to_wait));
    plat_monitor_leave(loop->monitor);
    if (err != ESP_OK) {
        plat_free_secret(e);
    }
    return err;
}

esp_err_t esp_event_post(esp_event_base_t event_base, int32_t event_id, const void *event_data,
                         size_t event_data_size, TickType_t ticks_to_wait)
{
    struct loop *loop = get_default();

    return loop == NULL ? ESP_ERR_INVALID_STATE
                        : esp_event_post_to(loop, event_base, event_id, event_data, event_data_size,
                                            ticks_to_wait);
}

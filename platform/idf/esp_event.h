/* Event loops: what happens in one place is told in others, in a task of its own.
 *
 * A loop is a bounded queue and a list of handlers. Posting copies the data and never runs a
 * handler; handlers run where the loop does: in its own task, or, if it has none, in
 * esp_event_loop_run(). An event goes to the handlers of all bases first, then to those of its
 * base, then to those of its base and id, each in the order in which they were registered.
 *
 * The default loop has a task; it is created by the application, never by these components. All
 * calls may come from any thread, handlers included. Every call that takes no loop:
 * ESP_ERR_INVALID_STATE if there is no default loop. NULL for a loop or a handler:
 * ESP_ERR_INVALID_ARG. */
#ifndef ESP_EVENT_H
#define ESP_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <esp_err.h>
#include <esp_event_base.h>
#include <freertos/FreeRTOS.h>
#include <freertos/queue.h>
#include <freertos/semphr.h>
#include <freertos/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Priority, stack size and core are the system's choice here, and not read: another FreeRTOS's
 *  types may have other widths. */
typedef struct {
    int32_t queue_size;    /**< events, at least 1 */
    const char *task_name; /**< NULL: no task, the application calls esp_event_loop_run() */
    UBaseType_t task_priority;
    uint32_t task_stack_size;
    BaseType_t task_core_id;
} esp_event_loop_args_t;

/** @return ESP_OK; ESP_ERR_INVALID_ARG  NULL, or queue_size < 1; ESP_ERR_NO_MEM; ESP_FAIL  no
 *    task */
esp_err_t esp_event_loop_create(const esp_event_loop_args_t *event_loop_args,
                                esp_event_loop_handle_t *event_loop);
/** Events that wait are dropped. Waits for the handler that runs; not from within it:
 *  ESP_ERR_INVALID_STATE. Nobody may use the loop while it goes. @return ESP_OK;
 *  ESP_ERR_INVALID_ARG */
esp_err_t esp_event_loop_delete(esp_event_loop_handle_t event_loop);
/** @return ESP_OK; ESP_ERR_INVALID_STATE  there is one; ESP_ERR_NO_MEM; ESP_FAIL */
esp_err_t esp_event_loop_create_default(void);
esp_err_t esp_event_loop_delete_default(void);

/** Run handlers for this long; of a loop without a task.
 *  @param ticks_to_run  0: what is there now; portMAX_DELAY: for ever
 *  @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_INVALID_STATE  it has a task, or runs already */
esp_err_t esp_event_loop_run(esp_event_loop_handle_t event_loop, TickType_t ticks_to_run);

/** The same handler for the same events again: its argument is replaced.
 *  @param event_base  ESP_EVENT_ANY_BASE only with ESP_EVENT_ANY_ID, else ESP_ERR_INVALID_ARG
 *  @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_NO_MEM */
esp_err_t esp_event_handler_register(esp_event_base_t event_base, int32_t event_id,
                                     esp_event_handler_t event_handler, void *event_handler_arg);
esp_err_t esp_event_handler_register_with(esp_event_loop_handle_t event_loop,
                                          esp_event_base_t event_base, int32_t event_id,
                                          esp_event_handler_t event_handler,
                                          void *event_handler_arg);
/** Each call registers anew. @param instance  for unregistering; may be NULL */
esp_err_t esp_event_handler_instance_register(esp_event_base_t event_base, int32_t event_id,
                                              esp_event_handler_t event_handler,
                                              void *event_handler_arg,
                                              esp_event_handler_instance_t *instance);
esp_err_t esp_event_handler_instance_register_with(esp_event_loop_handle_t event_loop,
                                                   esp_event_base_t event_base, int32_t event_id,
                                                   esp_event_handler_t event_handler,
                                                   void *event_handler_arg,
                                                   esp_event_handler_instance_t *instance);
/** @return ESP_OK; ESP_ERR_INVALID_ARG; ESP_ERR_NOT_FOUND */
esp_err_t esp_event_handler_unregister(esp_event_base_t event_base, int32_t event_id,
                                       esp_event_handler_t event_handler);
esp_err_t esp_event_handler_unregister_with(esp_event_loop_handle_t event_loop,
                                            esp_event_base_t event_base, int32_t event_id,
                                            esp_event_handler_t event_handler);
esp_err_t esp_event_handler_instance_unregister(esp_event_base_t event_base, int32_t event_id,
                                                esp_event_handler_instance_t instance);
esp_err_t esp_event_handler_instance_unregister_with(esp_event_loop_handle_t event_loop,
                                                     esp_event_base_t event_base, int32_t event_id,
                                                     esp_event_handler_instance_t instance);

/** @param event_data     copied; NULL: none
 *  @param ticks_to_wait  while the queue is full; from a handler of the loop: never waits
 *  @return ESP_OK; ESP_ERR_TIMEOUT  the queue is full; ESP_ERR_INVALID_ARG  a base or an id that
 *          means any, or data and size do not fit together; ESP_ERR_NO_MEM */
esp_err_t esp_event_post(esp_event_base_t event_base, int32_t event_id, const void *event_data,
                         size_t event_data_size, TickType_t ticks_to_wait);
esp_err_t esp_event_post_to(esp_event_loop_handle_t event_loop, esp_event_base_t event_base,
                            int32_t event_id, const void *event_data, size_t event_data_size,
                            TickType_t ticks_to_wait);

#ifdef __cplusplus
}
#endif
#endif

/* Event loops, with a task and without one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "esp_event.h"
#include "plat_heap.h"
#include "plat_task.h"

ESP_EVENT_DEFINE_BASE(FRUIT);
ESP_EVENT_DEFINE_BASE(STONE);

static char heard[64];
static plat_monitor *monitor;

static void hear(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)base;
    (void)id;
    (void)data;
    plat_monitor_enter(monitor);
    (void)strncat(heard, arg, sizeof(heard) - strlen(heard) - 1);
    plat_monitor_wake_all(monitor);
    plat_monitor_leave(monitor);
}

static void wait_until_heard(const char *text)
{
    uint64_t until = plat_monitor_now() + 5000000;

    plat_monitor_enter(monitor);
    while (strcmp(heard, text) != 0 && plat_monitor_now() < until) {
        plat_monitor_wait(monitor, until);
    }
    plat_monitor_leave(monitor);
    assert_string_equal(heard, text);
}

static int setup(void **state)
{
    (void)state;
    heard[0] = '\0';
    monitor = plat_monitor_new();
    return monitor == NULL;
}

static uint32_t live(void)
{
    struct plat_mem_use use;
    uint32_t count;
    uint32_t largest;

    plat_heap_overall(&use, &count, &largest);
    return use.live;
}

static int teardown(void **state)
{
    (void)state;
    plat_monitor_free(monitor);
    assert_int_equal(live(), 0);
    return 0;
}

static esp_event_loop_handle_t loop_without_task(int32_t size)
{
    const esp_event_loop_args_t args = {.queue_size = size};
    esp_event_loop_handle_t loop = NULL;

    assert_int_equal(esp_event_loop_create(&args, &loop), ESP_OK);
    return loop;
}

static void post(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id)
{
    assert_int_equal(esp_event_post_to(loop, base, id, NULL, 0, 0), ESP_OK);
}

static void test_handlers_are_called_from_the_general_to_the_special(void **state)
{
    esp_event_loop_handle_t loop = loop_without_task(4);

    (void)state;
    assert_int_equal(esp_event_handler_register_with(loop, FRUIT, 7, hear, "3"), ESP_OK);
    assert_int_equal(
        esp_event_handler_instance_register_with(loop, FRUIT, ESP_EVENT_ANY_ID, hear, "2", NULL),
        ESP_OK);
    assert_int_equal(
        esp_event_handler_register_with(loop, ESP_EVENT_ANY_BASE, ESP_EVENT_ANY_ID, hear, "1"),
        ESP_OK);
    assert_int_equal(esp_event_handler_instance_register_with(loop, FRUIT, 7, hear, "4", NULL),
                     ESP_OK);
    post(loop, FRUIT, 7);
    post(loop, FRUIT, 8);
    post(loop, STONE, 7);
    assert_string_equal(heard, "");
    assert_int_equal(esp_event_loop_run(loop, 0), ESP_OK);
    assert_string_equal(heard, "1234121");
    assert_int_equal(esp_event_loop_delete(loop), ESP_OK);
}

static void hear_number(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)base;
    (void)id;
    memcpy(arg, data, sizeof(int));
}

static void test_data_is_copied_when_it_is_posted(void **state)
{
    esp_event_loop_handle_t loop = loop_without_task(1);
    int number = 42;
    int got = 0;

    (void)state;
    assert_int_equal(esp_event_handler_register_with(loop, FRUIT, 1, hear_number, &got), ESP_OK);
    assert_int_equal(esp_event_post_to(loop, FRUIT, 1, &number, sizeof(number), 0), ESP_OK);
    number = 0;
    assert_int_equal(esp_event_loop_run(loop, 0), ESP_OK);
    assert_int_equal(got, 42);
    assert_int_equal(esp_event_loop_delete(loop), ESP_OK);
}

static void test_a_full_queue_is_a_timeout_and_events_left_are_freed(void **state)
{
    esp_event_loop_handle_t loop = loop_without_task(2);
    uint64_t begin = plat_monitor_now();

    (void)state;
    post(loop, FRUIT, 1);
    post(loop, FRUIT, 1);
    assert_int_equal(esp_event_post_to(loop, FRUIT, 1, NULL, 0, 0), ESP_ERR_TIMEOUT);
    assert_int_equal(esp_event_post_to(loop, FRUIT, 1, "x", 1, pdMS_TO_TICKS(30)), ESP_ERR_TIMEOUT);
    assert_true(plat_monitor_now() - begin >= 30000);
    assert_int_equal(esp_event_loop_delete(loop), ESP_OK);
}

static void test_the_same_handler_again_replaces_its_argument(void **state)
{
    esp_event_loop_handle_t loop = loop_without_task(1);

    (void)state;
    assert_int_equal(esp_event_handler_register_with(loop, FRUIT, 1, hear, "a"), ESP_OK);
    assert_int_equal(esp_event_handler_register_with(loop, FRUIT, 1, hear, "b"), ESP_OK);
    post(loop, FRUIT, 1);
    assert_int_equal(esp_event_loop_run(loop, 0), ESP_OK);
    assert_string_equal(heard, "b");
    assert_int_equal(esp_event_handler_unregister_with(loop, FRUIT, 1, hear), ESP_OK);
    assert_int_equal(esp_event_handler_unregister_with(loop, FRUIT, 1, hear), ESP_ERR_NOT_FOUND);
    post(loop, FRUIT, 1);
    assert_int_equal(esp_event_loop_run(loop, 0), ESP_OK);
    assert_string_equal(heard, "b");
    assert_int_equal(esp_event_loop_delete(loop), ESP_OK);
}

/** Between events, too: not when the next one comes. */
static void test_a_handler_that_is_unregistered_takes_no_memory(void **state)
{
    esp_event_loop_handle_t loop = loop_without_task(1);
    uint32_t before = live();

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(esp_event_handler_register_with(loop, FRUIT, 1, hear, "a"), ESP_OK);
        assert_true(live() > before);
        assert_int_equal(esp_event_handler_unregister_with(loop, FRUIT, 1, hear), ESP_OK);
        assert_int_equal(live(), before);
        post(loop, FRUIT, 1);
        assert_int_equal(esp_event_loop_run(loop, 0), ESP_OK);
    }
    assert_int_equal(esp_event_loop_delete(loop), ESP_OK);
}

static esp_event_handler_instance_t self;

/** Unregisters itself, posts again, and may not delete the loop. */
static void meddle(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    hear("m", base, id, data);
    assert_int_equal(esp_event_handler_instance_unregister_with(arg, base, id, self), ESP_OK);
    assert_int_equal(esp_event_loop_delete(arg), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_event_post_to(arg, base, id, NULL, 0, portMAX_DELAY), ESP_OK);
    assert_int_equal(esp_event_post_to(arg, base, id, NULL, 0, portMAX_DELAY), ESP_ERR_TIMEOUT);
}

static void test_a_handler_may_change_its_own_loop(void **state)
{
    esp_event_loop_handle_t loop = loop_without_task(1);

    (void)state;
    assert_int_equal(esp_event_handler_instance_register_with(loop, FRUIT, 1, meddle, loop, &self),
                     ESP_OK);
    assert_int_equal(esp_event_handler_register_with(loop, FRUIT, 1, hear, "h"), ESP_OK);
    post(loop, FRUIT, 1);
    assert_int_equal(esp_event_loop_run(loop, 0), ESP_OK);
    assert_string_equal(heard, "mh");
    assert_int_equal(esp_event_loop_run(loop, pdMS_TO_TICKS(20)), ESP_OK);
    assert_string_equal(heard, "mhh");
    assert_int_equal(esp_event_loop_delete(loop), ESP_OK);
}

static esp_event_loop_handle_t outer_loop;

/** In a loop that a handler of the outer one runs. */
static void meddle_with_outer(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    hear(arg, base, id, data);
    assert_int_equal(esp_event_post_to(outer_loop, base, id, NULL, 0, portMAX_DELAY), ESP_OK);
    assert_int_equal(esp_event_post_to(outer_loop, base, id, NULL, 0, portMAX_DELAY),
                     ESP_ERR_TIMEOUT);
    assert_int_equal(esp_event_loop_delete(outer_loop), ESP_ERR_INVALID_STATE);
}

static void run_inner(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    hear("o", base, id, data);
    assert_int_equal(esp_event_loop_run(arg, 0), ESP_OK);
}

static void test_a_handler_may_run_another_loop(void **state)
{
    esp_event_loop_handle_t inner = loop_without_task(1);

    (void)state;
    outer_loop = loop_without_task(1);
    assert_int_equal(esp_event_handler_register_with(outer_loop, FRUIT, 1, run_inner, inner),
                     ESP_OK);
    assert_int_equal(esp_event_handler_register_with(inner, FRUIT, 1, meddle_with_outer, "i"),
                     ESP_OK);
    post(outer_loop, FRUIT, 1);
    post(inner, FRUIT, 1);
    assert_int_equal(esp_event_loop_run(outer_loop, 0), ESP_OK);
    assert_string_equal(heard, "oi");
    assert_int_equal(esp_event_loop_delete(inner), ESP_OK);
    assert_int_equal(esp_event_loop_delete(outer_loop), ESP_OK);
}

static void test_the_default_loop_has_a_task(void **state)
{
    (void)state;
    assert_int_equal(esp_event_post(FRUIT, 1, NULL, 0, 0), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_event_handler_register(FRUIT, 1, hear, "a"), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_event_loop_delete_default(), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_event_loop_create_default(), ESP_OK);
    assert_int_equal(esp_event_loop_create_default(), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_event_handler_register(FRUIT, 1, hear, "a"), ESP_OK);
    assert_int_equal(esp_event_handler_instance_register(FRUIT, 2, hear, "b", &self), ESP_OK);
    assert_int_equal(esp_event_post(FRUIT, 2, NULL, 0, portMAX_DELAY), ESP_OK);
    assert_int_equal(esp_event_post(FRUIT, 1, NULL, 0, portMAX_DELAY), ESP_OK);
    wait_until_heard("ba");
    assert_int_equal(esp_event_handler_instance_unregister(FRUIT, 2, self), ESP_OK);
    assert_int_equal(esp_event_handler_unregister(FRUIT, 1, hear), ESP_OK);
    assert_int_equal(esp_event_loop_delete_default(), ESP_OK);
}

static void test_more_events_than_the_queue_holds_wait_for_room(void **state)
{
    const esp_event_loop_args_t args = {.queue_size = 1, .task_name = "t"};
    esp_event_loop_handle_t loop;

    (void)state;
    assert_int_equal(esp_event_loop_create(&args, &loop), ESP_OK);
    assert_int_equal(esp_event_handler_register_with(loop, FRUIT, 1, hear, "x"), ESP_OK);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(esp_event_post_to(loop, FRUIT, 1, NULL, 0, portMAX_DELAY), ESP_OK);
    }
    wait_until_heard("xxxxxxxxxxxxxxxxxxxx");
    assert_int_equal(esp_event_loop_run(loop, 0), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_event_loop_delete(loop), ESP_OK);
}

static void test_arguments_that_are_none_are_refused(void **state)
{
    esp_event_loop_args_t args = {.queue_size = 0};
    esp_event_loop_handle_t loop = loop_without_task(1);

    (void)state;
    assert_int_equal(esp_event_loop_create(&args, &loop), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_loop_create(NULL, &loop), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_loop_delete(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_loop_run(NULL, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_handler_register_with(loop, FRUIT, 1, NULL, NULL),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_handler_register_with(loop, ESP_EVENT_ANY_BASE, 1, hear, NULL),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_post_to(loop, FRUIT, ESP_EVENT_ANY_ID, NULL, 0, 0),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_post_to(loop, NULL, 1, NULL, 0, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_post_to(loop, FRUIT, 1, NULL, 4, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_loop_delete(loop), ESP_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
        TEST(test_handlers_are_called_from_the_general_to_the_special),
        TEST(test_data_is_copied_when_it_is_posted),
        TEST(test_a_full_queue_is_a_timeout_and_events_left_are_freed),
        TEST(test_the_same_handler_again_replaces_its_argument),
        TEST(test_a_handler_that_is_unregistered_takes_no_memory),
        TEST(test_a_handler_may_change_its_own_loop),
        TEST(test_a_handler_may_run_another_loop),
        TEST(test_the_default_loop_has_a_task),
        TEST(test_more_events_than_the_queue_holds_wait_for_room),
        TEST(test_arguments_that_are_none_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

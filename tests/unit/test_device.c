/* The profiles that are built in, whatever sizes this build has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory/device.h"

static void test_built_in_profiles_are_of_use_in_this_build(void **state)
{
    static const char *const names[] = {"esp8266", "esp32", "esp32-psram"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct device most;
        struct device device;

        device_init(&most);
        device_init(&device);
        assert_true(device_load(&device, names[i]));
        assert_true(device_check(&device));
        assert_string_equal(device.name, names[i]);
        assert_in_range(device.in, 512, most.in < 16384 ? most.in : 16384);
        assert_in_range(device.out, 512, most.out < 4096 ? most.out : 4096);
        assert_true(device.heap >= 40000 && device.stack == 8192);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in_profiles_are_of_use_in_this_build),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

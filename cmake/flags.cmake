# How things are compiled: own_code for ours, mbedtls_flags for Mbed TLS, and all_code below both. Flags
# are properties of these, never of a folder: a project that adds this one has flags of its own.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(ESP_TLS_SHARED)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()

add_library(all_code INTERFACE)
target_compile_options(all_code INTERFACE -g -ffunction-sections -fdata-sections -fno-common
  # Paths of the machine stay out of the objects.
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=${PROJECT_BINARY_DIR}/=)
if(ESP_TLS_SHARED AND CMAKE_C_COMPILER_ID STREQUAL GNU)
  target_compile_options(all_code INTERFACE -fno-semantic-interposition)
endif()
if(ESP_TLS_SANITIZE)
  target_compile_options(all_code INTERFACE
    -fsanitize=${ESP_TLS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(all_code INTERFACE -fsanitize=${ESP_TLS_SANITIZE})
endif()
if(ESP_TLS_FUZZ)
  target_compile_options(all_code INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(ESP_TLS_COVERAGE)
  target_compile_options(all_code INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(all_code INTERFACE --coverage)
endif()

add_library(own_code INTERFACE)
target_link_libraries(own_code INTERFACE all_code)
target_compile_options(own_code INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
  $<$<BOOL:${ESP_TLS_WERROR}>:-Werror>
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_DEBUG}>:-Og>
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_SIZE}>:-Os>
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_PERF}>:-O2>
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_NONE}>:-O0>)
target_compile_definitions(own_code INTERFACE
  ESP_TLS_VERSION="${PROJECT_VERSION}"
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_ASSERTIONS_DISABLE}>:NDEBUG>)

add_library(mbedtls_flags INTERFACE)
target_link_libraries(mbedtls_flags INTERFACE all_code)
target_compile_options(mbedtls_flags INTERFACE -w
  $<$<BOOL:${CONFIG_MBEDTLS_COMPILER_OPTIMIZATION_NONE}>:-O0>
  $<$<BOOL:${CONFIG_MBEDTLS_COMPILER_OPTIMIZATION_SIZE}>:-Os>
  $<$<BOOL:${CONFIG_MBEDTLS_COMPILER_OPTIMIZATION_PERF}>:-O2>)

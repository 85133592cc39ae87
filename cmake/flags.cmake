# How things are compiled: own_code for ours, mbedtls_flags for Mbed TLS.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ${ESP_TLS_SHARED})

add_compile_options(-g -ffunction-sections -fdata-sections -fno-common)
# Paths of the machine stay out of the objects.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=${PROJECT_BINARY_DIR}/=)
if(ESP_TLS_SHARED AND CMAKE_C_COMPILER_ID STREQUAL GNU)
  add_compile_options(-fno-semantic-interposition)
endif()
if(ESP_TLS_SANITIZE)
  add_compile_options(-fsanitize=${ESP_TLS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ESP_TLS_SANITIZE})
endif()
if(ESP_TLS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(ESP_TLS_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

add_library(own_code INTERFACE)
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
target_compile_options(mbedtls_flags INTERFACE -w
  $<$<BOOL:${CONFIG_MBEDTLS_COMPILER_OPTIMIZATION_NONE}>:-O0>
  $<$<BOOL:${CONFIG_MBEDTLS_COMPILER_OPTIMIZATION_SIZE}>:-Os>
  $<$<BOOL:${CONFIG_MBEDTLS_COMPILER_OPTIMIZATION_PERF}>:-O2>)

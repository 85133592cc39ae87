# llhttp, the HTTP parser of Node.js, in its strict mode, from where needs.cmake found it. Its objects go into
# our libraries (library.cmake); only components/esp_http_message includes it.
file(STRINGS ${llhttp_include}/llhttp.h llhttp_version REGEX "define LLHTTP_VERSION_MAJOR 8")
if(NOT llhttp_version)
  message(FATAL_ERROR "llhttp 8 is needed, which ${llhttp_include}/llhttp.h is not")
endif()

execute_process(
  COMMAND ${PYTHON} -B ${PROJECT_SOURCE_DIR}/cmake/own_names.py llhttp ${llhttp_include}/llhttp.h
    ${llhttp_sources}/api.c ${llhttp_sources}/http.c ${llhttp_sources}/llhttp.c
    ${PROJECT_BINARY_DIR}/config/llhttp_names.h
  COMMAND_ERROR_IS_FATAL ANY)
add_library(llhttp_headers INTERFACE)
target_compile_options(llhttp_headers INTERFACE
  "SHELL:-include ${PROJECT_BINARY_DIR}/config/llhttp_names.h")
target_include_directories(llhttp_headers SYSTEM INTERFACE ${llhttp_include})
target_compile_definitions(llhttp_headers INTERFACE LLHTTP_STRICT_MODE=1)
add_library(llhttp_objects OBJECT
  ${llhttp_sources}/api.c ${llhttp_sources}/http.c ${llhttp_sources}/llhttp.c)
target_compile_options(llhttp_objects PRIVATE
  -w -ffile-prefix-map=${llhttp_sources}/=llhttp/
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_SIZE}>:-Os>
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_PERF}>:-O2>)
target_link_libraries(llhttp_objects PRIVATE all_code llhttp_headers)

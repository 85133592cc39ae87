# llhttp, the HTTP parser of Node.js, from where needs.cmake found it. Its objects go into our libraries
# (library.cmake); only components/esp_http_message includes it.
file(STRINGS ${llhttp}/include/llhttp.h llhttp_fits REGEX "on_protocol;")
if(NOT llhttp_fits)
  message(FATAL_ERROR "llhttp 9.3 or a later 9 is needed, which ${llhttp} is not")
endif()
set(llhttp_sources ${llhttp}/src/api.c ${llhttp}/src/http.c ${llhttp}/src/llhttp.c)

execute_process(
  COMMAND ${PYTHON} -B ${PROJECT_SOURCE_DIR}/cmake/own_names.py llhttp ${llhttp}/include/llhttp.h
    ${llhttp_sources} ${PROJECT_BINARY_DIR}/config/llhttp_names.h
  COMMAND_ERROR_IS_FATAL ANY)
add_library(llhttp_headers INTERFACE)
target_compile_options(llhttp_headers INTERFACE
  "SHELL:-include ${PROJECT_BINARY_DIR}/config/llhttp_names.h")
target_include_directories(llhttp_headers SYSTEM INTERFACE ${llhttp}/include)
add_library(llhttp_objects OBJECT ${llhttp_sources})
target_compile_options(llhttp_objects PRIVATE
  -w -ffile-prefix-map=${llhttp}/src/=llhttp/
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_SIZE}>:-Os>
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_PERF}>:-O2>)
target_link_libraries(llhttp_objects PRIVATE all_code llhttp_headers)

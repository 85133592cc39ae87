# llhttp, the HTTP parser of Node.js, in its strict mode: Debian's node-llhttp carries its C sources. Its objects go into
# our libraries (library.cmake); only components/esp_http_message includes it.
set(LLHTTP_SOURCE_DIR /usr/share/llhttp CACHE PATH "api.c http.c llhttp.c of llhttp 8")
set(LLHTTP_INCLUDE_DIR /usr/share/include/llhttp CACHE PATH "where llhttp.h is")

foreach(file ${LLHTTP_SOURCE_DIR}/llhttp.c ${LLHTTP_INCLUDE_DIR}/llhttp.h)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "llhttp is missing (${file}): install node-llhttp, or name its sources with "
      "-DLLHTTP_SOURCE_DIR= and -DLLHTTP_INCLUDE_DIR=")
  endif()
endforeach()
file(STRINGS ${LLHTTP_INCLUDE_DIR}/llhttp.h llhttp_version REGEX "define LLHTTP_VERSION_MAJOR 8")
if(NOT llhttp_version)
  message(FATAL_ERROR "llhttp 8 is needed, which ${LLHTTP_INCLUDE_DIR}/llhttp.h is not")
endif()

add_library(llhttp_headers INTERFACE)
target_include_directories(llhttp_headers SYSTEM INTERFACE ${LLHTTP_INCLUDE_DIR})
target_compile_definitions(llhttp_headers INTERFACE LLHTTP_STRICT_MODE=1)
add_library(llhttp_objects OBJECT
  ${LLHTTP_SOURCE_DIR}/api.c ${LLHTTP_SOURCE_DIR}/http.c ${LLHTTP_SOURCE_DIR}/llhttp.c)
target_compile_options(llhttp_objects PRIVATE
  -w -ffile-prefix-map=${LLHTTP_SOURCE_DIR}/=llhttp/
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_SIZE}>:-Os>
  $<$<BOOL:${CONFIG_COMPILER_OPTIMIZATION_PERF}>:-O2>)
target_link_libraries(llhttp_objects PRIVATE llhttp_headers)

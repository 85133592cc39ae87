# esp_tls_add_app(NAME SRCS file... [SHARED]): a program as one for ESP-IDF is written. It is linked
# with the library (SHARED: with the shared one), and its free() and realloc() take what
# heap_caps_malloc() gave, also from a simulated heap: one_heap.c.
function(esp_tls_add_app name)
  cmake_parse_arguments(arg "SHARED" "" "SRCS" ${ARGN})
  if(NOT arg_SRCS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "esp_tls_add_app(NAME SRCS file... [SHARED]): no sources, or '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  set(library esp-tls::esp-tls)
  if(arg_SHARED)
    set(library esp-tls::esp-tls-shared)
  endif()
  add_executable(${name} ${arg_SRCS} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/one_heap.c)
  target_link_libraries(${name} PRIVATE ${library})
  foreach(call free realloc reallocarray getline getdelim __getdelim)
    target_link_options(${name} PRIVATE -Wl,--wrap=${call})
  endforeach()
endfunction()

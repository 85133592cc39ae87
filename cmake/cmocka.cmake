# cmocka: the system's; for another architecture its single file, from Debian's source package.
if(NOT CMAKE_CROSSCOMPILING)
  find_library(CMOCKA_LIBRARY cmocka)
  if(NOT CMOCKA_LIBRARY)
    message(FATAL_ERROR "The tests need cmocka (`make deps`); or -DESP_TLS_TESTS=OFF")
  endif()
  add_library(cmocka INTERFACE)
  target_link_libraries(cmocka INTERFACE ${CMOCKA_LIBRARY})
  return()
endif()

execute_process(
  COMMAND ${PROJECT_SOURCE_DIR}/cmake/fetch-source.sh --cached cmocka -
  OUTPUT_VARIABLE cmocka OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "The tests need the source of cmocka (`make deps`); or -DESP_TLS_TESTS=OFF")
endif()
add_library(cmocka STATIC EXCLUDE_FROM_ALL ${cmocka}/src/cmocka.c)
target_include_directories(cmocka SYSTEM PUBLIC ${cmocka}/include)
target_link_libraries(cmocka PRIVATE all_code)
target_compile_options(cmocka PRIVATE -w -O2)
target_compile_definitions(cmocka PRIVATE _GNU_SOURCE HAVE_SIGNAL_H=1 HAVE_STRINGS_H=1
  HAVE_STDINT_H=1 HAVE_INTTYPES_H=1 HAVE_TIME_H=1 HAVE_UNISTD_H=1 HAVE_MALLOC_H=1
  HAVE_GCC_THREAD_LOCAL_STORAGE=1 HAVE_CLOCK_GETTIME=1 HAVE_CLOCK_GETTIME_REALTIME=1
  HAVE_STRUCT_TIMESPEC=1 HAVE_SNPRINTF=1 HAVE_VSNPRINTF=1 HAVE_STRSIGNAL=1)

# What a configure needs and does not fetch: Mbed TLS, llhttp, Kconfiglib. It looks where the options
# say and where `make deps` puts things; what is missing is said in one message. Sets mbedtls (the
# directory of its source; not with ESP_TLS_SYSTEM_MBEDTLS) and llhttp.
set(missing "")

set(mbedtls ${MBEDTLS_SOURCE_DIR})
if(ESP_TLS_SYSTEM_MBEDTLS)
  unset(mbedtls)
elseif(NOT mbedtls)
  execute_process(
    COMMAND ${PROJECT_SOURCE_DIR}/cmake/mbedtls-source.sh --cached ${MBEDTLS_SOURCE_VERSION}
    OUTPUT_VARIABLE mbedtls OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT mbedtls)
    string(APPEND missing "\n  Mbed TLS ${MBEDTLS_SOURCE_VERSION}: -DMBEDTLS_SOURCE_DIR=DIR, an unpacked archive of its "
      "authors")
  endif()
elseif(NOT EXISTS ${mbedtls}/library/version_features.c)
  string(APPEND missing "\n  Mbed TLS with the files that its archives have and its git repository has not; "
    "${mbedtls} lacks library/version_features.c")
endif()

# llhttp, in the layout of its authors' archive.
set(llhttp ${LLHTTP_SOURCE_DIR})
if(NOT llhttp)
  execute_process(
    COMMAND ${PROJECT_SOURCE_DIR}/cmake/llhttp-source.sh --cached
    OUTPUT_VARIABLE llhttp OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
if(NOT EXISTS ${llhttp}/src/llhttp.c OR NOT EXISTS ${llhttp}/include/llhttp.h)
  string(APPEND missing "\n  llhttp 9: -DLLHTTP_SOURCE_DIR=DIR, an unpacked archive of its authors (src/llhttp.c and "
    "include/llhttp.h)")
endif()

execute_process(COMMAND ${PYTHON} -c "import kconfiglib"
  RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
if(NOT result EQUAL 0)
  string(APPEND missing "\n  Kconfiglib for ${PYTHON}: your distribution's package of it")
endif()

if(missing)
  message(FATAL_ERROR "This build needs what is not here, and fetches nothing by itself. On Debian run "
    "`make deps`; elsewhere give:${missing}\nCONTRIBUTING.md says more.")
endif()

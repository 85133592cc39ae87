# Mbed TLS 3.6: from a directory, from Debian's source package, or the system's library.
set(tested_min 3.6.6) # elastic buffers depend on internals: widen this by testing
set(tested_max 3.6.7)

function(check_mbedtls_version dir)
  if(NOT EXISTS ${dir}/mbedtls/build_info.h)
    message(FATAL_ERROR
      "No Mbed TLS 3 in ${dir}: it has no mbedtls/build_info.h (2.28, as in Debian 12, has no TLS 1.3)")
  endif()
  file(STRINGS ${dir}/mbedtls/build_info.h line REGEX "define MBEDTLS_VERSION_STRING +\"")
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" version "${line}")
  if(version VERSION_LESS tested_min OR version VERSION_GREATER tested_max)
    if(NOT ESP_TLS_ALLOW_UNTESTED_MBEDTLS OR NOT version MATCHES "^3\\.6\\.")
      message(FATAL_ERROR
        "Mbed TLS ${version} was not tested, ${tested_min} to ${tested_max} were. "
        "For another 3.6, at your own risk: -DESP_TLS_ALLOW_UNTESTED_MBEDTLS=ON")
    endif()
  endif()
  message(STATUS "Mbed TLS ${version}")
  set(MBEDTLS_VERSION ${version} PARENT_SCOPE)
endfunction()

if(ESP_TLS_SYSTEM_MBEDTLS)
  find_path(MBEDTLS_INCLUDE_DIR mbedtls/ssl.h)
  if(NOT MBEDTLS_INCLUDE_DIR)
    message(FATAL_ERROR "This system has no Mbed TLS to build against (libmbedtls-dev, 3.6 in Debian "
      "13): install it, or leave ESP_TLS_SYSTEM_MBEDTLS off")
  endif()
  foreach(name tls x509 crypto)
    find_library(MBEDTLS_LIB_${name} mbed${name} REQUIRED)
    list(APPEND MBEDTLS_LIBRARIES ${MBEDTLS_LIB_${name}})
  endforeach()
  set(ESP_TLS_ALLOW_UNTESTED_MBEDTLS ON) # its public interface is enough here
  check_mbedtls_version(${MBEDTLS_INCLUDE_DIR})
  if(CONFIG_MBEDTLS_DYNAMIC_BUFFER)
    message(FATAL_ERROR "MBEDTLS_DYNAMIC_BUFFER needs Mbed TLS built by us: set it to n, "
      "or leave ESP_TLS_SYSTEM_MBEDTLS off")
  endif()
  message(STATUS "The system's Mbed TLS keeps its own configuration: the mbedTLS menu has no effect")
  target_include_directories(mbedtls_headers SYSTEM INTERFACE ${MBEDTLS_INCLUDE_DIR})
  target_include_directories(mbedtls_headers INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/include)
  target_compile_definitions(mbedtls_headers INTERFACE ESP_TLS_SYSTEM_MBEDTLS)
  target_link_libraries(mbedtls_headers INTERFACE ${MBEDTLS_LIBRARIES})
  return()
endif()

if(MBEDTLS_SOURCE_DIR)
  set(mbedtls ${MBEDTLS_SOURCE_DIR})
else()
  execute_process(
    COMMAND ${PROJECT_SOURCE_DIR}/cmake/mbedtls-source.sh ${MBEDTLS_SOURCE_VERSION}
    OUTPUT_VARIABLE mbedtls OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "No source of Mbed TLS")
  endif()
endif()
check_mbedtls_version(${mbedtls}/include)

target_include_directories(mbedtls_headers INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/include)
target_include_directories(mbedtls_headers SYSTEM INTERFACE ${mbedtls}/include)
target_compile_definitions(mbedtls_headers INTERFACE MBEDTLS_CONFIG_FILE="esp_mbedtls_config.h")

# For the code that knows Mbed TLS from inside: components/esp-tls/src/stack/mbedtls.
add_library(mbedtls_internals INTERFACE)
target_include_directories(mbedtls_internals SYSTEM INTERFACE ${mbedtls}/library)

file(GLOB sources CONFIGURE_DEPENDS ${mbedtls}/library/*.c)
add_library(mbedtls_objects OBJECT ${sources}
  ${mbedtls}/3rdparty/p256-m/p256-m_driver_entrypoints.c
  ${mbedtls}/3rdparty/p256-m/p256-m/p256-m.c)
target_include_directories(mbedtls_objects PRIVATE
  ${mbedtls}/library ${mbedtls}/3rdparty/p256-m ${mbedtls}/3rdparty/p256-m/p256-m)
target_compile_options(mbedtls_objects PRIVATE -ffile-prefix-map=${mbedtls}/=mbedtls/)
target_link_libraries(mbedtls_objects PRIVATE mbedtls_flags mbedtls_headers)

# What the stack's folder changes without touching a source: settings that Mbed TLS derives, and
# calls between its own files that go to functions of ours.
set(stack ${PROJECT_SOURCE_DIR}/components/esp-tls/src/stack/mbedtls)
set(MBEDTLS_ADJUST -include ${stack}/adjust.h)
target_compile_options(mbedtls_objects PRIVATE ${MBEDTLS_ADJUST})
set_property(GLOBAL PROPERTY ESP_TLS_MBEDTLS_ADJUST ${MBEDTLS_ADJUST})
set(library ${mbedtls}/library)
set(peer_crt mbedtls_x509_crt_parse_der=esp_tls_peer_crt_parse_der)
set(ssl_tls ${peer_crt} psa_import_key=esp_tls_session_import_key)
if(CONFIG_MBEDTLS_DYNAMIC_BUFFER AND CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC)
  list(APPEND ssl_tls esp_mbedtls_mem_calloc=esp_tls_mbed_setup_calloc)
endif()
set_source_files_properties(${library}/ssl_tls.c PROPERTIES COMPILE_DEFINITIONS "${ssl_tls}")
if(CONFIG_MBEDTLS_DYNAMIC_BUFFER)
  set_source_files_properties(${library}/ssl_tls13_client.c ${library}/ssl_tls13_server.c PROPERTIES
    COMPILE_DEFINITIONS mbedtls_ssl_session_reset_msg_layer=esp_tls_reset_msg_layer)
endif()
set_source_files_properties(${library}/ssl_tls13_generic.c PROPERTIES
  COMPILE_DEFINITIONS "${peer_crt};mbedtls_pk_verify_ext=esp_tls_pk_verify_now")
set_source_files_properties(${library}/ssl_tls12_client.c PROPERTIES
  COMPILE_DEFINITIONS MBED_SIG_ALGS_REPLACE COMPILE_OPTIONS "-include;${stack}/sig_algs.h")
set_source_files_properties(${library}/ssl_tls13_keys.c PROPERTIES
  COMPILE_DEFINITIONS "psa_import_key=esp_tls_tls13_import_key;MBED_TLS13_KEYS_REPLACE"
  COMPILE_OPTIONS "-include;${stack}/tls13_keys.h")
if(CONFIG_ESP_TLS_LEAN_RSA)
  set_source_files_properties(${library}/bignum.c PROPERTIES
    COMPILE_DEFINITIONS mbedtls_mpi_core_get_mont_r2_unsafe=esp_tls_mont_r2)
  set_source_files_properties(${library}/rsa.c PROPERTIES COMPILE_DEFINITIONS
    "mbedtls_mpi_core_get_mont_r2_unsafe=esp_tls_mont_r2;mbedtls_mpi_exp_mod_unsafe=esp_tls_exp_mod_public")
endif()
# The hook that says how long a table of key slots is (slots.c); the other one that comes with it is
# a pointer in platform_util.c, which stays NULL.
set_source_files_properties(${library}/psa_crypto_slot_management.c PROPERTIES
  COMPILE_DEFINITIONS
  "esp_mbedtls_mem_calloc=esp_tls_mbed_slots_calloc;esp_mbedtls_mem_free=esp_tls_mbed_slots_free;MBEDTLS_TEST_HOOKS")
set_source_files_properties(${library}/platform_util.c PROPERTIES
  COMPILE_DEFINITIONS MBEDTLS_TEST_HOOKS)
set_source_files_properties(${library}/x509_crt.c PROPERTIES
  COMPILE_DEFINITIONS mbedtls_pk_verify_ext=esp_tls_pk_verify_ext)

if(CONFIG_ESP_TLS_TRACE)
  foreach(name ssl_client ssl_tls ssl_tls12_client ssl_tls12_server ssl_tls13_client
      ssl_tls13_generic ssl_tls13_server)
    set_property(SOURCE ${library}/${name}.c APPEND PROPERTY COMPILE_DEFINITIONS
      mbedtls_ssl_read_record=esp_tls_tap_read_record
      mbedtls_ssl_write_handshake_msg_ext=esp_tls_tap_write_message
      mbedtls_ssl_finish_handshake_msg=esp_tls_tap_finish_message)
  endforeach()
endif()

# gcc makes the deepest stack 300 bytes smaller when it does not merge the frames of what it inlines;
# the arithmetic, which is not that deep, stays fast.
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  set(arithmetic aes aesce aesni aria bignum bignum_core bignum_mod bignum_mod_raw ccm chacha20
    chachapoly constant_time ecp ecp_curves gcm poly1305 rsa sha1 sha256 sha512)
  foreach(file ${sources})
    cmake_path(GET file STEM name)
    if(NOT name IN_LIST arithmetic)
      set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS -fconserve-stack)
    endif()
  endforeach()
endif()
# What takes the time on x86-64, where size is no matter: compiled for speed, whatever the rest is.
# p256-m is most of a handshake, AES-GCM is most of a download (-O2: 1.4 times as fast). p256-m
# multiplies in 16 bits unless it is told that 64 bits take the same time whatever the operands are,
# as they do here: 3 times as fast. (On ARM it has assembly.)
set(p256m ${mbedtls}/3rdparty/p256-m/p256-m/p256-m.c)
set(fast ${p256m} ${library}/aes.c ${library}/aesni.c ${library}/cipher.c ${library}/gcm.c)
set(fast_options "")
if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64 AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(fast_options -O2 -DMUL64_IS_CONSTANT_TIME)
endif()
set_property(SOURCE ${fast} APPEND PROPERTY COMPILE_OPTIONS ${fast_options})
set_property(GLOBAL PROPERTY ESP_TLS_FAST ${fast})
set_property(GLOBAL PROPERTY ESP_TLS_FAST_OPTIONS ${fast_options})
if(ESP_TLS_SANITIZE) # makes p256-m 5 times slower, and its arrays have fixed sizes
  set_property(SOURCE ${p256m} APPEND PROPERTY COMPILE_OPTIONS -fno-sanitize=all)
endif()
if(ESP_TLS_CHEAP_CRYPTO)
  include(${PROJECT_SOURCE_DIR}/tests/cheap/cheap.cmake)
endif()
set_property(GLOBAL PROPERTY ESP_TLS_MBEDTLS_DIR ${mbedtls})

# Mbed TLS 3.6, from the directory that mbedtls-source.cmake found, or the system's library.
if(ESP_TLS_SYSTEM_MBEDTLS)
  foreach(name tls x509 crypto)
    find_library(MBEDTLS_LIB_${name} mbed${name} REQUIRED)
    list(APPEND MBEDTLS_LIBRARIES ${MBEDTLS_LIB_${name}})
  endforeach()
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

target_include_directories(mbedtls_headers INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/include)
target_include_directories(mbedtls_headers SYSTEM INTERFACE ${mbedtls}/include)
target_compile_definitions(mbedtls_headers INTERFACE MBEDTLS_CONFIG_FILE="esp_mbedtls_config.h")

# For the code that knows Mbed TLS from inside: components/esp-tls/src/stack/mbedtls.
add_library(mbedtls_internals INTERFACE)
target_include_directories(mbedtls_internals SYSTEM INTERFACE ${mbedtls}/library)

file(GLOB sources CONFIGURE_DEPENDS ${mbedtls}/library/*.c)
list(FILTER sources EXCLUDE REGEX "/library/threading\\.c$") # ours stands in its place
add_library(mbedtls_objects OBJECT ${sources}
  ${mbedtls}/3rdparty/p256-m/p256-m_driver_entrypoints.c
  ${mbedtls}/3rdparty/p256-m/p256-m/p256-m.c)
target_include_directories(mbedtls_objects PRIVATE
  ${mbedtls}/library ${mbedtls}/3rdparty/p256-m ${mbedtls}/3rdparty/p256-m/p256-m)
target_compile_options(mbedtls_objects PRIVATE -ffile-prefix-map=${mbedtls}/=mbedtls/)
target_link_libraries(mbedtls_objects PRIVATE mbedtls_flags mbedtls_headers)

# What the stack's folder changes without touching a source: settings that Mbed TLS derives, and
# what seam.txt lists, calls between its files that go to functions of ours.
set(MBEDTLS_ADJUST -include ${PROJECT_SOURCE_DIR}/components/esp-tls/src/stack/mbedtls/adjust.h)
target_compile_options(mbedtls_objects PRIVATE ${MBEDTLS_ADJUST})
set_property(GLOBAL PROPERTY ESP_TLS_MBEDTLS_ADJUST ${MBEDTLS_ADJUST})
set(library ${mbedtls}/library)
seam_define(${library})

# gcc makes the deepest stack 300 bytes smaller when it does not merge the frames of what it inlines;
# the arithmetic, which is not that deep, stays fast.
if(CMAKE_C_COMPILER_ID STREQUAL GNU AND CONFIG_ESP_TLS_PROFILE_DEVICE)
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
# What calls into aesni.c asked the processor for AES-NI before: all that have it have SSSE3, too,
# and reverse the bytes of a block in one instruction (a block of GCM in 74 of them, not in 292).
set(fast_options "")
set(aesni_options "")
if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64 AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(fast_options -O2 -DMUL64_IS_CONSTANT_TIME)
  set(aesni_options -mssse3)
endif()
set_property(SOURCE ${fast} APPEND PROPERTY COMPILE_OPTIONS ${fast_options})
set_property(SOURCE ${library}/aesni.c APPEND PROPERTY COMPILE_OPTIONS ${aesni_options})
set_property(GLOBAL PROPERTY ESP_TLS_FAST ${fast})
set_property(GLOBAL PROPERTY ESP_TLS_FAST_OPTIONS ${fast_options})
set_property(GLOBAL PROPERTY ESP_TLS_AESNI_OPTIONS ${aesni_options})
if(ESP_TLS_SANITIZE) # makes p256-m 5 times slower, and its arrays have fixed sizes
  set_property(SOURCE ${p256m} APPEND PROPERTY COMPILE_OPTIONS -fno-sanitize=all)
endif()
if(ESP_TLS_CHEAP_CRYPTO)
  include(${PROJECT_SOURCE_DIR}/tests/cheap/cheap.cmake)
endif()
set_property(GLOBAL PROPERTY ESP_TLS_MBEDTLS_DIR ${mbedtls})

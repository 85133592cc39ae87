# Handshakes at next to no cost, in builds that cannot be installed: read by cmake/mbedtls.cmake.
set(cheap ${PROJECT_SOURCE_DIR}/tests/cheap)
set(files ${cheap}/memo.c ${cheap}/p256.c ${cheap}/ecp.c)
target_sources(mbedtls_objects PRIVATE ${files})
set_property(SOURCE ${files} APPEND PROPERTY COMPILE_DEFINITIONS ESP_TLS_CHEAP_CRYPTO)

# p256-m's functions make way for those of p256.c, which call them.
foreach(name gen_keypair ecdh_shared_secret ecdsa_sign ecdsa_verify public_from_private)
  set_property(SOURCE ${p256m} APPEND PROPERTY COMPILE_DEFINITIONS p256_${name}=p256_real_${name})
endforeach()
# Calls between Mbed TLS's files go to ecp.c.
foreach(name ecdh ecdsa pk_ecc psa_crypto_ecp)
  set_property(SOURCE ${library}/${name}.c APPEND PROPERTY COMPILE_DEFINITIONS
    mbedtls_ecp_mul=cheap_ecp_mul
    mbedtls_ecp_mul_restartable=cheap_ecp_mul_restartable
    mbedtls_ecp_muladd_restartable=cheap_ecp_muladd_restartable)
endforeach()

# What computes has no branches that a fuzzer could look for, and counting them takes half the time.
if(ESP_TLS_FUZZ)
  set(files ${files} ${p256m})
  foreach(name aes aesni bignum bignum_core bignum_mod bignum_mod_raw chacha20 constant_time ecp
      ecp_curves gcm poly1305 sha1 sha256 sha512)
    list(APPEND files ${library}/${name}.c)
  endforeach()
  set_property(SOURCE ${files} APPEND PROPERTY COMPILE_OPTIONS -fno-sanitize=fuzzer-no-link)
endif()

# make install: library, program, headers, pkg-config, CMake package, man pages.
if(CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY)
  install(CODE "message(FATAL_ERROR \"This build can skip the verification of servers \
(ESP_TLS_SKIP_SERVER_CERT_VERIFY). It is for tests, and is not installed.\")")
endif()
if(CONFIG_ESP_TLS_DEFER_CERT_SIGNATURES)
  install(CODE "message(FATAL_ERROR \"This build postpones the check of signatures \
(ESP_TLS_DEFER_CERT_SIGNATURES). It is for measuring, and is not installed.\")")
endif()
if(ESP_TLS_CHEAP_CRYPTO)
  install(CODE "message(FATAL_ERROR \"The connections of this build are not protected \
(ESP_TLS_CHEAP_CRYPTO). It is for tests, and is not installed.\")")
endif()

set(include_dir ${CMAKE_INSTALL_INCLUDEDIR}/esp-tls)
install(TARGETS esp-tls ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET esp-tls-shared)
  install(TARGETS esp-tls-shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(TARGET esp-tls-program)
  install(TARGETS esp-tls-program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(TARGET esp-tls-device)
    install(PROGRAMS ${PROJECT_BINARY_DIR}/device/esp-tls DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/esp-tls
      RENAME esp-tls-device)
  endif()
endif()

get_property(dirs GLOBAL PROPERTY ESP_TLS_PUBLIC_DIRS)
foreach(dir ${dirs})
  set(to ${include_dir})
  if(dir MATCHES "/platform/idf$") # programs search it last: see esp-tls.pc.in
    set(to ${include_dir}/platform)
  endif()
  install(DIRECTORY ${dir}/ DESTINATION ${to} FILES_MATCHING PATTERN "*.h"
    PATTERN plat_*.h EXCLUDE) # what the platform gives to the components
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/config/sdkconfig.h DESTINATION ${include_dir})

get_property(mbedtls GLOBAL PROPERTY ESP_TLS_MBEDTLS_DIR)
set(requires "")
if(mbedtls)
  # Mbed TLS's headers with our configuration in the place of its own: no -D is needed.
  install(DIRECTORY components/mbedtls/include/ DESTINATION ${include_dir})
  install(FILES ${PROJECT_BINARY_DIR}/config/esp_mbedtls_names.h DESTINATION ${include_dir})
  install(DIRECTORY ${mbedtls}/include/mbedtls ${mbedtls}/include/psa DESTINATION ${include_dir}
    FILES_MATCHING PATTERN "*.h" PATTERN mbedtls_config.h EXCLUDE)
  file(WRITE ${PROJECT_BINARY_DIR}/mbedtls_config.h "#include \"esp_mbedtls_config.h\"\n")
  install(FILES ${PROJECT_BINARY_DIR}/mbedtls_config.h DESTINATION ${include_dir}/mbedtls)
else()
  set(requires "mbedtls >= 3.6, mbedtls < 4")
  install(FILES components/mbedtls/include/esp_mem.h DESTINATION ${include_dir})
endif()

# Relative, so that the tree can be installed anywhere and moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/esp-tls.pc.in esp-tls.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/esp-tls.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

separate_arguments(ESP_TLS_CMAKE_DEFINES UNIX_COMMAND "${ESP_TLS_PC_DEFINES}")
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/esp-tls)
configure_package_config_file(cmake/esp-tls-config.cmake.in esp-tls-config.cmake
  INSTALL_DESTINATION ${package_dir}
  PATH_VARS include_dir CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(esp-tls-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/esp-tls-config.cmake
  ${PROJECT_BINARY_DIR}/esp-tls-config-version.cmake DESTINATION ${package_dir})

install(DIRECTORY platform/host-kit DESTINATION ${package_dir})

file(GLOB pages CONFIGURE_DEPENDS docs/man/*.[1-8])
foreach(page ${pages})
  string(REGEX REPLACE ".*\\." "" section ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
include(cmake/man3.cmake)

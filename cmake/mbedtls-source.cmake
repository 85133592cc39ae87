# Which Mbed TLS is built, before the settings are read: what of the seam holds with it decides about
# some of them (seam.py). Sets MBEDTLS_VERSION and SEAM_OFF...
set(mbedtls_min 3.6.6) # what the features need is checked function by function, not by version

function(read_mbedtls_version dir)
  if(NOT EXISTS ${dir}/mbedtls/build_info.h)
    message(FATAL_ERROR
      "No Mbed TLS 3 in ${dir}: it has no mbedtls/build_info.h (2.28, as in Debian 12, has no TLS 1.3)")
  endif()
  file(STRINGS ${dir}/mbedtls/build_info.h line REGEX "define MBEDTLS_VERSION_STRING +\"")
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" version "${line}")
  if(NOT version MATCHES "^3\\.6\\." OR
      (version VERSION_LESS mbedtls_min AND NOT ESP_TLS_ALLOW_UNTESTED_MBEDTLS))
    message(FATAL_ERROR "Mbed TLS ${version} cannot be used: ${mbedtls_min} or a later 3.6 is needed. "
      "For an older 3.6, at your own risk: -DESP_TLS_ALLOW_UNTESTED_MBEDTLS=ON")
  endif()
  message(STATUS "Mbed TLS ${version}")
  set(MBEDTLS_VERSION ${version} PARENT_SCOPE)
endfunction()

# What is known to be open in the version at hand: lines of mbedtls-fixes.txt, "VERSION text".
function(warn_of_open_faults version)
  file(STRINGS ${PROJECT_SOURCE_DIR}/cmake/mbedtls-fixes.txt fixes ENCODING UTF-8)
  set(open "")
  foreach(line ${fixes})
    if(line MATCHES "^([0-9.]+) +(.*)$" AND version VERSION_LESS CMAKE_MATCH_1)
      string(APPEND open "\n  ${CMAKE_MATCH_2} (${CMAKE_MATCH_1})")
    endif()
  endforeach()
  if(open)
    message(WARNING "Mbed TLS ${version} is not the newest 3.6. Open in it, and mended in the version "
      "behind each line:${open}")
  endif()
endfunction()

if(ESP_TLS_SYSTEM_MBEDTLS)
  find_path(MBEDTLS_INCLUDE_DIR mbedtls/ssl.h)
  if(NOT MBEDTLS_INCLUDE_DIR)
    message(FATAL_ERROR "This system has no Mbed TLS to build against (libmbedtls-dev, 3.6 in Debian "
      "13): install it, or leave ESP_TLS_SYSTEM_MBEDTLS off")
  endif()
  set(ESP_TLS_ALLOW_UNTESTED_MBEDTLS ON) # its public interface is enough here
  read_mbedtls_version(${MBEDTLS_INCLUDE_DIR})
endif()
set(source "")
if(NOT ESP_TLS_SYSTEM_MBEDTLS)
  read_mbedtls_version(${mbedtls}/include)
  set(source --source ${mbedtls})
endif()
warn_of_open_faults(${MBEDTLS_VERSION})

execute_process(
  COMMAND ${PYTHON} -B ${PROJECT_SOURCE_DIR}/cmake/seam.py configure
    ${source} --out ${PROJECT_BINARY_DIR}/config
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "The seam into Mbed TLS cannot be read")
endif()
include(${PROJECT_BINARY_DIR}/config/seam.cmake)
if(NOT ESP_TLS_SYSTEM_MBEDTLS)
  execute_process(
    COMMAND ${PYTHON} -B ${PROJECT_SOURCE_DIR}/cmake/own_names.py mbedtls
      ${mbedtls} ${PROJECT_BINARY_DIR}/config/esp_mbedtls_names.h
    COMMAND_ERROR_IS_FATAL ANY)
endif()
if(ESP_TLS_SYSTEM_MBEDTLS) # all of it is off, and settings that somebody chose are refused
  set(SEAM_OFF_SYMBOLS ESP_TLS_LEAN_RSA ESP_TLS_NAME_CONSTRAINTS)
  set(SEAM_OFF "")
endif()
foreach(name ${SEAM_OFF})
  message(WARNING "Mbed TLS ${MBEDTLS_VERSION}: ${name} is off: ${SEAM_OFF_${name}}")
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS cmake/seam.py cmake/own_names.py mbedtls
  cmake/mbedtls-fixes.txt
  components/esp-tls/src/stack/mbedtls/seam.txt)

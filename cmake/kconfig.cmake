# Settings: ${PROJECT_BINARY_DIR}/config/sdkconfig.h for C, CONFIG_* for CMake.
set(config ${PROJECT_BINARY_DIR}/config)
math(EXPR bits "8 * ${CMAKE_SIZEOF_VOID_P}")
set(profile "")
if(ESP_TLS_PROFILE)
  set(profile --profile ${ESP_TLS_PROFILE})
endif()
execute_process(
  COMMAND ${PYTHON} ${PROJECT_SOURCE_DIR}/cmake/kconfig.py generate
    --config ${SDKCONFIG} "--defaults=${SDKCONFIG_DEFAULTS}" "--off=${SEAM_OFF_SYMBOLS}"
    --bits ${bits} ${profile}
    --header ${config}/sdkconfig.h --cmake ${config}/sdkconfig.cmake
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  RESULT_VARIABLE result
  ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "The settings were refused.\n${errors}")
endif()
include(${config}/sdkconfig.cmake)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${KCONFIG_FILES} ${SDKCONFIG} ${SDKCONFIG_DEFAULTS} VERSION cmake/kconfig.py)

# A component as objects that the libraries are put together from.
#   esp_tls_component(NAME SRCS ... INCLUDE_DIRS ... PRIV_INCLUDE_DIRS ... REQUIRES ...)
# the same words as ESP-IDF's idf_component_register(). Its public headers are the interface
# library NAME_headers, its objects component_NAME, and both are noted in ESP_TLS_COMPONENTS.
function(esp_tls_component name)
  cmake_parse_arguments(arg "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES" ${ARGN})
  list(TRANSFORM arg_INCLUDE_DIRS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(TRANSFORM arg_PRIV_INCLUDE_DIRS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(TRANSFORM arg_REQUIRES APPEND _headers)

  add_library(${name}_headers INTERFACE)
  target_include_directories(${name}_headers INTERFACE ${arg_INCLUDE_DIRS})
  target_link_libraries(${name}_headers INTERFACE ${arg_REQUIRES})

  if(NOT arg_SRCS) # the settings leave it out; its headers stay
    set_property(GLOBAL APPEND PROPERTY ESP_TLS_PUBLIC_DIRS ${arg_INCLUDE_DIRS})
    set_property(GLOBAL APPEND PROPERTY ESP_TLS_HEADERS ${name}_headers)
    return()
  endif()
  add_library(component_${name} OBJECT ${arg_SRCS})
  target_include_directories(component_${name} PRIVATE ${arg_PRIV_INCLUDE_DIRS})
  target_link_libraries(component_${name} PRIVATE own_code ${name}_headers)
  # Components are plain C11: what the C library adds to it belongs into platform/.
  set_target_properties(component_${name} PROPERTIES C_EXTENSIONS OFF)

  set_property(GLOBAL APPEND PROPERTY ESP_TLS_COMPONENTS ${name})
  set_property(GLOBAL APPEND PROPERTY ESP_TLS_HEADERS ${name}_headers)
  set_property(GLOBAL APPEND PROPERTY ESP_TLS_PUBLIC_DIRS ${arg_INCLUDE_DIRS})
endfunction()

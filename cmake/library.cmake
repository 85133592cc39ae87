# The libraries: esp-tls (static, self-contained), esp-tls-shared, and esp-tls-core, which is
# everything without a platform: a program links it with platform_posix or platform_sim.
get_property(components GLOBAL PROPERTY ESP_TLS_COMPONENTS)
get_property(headers GLOBAL PROPERTY ESP_TLS_HEADERS)
set(objects "")
foreach(name ${components})
  list(APPEND objects $<TARGET_OBJECTS:component_${name}>)
endforeach()
list(APPEND objects $<TARGET_OBJECTS:observers>)
if(TARGET mbedtls_objects)
  list(APPEND objects $<TARGET_OBJECTS:mbedtls_objects>)
endif()
list(APPEND objects $<TARGET_OBJECTS:llhttp_objects>)
set(posix $<TARGET_OBJECTS:platform_common_objects> $<TARGET_OBJECTS:platform_posix_objects>)

add_library(esp-tls-core STATIC EXCLUDE_FROM_ALL ${objects})
add_library(esp-tls STATIC ${objects} ${posix})
add_library(esp-tls::esp-tls ALIAS esp-tls) # the name that find_package(esp-tls) gives it
foreach(target esp-tls-core esp-tls)
  target_link_libraries(${target} PUBLIC ${headers} Threads::Threads)
endforeach()

if(ESP_TLS_SHARED)
  set(map ${PROJECT_SOURCE_DIR}/cmake/esp-tls.map)
  add_library(esp-tls-shared SHARED ${objects} ${posix})
  add_library(esp-tls::esp-tls-shared ALIAS esp-tls-shared)
  set_target_properties(esp-tls-shared PROPERTIES
    OUTPUT_NAME esp-tls
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} # 0.x: any minor may break
    LINK_DEPENDS ${map})
  # What the library calls of its own is its own, whatever else the process has loaded.
  target_link_options(esp-tls-shared PRIVATE
    -Wl,-Bsymbolic -Wl,--version-script=${map} -Wl,--no-undefined -Wl,--gc-sections)
  target_link_libraries(esp-tls-shared PRIVATE all_code PUBLIC ${headers} Threads::Threads)
endif()

# Manual pages of the public calls, made from the headers' comments while everything is built.
get_property(dirs GLOBAL PROPERTY ESP_TLS_PUBLIC_DIRS)
list(FILTER dirs EXCLUDE REGEX "/platform/(posix/)?include$") # not for programs
list(TRANSFORM dirs APPEND /*.h)
file(GLOB headers CONFIGURE_DEPENDS ${dirs})
file(STRINGS docs/man/esp-tls.1 date REGEX "^\\.Dd ")
string(REPLACE ".Dd " "" date "${date}")
set(man3 ${PROJECT_BINARY_DIR}/man3)
file(MAKE_DIRECTORY ${man3})
add_custom_command(
  OUTPUT ${man3}/made
  COMMAND ${PYTHON} -B ${PROJECT_SOURCE_DIR}/cmake/man3.py --out ${man3} --date "${date}" ${headers}
  COMMAND ${CMAKE_COMMAND} -E touch ${man3}/made
  DEPENDS ${headers} ${PROJECT_SOURCE_DIR}/cmake/man3.py
  COMMENT "Making the manual pages of section 3"
  VERBATIM)
add_custom_target(man3 ALL DEPENDS ${man3}/made)
install(DIRECTORY ${man3}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 FILES_MATCHING PATTERN "*.3")

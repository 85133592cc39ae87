# The list of observers (components/esp-tls/internal/observer.h), made from Kconfig. It belongs to no
# component: it names those that stand above esp-tls, which must not name them itself.
set(observers "")
if(CONFIG_ESP_TLS_DIAGNOSIS_ALWAYS)
  list(APPEND observers et_evidence_observer)
endif()
if(CONFIG_ESP_TLS_LOG_MESSAGES)
  list(APPEND observers et_trace_log_observer)
endif()

# esp_tls_observers(TARGET OBSERVER...): an object library with such a list.
function(esp_tls_observers target)
  set(declarations "")
  set(rows "")
  foreach(name ${ARGN})
    string(APPEND declarations "extern const struct conn_observer ${name};\n")
    string(APPEND rows "&${name}, ")
  endforeach()
  set(source ${PROJECT_BINARY_DIR}/${target}.c)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "/* Generated from Kconfig. */
struct conn_observer;
@declarations@extern const struct conn_observer *const et_observers[];
const struct conn_observer *const et_observers[] = {@rows@0};
")
  add_library(${target} OBJECT ${source})
  target_link_libraries(${target} PRIVATE own_code)
endfunction()

esp_tls_observers(observers ${observers})

#include "modules.h"

NB_MODULE(_core, m) {
  m.doc() = "The engine.";
  m.attr("version") = TRAJECTORY_VERSION;
  trajectory::python::define_imports(m);
  trajectory::python::define_datasets(m);
}

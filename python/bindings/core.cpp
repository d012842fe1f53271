#include "modules.h"

NB_MODULE(_core, m) {
  nanobind::set_leak_warnings(false);  // a thread that outlives the interpreter holds what it uses: no leak
  m.doc() = "The engine.";
  m.attr("version") = TRAJECTORY_VERSION;
  trajectory::python::define_live(m);
  trajectory::python::define_imports(m);
  trajectory::python::define_datasets(m);
  trajectory::python::define_uploads(m);
  trajectory::python::define_hashes(m);
}

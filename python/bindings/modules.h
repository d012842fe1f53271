#pragma once

#include <nanobind/nanobind.h>

namespace trajectory::python {

void define_imports(nanobind::module_& m);
void define_hashes(nanobind::module_& m);
void define_live(nanobind::module_& m);
void define_datasets(nanobind::module_& m);
void define_uploads(nanobind::module_& m);

}  // namespace trajectory::python

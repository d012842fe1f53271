#include <nanobind/stl/string.h>

#include "errors.h"
#include "modules.h"
#include "record/upload_hash.h"

namespace trajectory::python {

void define_hashes(nanobind::module_& m) {
  m.def(
      "upload_hash", [](const nanobind::bytes& contract) { return value_of(record::upload_hash(view_of(contract))); },
      nanobind::arg("contract"), "The identity of an upload: the hash of a trajectory's JSON in the contract's form.");
}

}  // namespace trajectory::python

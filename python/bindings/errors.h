#pragma once

#include <nanobind/nanobind.h>

#include "base/error_table.h"
#include "base/result.h"

namespace trajectory::python {

/// Raises the Python class that the error table names for the error's code.
[[noreturn]] inline void raise(const base::Error& error) {
  const nanobind::object errors = nanobind::module_::import_("trajectory_sdk.errors");
  const nanobind::object type = errors.attr(base::meaning_of(error.code()).python_class);
  PyErr_SetString(type.ptr(), error.text().c_str());
  throw nanobind::python_error();
}

inline void check(const base::Status& status) {
  if (!status.ok()) raise(status.error());
}

template <class T>
T value_of(base::Result<T> result) {
  if (!result) raise(result.error());
  return std::move(result).value();
}

inline nanobind::bytes to_bytes(std::string_view text) { return nanobind::bytes(text.data(), text.size()); }
inline std::string_view view_of(const nanobind::bytes& bytes) { return {bytes.c_str(), bytes.size()}; }

}  // namespace trajectory::python

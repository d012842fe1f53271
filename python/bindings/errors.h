#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>

#include "base/error_table.h"
#include "base/result.h"

namespace trajectory::python {

/// Raises the Python class that the error table names for the error's code.
[[noreturn]] inline void raise(const base::Error& error) {
  const nanobind::object errors = nanobind::module_::import_("trajectory_sdk.errors");
  const nanobind::object type = errors.attr(base::meaning_of(error.code()).python_class);
  std::string text = error.text();
  std::replace(text.begin(), text.end(), '\n', ' ');
  const nanobind::object shown =
      nanobind::steal(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "backslashreplace"));
  PyErr_SetObject(type.ptr(), shown.ptr());
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

/// A text of a service, as Python has it: lone surrogates stay what they are.
inline nanobind::str to_text(std::string_view text) {
  PyObject* made = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogatepass");
  if (made == nullptr) throw nanobind::python_error();
  return nanobind::steal<nanobind::str>(made);
}

/// Texts come as bytes: file names and ids need not be UTF-8.
inline std::string text_of(const nanobind::bytes& bytes) { return std::string(view_of(bytes)); }
inline std::vector<std::string> texts_of(const std::vector<nanobind::bytes>& all) {
  std::vector<std::string> out;
  for (const nanobind::bytes& one : all) out.push_back(text_of(one));
  return out;
}

}  // namespace trajectory::python

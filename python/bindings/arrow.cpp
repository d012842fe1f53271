#include "arrow.h"

#include <algorithm>

namespace nb = nanobind;

namespace trajectory::python {

namespace {

constexpr const char* k_capsule_name = "arrow_array_stream";

/// What an exception says, without where it was raised.
std::string in_one_line(const nb::python_error& error) {
  std::string out(nb::str(error.type().attr("__name__")).c_str());
  out.append(": ").append(nb::str(error.value()).c_str());
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

base::Result<columnar::StreamReader> open_stream(const nb::object& opener) {
  const nb::gil_scoped_acquire gil;
  try {
    const nb::object capsule = opener();
    void* stream = PyCapsule_GetPointer(capsule.ptr(), k_capsule_name);
    if (stream == nullptr) throw nb::python_error();
    return columnar::StreamReader::take(static_cast<ArrowArrayStream*>(stream));
  } catch (nb::python_error& error) {
    return base::Error(base::ErrorCode::k_bad_format, "the table cannot be read: " + in_one_line(error));
  } catch (const std::exception& error) {
    return base::Error(base::ErrorCode::k_bad_format, std::string("the table cannot be read: ") + error.what());
  }
}

}  // namespace

std::vector<langsmith::StreamSource> stream_sources(const std::vector<NamedStream>& streams) {
  std::vector<langsmith::StreamSource> out;
  for (const auto& [name, opener] : streams) out.push_back({name, [&opener] { return open_stream(opener); }});
  return out;
}

nb::object to_capsule(ArrowArrayStream* stream) {
  PyObject* capsule = PyCapsule_New(stream, k_capsule_name, [](PyObject* self) {
    columnar::release_stream(static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(self, k_capsule_name)));
  });
  if (capsule == nullptr) {
    columnar::release_stream(stream);
    throw nb::python_error();
  }
  return nb::steal(capsule);
}

}  // namespace trajectory::python

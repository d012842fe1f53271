#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "base/error_table.h"
#include "base/threads.h"
#include "pipeline/import.h"
#include "record/contract.h"

namespace nb = nanobind;

namespace {

using namespace trajectory;

/// Raises the Python class that the error table names for the error's code.
[[noreturn]] void raise(const base::Error& error) {
  const nb::object errors = nb::module_::import_("trajectory_sdk.errors");
  const nb::object type = errors.attr(base::meaning_of(error.code()).python_class);
  PyErr_SetString(type.ptr(), error.text().c_str());
  throw nb::python_error();
}

/// The contract's JSON of every conversation of a source, in order of conversation id, and the import report as text.
nb::tuple import_conversations(const std::vector<std::string>& sources, std::optional<std::uint64_t> limit,
                               std::optional<std::int64_t> since) {
  pipeline::ImportOptions options;
  options.sources = sources;
  options.threads = base::usable_threads();
  options.memory = pipeline::usable_memory() / 2;
  options.selection.limit = limit;
  options.selection.since = since;

  std::vector<std::string> texts;
  std::atomic<bool> stop{false};
  const pipeline::Hooks hooks{&stop, {}};
  auto done = std::async(std::launch::async, [&] {
    return pipeline::import_trajectories(options, hooks, [&](const model::Trajectory& trajectory) -> base::Status {
      texts.push_back(record::ContractForm(trajectory).text());
      return {};
    });
  });
  // The interpreter's thread waits without the GIL and looks for Ctrl-C now and then.
  for (;;) {
    std::future_status status{};
    {
      const nb::gil_scoped_release release;
      status = done.wait_for(std::chrono::milliseconds(50));
    }
    if (status == std::future_status::ready) break;
    if (PyErr_CheckSignals() != 0) {
      stop = true;
      const nb::gil_scoped_release release;
      done.wait();
      break;
    }
  }
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  auto report = done.get();
  if (!report) raise(report.error());
  nb::list out;
  for (std::string& text : texts) {
    out.append(nb::bytes(text.data(), text.size()));
    text.clear();
    text.shrink_to_fit();
  }
  return nb::make_tuple(out, report->text());
}

}  // namespace

NB_MODULE(_core, m) {
  m.doc() = "The engine.";
  m.def("import_conversations", &import_conversations, nb::arg("sources"), nb::kw_only(), nb::arg("limit") = nb::none(),
        nb::arg("since") = nb::none(),
        nb::sig("def import_conversations(sources: list[str], *, limit: int | None = None, since: int | None = None) "
                "-> tuple[list[bytes], str]"),
        "Imports a source: the contract's JSON of every conversation, and the report as text.");
}

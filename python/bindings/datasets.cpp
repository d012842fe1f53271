#include "datasets.h"

#include <memory>
#include <optional>

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow.h"
#include "base/output_folder.h"
#include "errors.h"
#include "json/value.h"
#include "json/write.h"
#include "modules.h"
#include "pipeline/convert.h"
#include "pipeline/outputs.h"
#include "record/contract.h"
#include "record/dataset.h"
#include "record/file_name.h"
#include "record/record_json.h"
#include "record/tables.h"
#include "waiting.h"

namespace nb = nanobind;

namespace trajectory::python {

namespace {

record::RowKind row_kind(const std::string& name) {
  if (name == "message") return record::RowKind::k_message;
  if (name == "call") return record::RowKind::k_call;
  if (name == "trajectory") return record::RowKind::k_trajectory;
  raise({base::ErrorCode::k_usage, "rows must be \"trajectory\", \"message\" or \"call\", not \"" + name + "\""});
}

base::Result<model::Trajectory> parse_record(std::string_view text) {
  json::Parser parser;
  const auto parsed = parser.parse(text, json::Parser::k_record_depth);
  if (!parsed) return parsed.error();
  return record::read_record(**parsed);
}

std::string contract_of(const model::Trajectory& trajectory) { return record::ContractForm(trajectory).delta(); }

std::string record_of(const model::Trajectory& trajectory) {
  std::string out;
  record::append_record(out, trajectory);
  return out;
}

/// A stream of rows over trajectories that `next` gives, one after the other.
nb::object rows_of(record::RowKind kind, std::function<base::Result<std::optional<model::Trajectory>>()> next) {
  struct State {
    std::function<base::Result<std::optional<model::Trajectory>>()> next;
    model::Trajectory trajectory;
    std::optional<record::RowCursor> cursor;
  };
  auto state = std::make_shared<State>(State{std::move(next), {}, {}});
  return to_capsule(
      columnar::make_stream(record::table_schema(kind), [state, kind](columnar::RowWriter& row) -> base::Result<bool> {
        for (;;) {
          if (state->cursor && state->cursor->next(row)) return true;
          auto trajectory = state->next();
          if (!trajectory) return std::move(trajectory).error();
          if (!*trajectory) return false;
          state->trajectory = std::move(**trajectory);
          state->cursor.emplace(state->trajectory, kind);
        }
      }));
}

/// Writes the contract's file.
void save_contract(const model::Trajectory& trajectory, const nb::bytes& path) {
  const std::string file = text_of(path);
  base::Status status;
  {
    const nb::gil_scoped_release release;
    status = base::write_file(file, [&](base::OutputFile& out) { return record::ContractForm(trajectory).write(out); });
  }
  check(status);
}

/// A dataset on disk.
class Dataset {
 public:
  Dataset(const nb::bytes& folder, bool verify)
      : reader_(value_of(record::DatasetReader::open(
            text_of(folder), verify ? record::Checksums::k_compare : record::Checksums::k_trust))) {}

  [[nodiscard]] const record::DatasetReader& reader() const { return reader_; }
  [[nodiscard]] std::uint64_t rows() const { return reader_.rows(); }
  nb::bytes record(std::uint64_t row) { return to_bytes(record_of(value_of(reader_.read(row)))); }
  nb::bytes contract(std::uint64_t row) { return to_bytes(contract_of(value_of(reader_.read(row)))); }

  [[nodiscard]] nb::bytes manifest() const { return to_bytes(reader_.manifest()); }
  nb::bytes names() {
    std::string out = "[";
    for (const auto& [conversation, project] : value_of(reader_.names())) {
      out.append(out.size() > 1 ? ",[" : "[").append(json::quoted(conversation)).append(",");
      out.append(json::quoted(project)).append("]");
    }
    return to_bytes(out + "]");
  }

  void save(std::uint64_t row, const nb::bytes& path) { save_contract(value_of(reader_.read(row)), path); }

  /// A stream of rows. It has a reader of its own, so that any thread may drive it, over the same open files. `only`:
  /// these trajectories; None: all.
  [[nodiscard]] nb::object stream(const std::string& kind, std::optional<std::vector<std::uint64_t>> only) const {
    struct State {
      record::DatasetReader reader;
      std::optional<std::vector<std::uint64_t>> only;
      std::uint64_t at = 0;
    };
    auto state = std::make_shared<State>(State{value_of(reader_.another()), std::move(only)});
    return rows_of(row_kind(kind), [state]() -> base::Result<std::optional<model::Trajectory>> {
      if (state->at == (state->only ? state->only->size() : state->reader.rows()))
        return std::optional<model::Trajectory>();
      const std::uint64_t row = state->only ? (*state->only)[state->at] : state->at;
      ++state->at;
      auto trajectory = state->reader.read(row);
      if (!trajectory) return std::move(trajectory).error();
      return std::optional(std::move(trajectory).value());
    });
  }

 private:
  record::DatasetReader reader_;
};

/// A stream of rows over records given as JSON.
nb::object stream_records(const std::vector<nb::bytes>& records, const std::string& kind) {
  struct State {
    std::vector<std::string> records;
    std::size_t at = 0;
  };
  auto state = std::make_shared<State>();
  for (const nb::bytes& record : records) state->records.emplace_back(view_of(record));
  return rows_of(row_kind(kind), [state]() -> base::Result<std::optional<model::Trajectory>> {
    if (state->at == state->records.size()) return std::optional<model::Trajectory>();
    auto trajectory = parse_record(state->records[state->at++]);
    if (!trajectory) return std::move(trajectory).error();
    return std::optional(std::move(trajectory).value());
  });
}

/// A dataset that is being written; without `commit` it never appears.
class DatasetWriter {
 public:
  DatasetWriter(const nb::bytes& folder, bool force) {
    pipeline::OutputOptions options;
    options.folder = text_of(folder);
    options.force = force;
    outputs_.emplace(value_of(pipeline::Outputs::create(options, problems_)));
  }

  void add(const nb::bytes& record) { check(outputs_->add(value_of(parse_record(view_of(record))))); }

  void commit(const std::string& lineage, const std::string& report) {
    check(outputs_->finish(lineage));
    check(outputs_->commit(report));
  }

  void discard() { outputs_.reset(); }

 private:
  model::ProblemLog problems_;
  std::optional<pipeline::Outputs> outputs_;
};

void convert(const nb::bytes& source, const nb::bytes& folder, bool force, const nb::object& progress) {
  const std::string from = text_of(source);
  pipeline::OutputOptions output;
  output.folder = text_of(folder);
  output.force = force;
  (void)value_of(run_interruptibly(
      {progress}, [&](const pipeline::Hooks& hooks) { return pipeline::convert(from, output, hooks); }));
}

}  // namespace

base::Result<record::DatasetReader> another_reader(nb::handle dataset) {
  return nb::cast<const Dataset&>(dataset).reader().another();
}

void define_datasets(nb::module_& m) {
  nb::class_<Dataset>(m, "Dataset", "A dataset on disk, rows in order of conversation id.")
      .def(nb::init<const nb::bytes&, bool>(), nb::arg("folder"), nb::kw_only(), nb::arg("verify"))
      .def("__len__", &Dataset::rows)
      .def("record", &Dataset::record, nb::arg("row"), "The native record of a row as JSON.")
      .def("contract", &Dataset::contract, nb::arg("row"),
           "The contract's form of a row as JSON, each message once and steps as ranges over them.")
      .def("manifest", &Dataset::manifest, "The text of manifest.json.")
      .def("names", &Dataset::names, "Pairs of conversation id and project id as JSON, in order.")
      .def("save", &Dataset::save, nb::arg("row"), nb::arg("path"), "Writes the contract's file of a row.")
      .def("stream", &Dataset::stream, nb::arg("rows"), nb::arg("only").none(),
           nb::sig("def stream(self, rows: str, only: collections.abc.Sequence[int] | None) -> object"),
           "An arrow_array_stream capsule of trajectories, messages or calls.");
  m.def("stream_records", &stream_records, nb::arg("records"), nb::arg("rows"),
        nb::sig("def stream_records(records: list[bytes], rows: str) -> object"),
        "An arrow_array_stream capsule over native records given as JSON.");
  m.def(
      "contract",
      [](const nb::bytes& record) { return to_bytes(contract_of(value_of(parse_record(view_of(record))))); },
      nb::arg("record"), "The contract's form of a native record: see Dataset.contract.");
  m.def(
      "contract_lines",
      [](const nb::bytes& record) { return to_bytes(record::contract_lines(value_of(parse_record(view_of(record))))); },
      nb::arg("record"), "The messages of every line of a native record in the contract's form, by line id, as JSON.");
  m.def(
      "save",
      [](const nb::bytes& record, const nb::bytes& path) {
        save_contract(value_of(parse_record(view_of(record))), path);
      },
      nb::arg("record"), nb::arg("path"), "Writes the contract's file of a native record.");
  nb::class_<record::FileNames>(m, "FileNames", "Names of the contract's files for the conversations of one folder.")
      .def(nb::init<>())
      .def(
          "next",
          [](record::FileNames& names, const nb::bytes& conversation, const nb::bytes& project) {
            return to_bytes(names.next(view_of(conversation), view_of(project)).text);
          },
          nb::arg("conversation_id"), nb::arg("project_id"), "The name of the next file, without .json.");
  nb::class_<DatasetWriter>(m, "DatasetWriter", "A dataset that is being written; it appears at the commit.")
      .def(nb::init<const nb::bytes&, bool>(), nb::arg("folder"), nb::kw_only(), nb::arg("force"))
      .def("add", &DatasetWriter::add, nb::arg("record"), "Adds a native record given as JSON.")
      .def("commit", &DatasetWriter::commit, nb::kw_only(), nb::arg("lineage"), nb::arg("report"),
           "Puts the folder in place.")
      .def("discard", &DatasetWriter::discard, "Removes what was written.");
  m.def("convert", &convert, nb::arg("source"), nb::arg("folder"), nb::kw_only(), nb::arg("force"),
        nb::arg("progress").none(), "Writes a dataset, or JSON lines of records, as a dataset.");
}

}  // namespace trajectory::python

#include "langsmith/source.h"

#include <algorithm>
#include <optional>

#include "base/mapped_file.h"
#include "base/threads.h"
#include "columnar/parquet_reader.h"
#include "langsmith/files.h"
#include "langsmith/json_elements.h"
#include "langsmith/run_row.h"

namespace trajectory::langsmith {

namespace {

/// Rows that are decoded at once; with the documents of real exports some megabytes.
constexpr std::size_t k_batch_rows = 128;
constexpr std::size_t k_block_bytes = 4 << 20;

/// Columns that an import cannot do without; of the last three, one is enough.
constexpr auto k_required = std::to_array<std::string_view>({"id", "trace_id", "inputs", "outputs"});
constexpr auto k_structure = std::to_array<std::string_view>({"dotted_order", "parent_run_id", "parent_run_ids"});

struct OpenFile {
  std::optional<columnar::ParquetFile> parquet;
  std::optional<base::MappedFile> text;
  std::optional<StreamSource> stream;
  std::optional<columnar::StreamReader> batches;  ///< of the stream, for the present reading
};

/// A row group, a stretch of text, or a share in what is left of a stream: what one worker reads at a time.
struct Unit {
  std::uint32_t file = 0;
  int row_group = 0;
  JsonBlock block;
};

base::Status check_columns(const std::vector<columnar::ColumnInfo>& columns, SourceFile& file) {
  const auto has = [&](std::string_view name) {
    return std::any_of(columns.begin(), columns.end(), [&](const columnar::ColumnInfo& column) {
      return column.name == name && column.kind != columnar::ColumnKind::k_unreadable;
    });
  };
  for (const std::string_view name : k_run_columns)
    if (!has(name)) file.missing_columns.emplace_back(name);
  for (const std::string_view name : k_required)
    if (!has(name))
      return base::Error(base::ErrorCode::k_missing_column,
                         "the column '" + std::string(name) + "' is missing: export it too")
          .with(file.path);
  if (std::none_of(k_structure.begin(), k_structure.end(), has))
    return base::Error(
               base::ErrorCode::k_missing_column,
               "the columns 'dotted_order', 'parent_run_id' and 'parent_run_ids' are all missing: export at least one")
        .with(file.path);
  return {};
}

/// Parquet begins and ends with its magic, JSON with a bracket; everything else is neither.
base::Result<FileKind> kind_of(std::string_view bytes, const std::string& path) {
  if (bytes.empty()) return base::Error(base::ErrorCode::k_bad_format, "the file is empty").with(path);
  if (bytes.starts_with("PAR1") || bytes.starts_with("PARE")) return FileKind::k_parquet;
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  const std::string_view rest = begin == std::string_view::npos ? std::string_view() : bytes.substr(begin);
  if (rest.starts_with("\xEF\xBB\xBF"))
    return base::Error(base::ErrorCode::k_bad_format, "the file begins with a byte-order mark: save it as plain UTF-8")
        .with(path);
  if (rest.starts_with("[")) return FileKind::k_json;
  if (rest.starts_with("{")) {
    // Several objects, one a line, or one document over many lines.
    const std::string_view line = rest.substr(0, rest.find('\n'));
    json::Parser parser;
    if (line.size() == rest.size())
      return elements_of(rest, false).size() == 1 && rest.find("\"runs\"") != std::string_view::npos
                 ? FileKind::k_json
                 : FileKind::k_json_lines;
    return parser.parse(line, 1) ? FileKind::k_json_lines : FileKind::k_json;
  }
  return base::Error(base::ErrorCode::k_bad_format, "neither Parquet nor JSON: name an export of runs").with(path);
}

}  // namespace

struct RunSource::Impl {
  std::vector<SourceFile> files;
  std::vector<OpenFile> open;
  std::vector<Unit> units;
  std::uint64_t others = 0;
  std::atomic<std::uint64_t> rows_read{0};
  std::atomic<std::uint64_t> rows_refused{0};

  base::Status add(const std::string& path);
  base::Status add(const StreamSource& stream);
  base::Status begin_streams();
  base::Status read_unit(const Unit& unit, unsigned worker, const ReadControl& control,
                         const RunConsumer& consumer);
  base::Status read_rows(const Unit& unit, unsigned worker, const ReadControl& control,
                         const RunConsumer& consumer);
  base::Status read_block(const Unit& unit, unsigned worker, const ReadControl& control,
                          const RunConsumer& consumer);

  void refuse(const ReadControl& control, std::string kind, std::uint32_t file, std::uint64_t row, std::string detail) {
    ++rows_refused;
    if (control.problems != nullptr)
      control.problems->add({std::move(kind), model::Severity::k_refused,
                             files[file].path + " row " + std::to_string(row + 1), std::move(detail)});
  }

  /// A run needs its id and its trace; without either a row can be placed nowhere.
  bool usable(const model::Run& run, const ReadControl& control) {
    if (run.id.empty()) {
      refuse(control, "row_without_id", run.place.file, run.place.row, "the row has no id");
      return false;
    }
    if (run.trace_id.empty()) {
      refuse(control, "row_without_trace_id", run.place.file, run.place.row, "the row has no trace_id");
      return false;
    }
    return true;
  }
};

base::Status RunSource::Impl::add(const std::string& path) {
  SourceFile file;
  file.path = path;
  const auto index = static_cast<std::uint32_t>(files.size());
  OpenFile opened;
  auto mapped = base::MappedFile::open(path);
  if (!mapped) return std::move(mapped).error();
  file.bytes = mapped->bytes().size();
  const auto kind = kind_of(mapped->bytes(), path);
  if (!kind) return kind.error();
  file.kind = *kind;
  if (file.kind == FileKind::k_parquet) {
    auto parquet = columnar::ParquetFile::open(path);
    if (!parquet) return std::move(parquet).error();
    TJ_TRY(check_columns(parquet->columns(), file));
    file.rows = parquet->rows();
    for (int group = 0; group < parquet->row_groups(); ++group) units.push_back({index, group, {}});
    opened.parquet.emplace(std::move(*parquet));
  } else {
    opened.text.emplace(std::move(*mapped));
    const std::string_view text = opened.text->bytes();
    for (const JsonBlock& block :
         file.kind == FileKind::k_json_lines ? split_lines(text, k_block_bytes) : split_array(text, k_block_bytes))
      units.push_back({index, 0, block});
  }
  files.push_back(std::move(file));
  open.push_back(std::move(opened));
  return {};
}

base::Status RunSource::Impl::add(const StreamSource& stream) {
  SourceFile file;
  file.path = stream.name;
  file.kind = FileKind::k_stream;
  OpenFile opened;
  opened.stream = stream;
  auto batches = stream.open();
  if (!batches) return std::move(batches).error().with(stream.name);
  TJ_TRY(check_columns(batches->columns(), file));
  opened.batches.emplace(std::move(*batches));
  files.push_back(std::move(file));
  open.push_back(std::move(opened));
  return {};
}

/// Opens the streams that an earlier reading has used up.
base::Status RunSource::Impl::begin_streams() {
  for (OpenFile& file : open) {
    if (!file.stream || file.batches) continue;
    auto batches = file.stream->open();
    if (!batches) return std::move(batches).error().with(file.stream->name);
    file.batches.emplace(std::move(*batches));
  }
  return {};
}

base::Status RunSource::Impl::read_unit(
    const Unit& unit, unsigned worker, const ReadControl& control,
    const RunConsumer& consumer) {
  return open[unit.file].text ? read_block(unit, worker, control, consumer)
                              : read_rows(unit, worker, control, consumer);
}

base::Status RunSource::Impl::read_rows(const Unit& unit, unsigned worker, const ReadControl& control,
                                        const RunConsumer& consumer) {
  std::vector<model::Run> runs;
  const auto take = [&](const columnar::RowBatch& batch) -> base::Status {
    if (control.stop != nullptr && *control.stop) return base::Error(base::ErrorCode::k_interrupted, "interrupted");
    runs.clear();
    for (std::size_t row = 0; row < batch.rows; ++row) {
      model::Run run = run_from_row(batch, row);
      run.place = {unit.file, batch.first_row + row};
      if (usable(run, control)) runs.push_back(run);
    }
    rows_read += batch.rows;
    if (open[unit.file].stream) std::atomic_ref(files[unit.file].rows) += batch.rows;
    TJ_TRY(consumer(runs, worker));
    if (control.progress) control.progress(batch.rows);
    return {};
  };
  OpenFile& file = open[unit.file];
  if (file.batches) return file.batches->read(k_run_columns, k_batch_rows, take);
  return file.parquet->read_row_group(unit.row_group, k_run_columns, k_batch_rows, take);
}

base::Status RunSource::Impl::read_block(const Unit& unit, unsigned worker, const ReadControl& control,
                                         const RunConsumer& consumer) {
  const auto elements = elements_of(unit.block.text, files[unit.file].kind == FileKind::k_json_lines);
  json::Parser parser;
  std::deque<std::string> kept;
  std::vector<model::Run> runs;
  for (std::size_t begin = 0; begin < elements.size(); begin += k_batch_rows) {
    if (control.stop != nullptr && *control.stop) return base::Error(base::ErrorCode::k_interrupted, "interrupted");
    parser.reset();
    kept.clear();
    runs.clear();
    std::uint64_t met = 0;
    for (std::size_t i = begin; i < std::min(begin + k_batch_rows, elements.size()); ++i) {
      if (elements[i].empty()) continue;
      ++met;
      const std::uint64_t row = unit.block.first + i;
      // The payload columns stay raw text; `metadata` of the v2 API is one of them.
      const auto parsed = parser.parse(elements[i], 1);
      if (!parsed || !(*parsed)->is_object()) {
        refuse(control, "invalid_json_row", unit.file, row, parsed ? "not an object" : parsed.error().message());
        continue;
      }
      model::Run run = run_from_json(**parsed, kept);
      run.place = {unit.file, row};
      if (usable(run, control)) runs.push_back(run);
    }
    rows_read += met;
    std::atomic_ref(files[unit.file].rows) += met;
    TJ_TRY(consumer(runs, worker));
    if (control.progress) control.progress(met);
  }
  return {};
}

RunSource::RunSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RunSource::~RunSource() = default;
RunSource::RunSource(RunSource&&) noexcept = default;

base::Result<RunSource> RunSource::open(const std::vector<std::string>& arguments,
                                        const std::vector<StreamSource>& streams) {
  auto impl = std::make_unique<Impl>();
  if (streams.empty() || !arguments.empty()) {
    auto found = find_files(arguments);
    if (!found) return std::move(found).error();
    impl->others = found->others;
    for (const std::string& path : found->paths) TJ_TRY(impl->add(path));
  }
  for (const StreamSource& stream : streams) TJ_TRY(impl->add(stream));
  return RunSource(std::move(impl));
}

const std::vector<SourceFile>& RunSource::files() const { return impl_->files; }
std::uint64_t RunSource::other_files() const { return impl_->others; }
std::uint64_t RunSource::rows_read() const { return impl_->rows_read; }
std::uint64_t RunSource::rows_refused() const { return impl_->rows_refused; }

base::Status RunSource::read(const ReadControl& control, const RunConsumer& consumer) {
  impl_->rows_read = 0;
  impl_->rows_refused = 0;
  for (SourceFile& file : impl_->files)
    if (file.kind != FileKind::k_parquet) file.rows = 0;
  TJ_TRY(impl_->begin_streams());
  std::vector<Unit> units = impl_->units;
  for (std::uint32_t file = 0; file < impl_->open.size(); ++file)
    if (impl_->open[file].stream) units.insert(units.end(), std::max(control.threads, 1U), Unit{file, 0, {}});
  base::Status status = base::parallel_for(control.threads, units.size(), [&](std::size_t index, unsigned worker) {
    return impl_->read_unit(units[index], worker, control, consumer);
  });
  for (OpenFile& file : impl_->open) file.batches.reset();
  return status;
}

}  // namespace trajectory::langsmith

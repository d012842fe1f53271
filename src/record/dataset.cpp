#include "record/dataset.h"

#include <algorithm>
#include <optional>

#include "base/mapped_file.h"
#include "base/output_folder.h"
#include "base/sha256.h"
#include "columnar/table.h"
#include "json/value.h"
#include "record/dataset_row.h"

namespace trajectory::record {

namespace {

constexpr std::int64_t k_version = 1;
constexpr std::uint64_t k_file_bytes = 256 << 20;

class DatasetWriter final : public TrajectoryWriter {
 public:
  explicit DatasetWriter(std::string folder) : folder_(std::move(folder)) {}

  base::Result<Prepared> prepare(const model::Trajectory& trajectory) override {
    return Prepared{details_of(trajectory)};
  }

  base::Status add(const model::Trajectory& trajectory, Prepared details) override {
    if (!table_) TJ_TRY(open_file());
    write_row(table_->row(), trajectory, details.text);
    TJ_TRY(table_->end_row());
    ++rows_;
    if (table_->row().bytes() >= k_file_bytes) TJ_TRY(close_file());
    return {};
  }

  base::Status finish(std::string_view lineage) override {
    // A dataset without rows still has a file, so that readers find its columns.
    if (!table_ && files_.empty()) TJ_TRY(open_file());
    if (table_) TJ_TRY(close_file());
    std::string manifest = "{\n  \"format\": \"" + std::string(model::k_dataset_format) +
                           "\",\n  \"version\": " + std::to_string(k_version) +
                           ",\n  \"engine\": \"" TRAJECTORY_VERSION "\",\n  \"rows\": ";
    manifest.append(std::to_string(total_))
        .append(",\n  \"files\": [\n")
        .append(files_)
        .append("\n  ],\n  \"lineage\": ")
        .append(lineage)
        .append("\n}\n");
    return base::write_file(folder_ + "/manifest.json", manifest);
  }

 private:
  base::Status open_file() {
    std::string number = std::to_string(count_++);
    name_ = "train-" + std::string(5 - std::min<std::size_t>(number.size(), 5), '0') + number + ".parquet";
    auto table = columnar::TableWriter::create(folder_ + "/" + name_, dataset_schema());
    if (!table) return std::move(table).error();
    table_.emplace(std::move(*table));
    rows_ = 0;
    return {};
  }

  base::Status close_file() {
    TJ_TRY(table_->close());
    table_.reset();
    const auto file = base::MappedFile::open(folder_ + "/" + name_);
    if (!file) return file.error();
    if (!files_.empty()) files_.append(",\n");
    files_.append("    {\"name\": \"" + name_ + "\", \"rows\": " + std::to_string(rows_) + ", \"bytes\": " +
                  std::to_string(file->bytes().size()) + ", \"sha256\": \"" + base::sha256_hex(file->bytes()) + "\"}");
    total_ += rows_;
    return {};
  }

  std::string folder_;
  std::string name_;
  std::string files_;
  std::optional<columnar::TableWriter> table_;
  std::uint64_t rows_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t count_ = 0;
};

/// A parsed manifest; the parser owns the value.
struct Manifest {
  std::string text;
  json::Parser parser;
  const json::Value* value = nullptr;
};

base::Result<Manifest> open_manifest(const std::string& folder) {
  const std::string path = folder + "/manifest.json";
  const auto file = base::MappedFile::open(path);
  if (!file) return no_manifest(folder);
  Manifest manifest;
  manifest.text = file->bytes();
  const auto parsed = manifest.parser.parse(manifest.text);
  if (!parsed || (**parsed)["format"].string() != model::k_dataset_format)
    return base::Error(base::ErrorCode::k_bad_format, "not the manifest of a dataset").with(path);
  if ((**parsed)["version"].integer() > k_version)
    return base::Error(base::ErrorCode::k_bad_format, "the dataset was written by a newer version: update this program")
        .with(path);
  manifest.value = *parsed;
  return manifest;
}

base::Status compare_checksum(const std::string& path, std::string_view expected) {
  const auto file = base::MappedFile::open(path);
  if (!file) return file.error();
  if (base::sha256_hex(file->bytes()) == expected) return {};
  return base::Error(base::ErrorCode::k_bad_format,
                     "the file does not fit the checksum in manifest.json: it is damaged or was changed")
      .with(path);
}

}  // namespace

base::Error no_manifest(const std::string& folder) {
  const bool synchronized = base::MappedFile::open(folder + "/sync.json").ok();
  return base::Error(base::ErrorCode::k_bad_format,
                     synchronized ? "a folder of versions, which are a dataset each: name one, as in version-00001"
                                  : "no dataset: the folder has no manifest.json, import an export first")
      .with(folder);
}

base::Result<std::unique_ptr<TrajectoryWriter>> make_dataset_writer(const std::string& folder) {
  return std::unique_ptr<TrajectoryWriter>(std::make_unique<DatasetWriter>(folder));
}

struct DatasetReader::Impl {
  struct File {
    std::string path;
    std::uint64_t first_row = 0;
    columnar::TableReader table;
  };
  std::string manifest;
  std::vector<File> files;
  std::uint64_t rows = 0;
};

DatasetReader::DatasetReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DatasetReader::~DatasetReader() = default;
DatasetReader::DatasetReader(DatasetReader&&) noexcept = default;

base::Result<DatasetReader> DatasetReader::open(const std::string& folder, Checksums checksums) {
  const auto manifest = open_manifest(folder);
  if (!manifest) return manifest.error();
  auto impl = std::make_unique<Impl>();
  impl->manifest = manifest->text;
  for (const json::Value& entry : (*manifest->value)["files"].items()) {
    const std::string path = folder + "/" + std::string(entry["name"].string());
    if (checksums == Checksums::k_compare) TJ_TRY(compare_checksum(path, entry["sha256"].string()));
    auto table = columnar::TableReader::open(path, dataset_schema());
    if (!table) return std::move(table).error();
    const std::uint64_t rows = table->rows();
    impl->files.push_back({path, impl->rows, std::move(*table)});
    impl->rows += rows;
  }
  return DatasetReader(std::move(impl));
}

base::Result<DatasetReader> DatasetReader::another() const {
  auto impl = std::make_unique<Impl>();
  impl->manifest = impl_->manifest;
  impl->rows = impl_->rows;
  for (const Impl::File& file : impl_->files) {
    auto table = file.table.another(dataset_schema());
    if (!table) return std::move(table).error();
    impl->files.push_back({file.path, file.first_row, std::move(*table)});
  }
  return DatasetReader(std::move(impl));
}

const std::string& DatasetReader::manifest() const { return impl_->manifest; }

base::Result<std::vector<ConversationName>> DatasetReader::names() {
  std::vector<ConversationName> out;
  for (Impl::File& file : impl_->files) {
    const std::size_t first = out.size();
    TJ_TRY(file.table.read_texts(k_conversation_column, [&](std::optional<std::string_view> text) {
      out.push_back({std::string(text.value_or("")), {}});
    }));
    std::size_t at = first;
    TJ_TRY(file.table.read_texts(
        k_project_column, [&](std::optional<std::string_view> text) { out.at(at++).project_id = text.value_or(""); }));
  }
  // What stands for bytes that the columns cannot hold: the row knows them.
  constexpr std::string_view k_replacement = "\xEF\xBF\xBD";
  for (std::size_t row = 0; row < out.size(); ++row) {
    if ((out[row].conversation_id + out[row].project_id).find(k_replacement) == std::string::npos) continue;
    const auto trajectory = read(row);
    if (!trajectory) return trajectory.error();
    out[row] = {trajectory->conversation_id, trajectory->project_id};
  }
  return out;
}

std::uint64_t DatasetReader::rows() const { return impl_->rows; }

base::Result<model::Trajectory> DatasetReader::read(std::uint64_t row) {
  const auto next = std::upper_bound(impl_->files.begin(), impl_->files.end(), row,
                                     [](std::uint64_t at, const Impl::File& file) { return at < file.first_row; });
  if (row >= impl_->rows)
    return base::Error(base::ErrorCode::k_not_found, "the dataset has no row " + std::to_string(row));
  Impl::File& file = *std::prev(next);
  model::Trajectory out;
  TJ_TRY(file.table.read_row(row - file.first_row, [&](columnar::RowReader& values) -> base::Status {
    auto trajectory = read_row(values);
    if (!trajectory) return std::move(trajectory).error().with(file.path);
    out = std::move(*trajectory);
    return {};
  }));
  return out;
}

base::Status read_dataset(const std::string& folder,
                          const std::function<base::Result<bool>(model::Trajectory)>& consumer) {
  auto reader = DatasetReader::open(folder, Checksums::k_compare);
  if (!reader) return std::move(reader).error();
  for (std::uint64_t row = 0; row < reader->rows(); ++row) {
    auto trajectory = reader->read(row);
    if (!trajectory) return std::move(trajectory).error();
    const auto more = consumer(std::move(*trajectory));
    if (!more) return more.error();
    if (!*more) break;
  }
  return {};
}

base::Result<std::string> read_dataset_lineage(const std::string& folder) {
  const auto manifest = open_manifest(folder);
  if (!manifest) return manifest.error();
  return std::string((*manifest->value)["lineage"].raw());
}

}  // namespace trajectory::record

#include "record/output.h"

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "base/mapped_file.h"
#include "base/output_folder.h"
#include "json/value.h"
#include "record/contract.h"
#include "record/dataset.h"
#include "record/file_name.h"
#include "record/own_output.h"
#include "record/record_json.h"

namespace trajectory::record {

namespace {

class JsonLinesWriter final : public TrajectoryWriter {
 public:
  explicit JsonLinesWriter(base::OutputFile file) : file_(std::move(file)) {}

  base::Result<Prepared> prepare(const model::Trajectory& trajectory) override {
    Prepared line;
    append_record(line.text, trajectory);
    line.text.push_back('\n');
    return line;
  }
  base::Status add(const model::Trajectory&, Prepared line) override { return file_.write(line.text); }
  base::Status finish(std::string_view) override { return file_.close(); }

 private:
  base::OutputFile file_;
};

class ContractWriter final : public TrajectoryWriter {
 public:
  ContractWriter(std::string folder, const WriterOptions& options) : folder_(std::move(folder)), options_(options) {}

  /// Writes the file under a number: its name depends on the files before it.
  base::Result<Prepared> prepare(const model::Trajectory& trajectory) override {
    const ContractForm form(trajectory);
    Prepared out{{}, form.size()};
    if (out.size > options_.max_file) return out;
    out.text = folder_ + "/." + std::to_string(number_++) + ".part";
    auto file = base::OutputFile::create(out.text);
    if (!file) return std::move(file).error();
    if (base::Status written = form.write(*file); !written.ok()) return std::move(written).error();
    if (base::Status closed = file->close(); !closed.ok()) return std::move(closed).error();
    return out;
  }

  base::Status add(const model::Trajectory& trajectory, Prepared part) override {
    if (part.size > options_.max_file) {
      if (options_.problems != nullptr)
        options_.problems->add({"file_too_large", model::Severity::k_refused, trajectory.conversation_id,
                                "its file would have " + std::to_string(part.size) + " bytes, above the limit of " +
                                    std::to_string(options_.max_file) + ": use the format jsonl or parquet"});
      return {};
    }
    std::error_code error;
    std::filesystem::rename(part.text, folder_ + "/" + file_name(trajectory) + ".json", error);
    if (error) return base::Error(base::ErrorCode::k_io, "cannot write the file: " + error.message()).with(folder_);
    return {};
  }
  base::Status finish(std::string_view) override { return {}; }

 private:
  std::string file_name(const model::Trajectory& trajectory) {
    const std::string& id = trajectory.conversation_id;
    FileName name = names_.next(id, trajectory.project_id);
    if (name.renamed && options_.problems != nullptr)
      options_.problems->add(
          {"file_renamed", model::Severity::k_note, id,
           "its file is " + name.text + ".json: the id cannot be a file name, or another file has it"});
    return std::move(name.text);
  }

  std::string folder_;
  WriterOptions options_;
  std::atomic<std::uint64_t> number_{0};
  FileNames names_;
};

/// Of an import in several formats, the folder of the one that holds the whole record.
std::string part_to_read(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path + "/manifest.json", error)) return path;
  for (const char* format : {"/parquet", "/jsonl"})
    if (std::filesystem::is_directory(path + format, error)) return path + format;
  return path;
}

base::Error contract_form(const std::string& path) {
  return base::Error(base::ErrorCode::k_bad_format,
                     "the json format cannot be read back: name the parquet or jsonl output of the import")
      .with(path);
}

/// A file that is named for JSON lines of records, and holds something else of ours or of LangSmith.
base::Status check_lines(const std::string& path) {
  const auto file = base::MappedFile::open(path);
  if (!file) return file.error();
  if (file->bytes().starts_with("PAR1"))
    return base::Error(base::ErrorCode::k_bad_format,
                       "this is a Parquet file: name the folder of the dataset it belongs to, or import it first")
        .with(path);
  return is_contract_file(path) ? base::Status(contract_form(path)) : base::Status();
}

/// Why a folder without a manifest is no dataset.
base::Error no_dataset(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (is_contract_file(entry.path().string()) || entry.path().filename() == "json") return contract_form(folder);
  return no_manifest(folder);
}

base::Status read_json_lines(const std::string& path,
                             const std::function<base::Result<bool>(model::Trajectory)>& consumer) {
  const auto file = base::MappedFile::open(path);
  if (!file) return file.error();
  std::string_view rest = file->bytes();
  json::Parser parser;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    parser.reset();
    const auto at = [&] { return path + " line " + std::to_string(line); };
    const auto parsed = parser.parse(text, json::Parser::k_record_depth);
    if (!parsed) return base::Error(parsed.error()).with(at());
    auto trajectory = read_record(**parsed);
    if (!trajectory) return std::move(trajectory).error().with(at());
    auto more = consumer(std::move(*trajectory));
    if (!more) return std::move(more).error();
    if (!*more) break;
  }
  return {};
}

}  // namespace

std::string_view format_name(Format format) {
  constexpr std::string_view names[] = {"parquet", "jsonl", "json"};
  return names[static_cast<int>(format)];
}

base::Result<std::unique_ptr<TrajectoryWriter>> make_writer(Format format, const std::string& folder,
                                                            const WriterOptions& options) {
  switch (format) {
    case Format::k_parquet:
      return make_dataset_writer(folder);
    case Format::k_json:
      return std::unique_ptr<TrajectoryWriter>(std::make_unique<ContractWriter>(folder, options));
    case Format::k_jsonl:
      break;
  }
  auto file = base::OutputFile::create(folder + "/trajectories.jsonl");
  if (!file) return std::move(file).error();
  return std::unique_ptr<TrajectoryWriter>(std::make_unique<JsonLinesWriter>(std::move(*file)));
}

base::Status read_trajectories(const std::string& given,
                               const std::function<base::Result<bool>(model::Trajectory)>& consumer) {
  std::error_code error;
  const std::string path = part_to_read(given);
  if (!std::filesystem::exists(path, error))
    return base::Error(base::ErrorCode::k_not_found, "no such dataset or file: check the path").with(path);
  if (!std::filesystem::is_directory(path, error)) {
    TJ_TRY(check_lines(path));
    return read_json_lines(path, consumer);
  }
  if (std::filesystem::exists(path + "/trajectories.jsonl", error))
    return read_json_lines(path + "/trajectories.jsonl", consumer);
  if (!std::filesystem::exists(path + "/manifest.json", error)) return no_dataset(path);
  return read_dataset(path, consumer);
}

base::Result<std::string> read_lineage(const std::string& given) {
  std::error_code error;
  const std::string path = part_to_read(given);
  if (!std::filesystem::exists(path + "/manifest.json", error)) return std::string();
  return read_dataset_lineage(path);
}

}  // namespace trajectory::record

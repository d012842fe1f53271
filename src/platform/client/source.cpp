#include "platform/client/source.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/mapped_file.h"
#include "json/value.h"
#include "record/dataset.h"
#include "record/own_output.h"
#include "record/received_contract.h"
#include "record/record_json.h"

namespace trajectory::platform::client {

namespace {

namespace fs = std::filesystem;

base::Result<Source> of_dataset(const std::string& folder) {
  auto opened = record::DatasetReader::open(folder, record::Checksums::k_compare);
  if (!opened) return std::move(opened).error();
  auto reader = std::make_shared<record::DatasetReader>(std::move(*opened));
  return Source{reader->rows(), [reader](std::uint64_t row) -> base::Result<Item> {
                  auto trajectory = reader->read(row);
                  if (!trajectory) return std::move(trajectory).error();
                  return Item{std::move(*trajectory), true};
                }};
}

base::Result<Source> of_lines(const std::string& path) {
  auto opened = base::MappedFile::open(path);
  if (!opened) return std::move(opened).error();
  if (opened->bytes().starts_with("PAR1"))
    return base::Error(base::ErrorCode::k_bad_format,
                       "this is a Parquet file: name the folder of the dataset it belongs to, or import it first")
        .with(path);
  struct State {
    base::MappedFile file;
    json::Parser parser;
    std::vector<std::string_view> lines;
    std::vector<std::size_t> numbers;  ///< from 1
  };
  auto state = std::make_shared<State>(State{std::move(*opened), {}, {}, {}});
  std::string_view rest = state->file.bytes();
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    state->lines.push_back(line);
    state->numbers.push_back(number);
  }
  return Source{state->lines.size(), [state, path](std::uint64_t place) -> base::Result<Item> {
                  const auto at = [&] { return path + " line " + std::to_string(state->numbers[place]); };
                  state->parser.reset();
                  const auto parsed = state->parser.parse(state->lines[place], json::Parser::k_record_depth);
                  if (!parsed) return base::Error(parsed.error()).with(at());
                  auto trajectory = record::read_record(**parsed);
                  if (!trajectory) return std::move(trajectory).error().with(at());
                  return Item{std::move(*trajectory), true};
                }};
}

Source of_contract_files(std::vector<std::string> paths) {
  const std::uint64_t size = paths.size();
  return {size, [paths = std::move(paths)](std::uint64_t place) -> base::Result<Item> {
            const auto file = base::MappedFile::open(paths[place]);
            if (!file) return file.error();
            auto item = item_of_contract(file->bytes());
            if (!item) return std::move(item).error().with(paths[place]);
            return item;
          }};
}

std::vector<std::string> contract_files_in(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".json" && record::is_contract_file(entry.path().string()))
      out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

/// Of an import in several formats the first of these counts: each holds all of it.
base::Result<Source> open_one(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error))
    return base::Error(base::ErrorCode::k_not_found, "no such dataset or folder: check the path").with(path);
  if (!fs::is_directory(path, error))
    return record::is_contract_file(path) ? base::Result<Source>(of_contract_files({path})) : of_lines(path);
  for (const std::string& folder : {path, path + "/parquet"})
    if (fs::exists(folder + "/manifest.json", error)) return of_dataset(folder);
  for (const std::string& folder : {path, path + "/jsonl"})
    if (fs::exists(folder + "/trajectories.jsonl", error)) return of_lines(folder + "/trajectories.jsonl");
  for (const std::string& folder : {path, path + "/json"})
    if (auto files = contract_files_in(folder); !files.empty()) return of_contract_files(std::move(files));
  return base::Error(base::ErrorCode::k_bad_format,
                     "nothing to upload: the folder holds no dataset and no saved trajectories; import an export first")
      .with(path);
}

}  // namespace

base::Result<Item> item_of_contract(std::string_view json) {
  json::Parser parser;
  const auto parsed = parser.parse(json, record::ReceivedContract::k_depth);
  if (!parsed) return parsed.error();
  const auto contract = record::ReceivedContract::read(**parsed, parser);
  if (!contract) return contract.error();
  Item out;
  out.trajectory.conversation_id = (*contract)["task"]["conversation_id"].string();
  out.trajectory.contract = contract->kept();
  out.has_record = false;
  return out;
}

base::Result<Item> item_of_kept(std::string kept_json) {
  json::Parser parser;
  const auto parsed = parser.parse(kept_json, 2);
  if (!parsed) return parsed.error();
  Item out;
  out.trajectory.conversation_id = (**parsed)["task"]["conversation_id"].string();
  out.trajectory.contract = std::move(kept_json);
  out.has_record = false;
  return out;
}

base::Result<Source> open_sources(const std::vector<std::string>& paths) {
  auto parts = std::make_shared<std::vector<Source>>();
  std::uint64_t size = 0;
  for (const std::string& path : paths) {
    auto part = open_one(path);
    if (!part) return std::move(part).error();
    size += part->size;
    parts->push_back(std::move(*part));
  }
  return Source{size, [parts](std::uint64_t place) -> base::Result<Item> {
                  auto part = parts->begin();
                  for (; place >= part->size; ++part) place -= part->size;
                  return part->read(place);
                }};
}

}  // namespace trajectory::platform::client

#include "live/sync_folder.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/output_folder.h"
#include "json/value.h"
#include "json/write.h"

namespace trajectory::live {

namespace fs = std::filesystem;

namespace {

std::string version_name(std::uint64_t version) {
  const std::string digits = std::to_string(version);
  return "version-" + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

}  // namespace

base::Result<SyncFolder> SyncFolder::open(const std::string& folder) {
  SyncFolder out(folder);
  const std::string path = folder + "/sync.json";
  std::error_code error;
  if (!fs::exists(path, error)) {
    if (!fs::exists(folder, error) || fs::is_empty(folder, error)) return out;
    return base::Error(base::ErrorCode::k_exists,
                       "this folder holds something else than what sync writes: name a new one")
        .with(folder);
  }
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  json::Parser parser;
  const auto parsed = parser.parse(text);
  if (!parsed || !(**parsed)["conversations"].is_object())
    return base::Error(base::ErrorCode::k_bad_format, "the list of what was synchronized is damaged: name a new folder")
        .with(path);
  const json::Value& value = **parsed;
  out.project_ = value["project"].string();
  out.version_ = static_cast<std::uint64_t>(value["version"].integer());
  for (const json::Member& one : value["conversations"].members())
    out.conversations_[std::string(one.key)] = {static_cast<std::uint64_t>(one.value["version"].integer()),
                                                std::string(one.value["state"].string())};
  return out;
}

void SyncFolder::narrow(FetchRequest& request) const {
  request.target = folder_ + " sync " + std::to_string(version_);
  request.choose = [this](std::vector<Summary>& all) {
    std::erase_if(all, [this](const Summary& one) {
      const auto known = conversations_.find(one.id);
      return known != conversations_.end() && known->second.state == one.state;
    });
  };
}

base::Result<bool> SyncFolder::has_news(const Fetched& fetched) const {
  if (!project_.empty() && project_ != fetched.project.id)
    return base::Error(base::ErrorCode::k_usage, "the folder holds another project: name a new one").with(folder_);
  return !fetched.conversations.empty();
}

std::string SyncFolder::next() const {
  std::error_code error;
  fs::create_directories(folder_, error);  // the import names what is wrong with it
  return folder_ + "/" + version_name(version_ + 1);
}

base::Result<std::vector<SyncChange>> SyncFolder::take(const Fetched& fetched) {
  project_ = fetched.project.id;
  ++version_;
  std::vector<SyncChange> changes;
  for (const Summary& one : fetched.conversations) {
    Known& known = conversations_[one.id];
    changes.push_back({one.id, version_name(version_), known.version == 0 ? "" : version_name(known.version)});
    known = {version_, one.state};
  }
  std::string out = "{\"project\": " + json::quoted(project_) + ", \"version\": " + std::to_string(version_) +
                    ", \"conversations\": {";
  const char* separator = "\n";
  for (const auto& [id, known] : conversations_) {
    out.append(separator).append(json::quoted(id)).append(": {\"version\": ").append(std::to_string(known.version));
    out.append(", \"state\": ").append(json::quoted(known.state)).append("}");
    separator = ",\n";
  }
  TJ_TRY(base::write_file(folder_ + "/sync.json", out + "\n}}\n"));
  return changes;
}

}  // namespace trajectory::live

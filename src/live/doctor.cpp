#include "live/doctor.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sys/statvfs.h>

#include "base/time.h"
#include "live/api.h"
#include "live/bulk_export.h"
#include "live/bulk_route.h"
#include "live/export_files.h"
#include "live/journal.h"
#include "live/run_query.h"
#include "live/workspace.h"
#include "store/bucket.h"

namespace trajectory::live {

namespace {

constexpr std::uint64_t k_little_space = std::uint64_t{2} << 30U;

class Doctor {
 public:
  Doctor(const Examination& examination, const Api& api) : examination_(examination), api_(api) {}

  std::vector<Finding> run() {
    look_at_key();
    if (!look_at_service()) return std::move(found_);
    look_at_clock();
    look_at_workspace();
    look_at_project();
    look_at_exports();
    return std::move(found_);
  }

 private:
  void good(std::string what, std::string text) { add(Health::k_good, std::move(what), std::move(text)); }
  void bad(std::string what, const base::Error& error) { add(Health::k_bad, std::move(what), error.text()); }
  void add(Health health, std::string what, std::string text) {
    found_.push_back({health, std::move(what), std::move(text)});
  }

  void look_at_key() {
    const std::string& key = examination_.access.key.reveal();
    const std::string shown = examination_.access.key.masked();
    if (key.starts_with("lsv2_pt_")) good("API key", shown + " (personal)");
    else if (key.starts_with("lsv2_sk_")) good("API key", shown + " (service)");
    else if (key.starts_with("ls__"))
      add(Health::k_bad, "API key", "it is of the old kind (ls__...), which LangSmith no longer takes: make a new one");
    else add(Health::k_doubtful, "API key", "it does not begin as LangSmith's do (lsv2_pt_ or lsv2_sk_)");
  }

  bool look_at_service() {
    const auto about = info(api_);
    if (!about) {
      bad("LangSmith", about.error());
      return about.error().code() != base::ErrorCode::k_unreachable;
    }
    const std::string served = about->v1_queries && about->v2_queries ? "v1 and v2" : about->v2_queries ? "v2" : "v1";
    good("LangSmith", api_.url() + ", version " + (about->version.empty() ? "unknown" : about->version) +
                          ", queries of runs by " + served);
    return true;
  }

  void look_at_clock() {
    const std::int64_t seconds = api_.server_is_ahead() / 1'000'000;
    if (std::abs(seconds) <= 30) return good("clock", "as the server's");
    add(Health::k_doubtful, "clock",
        std::to_string(std::abs(seconds)) + " s " + (seconds > 0 ? "behind" : "ahead of") +
            " the server's: set it, signed addresses and windows depend on it");
  }

  void look_at_workspace() {
    const auto all = workspaces(api_);
    if (!all) return bad("workspace", all.error());
    const std::string& wanted = examination_.access.workspace;
    if (wanted.empty()) {
      const std::string count = std::to_string(all->size());
      if (all->size() == 1) return good("workspace", all->front().name + " (the key's only one)");
      return add(Health::k_doubtful, "workspace",
                 "none is chosen and the key sees " + count +
                     ": LANGSMITH_WORKSPACE_ID chooses one, `trajectory "
                     "langsmith workspaces` lists them");
    }
    const auto found = std::find_if(all->begin(), all->end(), [&](const Workspace& one) { return one.id == wanted; });
    if (found != all->end()) return good("workspace", found->name);
    add(Health::k_bad, "workspace",
        wanted + " is not among those the key sees: `trajectory langsmith workspaces` lists them");
  }

  void look_at_project() {
    if (examination_.project.empty()) return;
    const auto found = project(api_, examination_.project);
    if (!found) return bad("project", found.error());
    good("project", found->name + " (" + found->id + ")");
    const auto generation = choose_generation(api_, found->id, ApiVersion::k_auto);
    if (!generation) return bad("queries of runs", generation.error());
    good("queries of runs", "answered below " + generation->prefix);
  }

  void look_at_exports() {
    const auto all = exports(api_);
    if (!all) {
      if (all.error().code() == base::ErrorCode::k_denied || all.error().code() == base::ErrorCode::k_not_found)
        return add(Health::k_doubtful, "bulk export", all.error().text() + "; imports go by queries");
      return bad("bulk export", all.error());
    }
    good("bulk export", "allowed");
    const auto destination = find_destination(api_, examination_.destination);
    if (!destination) return add(Health::k_doubtful, "destination", destination.error().text());
    good("destination", destination->name + " (" + destination->id + "), bucket " + destination->bucket +
                            (destination->prefix.empty() ? "" : ", prefix " + destination->prefix));
    look_at_bucket(*destination);
  }

  void look_at_bucket(const Destination& destination) {
    // An export that wrote nothing asks for no file, and leaves how the bucket would be reached.
    const auto place = locate_files(destination, examination_.bucket, examination_.storage,
                                    {{"", 0, {destination.bucket + "/" + destination.prefix}}});
    if (!place) return bad("bucket", place.error());
    const std::string& text = place->sources.front();
    const auto uri = store::parse_uri(text);
    if (!uri) return bad("bucket", uri.error());
    const auto bucket = store::Bucket::open(*uri, place->storage);
    if (!bucket) return bad("bucket", bucket.error());
    const auto objects = bucket->list(uri->path);
    if (!objects) return bad("bucket", objects.error());
    const std::string count = std::to_string(objects->size()) + (objects->size() == 1 ? " object" : " objects");
    good("bucket", text + " can be read, " + count);
  }

  const Examination& examination_;
  const Api& api_;
  std::vector<Finding> found_;
};

/// The free space where a folder is, or will be.
Finding look_at_disk(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path place = fs::absolute(folder, error);
  while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  struct statvfs status{};
  if (::statvfs(place.c_str(), &status) != 0)
    return {Health::k_bad, "disk", "the place of " + folder + " cannot be looked at"};
  const std::uint64_t free = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  const std::string text = std::to_string(free >> 30U) + " GiB free for " + folder;
  if (free >= k_little_space) return {Health::k_good, "disk", text};
  return {Health::k_doubtful, "disk", text + ": an import by queries keeps the answers there until it is done"};
}

/// What could be gone on with, or removed.
std::optional<Finding> look_at_left_states(const std::string& states) {
  const LeftStates left = left_states(states);
  if (left.folders.empty()) return std::nullopt;
  const std::size_t count = left.folders.size();
  return Finding{Health::k_doubtful, "unfinished imports",
                 std::to_string(count) + (count == 1 ? " import has" : " imports have") + " left " +
                     std::to_string((left.bytes >> 20U) + 1) + " MiB, the latest on " +
                     base::format_time(left.latest).substr(0, 10) + " in " + left.folders.back() +
                     ": the same command goes on with it, or remove the folder; it is kept for 30 days"};
}

}  // namespace

std::vector<Finding> examine(const Examination& examination, const base::Clock& clock, const Hooks& hooks) {
  std::vector<Finding> out;
  const auto api = Api::open(examination.access, clock, hooks);
  if (api) out = Doctor(examination, *api).run();
  else out.push_back({Health::k_bad, "LangSmith", api.error().text()});
  for (const std::string& folder : examination.folders) out.push_back(look_at_disk(folder));
  if (auto left = look_at_left_states(examination.states)) out.push_back(*std::move(left));
  return out;
}

}  // namespace trajectory::live

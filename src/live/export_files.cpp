#include "live/export_files.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <utility>

#include "base/threads.h"
#include "http/url.h"
#include "live/private_file.h"
#include "store/bucket.h"
#include "store/uri.h"

namespace trajectory::live {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_piece = std::size_t{8} << 20U;
constexpr unsigned k_files_at_once = 4;

bool is_google(const std::string& endpoint) { return http::host_of(endpoint).ends_with("googleapis.com"); }
bool is_amazon(const std::string& endpoint) {
  return endpoint.empty() || http::host_of(endpoint).ends_with(".amazonaws.com");
}

/// The keys of an export's Parquet files. The documented places come first; prefixes were seen to come out otherwise.
base::Result<std::vector<std::string>> find_keys(const store::Bucket& bucket, const Destination& destination,
                                                 const std::string& id) {
  const std::string step = "export_id=" + id;
  const std::string prefix = destination.prefix.empty() ? "" : destination.prefix + "/";
  std::vector<std::string> keys;
  for (const std::string& folder : {prefix + step, std::string()}) {
    auto objects = bucket.list(folder);
    if (!objects) return std::move(objects).error();
    for (const store::Object& object : *objects)
      if (object.key.ends_with(".parquet") && ("/" + object.key).find("/" + step + "/") != std::string::npos)
        keys.push_back(object.key);
    if (!keys.empty()) return keys;
  }
  return keys;
}

/// How a destination's bucket is reached from here.
struct Place {
  std::string root;  ///< its URI, without a slash at its end
  store::Uri uri;
  store::Settings storage;
};

base::Result<Place> place_of(const Destination& destination, const std::string& bucket,
                             const store::Settings& storage) {
  const bool google = is_google(destination.endpoint);
  Place out{bucket.empty() ? (google ? "gs://" : "s3://") + destination.bucket : bucket, {}, storage};
  while (out.root.ends_with('/')) out.root.pop_back();
  auto uri = store::parse_uri(out.root);
  if (!uri) return std::move(uri).error();
  out.uri = std::move(*uri);
  if (bucket.empty() && !google) {
    if (!is_amazon(destination.endpoint) && !storage.options.contains("endpoint_url"))
      out.storage.options.emplace("endpoint_url", destination.endpoint);
    if (!destination.region.empty() && !storage.options.contains("region"))
      out.storage.options.emplace("region", destination.region);
  }
  return out;
}

}  // namespace

base::Status check_bucket(const Destination& destination, const std::string& bucket, const store::Settings& storage) {
  const auto place = place_of(destination, bucket, storage);
  if (!place) return place.error();
  const auto access = store::access_of(place->uri, place->storage);
  return access ? base::Status() : access.error();
}

base::Result<ExportFiles> locate_files(const Destination& destination, const std::string& bucket,
                                       const store::Settings& storage, const std::vector<ExportResult>& exports) {
  auto place = place_of(destination, bucket, storage);
  if (!place) return std::move(place).error();
  const std::string root = place->root;
  ExportFiles out;
  out.storage = std::move(place->storage);
  std::optional<store::Bucket> opened;
  for (const ExportResult& one : exports) {
    for (const std::string& file : one.files) {
      // An entry begins with the bucket's name, and where the service builds paths with it, once more.
      const std::string own = destination.bucket + "/";
      out.sources.push_back(root + "/" + (file.starts_with(own) ? file.substr(own.size()) : file));
    }
    if (!one.files.empty() || one.rows == 0) continue;
    if (!opened) {
      auto there = store::Bucket::open(place->uri, out.storage);
      if (!there) return std::move(there).error();
      opened.emplace(std::move(*there));
    }
    auto keys = find_keys(*opened, destination, one.id);
    if (!keys) return std::move(keys).error();
    if (keys->empty())
      return base::Error(base::ErrorCode::k_not_found,
                         "the export wrote " + std::to_string(one.rows) +
                             " rows, and no file of it is in the bucket: say where the bucket is read (bucket)")
          .with(root)
          .with("export " + one.id);
    for (const std::string& key : *keys) out.sources.push_back(root + "/" + key);
  }
  return out;
}

namespace {

base::Status copy(const base::RangeFile& from, const std::string& to, const Hooks& hooks) {
  std::error_code error;
  if (fs::file_size(to, error) == from.size() && !error) return {};
  fs::create_directories(fs::path(to).parent_path(), error);
  PrivateFile file(to);
  std::string piece;
  for (std::uint64_t at = 0; at < from.size(); at += piece.size()) {
    if (hooks.interrupted()) return interrupted();
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(k_piece, from.size() - at)));
    TJ_TRY(from.read(at, piece));
    TJ_TRY(file.write(piece));
  }
  return file.commit();
}

}  // namespace

base::Result<std::vector<std::string>> keep_files(const ExportFiles& files, const std::string& folder,
                                                  const Hooks& hooks) {
  std::mutex mutex;
  std::uint64_t done = 0;
  std::vector<std::string> out(files.sources.size());
  const base::Status copied =
      base::parallel_for(k_files_at_once, files.sources.size(), [&](std::size_t i, unsigned) -> base::Status {
        const auto uri = store::parse_uri(files.sources[i]);
        if (!uri) return uri.error();
        // A key that leads out of the folder would be the service's, not ours, to choose.
        const fs::path below = fs::path(uri->path).lexically_normal();
        if (below.is_absolute() || below.begin()->string() == "..")
          return base::Error(base::ErrorCode::k_bad_format, "an exported file has no usable name")
              .with(files.sources[i]);
        auto bucket = store::Bucket::open(*uri, files.storage);
        if (!bucket) return std::move(bucket).error();
        auto object = bucket->find(uri->path);
        if (!object) return std::move(object).error();
        if (!*object)
          return base::Error(base::ErrorCode::k_not_found,
                             "a file that the export names is not in the bucket: was it removed?")
              .with(files.sources[i]);
        out[i] = (fs::path(folder) / below).string();
        const base::Status whole = copy(*bucket->file(**object), out[i], hooks);
        if (!whole) return whole;
        const std::lock_guard lock(mutex);
        ++done;
        if (hooks.progress) hooks.progress("downloading", done, files.sources.size());
        return {};
      });
  if (!copied) return copied.error();
  return out;
}

}  // namespace trajectory::live

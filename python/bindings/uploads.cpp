#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "base/clock.h"
#include "datasets.h"
#include "errors.h"
#include "json/value.h"
#include "json/write.h"
#include "modules.h"
#include "platform/client/events.h"
#include "platform/client/upload.h"
#include "record/record_json.h"
#include "waiting.h"

namespace nb = nanobind;

namespace trajectory::python {

namespace {

namespace client = platform::client;

client::Access access_of(const nb::bytes& url, const nb::bytes& key) {
  const char* authorities = std::getenv("SSL_CERT_FILE");
  return {text_of(url), base::Secret(text_of(key)), authorities == nullptr ? "" : authorities};
}

client::Hooks client_hooks(const pipeline::Hooks& hooks) { return {hooks.stop, hooks.progress}; }

/// Rows of a dataset, a native record, or what makes the contract's form of a trajectory.
struct Part {
  struct Rows {
    std::shared_ptr<record::DatasetReader> reader;
    std::uint64_t begin = 0;
  };
  std::uint64_t place = 0;  ///< of its first trajectory
  std::variant<Rows, nb::bytes, nb::object> what;
};

/// Trajectories of Python as a source. Its functions take the GIL when they need it.
class Trajectories {
 public:
  explicit Trajectories(const nb::list& parts) {
    for (const nb::handle part : parts) {
      if (nb::isinstance<nb::tuple>(part)) add_rows(nb::borrow<nb::tuple>(part));
      else if (nb::isinstance<nb::bytes>(part)) parts_.push_back({size_++, nb::borrow<nb::bytes>(part)});
      else parts_.push_back({size_++, nb::borrow<nb::object>(part)});
    }
  }

  [[nodiscard]] client::Source source() {
    return {size_, [this](std::uint64_t place) { return read(place); }};
  }

  /// Raises what a function of Python raised while it was asked.
  void raise_failure() {
    if (!failure_) return;
    nb::python_error failure = std::move(*failure_);
    failure_.reset();
    throw failure;
  }

 private:
  void add_rows(const nb::tuple& part) {
    const nb::object dataset = part[0];
    if (dataset.ptr() != latest_.ptr()) {
      reader_ = std::make_shared<record::DatasetReader>(value_of(another_reader(dataset)));
      latest_ = dataset;
    }
    const auto begin = nb::cast<std::uint64_t>(part[1]);
    parts_.push_back({size_, Part::Rows{reader_, begin}});
    size_ += nb::cast<std::uint64_t>(part[2]) - begin;
  }

  base::Result<client::Item> read(std::uint64_t place) {
    const auto next = std::upper_bound(parts_.begin(), parts_.end(), place,
                                       [](std::uint64_t at, const Part& part) { return at < part.place; });
    const Part& part = *std::prev(next);
    if (const auto* rows = std::get_if<Part::Rows>(&part.what)) {
      auto trajectory = rows->reader->read(rows->begin + (place - part.place));
      if (!trajectory) return std::move(trajectory).error();
      return client::Item{std::move(*trajectory), true};
    }
    if (const auto* record = std::get_if<nb::bytes>(&part.what)) return read_record(view_of(*record));
    auto kept = call(std::get<nb::object>(part.what));
    if (!kept) return std::move(kept).error();
    return client::item_of_kept(std::move(*kept));
  }

  static base::Result<client::Item> read_record(std::string_view text) {
    json::Parser parser;
    const auto parsed = parser.parse(text, json::Parser::k_record_depth);
    if (!parsed) return parsed.error();
    auto trajectory = record::read_record(**parsed);
    if (!trajectory) return std::move(trajectory).error();
    return client::Item{std::move(*trajectory), true};
  }

  base::Result<std::string> call(const nb::object& function) {
    const nb::gil_scoped_acquire gil;
    try {
      return text_of(nb::cast<nb::bytes>(function()));
    } catch (nb::python_error& error) {
      failure_.emplace(std::move(error));
      return base::Error(base::ErrorCode::k_internal, "a trajectory cannot be written as JSON");
    }
  }

  std::vector<Part> parts_;
  std::uint64_t size_ = 0;
  nb::object latest_;
  std::shared_ptr<record::DatasetReader> reader_;
  std::optional<nb::python_error> failure_;
};

/// An upload in two calls, so that what the first one finds can be told before anything is sent.
class Upload {
 public:
  Upload(const nb::bytes& url, const nb::bytes& key, const nb::list& parts, const nb::bytes& scratch)
      : access_(access_of(url, key)), trajectories_(parts), scratch_(text_of(scratch)) {}

  /// {"trajectories": number, "found": [[conversation id, text], ...]}
  nb::bytes find_secrets(const nb::object& progress) {
    const auto report = run<client::SecretReport>(
        progress, [&](const client::Uploader& uploader) { return uploader.find_secrets(trajectories_.source()); });
    std::string out = "{\"trajectories\":" + std::to_string(report.trajectories) + ",\"found\":[";
    for (const client::SecretFound& one : report.found)
      out.append(out.ends_with('[') ? "[" : ",[")
          .append(json::quoted(one.conversation_id))
          .append(",")
          .append(json::quoted(one.text))
          .append("]");
    return to_bytes(out + "]}");
  }

  nb::bytes send(const nb::bytes& dataset, const nb::object& progress) {
    client::UploadOptions options;
    options.dataset = text_of(dataset);
    options.scratch = scratch_;
    return to_bytes(run<client::UploadReport>(progress, [&](const client::Uploader& uploader) {
                      return uploader.upload(trajectories_.source(), options);
                    }).json());
  }

 private:
  template <class T, class Work>
  T run(const nb::object& progress, Work work) {
    auto result = run_interruptibly({progress}, [&](const pipeline::Hooks& hooks) -> base::Result<T> {
      const auto uploader =
          client::Uploader::open(access_, base::system_clock(hooks.stop), client_hooks(hooks), abilities_);
      if (!uploader) return uploader.error();
      abilities_ = uploader->abilities();
      return work(*uploader);
    });
    trajectories_.raise_failure();
    return value_of(std::move(result));
  }

  client::Access access_;
  Trajectories trajectories_;
  std::string scratch_;
  std::optional<client::Abilities> abilities_;
};

/// {"pushed", "skipped", "errors"}
nb::bytes push_events(const nb::bytes& url, const nb::bytes& key, const nb::list& events, std::uint64_t chunk_size,
                      unsigned retries, const nb::object& progress) {
  std::vector<std::string> texts;
  for (const nb::handle event : events) texts.push_back(text_of(nb::cast<nb::bytes>(event)));
  const client::Access access = access_of(url, key);
  auto report = run_interruptibly({progress}, [&](const pipeline::Hooks& hooks) -> base::Result<client::EventReport> {
    const auto service = client::Service::open(access, base::system_clock(hooks.stop), client_hooks(hooks));
    if (!service) return service.error();
    std::size_t next = 0;
    const client::EventSource source = [&]() -> base::Result<std::optional<std::string>> {
      if (next == texts.size()) return std::optional<std::string>();
      return std::optional(std::move(texts[next++]));
    };
    return client::push_events(*service, source, {chunk_size, retries});
  });
  return to_bytes(value_of(std::move(report)).json());
}

}  // namespace

void define_uploads(nb::module_& m) {
  nb::class_<Upload>(
      m, "Upload",
      "An upload of trajectories: (dataset, begin, end) for rows, bytes of a native record, or a function "
      "that gives the contract's form with each message once.")
      .def(nb::init<const nb::bytes&, const nb::bytes&, const nb::list&, const nb::bytes&>(), nb::kw_only(),
           nb::arg("url"), nb::arg("key"), nb::arg("parts"), nb::arg("scratch"),
           nb::sig("def __init__(self, *, url: bytes, key: bytes, parts: collections.abc.Sequence[object], scratch: "
                   "bytes) -> None"))
      .def("find_secrets", &Upload::find_secrets, nb::arg("progress").none(),
           "What in the trajectories looks like a secret, as JSON: number, and conversation ids with places.")
      .def("send", &Upload::send, nb::arg("dataset"), nb::arg("progress").none(), "The result as JSON.");
  m.def("push_events", &push_events, nb::kw_only(), nb::arg("url"), nb::arg("key"), nb::arg("events"),
        nb::arg("chunk_size"), nb::arg("retries"), nb::arg("progress").none(),
        nb::sig("def push_events(*, url: bytes, key: bytes, events: list[bytes], chunk_size: int, retries: int, "
                "progress: object | None) -> bytes"),
        "Pushes events given as JSON; the result as JSON.");
}

}  // namespace trajectory::python

#include "live/bulk_route.h"

#include <algorithm>
#include <set>

#include "base/time.h"
#include "json/value.h"
#include "json/write.h"
#include "live/run_query.h"

namespace trajectory::live {

namespace {

/// Children whose clocks are behind their root's.
constexpr model::Micros k_early = std::int64_t{3600} * 1'000'000;

/// Orders of one export whose outcome is not known.
constexpr int k_tries = 4;

std::string resume_hint(const std::string& id) {
  return "the same import picks it up, and `trajectory langsmith exports cancel " + id + "` stops it";
}

/// The planned exports on their way to completion.
class Driver {
 public:
  Driver(const Api& api, std::string project, const BulkSettings& settings, Journal& journal)
      : api_(api), project_(std::move(project)), settings_(settings), journal_(journal) {}

  /// However it is interrupted, what goes on without us is said.
  base::Status run() {
    base::Status done = drive();
    if (done.ok() || done.error().code() != base::ErrorCode::k_interrupted) return done;
    return left_running("interrupted", base::ErrorCode::k_interrupted);
  }

 private:
  base::Status drive() {
    auto batches = journal_.batches();
    if (!batches) return std::move(batches).error();
    batches_ = std::move(*batches);
    tell();
    std::int64_t wait = settings_.first_look;
    std::int64_t last_end = api_.clock().steady();
    for (;;) {
      TJ_TRY(begin_some());
      if (std::all_of(batches_.begin(), batches_.end(), [](const Batch& batch) { return batch.state == "done"; }))
        return {};
      if (!api_.clock().sleep(wait)) return interrupted();
      auto ended = look();
      if (!ended) return std::move(ended).error();
      if (*ended) {
        wait = settings_.poll;
        last_end = api_.clock().steady();
      } else {
        if (api_.clock().steady() - last_end > settings_.timeout)
          return left_running("no export has ended in " + std::to_string(settings_.timeout / 1000) + " s (the timeout)",
                              base::ErrorCode::k_remote);
        wait = wait < settings_.poll ? settings_.poll : std::min(wait + wait / 2, settings_.longest_poll);
      }
    }
  }

  [[nodiscard]] ExportOrder order_of(const Batch& batch) const {
    ExportOrder order{settings_.destination, project_, batch.begin, batch.end, ""};
    if (!batch.traces.empty()) order.filter = filter_in("trace_id", batch.traces);
    return order;
  }

  base::Status begin_some() {
    std::size_t running = 0;
    for (const Batch& batch : batches_)
      if (batch.state == "running") ++running;
    for (Batch& batch : batches_) {
      if (batch.state != "planned" && batch.state != "asked") continue;
      if (running >= settings_.exports_at_once) return {};
      if (api_.hooks().interrupted()) return interrupted();
      const auto begun = begin(batch);
      if (!begun) return begun.error();
      if (!*begun) return {};
      ++running;
    }
    return {};
  }

  /// Orders an export. False when the hour's quota is used up: what runs is waited for, and the rest begins later.
  base::Result<bool> begin(Batch& batch) {
    const ExportOrder order = order_of(batch);
    if (batch.state == "asked") {
      const auto adopted = adopt(batch, order);
      if (!adopted) return adopted.error();
      if (*adopted) return true;
    }
    batch.state = "asked";
    TJ_TRY(journal_.update(batch));
    const std::int64_t begin = api_.clock().steady();
    for (int tried = 1;; ++tried) {
      auto created = create_export(api_, order);
      if (!created) return std::move(created).error();
      if (created->outcome == Creation::k_made) {
        batch.export_id = created->made.id;
        batch.state = "running";
        TJ_TRY(journal_.update(batch));
        return true;
      }
      if (created->outcome == Creation::k_over_quota) {
        // What runs is looked after meanwhile.
        for (const Batch& other : batches_)
          if (other.state == "running") return false;
        if (api_.clock().steady() - begin > settings_.quota_wait) return *std::move(created->error);
        api_.note("LangSmith's quota of bulk exports (250 an hour) is used up: waiting until it is renewed");
        if (!api_.clock().sleep(60'000)) return interrupted();
        tried = 0;
        continue;
      }
      if (tried >= k_tries) return *std::move(created->error);
      if (!api_.clock().sleep(1000 * tried)) return interrupted();
      const auto adopted = adopt(batch, order);
      if (!adopted) return adopted.error();
      if (*adopted) return true;
    }
  }

  /// Takes over an export that was ordered without the answer having been seen.
  base::Result<bool> adopt(Batch& batch, const ExportOrder& order) {
    auto known = exports(api_);
    if (!known) return std::move(known).error();
    std::set<std::string> taken;
    for (const Batch& other : batches_) taken.insert(other.export_id);
    for (const BulkExport& one : *known) {
      if (!answers(one, order) || taken.contains(one.id)) continue;
      batch.export_id = one.id;
      batch.state = "running";
      TJ_TRY(journal_.update(batch));
      return true;
    }
    return false;
  }

  /// Looks at every running export. Returns whether one of them has ended.
  base::Result<bool> look() {
    bool ended = false;
    for (Batch& batch : batches_) {
      if (batch.state != "running") continue;
      auto now = bulk_export(api_, batch.export_id);
      if (!now) return std::move(now).error();
      if (is_finished(now->status)) {
        TJ_TRY(finish(batch, *now));
        ended = true;
      } else if (batches_.size() == 1 && api_.hooks().progress) {
        const auto parts = export_parts(api_, batch.export_id);
        if (!parts) return parts.error();
        const auto complete = std::count_if(parts->begin(), parts->end(), [](const ExportPart& part) {
          return part.status == ExportStatus::k_completed;
        });
        api_.hooks().progress("exporting days", static_cast<std::uint64_t>(complete), parts->size());
      }
    }
    if (ended) tell();
    return ended;
  }

  base::Status finish(Batch& batch, const BulkExport& ended) {
    auto parts = export_parts(api_, batch.export_id);
    if (!parts) return std::move(parts).error();
    if (ended.status != ExportStatus::k_completed) {
      // The next start orders a new one.
      batch.state = "planned";
      batch.export_id.clear();
      TJ_TRY(journal_.update(batch));
      return failure(ended, *parts);
    }
    batch.state = "done";
    batch.rows = 0;
    std::vector<std::string> files;
    for (const ExportPart& part : *parts) {
      batch.rows += part.rows;
      files.insert(files.end(), part.files.begin(), part.files.end());
    }
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    batch.files = joined(files);
    return journal_.update(batch);
  }

  [[nodiscard]] base::Error failure(const BulkExport& ended, const std::vector<ExportPart>& parts) const {
    std::string why;
    for (const ExportPart& part : parts)
      if (why.empty() && !part.error.empty()) why = api_.in_one_line(part.error);
    const std::string what = ended.status == ExportStatus::k_cancelled ? "the bulk export was cancelled by somebody"
                             : ended.status == ExportStatus::k_timed_out
                                 ? "the bulk export ran out of LangSmith's time limit: take a smaller window"
                                 : "the bulk export failed";
    return base::Error(base::ErrorCode::k_remote,
                       what + (why.empty() ? "" : ": " + why) + ": start again for a new export, or take the route api")
        .with("export " + ended.id);
  }

  base::Error left_running(const std::string& why, base::ErrorCode code) const {
    for (const Batch& batch : batches_)
      if (batch.state == "running")
        return base::Error(code, why + ": the export goes on in LangSmith; " + resume_hint(batch.export_id))
            .with("export " + batch.export_id);
    return {code, why};
  }

  void tell() const {
    if (!api_.hooks().progress || batches_.size() < 2) return;
    const auto done = std::count_if(batches_.begin(), batches_.end(), [](const Batch& b) { return b.state == "done"; });
    api_.hooks().progress("exporting", static_cast<std::uint64_t>(done), batches_.size());
  }

  const Api& api_;
  const std::string project_;
  const BulkSettings& settings_;
  Journal& journal_;
  std::vector<Batch> batches_;
};

}  // namespace

base::Result<Destination> find_destination(const Api& api, const std::string& id) {
  auto all = destinations(api);
  if (!all) return std::move(all).error();
  if (all->empty())
    return base::Error(base::ErrorCode::k_usage,
                       "the workspace has no destination for bulk exports: add a bucket to it in LangSmith (Settings > "
                       "Bulk exports), or take the route api");
  std::string names;
  for (const Destination& one : *all) {
    if (one.id == id || (id.empty() && all->size() == 1)) return one;
    names.append(names.empty() ? "" : ", ").append(one.id).append(" (").append(one.name).append(")");
  }
  if (!id.empty())
    return base::Error(base::ErrorCode::k_usage,
                       "the workspace has no destination \"" + id + "\" for bulk exports: it has " + names);
  return base::Error(base::ErrorCode::k_usage,
                     "the workspace has several destinations for bulk exports: choose one by its id: " + names);
}

base::Status plan_exports(const std::vector<Summary>& conversations, bool whole, const BulkSettings& settings,
                          model::Micros now, Journal& journal) {
  const auto planned = journal.fact("plan");
  if (!planned) return planned.error();
  if (*planned) return {};
  std::set<std::string> wanted;
  for (const Summary& one : conversations) wanted.insert(one.traces.begin(), one.traces.end());
  std::vector<Batch> batches;
  std::size_t bytes = 0;
  TJ_TRY(journal.each_root([&](const Root& root) -> base::Status {
    if (!wanted.contains(root.trace_id)) return {};
    const std::size_t size = root.trace_id.size() + 4;
    const bool full =
        !whole && !batches.empty() &&
        (batches.back().traces.size() >= settings.traces_per_export || bytes + size > settings.filter_bytes);
    if (batches.empty() || full) {
      Batch& next = batches.emplace_back();
      next.id = static_cast<std::int64_t>(batches.size());
      next.begin = root.start - k_early;
      bytes = 20;
    }
    Batch& batch = batches.back();
    if (!whole) batch.traces.push_back(root.trace_id);
    bytes += size;
    batch.end = std::max(batch.end, root.end.value_or(root.start));
    return {};
  }));
  // Late children start up to now, and none starts later; but where clocks go ahead, roots did.
  for (Batch& batch : batches)
    batch.end = std::max(batch.end, whole ? now : std::min(now, batch.end + settings.late_children)) + 1'000'000;
  return journal.plan(batches, "plan", "exports");
}

base::Result<std::vector<ExportResult>> run_exports(const Api& api, const std::string& project,
                                                    const BulkSettings& settings, Journal& journal) {
  TJ_TRY(Driver(api, project, settings, journal).run());
  auto batches = journal.batches();
  if (!batches) return std::move(batches).error();
  std::vector<ExportResult> out;
  for (const Batch& batch : *batches) out.push_back({batch.export_id, batch.rows, split(batch.files)});
  return out;
}

}  // namespace trajectory::live

#include "platform/requests/lists.h"

#include "platform/catalog/datasets.h"
#include "platform/catalog/figures.h"
#include "platform/catalog/search_index.h"
#include "platform/requests/json_text.h"
#include "platform/requests/question.h"

namespace trajectory::platform::requests {

namespace {

Answer json_answer(std::string body) {
  Answer out;
  out.body = std::move(body);
  return out;
}

/// The answer of a page: its items, and the cursor of the next.
Answer page_answer(std::string_view name, std::string_view items, std::optional<std::int64_t> next) {
  JsonText out = JsonText::object();
  out.raw(name, items);
  out.text_or_null("next", next ? std::to_string(*next) : "");
  return json_answer(out.done());
}

}  // namespace

base::Result<Answer> list_datasets(const Context& context, const Request&) {
  const auto all = catalog::datasets(context.catalog);
  if (!all) return all.error();
  JsonText list = JsonText::array();
  for (const catalog::DatasetInfo& one : *all)
    list.item(JsonText::object()
                  .text("name", one.name)
                  .integer("version", one.version)
                  .integer("conversations", one.conversations)
                  .time("created", one.created)
                  .time("changed", one.changed)
                  .done());
  return json_answer(JsonText::object().raw("datasets", list.done()).done());
}

base::Result<Answer> list_versions(const Context& context, const Request& request) {
  const auto name = dataset_name(request.parameter("dataset"));
  if (!name) return name.error();
  const auto page = page_of(request, INT64_MAX);
  if (!page) return page.error();
  const auto all = catalog::versions(context.catalog, *name, page->from, page->limit + 1);
  if (!all) return all.error();
  JsonText list = JsonText::array();
  std::optional<std::int64_t> next;
  for (std::size_t i = 0; i < std::min(all->size(), page->limit); ++i) {
    const catalog::VersionInfo& one = (*all)[i];
    list.item(JsonText::object()
                  .integer("number", one.number)
                  .time("created", one.created)
                  .integer("added", one.added)
                  .integer("changed", one.changed)
                  .done());
    if (all->size() > page->limit) next = one.number;
  }
  return page_answer("versions", list.done(), next);
}

base::Result<Answer> list_differences(const Context& context, const Request& request) {
  const auto name = dataset_name(request.parameter("dataset"));
  if (!name) return name.error();
  const auto page = page_of(request, 0);
  if (!page) return page.error();
  const auto from = number_of(request, "from", -1);
  if (!from) return from.error();
  const auto to = number_of(request, "to", -1);
  if (!to) return to.error();
  const auto all = catalog::diff(context.catalog, *name, *from, *to, page->from, page->limit + 1);
  if (!all) return all.error();
  JsonText list = JsonText::array();
  std::optional<std::int64_t> next;
  for (std::size_t i = 0; i < std::min(all->size(), page->limit); ++i) {
    const catalog::Difference& one = (*all)[i];
    list.item(JsonText::object()
                  .text("change", one.before ? "changed" : "added")
                  .text("trajectory_id", one.trajectory_id)
                  .text("conversation_id", one.name)
                  .integer("before", one.before)
                  .integer("after", one.after)
                  .done());
    if (all->size() > page->limit) next = one.id;
  }
  return page_answer("differences", list.done(), next);
}

base::Result<Answer> list_trajectories(const Context& context, const Request& request) {
  const auto filter = filter_of(request);
  if (!filter) return filter.error();
  const auto page = page_of(request, INT64_MAX);
  if (!page) return page.error();
  const auto rows = catalog::select(context.catalog, *filter, page->from, page->limit + 1);
  if (!rows) return rows.error();
  JsonText list = JsonText::array();
  const std::size_t count = std::min(rows->size(), page->limit);
  for (std::size_t i = 0; i < count; ++i) list.item(row_json((*rows)[i]));
  JsonText out = JsonText::object();
  out.raw("trajectories", list.done());
  out.text_or_null("next", rows->size() > page->limit ? std::to_string((*rows)[count - 1].id) : "");
  if (!filter->words.empty()) {
    const auto waiting = catalog::not_indexed(context.catalog);
    if (!waiting) return waiting.error();
    out.integer("not_indexed", *waiting);
  }
  return json_answer(out.done());
}

base::Result<Answer> show_figures(const Context& context, const Request& request) {
  const auto filter = filter_of(request);
  if (!filter) return filter.error();
  const auto figures = catalog::figures(context.catalog, *filter);
  if (!figures) return figures.error();
  JsonText days = JsonText::array();
  for (const auto& [day, one] : figures->days)
    days.item(JsonText::object()
                  .text("day", base::format_time(day).substr(0, 10))
                  .integer("count", one.count)
                  .integer("failed", one.failed)
                  .integer("tokens", one.tokens)
                  .done());
  JsonText tokens = JsonText::array();
  for (const auto& [from, count] : figures->tokens_from)
    tokens.item(JsonText::object().integer("from", from).integer("count", count).done());
  JsonText rewards = JsonText::array();
  for (const auto& [from, count] : figures->rewards_from)
    rewards.item(JsonText::object().real("from", static_cast<double>(from) / 10).integer("count", count).done());
  JsonText labels = JsonText::object();
  for (const auto& [key, kind] :
       {std::pair{"sources", "source"}, {"models", "model"}, {"tools", "tool"}, {"tags", "tag"}}) {
    JsonText names = JsonText::array();
    if (const auto found = figures->labels.find(kind); found != figures->labels.end())
      for (const auto& [name, count] : found->second)
        names.item(JsonText::object().text("name", name).integer("count", count).done());
    labels.raw(key, names.done());
  }
  return json_answer(JsonText::object()
                         .integer("count", figures->count)
                         .integer("failed", figures->failed)
                         .integer("tokens", figures->tokens)
                         .real("cost", figures->cost)
                         .raw("days", days.done())
                         .raw("tokens_histogram", tokens.done())
                         .raw("rewards_histogram", rewards.done())
                         .raw("labels", labels.done())
                         .done());
}

}  // namespace trajectory::platform::requests

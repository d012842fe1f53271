#include "platform/requests/one.h"

#include <charconv>

#include "platform/catalog/events.h"
#include "platform/catalog/search_index.h"
#include "platform/requests/json_text.h"
#include "platform/requests/question.h"
#include "record/record_json.h"
#include "record/tables.h"

namespace trajectory::platform::requests {

namespace {

base::Result<catalog::Row> row_of(const Context& context, const Request& request, const std::string& id) {
  const auto number = number_of(request, "number", 0);
  if (!number) return number.error();
  return catalog::find(context.catalog, id, *number == 0 ? std::nullopt : std::optional(*number));
}

/// A trajectory with the lines of messages in it.
struct Opened {
  catalog::Row row;
  std::unique_ptr<Loaded> record;
  std::vector<record::Line> lines;

  [[nodiscard]] model::Trajectory& trajectory() const { return record->trajectory; }
};

base::Result<Opened> open(const Context& context, const Request& request, const std::string& id) {
  auto row = row_of(context, request, id);
  if (!row) return std::move(row).error();
  auto record = load(context, *row);
  if (!record) return std::move(record).error();
  Opened out{std::move(*row), std::make_unique<Loaded>(std::move(*record)), {}};
  out.lines = record::lines_of(out.trajectory());
  return out;
}

/// The line that the parameter `line` names: the main one where it is not given.
base::Result<const record::Line*> line_of(const Opened& opened, const Request& request) {
  const std::string_view wanted = request.parameter("line");
  for (const record::Line& line : opened.lines)
    if (line.id == (wanted.empty() ? "main" : wanted)) return &line;
  return base::Error(base::ErrorCode::k_not_found, "the trajectory has no line of that id");
}

/// A window of a list: those from the cursor on.
template <class Write>
Answer window(std::string_view name, const Page& page, std::size_t size, Write&& write) {
  JsonText list = JsonText::array();
  const std::size_t begin = std::min(size, static_cast<std::size_t>(std::max<std::int64_t>(page.from, 0)));
  const std::size_t end = std::min(size, begin + page.limit);
  for (std::size_t i = begin; i < end; ++i) list.item(write(i));
  Answer out;
  out.body = JsonText::object()
                 .raw(name, list.done())
                 .integer("from", static_cast<std::int64_t>(begin))
                 .integer("total", static_cast<std::int64_t>(size))
                 .text_or_null("next", end < size ? std::to_string(end) : "")
                 .done();
  return out;
}

/// The window that was asked for of a list of one line; `append` writes an element.
template <class List, class Append>
base::Result<Answer> window_of_line(const Context& context, const Request& request, const std::string& id,
                                    std::string_view name, List record::Line::* list, Append&& append) {
  const auto page = page_of(request, 0);
  if (!page) return page.error();
  const auto opened = open(context, request, id);
  if (!opened) return opened.error();
  const auto line = line_of(*opened, request);
  if (!line) return line.error();
  const auto& all = (**line).*list;
  return window(name, *page, all.size(), [&](std::size_t i) {
    std::string text;
    append(text, all[i], *opened);
    return text;
  });
}

}  // namespace

base::Result<Answer> show_trajectory(const Context& context, const Request& request, const std::string& id) {
  auto opened = open(context, request, id);
  if (!opened) return std::move(opened).error();
  if (request.parameter("contract") != "true") opened->trajectory().contract.clear();
  std::string record;
  record::append_record(record, opened->trajectory());
  Answer out;
  out.body = JsonText::object().raw("trajectory", row_json(opened->row)).raw("record", record).done();
  return out;
}

base::Result<Answer> list_history(const Context& context, const Request&, const std::string& id) {
  const auto all = catalog::history(context.catalog, id);
  if (!all) return all.error();
  JsonText list = JsonText::array();
  for (const catalog::Row& row : *all) list.item(row_json(row));
  Answer out;
  out.body = JsonText::object().raw("versions", list.done()).done();
  return out;
}

base::Result<Answer> list_lines(const Context& context, const Request& request, const std::string& id) {
  const auto opened = open(context, request, id);
  if (!opened) return opened.error();
  const std::string_view kind = request.parameter("kind");
  JsonText list = JsonText::array();
  for (const record::Line& line : opened->lines) {
    if (!kind.empty() && line.kind != kind) continue;
    list.item(JsonText::object()
                  .text("id", line.id)
                  .text("kind", line.kind)
                  .text_or_null("agent", line.agent)
                  .text_or_null("parent_tool_call_id", line.parent_tool_call_id)
                  .integer("first_message", static_cast<std::int64_t>(line.before.size()))
                  .integer("messages", static_cast<std::int64_t>(line.messages.size()))
                  .integer("calls", static_cast<std::int64_t>(line.calls.size()))
                  .done());
  }
  Answer out;
  out.body = JsonText::object().raw("lines", list.done()).done();
  return out;
}

base::Result<Answer> list_messages(const Context& context, const Request& request, const std::string& id) {
  return window_of_line(
      context, request, id, "messages", &record::Line::messages,
      [](std::string& text, const auto& message, const Opened&) { record::append_message(text, message); });
}

base::Result<Answer> list_calls(const Context& context, const Request& request, const std::string& id) {
  return window_of_line(context, request, id, "calls", &record::Line::calls,
                        [](std::string& text, const auto& call, const Opened& opened) {
                          record::append_call(text, call, opened.trajectory());
                        });
}

base::Result<Answer> list_events(const Context& context, const Request& request, const std::string& id) {
  const auto row = row_of(context, request, id);
  if (!row) return row.error();
  catalog::EventPosition after;
  // Events are in order of time, several of one time in the order they came: "TIME-ID".
  if (const std::string_view cursor = request.parameter("cursor"); !cursor.empty()) {
    const std::size_t dash = cursor.rfind('-');
    const char* const end = cursor.data() + cursor.size();
    if (dash == std::string_view::npos || std::from_chars(cursor.data(), end, after.time).ptr != &cursor[dash] ||
        std::from_chars(&cursor[dash] + 1, end, after.id).ptr != end)
      return base::Error(base::ErrorCode::k_usage, "the parameter cursor takes the `next` of another page");
  }
  Request rest = request;
  std::erase_if(rest.query, [](const auto& one) { return one.first == "cursor"; });
  const auto page = page_of(rest, 0);
  if (!page) return page.error();
  const auto found = catalog::events_of(context.catalog, id, row->facts.trace_id, after, page->limit);
  if (!found) return found.error();
  JsonText list = JsonText::array();
  for (const std::string& body : found->bodies) list.item(body);
  Answer out;
  out.body =
      JsonText::object()
          .raw("events", list.done())
          .text_or_null("next",
                        found->next ? std::to_string(found->next->time) + "-" + std::to_string(found->next->id) : "")
          .done();
  return out;
}

base::Result<Answer> remove(const Context& context, const Request& request) {
  const std::string conversation(request.parameter("conversation_id"));
  if (conversation.empty()) return base::Error(base::ErrorCode::k_usage, "name a conversation_id");
  std::string dataset;
  if (request.has("dataset")) {
    auto name = dataset_name(request.parameter("dataset"));
    if (!name) return std::move(name).error();
    dataset = std::move(*name);
  }
  const auto removed = catalog::remove_conversation(context.catalog, conversation, dataset, words_of);
  if (!removed) return removed.error();
  Answer out;
  out.body = JsonText::object().integer("removed", *removed).done();
  return out;
}

}  // namespace trajectory::platform::requests

#include "pipeline/built_records.h"

#include <string>

#include "compress/frame.h"
#include "record/record_json.h"

namespace trajectory::pipeline {

base::Status BuiltRecords::put(std::size_t number, const model::Trajectory& trajectory) {
  thread_local compress::Frames frames;
  std::string record;
  record::append_record(record, trajectory);
  const std::string frame = frames.pack(record);
  const auto offset = file_.append(frame);
  if (!offset) return offset.error();
  places_[number] = {*offset, frame.size(), record.size()};
  return {};
}

base::Result<model::Trajectory> BuiltRecords::get(std::size_t number) const {
  const Place& place = places_[number];
  if (place.bytes == 0) return base::Error(base::ErrorCode::k_internal, "a planned conversation was not built");
  std::string frame(place.bytes, '\0');
  if (const auto got = file_.read(place.offset, frame); !got) return got.error();
  thread_local compress::Frames frames;
  const auto record = frames.unpack(frame, place.record);
  if (!record) return record.error();
  json::Parser parser;
  const auto parsed = parser.parse(*record, json::Parser::k_record_depth);
  if (!parsed) return parsed.error();
  return record::read_record(**parsed);
}

}  // namespace trajectory::pipeline

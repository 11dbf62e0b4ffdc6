#include "smoke/job.h"

#include "base/fd.h"
#include "image/oci_documents.h"
#include "image/unpack.h"
#include "sandbox/foreign_programs.h"
#include "sandbox/id_range.h"
#include "smoke/test_json.h"

namespace bootstrap {
namespace {

Json to_json(const TestConditions& conditions) {
  Json json = {{"limits", limits_to_json(conditions.limits)}};
  if (conditions.capabilities)
    json["capabilities"] = *conditions.capabilities;
  if (conditions.known_calls)
    json["known_calls"] = *conditions.known_calls;
  return json;
}

TestConditions conditions_from_json(const Json& json) {
  TestConditions conditions;
  conditions.limits = limits_from_json(json.at("limits"));
  if (json.contains("capabilities"))
    conditions.capabilities = json.at("capabilities").get<std::uint64_t>();
  if (json.contains("known_calls"))
    conditions.known_calls = json.at("known_calls").get<std::vector<int>>();
  return conditions;
}

}  // namespace

Json job_input(const ImageManifest& image, const std::vector<SmokeTest>& tests,
               const TestConditions& conditions) {
  Json input = {{"config", image.config},
                {"layers", Json::array()},
                {"tests", Json::array()},
                {"conditions", to_json(conditions)}};
  for (const Layer& layer : image.layers)
    input["layers"].push_back(to_json(layer));
  for (const SmokeTest& test : tests)
    input["tests"].push_back(smoke_test_to_json(test));
  return input;
}

Json run_image_job(const std::string& name, const ImageLayout& layout, Json input,
                   const std::filesystem::path& worker_program, const WorkerProgress& progress) {
  UniqueFd blobs = open_file(layout.blob_directory(), O_RDONLY | O_DIRECTORY);
  WorkerJob job;
  job.name = name;
  job.input = std::move(input);
  job.fds = {blobs.get()};
  return run_worker(worker_program, find_id_range(), job, progress);
}

ImageJob::ImageJob(const Json& input, WorkerContext& context)
    : context_(context),
      conditions_(conditions_from_json(input.at("conditions"))),
      root_(mount_scratch(0)),
      subject_{input.at("config"), runtime_options(input.at("config")), root_.get()},
      sandbox_(make_namespace_sandbox()) {
  std::vector<Layer> layers;
  for (const Json& layer : input.at("layers"))
    layers.push_back(layer_from_json(layer));
  for (const Json& test : input.at("tests"))
    tests_.push_back(smoke_test_from_json(test));
  unpack_layers(context.fds[0].get(), layers, root_.get());
  enable_programs_of(input.at("config").value("architecture", ""));
}

TestReport ImageJob::run(const TestConditions& conditions, const std::vector<SmokeTest>& tests) const {
  return run_tests(tests, subject_, conditions, *sandbox_, context_.progress);
}

}  // namespace bootstrap

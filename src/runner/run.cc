#include "runner/run.h"

#include <memory>

#include "base/error.h"
#include "base/fd.h"
#include "image/oci_documents.h"
#include "image/unpack.h"
#include "runner/run_spec.h"
#include "sandbox/id_range.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

int run_image(const ImageLayout& layout, const Digest& manifest, const RunRequest& request,
              const std::filesystem::path& worker_program) {
  ImageManifest image = layout.manifest(manifest);
  Json input = {
      {"config", image.config}, {"layers", Json::array()}, {"request", run_request_to_json(request)}};
  for (const Layer& layer : image.layers)
    input["layers"].push_back(to_json(layer));

  UniqueFd blobs = open_file(layout.blob_directory(), O_RDONLY | O_DIRECTORY);
  WorkerJob job;
  job.name = "run";
  job.input = std::move(input);
  job.fds = {blobs.get()};
  job.inherit_stdio = true;
  return run_worker(worker_program, find_id_range(), job, {}).at("exit_code").get<int>();
}

Json run_job(const Json& input, WorkerContext& context) {
  std::vector<Layer> layers;
  for (const Json& layer : input.at("layers"))
    layers.push_back(layer_from_json(layer));

  UniqueFd root = mount_scratch(0);
  unpack_layers(context.fds[0].get(), layers, root.get());
  SandboxSpec spec =
      run_spec(run_request_from_json(input.at("request")), runtime_options(input.at("config")));
  spec.root = root.get();
  return {{"exit_code", exit_code(make_namespace_sandbox()->run(spec))}};
}

}  // namespace bootstrap

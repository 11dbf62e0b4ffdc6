// The program that runs as root of a user namespace: see sandbox/worker.h.
#include "sandbox/worker.h"

#include "rootfs/assemble.h"
#include "runner/layer_trees.h"
#include "runner/run.h"
#include "runner/sandbox_info.h"
#include "sandbox/box_needs.h"
#include "smoke/profile.h"
#include "smoke/smoke.h"

int main(int argc, char** argv) {
  using namespace bootstrap;
  return worker_main(argc, argv,
                     {{"assemble", assemble_job},
                      {"smoke", smoke_job},
                      {"profile", profile_job},
                      {"run", run_job},
                      {"unpack-layers", unpack_layers_job},
                      {"require-box", require_box_job},
                      {"sandbox-info", sandbox_info_job}});
}

#include "cli/command_line.h"

int main(int argc, char** argv) {
  return bootstrap::command_line_main(argc, argv);
}

// The program that talks to servers: see transfer/downloader.h.
#include "transfer/downloader.h"

int main(int argc, char** argv) {
  return bootstrap::downloader_main(argc, argv);
}

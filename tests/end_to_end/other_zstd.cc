// Another version of the zstd library, for a program that is started with this loaded before it: it has
// another name, and makes other bytes.
#include <dlfcn.h>
#include <zstd.h>

extern "C" const char* ZSTD_versionString() {
  return "9.9.9";
}

extern "C" size_t ZSTD_CCtx_setParameter(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  static const auto real = reinterpret_cast<size_t (*)(ZSTD_CCtx*, ZSTD_cParameter, int)>(
      ::dlsym(RTLD_NEXT, "ZSTD_CCtx_setParameter"));
  // With content checksums no frame is what it was.
  return real(context, parameter, parameter == ZSTD_c_checksumFlag ? 1 : value);
}

// Wine 8 has no bcryptprimitives.dll, of which Go's runtime wants ProcessPrng at
// its start. Newer versions of Wine have it. For tests only.
#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return SystemFunction036(data, (ULONG)length);
}

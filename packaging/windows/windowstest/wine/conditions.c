// Says what the conditions of a package, those that name a property, make of values:
// conditions.exe MSI PROPERTY VALUE... prints a line for each value, taken or refused.
// Nothing is installed. For tests only.
#include <stdio.h>
#include <windows.h>
#include <msi.h>
#include <msiquery.h>
#include <wchar.h>

int wmain(int argc, wchar_t **argv) {
  MSIHANDLE package, view, record;
  if (argc < 3) return 2;
  MsiSetInternalUI(INSTALLUILEVEL_NONE, NULL);
  UINT wrong = MsiOpenPackageExW(argv[1], MSIOPENPACKAGEFLAGS_IGNOREMACHINESTATE, &package);
  if (wrong) return printf("MsiOpenPackageEx: %u\n", wrong), 3;
  for (int i = 3; i < argc; i++) {
    int taken = 1;
    MsiSetPropertyW(package, argv[2], argv[i]);
    wrong = MsiDatabaseOpenViewW(MsiGetActiveDatabase(package), L"SELECT `Condition` FROM `LaunchCondition`", &view);
    if (wrong || MsiViewExecute(view, 0)) return printf("LaunchCondition: %u\n", wrong), 4;
    while (MsiViewFetch(view, &record) == ERROR_SUCCESS) {
      wchar_t condition[1024];
      DWORD size = 1024;
      if (MsiRecordGetStringW(record, 1, condition, &size)) return 5;
      if (wcsstr(condition, argv[2])) {
        MSICONDITION answer = MsiEvaluateConditionW(package, condition);
        if (answer == MSICONDITION_ERROR) return printf("no condition: %ls\n", condition), 6;
        taken = taken && answer == MSICONDITION_TRUE;
      }
      MsiCloseHandle(record);
    }
    MsiCloseHandle(view);
    puts(taken ? "taken" : "refused");
  }
  return 0;
}

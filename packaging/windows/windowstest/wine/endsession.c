// Does to the window of a program what Windows' Restart Manager does for an
// installer: asks it whether the session may end, and then says that it does.
// argv[1] is the window's class. For tests only, since Wine has no Restart Manager.
#include <stdio.h>
#include <windows.h>

#ifndef ENDSESSION_CLOSEAPP
#define ENDSESSION_CLOSEAPP 1
#endif

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  HWND window = FindWindowA(argv[1], NULL);
  if (!window) {
    printf("no window of class %s\n", argv[1]);
    return 3;
  }
  DWORD_PTR answer = 0;
  if (!SendMessageTimeoutA(window, WM_QUERYENDSESSION, 0, ENDSESSION_CLOSEAPP, SMTO_ABORTIFHUNG, 5000, &answer) || !answer) {
    printf("it does not want the session to end\n");
    return 4;
  }
  SendMessageTimeoutA(window, WM_ENDSESSION, TRUE, ENDSESSION_CLOSEAPP, SMTO_ABORTIFHUNG, 5000, &answer);
  return 0;
}

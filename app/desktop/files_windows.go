package desktop

import (
	"context"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sys/windows"
)

// folderChanges are the changes of a file in a folder that matter: it comes, goes, is
// written or replaced, or gets other readers.
const folderChanges = windows.FILE_NOTIFY_CHANGE_FILE_NAME | windows.FILE_NOTIFY_CHANGE_SIZE |
	windows.FILE_NOTIFY_CHANGE_LAST_WRITE | windows.FILE_NOTIFY_CHANGE_SECURITY

// watchFiles waits for changes of the files' folders. If a folder cannot be watched, it
// looks at the files every five minutes.
func watchFiles(ctx context.Context, paths []string, notice func()) (wait func()) {
	var parts sync.WaitGroup
	look := newLooker(paths)
	var folders []windows.Handle
	var seen []string
	all := true
	for _, path := range paths {
		dir := filepath.Dir(path)
		if slices.Contains(seen, dir) {
			continue
		}
		seen = append(seen, dir)
		h, err := windows.FindFirstChangeNotification(dir, false, folderChanges)
		if err != nil {
			all = false
			continue
		}
		folders = append(folders, h)
	}
	end, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil || !all || len(folders) >= maxWaits {
		for _, h := range folders {
			_ = windows.FindCloseChangeNotification(h)
		}
		if err == nil {
			_ = windows.CloseHandle(end)
		}
		parts.Go(func() { lookAtFiles(ctx, look, notice) })
		return parts.Wait
	}
	stop := context.AfterFunc(ctx, func() { _ = windows.SetEvent(end) })
	parts.Go(func() {
		followed := followFolders(append([]windows.Handle{end}, folders...), look, notice)
		for _, h := range folders {
			_ = windows.FindCloseChangeNotification(h)
		}
		if !followed {
			lookAtFiles(ctx, look, notice)
		}
		stop()
	})
	return parts.Wait
}

// followFolders waits for changes of the folders until the first of the handles is set.
// It returns false once it no longer can. It blocks a thread of the system's.
func followFolders(handles []windows.Handle, look *looker, notice func()) bool {
	for {
		which, err := windows.WaitForMultipleObjects(handles, false, windows.INFINITE)
		i := int(which) - windows.WAIT_OBJECT_0
		if err != nil || i < 0 || i >= len(handles) {
			return false
		}
		if i == 0 {
			return true
		}
		// Before the look: a change after it is told of again.
		err = windows.FindNextChangeNotification(handles[i])
		if look.changed() {
			notice()
		}
		if err != nil {
			return false
		}
	}
}

// maxWaits is how many things a thread of Windows can wait for at once.
const maxWaits = 64

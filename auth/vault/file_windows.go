package vault

import (
	"errors"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// checkOwn has nothing to look at: the folder inherits its permissions from the person's
// own, and only the person has the key.
func checkOwn(fs.FileInfo, string) error { return nil }

func readOwn(path string) ([]byte, error) { return os.ReadFile(path) }

func syncDir(string) {}

func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// protect encrypts for this person on this computer (CryptProtectData), without ever
// showing anything.
func protect(value []byte) ([]byte, error) {
	return crypt(value, func(in, out *windows.DataBlob) error {
		return windows.CryptProtectData(in, nil, nil, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, out)
	})
}

func unprotect(raw []byte) ([]byte, error) {
	return crypt(raw, func(in, out *windows.DataBlob) error {
		return windows.CryptUnprotectData(in, nil, nil, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, out)
	})
}

func crypt(from []byte, do func(in, out *windows.DataBlob) error) ([]byte, error) {
	if len(from) == 0 {
		return nil, errors.New("there is nothing to protect")
	}
	in := windows.DataBlob{Size: uint32(len(from)), Data: &from[0]}
	var out windows.DataBlob
	if err := do(&in, &out); err != nil {
		return nil, err
	}
	defer func() { _, _ = windows.LocalFree(windows.Handle(unsafe.Pointer(out.Data))) }()
	return append([]byte(nil), unsafe.Slice(out.Data, out.Size)...), nil
}

//go:build unix

package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// checkOwn refuses a file or folder writable by anybody but this person, and takes from
// others the right to read it.
func checkOwn(info fs.FileInfo, path string) error {
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to somebody else", path)
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o022 != 0:
		return fmt.Errorf("others may write to %s; take that away with chmod go-rwx and sign in again", path)
	case mode&0o077 != 0:
		return os.Chmod(path, mode&0o700)
	}
	return nil
}

// readOwn reads a file, and follows no link to another one.
func readOwn(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	if err := checkOwn(info, path); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, 2*FilesPartSize))
}

// syncDir makes a new name outlast a power cut, if the system can.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

func protect(value []byte) ([]byte, error) { return value, nil }

func unprotect(raw []byte) ([]byte, error) { return raw, nil }

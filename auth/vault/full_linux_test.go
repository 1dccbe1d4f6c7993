package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of its own, of 1 MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=0700"); err != nil {
		if errors.Is(err, syscall.EPERM) {
			t.Skip("only root can mount a small file system")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fill leaves no room on a disk. What it returns makes room again.
func fill(t *testing.T, dir string) (makeRoom func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if n, err := f.Write(make([]byte, size)); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			if n == 0 {
				size /= 2
			}
		}
	}
	return func() { _ = os.Remove(path) }
}

// A full disk is told, costs nothing of what is stored, and is over when there is room.
func TestRealKeyringOnAFullDisk(t *testing.T) {
	if os.Getenv(inSession) == "" {
		inSessionAt(t, smallDisk(t), unlockedKeyring)
		return
	}
	fullDisk(t, func() *Vault { return New(Params{Service: realService}) }, os.Getenv("HOME"))
}

func TestFilesOnAFullDisk(t *testing.T) {
	dir := smallDisk(t)
	fullDisk(t, func() *Vault { return inFiles(filepath.Join(dir, "sign-ins")) }, dir)
}

func fullDisk(t *testing.T, open func() *Vault, disk string) {
	t.Helper()
	v := open()
	kept := bytes.Repeat([]byte("kept"), 500)
	if err := v.Put(t.Context(), "work", kept); err != nil {
		t.Fatal(err)
	}
	makeRoom := fill(t, disk)
	for _, value := range [][]byte{append(bytes.Clone(kept), "      "...), []byte("other")} {
		err := v.Put(t.Context(), "work", value)
		t.Logf("on a full disk: %v", err)
		if err == nil {
			t.Error("a full disk took a value")
		}
	}
	if got, err := open().Get(t.Context(), "work"); err != nil || !bytes.HasPrefix(got, kept) && string(got) != "other" {
		t.Errorf("still there: %d bytes, %v", len(got), err)
	}
	makeRoom()
	if err := v.Put(t.Context(), "work", []byte("next")); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if got, err := open().Get(t.Context(), "work"); err != nil || string(got) != "next" {
		t.Errorf("with room again: %q, %v", got, err)
	}
}

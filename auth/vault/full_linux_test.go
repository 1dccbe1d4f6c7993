package vault

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest/smalldisk"
)

// A full disk is told, costs nothing of what is stored, and is over when there is room.
func TestRealKeyringOnAFullDisk(t *testing.T) {
	if os.Getenv(inSession) == "" {
		inSessionAt(t, smalldisk.New(t), unlockedKeyring)
		return
	}
	fullDisk(t, func() *Vault { return New(Params{Service: realService}) }, os.Getenv("HOME"))
}

func TestFilesOnAFullDisk(t *testing.T) {
	dir := smalldisk.New(t)
	fullDisk(t, func() *Vault { return inFiles(filepath.Join(dir, "sign-ins")) }, dir)
}

func fullDisk(t *testing.T, open func() *Vault, disk string) {
	t.Helper()
	v := open()
	kept := bytes.Repeat([]byte("kept"), 500)
	if err := v.Put(t.Context(), "work", kept); err != nil {
		t.Fatal(err)
	}
	makeRoom := smalldisk.Fill(t, disk)
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
